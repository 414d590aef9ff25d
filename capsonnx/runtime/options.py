"""How an image is read: the options that reading, explaining and perturbing an image share."""

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
    """The options of reading an image.

    Attributes:
        polarity: the polarity of the image: ``auto``, ``light-on-dark`` or ``dark-on-light``; see
            :mod:`capsonnx.images`.
        height: the height in pixels to resize the image to, or None to keep its own.
        preparation: whether to remove the background: ``auto``, ``on`` or ``off``; see :mod:`capsonnx.preparation`.
            With a height, preparation leaves the size alone. For a network that responds to black, ``on`` is refused,
            and pages are left as they are.
        threshold: the score in 0..1 above which a class is in the image; None: the classes of the symbols read, or, if
            the model does not locate symbols, those above the model's own threshold.
    """

    polarity: Polarity = "auto"
    height: int | None = None
    preparation: Preparation = "auto"
    threshold: float | None = None

    def __post_init__(self) -> None:
        """Refuse invalid values here, not at the first image.

        Raises:
            InputError: an option has an invalid value.
        """
        check_options(self.polarity, self.height)
        check_choices(self.preparation, None)
        if self.threshold is not None and not (isinstance(self.threshold, Real) and 0 <= self.threshold <= 1):
            raise InputError(f"threshold {self.threshold!r}", expected="a number in 0..1", remedy="pass one, or None")


DEFAULTS = ReadingOptions()
"""The options that suit most images."""
