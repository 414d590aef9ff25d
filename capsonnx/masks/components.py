"""Connected components of a mask, found from its runs: NumPy only, a few milliseconds per million pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Components", "Edges", "find_components"]

Edges: TypeAlias = tuple[int, int, int, int]
"""The left, top, right and bottom edges of a box in pixels."""


@dataclass(frozen=True, eq=False)
class Components:
    """The connected components of a mask, with 8-connectivity: pixels that share a side or a corner are connected.

    A run is a maximal sequence of consecutive set pixels in one row. Positions are indices into the flattened mask,
    padded by one unset column on the right.

    Attributes:
        shape: (height, width) of the mask.
        starts: (runs,) int64, the position of the first pixel of each run, in ascending order.
        ends: (runs,) int64, the position after the last pixel of each run.
        owners: (runs,) int64, the component of each run, in 0..count - 1.
        boxes: (count, 4) int64, the bounding box of each component: left, top, right and bottom edge in pixels.
    """

    shape: tuple[int, int]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    owners: NDArray[np.int64]
    boxes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.boxes)

    def areas(self) -> NDArray[np.int64]:
        """The number of pixels of each component, (count,) int64."""
        return np.bincount(self.owners, self.ends - self.starts, len(self)).astype(np.int64)

    def peaks(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The maximum of ``values``, (height, width) float32, in each component: (count,) float32."""
        flat = np.pad(values, ((0, 0), (0, 1))).ravel()
        peaks = np.full(len(self), -np.inf, np.float32)
        if len(self):
            highest = np.maximum.reduceat(flat, np.column_stack([self.starts, self.ends]).ravel())[::2]
            np.maximum.at(peaks, self.owners, highest)
        return peaks

    def largest_in(self, box: Edges) -> int | None:
        """The component with the most pixels in a box, or None if the box contains no set pixel.

        Args:
            box: left, top, right and bottom edge in pixels; may extend beyond the mask.
        """
        owners, _, lefts, rights = self._runs_in(box)
        return int(np.bincount(owners, rights - lefts).argmax()) if len(owners) else None

    def box_in(self, box: Edges, component: int) -> Edges:
        """The bounding box of the part of a component inside a box, which must contain at least one of its pixels."""
        owners, rows, lefts, rights = self._runs_in(box)
        own = owners == component
        return int(lefts[own].min()), int(rows[own].min()), int(rights[own].max()), int(rows[own].max()) + 1

    def _runs_in(self, box: Edges) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The component, row, start and end (clipped to the box) of each run that overlaps a box."""
        left, top, right, bottom = box
        stride = self.shape[1] + 1
        runs = slice(*np.searchsorted(self.starts, (top * stride, bottom * stride)))
        rows, lefts = np.divmod(self.starts[runs], stride)
        rights = lefts + self.ends[runs] - self.starts[runs]
        lefts, rights = np.maximum(lefts, left), np.minimum(rights, right)
        inside = lefts < rights
        return self.owners[runs][inside], rows[inside], lefts[inside], rights[inside]

    def mask(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The pixels, (height, width) bool, of the components for which ``chosen``, (count,) bool, is set."""
        height, width = self.shape
        edges = np.zeros(height * (width + 1) + 1, np.int8)
        runs = chosen[self.owners]
        edges[self.starts[runs]] = 1
        edges[self.ends[runs]] = -1
        inside: NDArray[np.bool_] = np.cumsum(edges[:-1], dtype=np.int8).view(np.bool_)
        return inside.reshape(height, width + 1)[:, :-1]


def find_components(mask: NDArray[np.bool_]) -> Components:
    """Find the connected components of a mask.

    Args:
        mask: (height, width) bool.

    >>> found = find_components(np.array([[1, 0, 0, 1], [0, 1, 0, 1]], bool))
    >>> found.boxes.tolist()
    [[0, 0, 2, 2], [3, 0, 4, 2]]
    >>> found.mask(np.array([False, True])).astype(int).tolist()
    [[0, 0, 0, 1], [0, 0, 0, 1]]
    """
    height, width = mask.shape
    line = np.zeros(1 + height * (width + 1), np.int8)
    line[1:].reshape(height, width + 1)[:, :-1] = mask
    steps = np.diff(line)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    roots = _roots(len(starts), *_touching(starts, ends, width + 1))
    numbers = np.cumsum(roots == np.arange(len(roots)))  # a root is a run that is its own root, so these count from 1
    owners = numbers[roots] - 1
    rows, lefts = np.divmod(starts, width + 1)
    count = int(owners.max(initial=-1)) + 1
    left, top = np.full(count, width), np.full(count, height)
    right, bottom = np.zeros((2, count), np.int64)
    np.minimum.at(left, owners, lefts)
    np.minimum.at(top, owners, rows)
    np.maximum.at(right, owners, lefts + ends - starts)
    np.maximum.at(bottom, owners, rows + 1)
    boxes = np.column_stack([left, top, right, bottom])
    return Components((height, width), starts, ends, owners, boxes)


def _touching(
    starts: NDArray[np.int64], ends: NDArray[np.int64], stride: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of touching runs, given as the upper run and the one in the row below it."""
    first = np.searchsorted(ends, starts + stride, side="left")
    counts = np.searchsorted(starts, ends + stride, side="right") - first
    upper = np.repeat(np.arange(len(starts)), counts)
    nth = np.arange(len(upper)) - np.repeat(np.cumsum(counts) - counts, counts)
    return upper, first[upper] + nth


def _roots(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lowest-numbered run connected to each run, by union-find: link roots to lower ones, then halve every path."""
    roots = np.arange(count)
    while (roots[one] != roots[other]).any():
        least = np.minimum(roots[one], roots[other])
        np.minimum.at(roots, roots[one], least)
        np.minimum.at(roots, roots[other], least)
        while (roots != roots[roots]).any():
            roots = roots[roots]
    return roots
