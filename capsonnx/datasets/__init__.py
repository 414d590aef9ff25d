"""Data sets of single symbols: MNIST and Fashion-MNIST by name, and a user's own images in one folder per class."""

from __future__ import annotations

from pathlib import Path

from capsonnx.datasets.catalogue import CATALOGUE
from capsonnx.datasets.dataset import Dataset, Split, evenly, split_held_out
from capsonnx.datasets.folder import files_of, load_folder
from capsonnx.datasets.ink import symbol_size, widest_symbol
from capsonnx.datasets.sources import load_collection
from capsonnx.errors import InputError
from capsonnx.require import require_choice

__all__ = [
    "CATALOGUE",
    "Dataset",
    "Split",
    "evenly",
    "files_of",
    "load",
    "load_folder",
    "split_held_out",
    "symbol_size",
    "widest_symbol",
]


def load(name_or_folder: str | Path, split: Split, *, data_dir: Path | None = None, progress: bool = False) -> Dataset:
    """Load one split of a data set.

    The files of a named data set are looked for in ``data_dir``, in the package, which contains the test split of
    MNIST, and in the cache. Otherwise they are fetched and kept in the cache. Each must have its known SHA-256.

    Args:
        name_or_folder: ``mnist``, ``fashion-mnist``, or a folder with a sub-folder of images per class, as read by
            :func:`load_folder`. A name takes precedence over a folder of that name; pass ``./mnist`` for the folder.
        split: ``train`` or ``test``.
        data_dir: for a named data set, a folder that may already contain its files.
        progress: report on stderr what is being fetched.

    Returns:
        The split. The images of a named data set are (count, 28, 28).

    Raises:
        InputError: there is no such name, folder or split, the folder is not arranged as :func:`load_folder` expects,
            or ``data_dir`` is not a folder.
        DataError: a file could not be found, fetched or read, or is not the known one.
        MissingExtraError: files have to be fetched, and the extra ``train`` is not installed.

    >>> digits = load("mnist", "test")
    >>> digits.images.shape, digits.images.dtype, digits.targets[:5].tolist()
    ((10000, 28, 28), dtype('uint8'), [7, 2, 1, 0, 4])
    """
    require_choice("split", split, Split)
    if isinstance(name_or_folder, str) and name_or_folder in CATALOGUE:
        return load_collection(CATALOGUE[name_or_folder], split, data_dir=data_dir, progress=progress)
    folder = Path(name_or_folder)
    if not folder.is_dir():
        raise InputError(
            f"{name_or_folder}: no data set and no folder of that name",
            expected=f"one of {', '.join(CATALOGUE)}, or a folder with a sub-folder per class",
            remedy="check the spelling",
        )
    return load_folder(folder, split)
