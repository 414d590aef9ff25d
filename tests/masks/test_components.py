from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capsonnx.masks import find_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.masks import Edges

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.booleans())


def flooded(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """One number for each component, spread pixel by pixel until nothing changes."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        views = np.lib.stride_tricks.sliding_window_view(np.pad(labels, 1), (3, 3))
        spread = views.max(axis=(2, 3)) * mask
        if (spread == labels).all():
            return labels
        labels = spread


@given(masks)
def test_components_are_those_of_flooding(mask: NDArray[np.bool_]) -> None:
    labels = flooded(mask)
    found = find_components(mask)
    assert len(found) == len(np.unique(labels[mask]))
    values = np.random.default_rng(0).random(mask.shape, dtype=np.float32)
    for number, (box, peak) in enumerate(zip(found.boxes.tolist(), found.peaks(values), strict=True)):
        pixels = found.mask(np.arange(len(found)) == number)
        [label] = np.unique(labels[pixels])
        np.testing.assert_array_equal(pixels, labels == label)
        rows, columns = pixels.nonzero()
        assert box == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert peak == values[pixels].max()
        assert found.areas()[number] == np.count_nonzero(pixels)


@given(masks, st.tuples(*[st.integers(-3, 14)] * 4))
def test_the_largest_in_a_box_has_most_pixels_there_and_its_own_box(mask: NDArray[np.bool_], box: Edges) -> None:
    found = find_components(mask)
    left, top, right, bottom = box
    inside = np.zeros_like(mask)
    inside[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    counts = [int((found.mask(np.arange(len(found)) == number) & inside).sum()) for number in range(len(found))]
    largest = found.largest_in(box)
    if largest is None:
        assert not any(counts)
    else:
        assert counts[largest] == max(counts) > 0
        rows, columns = (found.mask(np.arange(len(found)) == largest) & inside).nonzero()
        assert found.box_in(box, largest) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_a_spiral_is_one_component() -> None:
    mask = np.zeros((41, 41), np.bool_)
    for ring in range(0, 20, 2):
        mask[ring, ring : -ring or None] = mask[-ring - 1, ring : -ring or None] = True
        mask[ring : -ring or None, -ring - 1] = mask[ring + 2 : -ring or None, ring] = True
        mask[ring + 2, ring + 1] = True
    assert len(find_components(mask)) == 1
