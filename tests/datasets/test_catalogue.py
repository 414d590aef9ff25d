from __future__ import annotations

import re

import pytest

from capsonnx.datasets.catalogue import CATALOGUE, Collection, file_names


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
