"""Few shapes in place of many: batches and sides rounded up, where the scores stay the same.

More images in a batch never matter to the others. More black around an image does not matter if black is silent to
the network, *and* if the image ends in black already: a window that reaches over the old edge must see no ink, or it
votes where there was no window before. So an image is padded only where the last :attr:`Contract.receptive_field` - 1
pixels before its lower and right edge are black, and never for a network that black tells something.
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
"""Pixels: sides up to 64 are rounded up to multiples of this, larger ones to an eighth of the next power of two."""


def rounded_side(side: int) -> int:
    """The next of the sides that are used: eight between a power of two and the next, at most a quarter longer.

    >>> [rounded_side(side) for side in (14, 28, 65, 100, 300, 512)]
    [16, 32, 80, 112, 320, 512]
    """
    step = max(FINEST, 1 << max(0, (side - 1).bit_length() - 3))
    return -(-side // step) * step


def bucketed(images: NDArray[Any], contract: Contract, *, one_size: bool = False) -> NDArray[Any]:
    """Round a batch up to a power of two of blank images, and its sides up where that is exact.

    Args:
        images: (batch, height, width), light ink on black.
        contract: of the model that is to read them.
        one_size: whether its images have one height and width, which is then left alone.

    Returns:
        Images of the same type, the given ones in front and in the upper left; ``images`` themselves if nothing is to
        be added.
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
    """Whether there is no ink in a batch.

    Most have some in the first image, which is told at once; to look at 1024 digits takes 0.3 ms, a tenth of what a GPU
    needs to read them.
    """
    return not (images[:1].any() or images.any())


def padded_with_black(images: NDArray[Any], size: tuple[int, int], contract: Contract) -> NDArray[Any]:
    """Put black below and to the right of images.

    Args:
        images: (batch, height, width).
        size: the height and width to reach, at least those of ``images``.
        contract: of the model that is to read them.

    Raises:
        InputError: to this model black is not silent, and its scores would change.
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
    """The part of an output that belongs to the images as they were before :func:`bucketed`.

    Args:
        values: the output of the padded images.
        name: of :data:`capsonnx.contract.OUTPUTS`.
        shape: batch, height and width before.
        contract: of the model.
    """
    batch, *sides = shape
    values = values[:batch]
    if name not in (EVIDENCE, FIELD):
        return values
    columns = [(side - contract.receptive_field) // contract.stride + 1 for side in sides]
    if name == FIELD and contract.windows is not None:
        # A window of an even number of columns stands between columns, at one place more than there are.
        cells = [(side - contract.receptive_field) // contract.stride + 1 for side in contract.windows.size]
        columns = [count + 1 - cell % 2 for count, cell in zip(columns, cells, strict=True)]
    rows, cols = columns
    return values[:, :, :rows, :cols]
