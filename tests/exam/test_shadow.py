from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx.exam.compose import pad, row
from capsonnx.exam.degrade import degrade
from capsonnx.exam.shadow import LIGHT, cast, shadowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset


@pytest.fixture(scope="module")
def pages(mnist: Dataset) -> NDArray[np.uint8]:
    return pad(row(mnist.images[:20].reshape(4, 5, 28, 28)), 14)


def test_the_generator_decides(pages: NDArray[np.uint8]) -> None:
    once, again, other = (shadowed(pages, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_a_page_does_not_depend_on_those_after_it(pages: NDArray[np.uint8]) -> None:
    few = shadowed(pages[:2], np.random.default_rng(1))
    np.testing.assert_array_equal(few, shadowed(pages, np.random.default_rng(1))[:2])


@pytest.mark.parametrize("shape", [(56, 168), (200, 90), (1, 1)])
def test_a_shadow_leaves_a_part_of_the_light(shape: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)
    shadows = [cast(*shape, generator) for _ in range(60)]
    assert {one.shape for one in shadows} == {shape}
    assert all(LIGHT[0] - 0.01 <= one.min() and one.max() <= 1 for one in shadows)


def test_most_shadows_have_an_edge_on_the_page() -> None:
    generator = np.random.default_rng(0)
    spans = [float(np.ptp(cast(56, 168, generator))) for _ in range(100)]
    assert np.mean([span > 0.15 for span in spans]) > 0.9


def test_without_a_shadow_the_pages_are_those_of_a_scanner(pages: NDArray[np.uint8]) -> None:
    lit = degrade(pages, np.random.default_rng(1), light=lambda height, width, _: np.ones((height, width)))
    np.testing.assert_array_equal(lit, degrade(pages, np.random.default_rng(1)))
