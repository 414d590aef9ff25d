"""A small data set in which every pixel says which digit it belongs to, and the MNIST test split."""

from __future__ import annotations

import numpy as np
import pytest

from capsonnx import datasets
from capsonnx.datasets import Dataset


def numbered(targets: list[int]) -> Dataset:
    """Digits of 2×3 pixels: digit i is filled with the value i + 1, so that none is black."""
    values = np.arange(1, len(targets) + 1, dtype=np.uint8)
    images = np.broadcast_to(values[:, None, None], (len(targets), 2, 3))
    return Dataset("numbered", tuple("0123456789"), images, np.array(targets, dtype=np.int64))


@pytest.fixture(scope="session")
def make_numbered():
    """The function :func:`numbered`."""
    return numbered


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The test split of MNIST, from the package."""
    return datasets.load("mnist", "test")


@pytest.fixture(scope="session")
def ten(mnist: Dataset) -> Dataset:
    """One digit of each class, so that its class says which it is."""
    return mnist.take(np.unique(mnist.targets, return_index=True)[1])
