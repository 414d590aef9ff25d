from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from capsonnx.exam.resample import scaled

percents = st.integers(5, 400)
sizes = st.integers(1, 40)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("percent", [50, 70, 85, 120, 150, 300])
def test_scaling_is_that_of_pillow_but_for_rounding(percent: int) -> None:
    images = noise(2, 40, 60)
    size = 60 * percent // 100, 40 * percent // 100
    expected = [np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)) for image in images]
    np.testing.assert_allclose(scaled(images, percent).astype(int), np.stack(expected).astype(int), atol=1)


@given(sizes, sizes, percents)
def test_the_size_is_rounded_up_and_an_even_page_stays_even(height: int, width: int, percent: int) -> None:
    images = scaled(np.full((1, height, width), 201, np.uint8), percent)
    assert images.shape == (1, -(-height * percent // 100), -(-width * percent // 100))
    assert images.dtype == np.uint8
    assert (images == 201).all()


@given(sizes, sizes)
def test_the_same_size_is_the_same_page(height: int, width: int) -> None:
    np.testing.assert_array_equal(scaled(noise(3, height, width), 100), noise(3, height, width))


@given(st.integers(50, 200), st.integers(8, 30), st.integers(8, 30))
def test_a_spot_comes_to_its_scaled_place(percent: int, row: int, column: int) -> None:
    page = np.zeros((1, 40, 40), np.uint8)
    page[0, row, column] = 255
    weights = scaled(page, percent)[0].astype(float)
    y, x = (np.indices(weights.shape) * weights).sum(axis=(1, 2)) / weights.sum() + 0.5
    expected = np.array([column + 0.5, row + 0.5]) * percent / 100
    # The filter is sampled at whole pixels, which moves a spot a little.
    np.testing.assert_allclose([x, y], expected, atol=0.2)
