"""Stretches, that is maximal runs of set pixels, in the columns of a mask; transpose the mask to get those of its rows.

Also other measures of how far the set pixels of a mask extend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from capsonnx.masks.morphology import running

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Stretches", "below", "bounding_box", "counts", "ends"]


class Stretches(NamedTuple):
    """The maximal runs of consecutive set pixels in the columns of a mask.

    Attributes:
        columns: (count,) int64, the column of each stretch.
        starts: (count,) int64, the first row of each stretch.
        ends: (count,) int64, the row after the last of each stretch.
    """

    columns: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Stretches:
        """Find the stretches of a mask, (height, width) bool.

        >>> found = Stretches.of(np.array([[1, 0], [1, 1], [0, 0], [1, 0]], bool))
        >>> found.columns.tolist(), found.starts.tolist(), found.lengths.tolist()
        ([0, 0, 1], [0, 3, 1], [2, 1, 1])
        """
        steps = np.diff(np.pad(mask.T.view(np.int8), ((0, 0), (1, 1))), axis=1)
        columns, starts = np.nonzero(steps == 1)
        return cls(columns, starts, np.nonzero(steps == -1)[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The length of each stretch in pixels, (count,) int64."""
        return self.ends - self.starts

    def spread(self, values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Put the value of each stretch, (count,), at all of its pixels, and 0 elsewhere: (height, width) float32."""
        lengths = self.lengths
        rows = np.arange(lengths.sum()) + np.repeat(self.starts - (np.cumsum(lengths) - lengths), lengths)
        page = np.zeros(shape, np.float32)
        page[rows, np.repeat(self.columns, lengths)] = np.repeat(values, lengths)
        return page

    def mask(self, chosen: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """The pixels, (height, width) bool, of the stretches for which ``chosen``, (count,) bool, is set."""
        return self.spread(chosen.astype(np.float32), shape) > 0


def below(mask: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Whether each pixel and those below it, ``length`` in all, are set: (height - length + 1, width), or no rows.

    >>> below(np.array([[1, 1], [1, 0], [1, 1]], bool), 2).tolist()
    [[True, False], [True, False]]
    """
    return running(mask, length, np.logical_and)


def counts(mask: NDArray[np.bool_], length: int) -> NDArray[np.int32]:
    """The number of set pixels in each row of every window of ``length`` columns: (height, width - length + 1) int32.

    >>> counts(np.array([[1, 1, 0, 1]], bool), 2).tolist()
    [[2, 1, 1]]
    """
    sums = np.zeros((len(mask), mask.shape[1] + 1), np.int32)
    np.cumsum(mask, axis=1, out=sums[:, 1:])
    return sums[:, length:] - sums[:, :-length]


def ends(present: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first set place of each row (count, length), and the one after the last; 0 and length if none is set.

    >>> first, last = ends(np.array([[0, 1, 0, 1, 0], [0, 0, 0, 0, 0]], bool))
    >>> first.tolist(), last.tolist()
    ([1, 0], [4, 5])
    """
    return present.argmax(axis=1), present.shape[1] - present[:, ::-1].argmax(axis=1)


def bounding_box(mask: NDArray[Any]) -> tuple[slice, slice]:
    """The smallest slices of rows and columns with all nonzero values of (height, width); empty if there are none.

    >>> bounding_box(np.array([[0, 0, 0], [0, 1, 1]], bool))
    (slice(1, 2, None), slice(1, 3, None))
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)).tolist() for axis in (1, 0))
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if rows else (slice(0, 0), slice(0, 0))
