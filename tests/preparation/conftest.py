from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capsonnx import datasets
from capsonnx.exam.compose import pad, row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    return datasets.load("mnist", "test").images


@pytest.fixture(scope="module")
def pages(digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Twelve clean pages of five digits, (12, 56, 168)."""
    return pad(row(digits[:60].reshape(12, 5, 28, 28)), 14)
