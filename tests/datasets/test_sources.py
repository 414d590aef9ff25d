from __future__ import annotations

import dataclasses
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from capsonnx import files
from capsonnx.datasets import idx
from capsonnx.datasets.catalogue import MNIST, Collection
from capsonnx.datasets.sources import cache_folder, load_collection, obtain
from capsonnx.errors import DataError, InputError, MissingExtraError

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
Contents: TypeAlias = dict[str, bytes]
Serve: TypeAlias = Callable[[Path], str]


def altered(content: bytes) -> bytes:
    """The content with one bit of its last byte flipped."""
    return content[:-1] + bytes([content[-1] ^ 1])


def publish(folder: Path, contents: Contents) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))


@pytest.fixture
def packaged(small: Collection, contents: Contents) -> Collection:
    """The small data set, to be had from a package."""
    return dataclasses.replace(small, packages={"the package": lambda: contents})


# --- the folder that the user gives


@pytest.mark.parametrize("place", ["", "small", "Small/raw"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_given_folder_goes_before_everything(
    small: Collection, contents: Contents, tmp_path: Path, place: str, compressed: bool
) -> None:
    for name, content in contents.items():
        path = tmp_path / "given" / place / (f"{name}.gz" if compressed else name)
        files.write_bytes(path, gzip.compress(content) if compressed else content)
    dataset = load_collection(small, "train", data_dir=tmp_path / "given")
    np.testing.assert_array_equal(dataset.images, idx.decode(contents[IMAGES], name="images"))
    np.testing.assert_array_equal(dataset.targets, idx.decode(contents[LABELS], name="labels"))
    assert (dataset.name, dataset.labels) == ("small", ("no", "yes"))
    assert dataset.targets.dtype == np.int64


@pytest.mark.parametrize("damage", [altered, lambda content: content[:-1], lambda content: b""])
def test_a_damaged_file_in_a_given_folder_is_named_and_refused(
    packaged: Collection, contents: Contents, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    (tmp_path / IMAGES).write_bytes(damage(contents[IMAGES]))
    with pytest.raises(DataError, match=IMAGES):
        obtain(packaged, IMAGES, data_dir=tmp_path)


def test_a_given_folder_that_lacks_the_file_is_passed_over(
    packaged: Collection, contents: Contents, tmp_path: Path
) -> None:
    assert obtain(packaged, IMAGES, data_dir=tmp_path) == contents[IMAGES]


def test_a_given_folder_must_exist(packaged: Collection, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        obtain(packaged, IMAGES, data_dir=tmp_path / "absent")


# --- the embedded files


def test_the_test_split_of_mnist_is_in_the_package() -> None:
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):  # obtain checks the known digests
        assert obtain(dataclasses.replace(MNIST, mirrors=(), packages={}), name)


def test_an_altered_embedded_file_is_refused() -> None:
    name = "t10k-labels-idx1-ubyte"
    with pytest.raises(DataError, match=name):
        obtain(dataclasses.replace(MNIST, digests={name: "0" * 64}), name)


# --- the cache


def test_what_is_fetched_is_kept_whole(packaged: Collection, contents: Contents, cache: Path) -> None:
    obtain(packaged, IMAGES)
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == contents


def test_what_is_kept_is_not_fetched_again(packaged: Collection, contents: Contents) -> None:
    obtain(packaged, IMAGES)
    assert obtain(dataclasses.replace(packaged, packages={}), IMAGES) == contents[IMAGES]


@pytest.mark.parametrize("damage", [altered, lambda content: content[:100], lambda content: b""])
def test_a_damaged_file_in_the_cache_is_fetched_again(
    packaged: Collection, contents: Contents, cache: Path, damage: Callable[[bytes], bytes]
) -> None:
    files.write_bytes(cache / IMAGES, damage(contents[IMAGES]))
    assert obtain(packaged, IMAGES) == contents[IMAGES]
    assert (cache / IMAGES).read_bytes() == contents[IMAGES]


def test_a_damaged_file_in_the_cache_is_removed_even_if_it_cannot_be_fetched(
    small: Collection, contents: Contents, cache: Path
) -> None:
    files.write_bytes(cache / IMAGES, altered(contents[IMAGES]))
    with pytest.raises(DataError, match="no source has"):
        obtain(small, IMAGES)
    assert not (cache / IMAGES).exists()


def test_a_cache_that_cannot_be_written_is_named(packaged: Collection, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file in the place of the folder")
    with pytest.raises(DataError, match=r"cannot be written.*CAPSONNX_CACHE"):
        obtain(packaged, IMAGES)


def test_the_cache_is_that_of_the_user_unless_the_variable_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv("CAPSONNX_CACHE")
    assert cache_folder(MNIST) == platformdirs.user_cache_path("capsonnx") / "datasets" / "mnist"
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(MissingExtraError, match="platformdirs"):
        cache_folder(MNIST)


# --- mirrors and packages


def test_a_mirror_gives_one_file(
    small: Collection, contents: Contents, cache: Path, serve: Serve, tmp_path: Path
) -> None:
    publish(tmp_path / "mirror", contents)
    served = dataclasses.replace(small, mirrors=(serve(tmp_path / "mirror"),))
    assert obtain(served, IMAGES) == contents[IMAGES]
    assert [path.name for path in cache.iterdir()] == [IMAGES]


def test_sources_that_fail_or_give_other_bytes_are_passed_over(
    packaged: Collection, contents: Contents, serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    publish(tmp_path / "altered", {name: altered(content) for name, content in contents.items()})
    mirrors = ("http://127.0.0.1:9/", serve(tmp_path / "empty"), serve(tmp_path / "altered"))
    assert obtain(dataclasses.replace(packaged, mirrors=mirrors), IMAGES, progress=True) == contents[IMAGES]
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.split()[-1] for line in said.err.splitlines()] == [*mirrors, "package"]


def test_one_message_tells_what_was_tried(small: Collection, contents: Contents, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    tampered = {**contents, LABELS: altered(contents[LABELS])}
    failing = dataclasses.replace(
        small,
        mirrors=("http://127.0.0.1:9/", serve(tmp_path / "empty")),
        packages={"package one": lambda: tampered, "package two": dict},
    )
    with pytest.raises(DataError) as caught:
        obtain(failing, IMAGES, data_dir=tmp_path)
    message = str(caught.value)
    parts = (f"{tmp_path} (no", "9/ (ConnectionError)", "HTTP status 404", f"package one ({LABELS}", "no train-images")
    assert all(part in message for part in (*parts, "--data-dir"))


def test_nothing_of_a_source_with_one_wrong_file_is_kept(small: Collection, contents: Contents, cache: Path) -> None:
    tampered = {**contents, LABELS: altered(contents[LABELS])}
    with pytest.raises(DataError):
        obtain(dataclasses.replace(small, packages={"package": lambda: tampered}), IMAGES)
    assert not cache.exists()


def test_fetching_without_the_extra_says_how_to_install_it(small: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[train\]'"):
        obtain(dataclasses.replace(small, mirrors=("http://127.0.0.1:9/",)), IMAGES)


FETCH = """if True:
    import json, sys
    from capsonnx.datasets import catalogue, sources
    fields = json.loads(sys.argv[1])
    sources.obtain(catalogue.Collection(**fields, packages={}), sys.argv[2])
"""


def test_two_processes_that_fetch_at_once_leave_one_valid_file(
    small: Collection, contents: Contents, cache: Path, serve: Serve, tmp_path: Path
) -> None:
    publish(tmp_path / "mirror", contents)
    fields = {**dataclasses.asdict(small), "mirrors": [serve(tmp_path / "mirror")]}
    del fields["packages"]
    command = [sys.executable, "-W", "error", "-c", FETCH, json.dumps(fields), IMAGES]
    processes = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == {IMAGES: contents[IMAGES]}
