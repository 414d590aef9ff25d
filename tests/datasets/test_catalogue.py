from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx import datasets
from capsonnx.datasets.catalogue import CATALOGUE, Collection, file_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset


@pytest.mark.parametrize("collection", CATALOGUE.values(), ids=lambda collection: collection.name)
def test_every_collection_is_whole(collection: Collection) -> None:
    assert set(collection.digests) == {*file_names("train"), *file_names("test")}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in collection.digests.values())
    assert len(set(collection.labels)) == 10
    assert all(mirror.endswith("/") for mirror in collection.mirrors)
    assert collection.packages


def test_no_file_is_in_two_collections() -> None:
    digests = [digest for collection in CATALOGUE.values() for digest in collection.digests.values()]
    assert len(set(digests)) == len(digests)


def slants(digits: Dataset) -> NDArray[np.float64]:
    """How far each digit slants, in standard deviations from the mean of its class; (count,)."""
    rows, cols = np.indices(digits.images.shape[1:])
    weights = digits.images / digits.images.sum(axis=(1, 2), keepdims=True, dtype=np.float64)

    def mean(values: NDArray[np.int64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = (weights * values).sum(axis=(1, 2))
        return found

    slant = (mean(rows * cols) - mean(rows) * mean(cols)) / (mean(rows**2) - mean(rows) ** 2)
    for target in range(len(digits.labels)):
        own = digits.targets == target
        slant[own] = (slant[own] - slant[own].mean()) / slant[own].std()
    return slant


def test_mnist_stands_in_the_order_of_its_writers() -> None:
    """Digits slant as those near them do, of whatever class they are, for they are of one hand."""
    digits = datasets.load("mnist", "test")
    assert digits.grouped
    slant = slants(digits)
    near, far = (float(np.mean(slant[apart:] * slant[:-apart])) for apart in (2, 4000))
    assert near > 0.3
    assert abs(far) < 0.1
