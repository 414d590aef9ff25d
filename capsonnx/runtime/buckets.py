"""Use few shapes instead of many: round batches and sides up where this does not change the scores.

Additional images in a batch never affect the others. Additional black around an image has no effect if the network does
not respond to black, *and* if the image already ends in black: a window that reaches over the old edge must see no ink,
or it votes where there was no window before. So a side is padded only if the last ``contract.receptive_field`` - 1
pixels before its lower or right edge are black, and never for a network that responds to black.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capsonnx.contract import EVIDENCE, FIELD
from capsonnx.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.contract import Contract

__all__ = ["bucketed", "cropped", "padded_with_black", "rounded_side"]

FINEST = 8
"""Pixels. Sides up to 64 are rounded up to multiples of this, larger ones to multiples of an eighth of the next power
of two."""


def rounded_side(side: int) -> int:
    """Round a side up to one of few values: multiples of 8 up to 64, then four values per doubling.

    Sides above 64 become at most a quarter longer.

    >>> [rounded_side(side) for side in (14, 28, 65, 100, 300, 512)]
    [16, 32, 80, 112, 320, 512]
    """
    step = max(FINEST, 1 << max(0, (side - 1).bit_length() - 3))
    return -(-side // step) * step


def bucketed(images: NDArray[Any], contract: Contract, *, one_size: bool = False) -> NDArray[Any]:
    """Pad a batch with blank images to a power of two, and pad its sides where this does not change the scores.

    Args:
        images: (batch, height, width), light ink on black.
        contract: the contract of the model that will read them.
        one_size: whether the model accepts only one height and width; the sides are then left alone.

    Returns:
        Images of the same type, with the given ones first and at the upper left; ``images`` itself if nothing is added.
    """
    height, width = images.shape[1:]
    margin = contract.receptive_field - 1
    if contract.windows is not None and contract.windows.silent_black and not one_size:
        if height < rounded_side(height) and _is_black(images[:, max(0, height - margin) :]):
            height = rounded_side(height)
        if width < rounded_side(width) and _is_black(images[:, :, max(0, width - margin) :]):
            width = rounded_side(width)
    if (height, width) != images.shape[1:]:
        images = padded_with_black(images, (height, width), contract)
    missing = (1 << (len(images) - 1).bit_length()) - len(images)
    return np.pad(images, ((0, missing), (0, 0), (0, 0))) if missing else images


def _is_black(images: NDArray[Any]) -> bool:
    """Return whether a batch contains no ink.

    Most batches have ink in their first image, which is checked first. Scanning 1024 digits takes 0.3 ms, a tenth of
    what a GPU needs to read them.
    """
    return not (images[:1].any() or images.any())


def padded_with_black(images: NDArray[Any], size: tuple[int, int], contract: Contract) -> NDArray[Any]:
    """Pad images with black at the bottom and on the right.

    Args:
        images: (batch, height, width).
        size: the height and width to reach, at least those of ``images``.
        contract: the contract of the model that will read them.

    Raises:
        InputError: the model responds to black, so that its scores would change.
    """
    if contract.windows is None or not contract.windows.silent_black:
        raise InputError(
            "padding with black for a model to which black is not silent",
            expected="a network with no bias above zero in its stem, and 'silent_black' in its metadata",
            remedy="give it images at their own size",
        )
    down, across = (wanted - given for wanted, given in zip(size, images.shape[1:], strict=True))
    return np.pad(images, ((0, 0), (0, down), (0, across)))


def cropped(values: NDArray[Any], name: str, shape: tuple[int, ...], contract: Contract) -> NDArray[Any]:
    """Return the part of an output that belongs to the images as they were before :func:`bucketed`.

    Args:
        values: the output for the padded images.
        name: one of :data:`capsonnx.contract.OUTPUTS`.
        shape: batch size, height and width before padding.
        contract: the contract of the model.
    """
    batch, *sides = shape
    values = values[:batch]
    if name not in (EVIDENCE, FIELD):
        return values
    columns = [(side - contract.receptive_field) // contract.stride + 1 for side in sides]
    if name == FIELD and contract.windows is not None:
        # A window that spans an even number of columns is centred between columns, where there is one place more.
        cells = [(side - contract.receptive_field) // contract.stride + 1 for side in contract.windows.size]
        columns = [count + 1 - cell % 2 for count, cell in zip(columns, cells, strict=True)]
    rows, cols = columns
    return values[:, :, :rows, :cols]
