from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx.exam.compose import pad, row
from capsonnx.exam.degrade import PAPER, degrade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset


@pytest.fixture(scope="module")
def pages(mnist: Dataset) -> NDArray[np.uint8]:
    return pad(row(mnist.images[:20].reshape(4, 5, 28, 28)), 14)


def test_the_generator_decides(pages: NDArray[np.uint8]) -> None:
    once, again, other = (degrade(pages, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_a_page_does_not_depend_on_those_after_it(pages: NDArray[np.uint8]) -> None:
    few = degrade(pages[:2], np.random.default_rng(1))
    np.testing.assert_array_equal(few, degrade(pages, np.random.default_rng(1))[:2])


def test_dark_ink_on_light_paper(pages: NDArray[np.uint8]) -> None:
    scans = degrade(pages, np.random.default_rng(0))
    assert scans.shape == pages.shape
    assert scans.dtype == np.uint8
    for page, scan in zip(pages, scans, strict=True):
        paper, ink = scan[page == 0].mean(), scan[page > 200].mean()
        assert PAPER[0] - 10 < paper < PAPER[1] + 5
        assert ink < 0.75 * paper


def test_no_pages_and_the_smallest_page() -> None:
    generator = np.random.default_rng(0)
    assert degrade(np.zeros((0, 5, 7), np.uint8), generator).shape == (0, 5, 7)
    assert degrade(np.zeros((2, 1, 1), np.uint8), generator).shape == (2, 1, 1)
