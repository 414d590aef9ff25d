"""Data sets of single symbols: MNIST and Fashion-MNIST by name, and a user's own images from a folder per class."""

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

    The test split of MNIST is part of the package. Everything else of the catalogue is looked for in ``data_dir`` and
    in the cache, then fetched and kept in the cache; each file must have its known SHA-256.

    Args:
        name_or_folder: ``mnist``, ``fashion-mnist``, or a folder with a sub-folder of images per class, as
            :func:`load_folder` reads it. A name goes before a folder of the same name; write ``./mnist`` for that.
        split: ``train`` or ``test``.
        data_dir: for a name, a folder that may have its files already.
        progress: say on stderr what is being fetched.

    Returns:
        The split; for a name, images are (count, 28, 28).

    Raises:
        InputError: no such name or folder, no such split, or ``data_dir`` is not a folder.
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
