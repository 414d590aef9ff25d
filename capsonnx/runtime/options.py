"""How an image is read: the choices that reading, explaining and perturbing one have in common."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

from capsonnx.errors import InputError
from capsonnx.images import check_options
from capsonnx.preparation import check_choices

if TYPE_CHECKING:
    from capsonnx.images import Polarity
    from capsonnx.preparation import Preparation

__all__ = ["DEFAULTS", "ReadingOptions"]


@dataclass(frozen=True)
class ReadingOptions:
    """The choices that are made for an image before it is read.

    Attributes:
        polarity: what the image is: ``auto``, ``light-on-dark`` or ``dark-on-light``; see :mod:`capsonnx.images`.
        height: the height in pixels to resize the image to, or None for its own.
        preparation: whether its ground is taken away: ``auto``, ``on`` or ``off``; see :mod:`capsonnx.preparation`.
            With a height it leaves the size alone. A network that reads something in black knows no ``on``, and its
            pages are left as they are.
        threshold: the score in 0..1 above which a class is in the image; None: those are in it that were read, or, of a
            model that locates no symbols, those above the model's own.
    """

    polarity: Polarity = "auto"
    height: int | None = None
    preparation: Preparation = "auto"
    threshold: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is not one of the values: here, not at the first image.

        Raises:
            InputError: an option is none of its values.
        """
        check_options(self.polarity, self.height)
        check_choices(self.preparation, None)
        if self.threshold is not None and not (isinstance(self.threshold, Real) and 0 <= self.threshold <= 1):
            raise InputError(f"threshold {self.threshold!r}", expected="a number in 0..1", remedy="pass one, or None")


DEFAULTS = ReadingOptions()
"""What suits most images."""
