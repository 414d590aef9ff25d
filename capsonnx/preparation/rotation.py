"""Turning a mask by a small angle and back again, to the pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Rotation"]


class Rotation:
    """A rotation by a small angle, made of shears: columns move up or down by whole pixels, then rows to the side.

    So no pixel is lost or blurred, and what was found on the turned mask can be brought back. What is straight on one
    is straight on the other, but for steps of a pixel.

    Args:
        shape: height and width in pixels of the masks.
        slope: pixels down per pixel to the right, of what is to be level; well below 1.

    >>> stairs = np.eye(8, dtype=bool).repeat(15, axis=1)
    >>> turn = Rotation(stairs.shape, 1 / 15)
    >>> turned = turn.there(stairs)
    >>> int(turned.any(axis=1).sum()), bool((turn.back(turned) == stairs).all())
    (2, True)
    """

    def __init__(self, shape: tuple[int, ...], slope: float) -> None:
        self.height, self.width = shape
        self.slope = slope
        self.down = _shifts(-slope, self.width)
        self.across = _shifts(slope, self.height + int(self.down.max(initial=0)))

    def levelled(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Half of the turn, which is all that level lines need: (height and more, width) bool."""
        return _moved(mask.T, self.down).T

    def there(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The mask, turned: (height and more, width and more) bool."""
        return _moved(self.levelled(mask), self.across)

    def back(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A turned mask, as it was: (height, width) bool."""
        rows, columns = np.arange(self.height)[:, None] + self.down, np.arange(self.width)
        restored: NDArray[np.bool_] = mask[rows, self.across[rows] + columns]
        return restored


def _shifts(slope: float, count: int) -> NDArray[np.int64]:
    """By what each of so many columns is to move, at least 0."""
    shifts = np.rint(slope * (np.arange(count) - count / 2)).astype(np.int64)
    lowest: NDArray[np.int64] = shifts - shifts.min(initial=0)
    return lowest


def _moved(mask: NDArray[np.bool_], shifts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Each row moved to the right by its number of pixels, on a mask wide enough for all."""
    if not shifts.any():
        return mask
    wide = np.zeros((len(mask), mask.shape[1] + int(shifts.max())), np.bool_)
    for moved, row, shift in zip(wide, mask, shifts.tolist(), strict=True):
        moved[shift : shift + len(row)] = row
    return wide
