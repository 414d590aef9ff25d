"""Rotate a mask by a small angle and back again without any loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Rotation"]


class Rotation:
    """A rotation by a small angle, composed of two shears by whole pixels: first of columns vertically, then of rows.

    No pixel is lost or blurred, so whatever is found on the rotated mask can be mapped back. Straight lines stay
    straight, except for steps of one pixel.

    Args:
        shape: the height and width of the masks in pixels.
        slope: pixels down per pixel to the right of the lines to be made horizontal; well below 1.

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
        """Apply only the first shear, which suffices for horizontal lines: (height or more, width) bool."""
        return _moved(mask.T, self.down).T

    def there(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rotate a mask: (height or more, width or more) bool."""
        return _moved(self.levelled(mask), self.across)

    def back(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rotate a rotated mask back: (height, width) bool."""
        rows, columns = np.arange(self.height)[:, None] + self.down, np.arange(self.width)
        restored: NDArray[np.bool_] = mask[rows, self.across[rows] + columns]
        return restored


def _shifts(slope: float, count: int) -> NDArray[np.int64]:
    """The shift of each of ``count`` rows or columns, at least 0."""
    shifts = np.rint(slope * (np.arange(count) - count / 2)).astype(np.int64)
    lowest: NDArray[np.int64] = shifts - shifts.min(initial=0)
    return lowest


def _moved(mask: NDArray[np.bool_], shifts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Shift each row to the right by its number of pixels, on a mask wide enough for all."""
    if not shifts.any():
        return mask
    wide = np.zeros((len(mask), mask.shape[1] + int(shifts.max())), np.bool_)
    for moved, row, shift in zip(wide, mask, shifts.tolist(), strict=True):
        moved[shift : shift + len(row)] = row
    return wide
