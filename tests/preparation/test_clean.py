from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx.preparation import needs_preparation, prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cut_close(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, cols = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    return digit[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def test_digits_as_mnist_has_them_are_left_alone(digits: NDArray[np.uint8]) -> None:
    assert not any(needs_preparation(digit) for digit in digits[:2000])


@pytest.mark.parametrize("margin", [0, 1, 2])
def test_digits_cut_close_are_left_alone(digits: NDArray[np.uint8], margin: int) -> None:
    for digit in digits[:200]:
        close = np.pad(cut_close(digit), margin)
        assert not needs_preparation(close)
        assert prepare(close, symbol=None).levels is close


def test_a_page_cut_close_may_be_grey_all_the_same(digits: NDArray[np.uint8]) -> None:
    assert all(needs_preparation(np.maximum(cut_close(digit), level)) for digit in digits[:50] for level in (9, 80))
