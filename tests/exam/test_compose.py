from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.exam.compose import column, ink_spans, pad, paste, row

if TYPE_CHECKING:
    from numpy.typing import NDArray

sizes = st.integers(1, 5)


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(1, 256, shape, dtype=np.uint8)


@given(sizes, sizes, sizes, sizes)
def test_a_row_is_concatenation_along_the_width(count: int, digits: int, height: int, width: int) -> None:
    images = noise(count, digits, height, width)
    expected = np.concatenate([images[:, place] for place in range(digits)], axis=2)
    np.testing.assert_array_equal(row(images), expected)
    assert row(images).dtype == np.uint8


@given(sizes, sizes, sizes, sizes)
def test_a_column_is_concatenation_along_the_height(count: int, digits: int, height: int, width: int) -> None:
    images = noise(count, digits, height, width)
    expected = np.concatenate([images[:, place] for place in range(digits)], axis=1)
    np.testing.assert_array_equal(column(images), expected)
    assert column(images).dtype == np.uint8


@given(sizes, sizes, sizes, sizes, st.integers(0, 4))
def test_in_a_column_that_overlaps_the_lighter_pixel_shows(
    count: int, digits: int, height: int, width: int, overlap: int
) -> None:
    overlap = min(overlap, height - 1)
    images = noise(count, digits, height, width)
    pitch = height - overlap
    apart = [np.pad(images[:, place], ((0, 0), (place * pitch, (digits - 1 - place) * pitch), (0, 0)))
             for place in range(digits)]  # fmt: skip
    np.testing.assert_array_equal(column(images, overlap=overlap), np.max(apart, axis=0))


@given(sizes, sizes, sizes, st.integers(0, 4))
def test_padding_keeps_the_inside_and_blackens_the_border(count: int, height: int, width: int, pixels: int) -> None:
    images = noise(count, height, width)
    padded = pad(images, pixels)
    assert padded.shape == (count, height + 2 * pixels, width + 2 * pixels)
    np.testing.assert_array_equal(padded[:, pixels : pixels + height, pixels : pixels + width], images)
    # No pixel of the inside is zero, so what is not zero is the inside.
    assert np.count_nonzero(padded) == images.size
    assert padded.dtype == np.uint8


@given(sizes, sizes, st.integers(0, 4), st.integers(0, 4))
def test_pasting_lightens_one_place_and_never_darkens(height: int, width: int, left: int, top: int) -> None:
    page, image = noise(10, 10), 255 - noise(height, width)
    expected = page.copy()
    expected[top : top + height, left : left + width] = np.maximum(page[top : top + height, left : left + width], image)
    paste(page, image, left, top)
    np.testing.assert_array_equal(page, expected)


@given(sizes, sizes, sizes, st.integers(0, 4), st.sampled_from([1, 2]))
def test_the_span_of_ink_is_what_padding_surrounds(count: int, height: int, width: int, pixels: int, axis: int) -> None:
    spans = ink_spans(pad(noise(count, height, width), pixels), axis)
    assert spans.tolist() == [[pixels, pixels + (height, width)[axis - 1]]] * count
