"""A user's own data sets: a folder with a sub-folder of images per class."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.datasets.dataset import Dataset, Split
from capsonnx.errors import DataError, ImageError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["files_of", "fit", "is_test_file", "load_folder"]

_TEST_SHARE = 6

MOST_NAMED = 5
"""The maximum number of unreadable files that an error names."""


def load_folder(path: Path, split: Split, *, size: tuple[int, int] = (28, 28)) -> Dataset:
    """Load one split of a data set stored as one sub-folder of images per class.

    The classes are the sub-folders, sorted by name. If the folder contains ``train`` and ``test``, each with the same
    class folders, these are the splits. A folder with ``test`` alone has a test split but nothing to train on.
    Otherwise about one image in six belongs to the test split, chosen by a hash of its file name
    (:func:`is_test_file`): the choice is the same on every machine, and adding images never moves others. Names that
    start with a dot, files without an image suffix, and files next to the class folders are ignored.

    Args:
        path: the folder; its name becomes the name of the data set.
        split: ``train`` or ``test``.
        size: (height, width) in pixels of the images; other sizes are converted by :func:`fit`.

    Returns:
        Images (count, *size), light ink on a black background, sorted by class and file name.

    Raises:
        InputError: there is no such folder or no class folder; a class folder has no image, contains a folder, or has a
            name that cannot be printed; there is ``train`` without ``test``; the training split is requested, and
            ``train`` is missing or has other class folders than ``test``; or the split by file names leaves a class
            without training images, or no test image at all.
        DataError: images cannot be read, or are of a single level; the message names them.
    """
    labels, items = files_of(path, split)
    images = np.stack([fit(image, size) for image in _load_all([file for file, _ in items])])
    targets = np.array([labels.index(label) for _, label in items], dtype=np.int64)
    return Dataset(path.resolve().name, labels, images, targets)


def files_of(path: Path, split: Split) -> tuple[tuple[str, ...], list[tuple[Path, str]]]:
    """The classes, and the files of one split with their labels, in the order of :func:`load_folder`.

    Raises:
        InputError: for the same reasons as in :func:`load_folder`.
    """
    labels, chosen = _choose(path, split)
    return labels, [(file, label) for label in labels for file in chosen[label]]


def is_test_file(name: str) -> bool:
    """Whether an image with this file name belongs to the test split, if there are no folders for the splits.

    It does if the first eight bytes of the SHA-256 of the name, read as a big-endian number, are divisible by six.
    """
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8]) % _TEST_SHARE == 0


def fit(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale an image to fit into a size, keeping its aspect ratio, and centre it on black.

    Args:
        image: (height, width) uint8.
        size: (height, width) of the result in pixels.

    Returns:
        (*size) uint8; the image itself if it already has that size.
    """
    if image.shape == size:
        return image
    from PIL import Image  # noqa: PLC0415 - needed only for images of another size

    height, width = image.shape
    scale = min(size[0] / height, size[1] / width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    scaled = np.asarray(Image.fromarray(image).resize((columns, rows), Image.Resampling.BILINEAR))
    canvas = np.zeros(size, dtype=np.uint8)
    top, left = (size[0] - rows) // 2, (size[1] - columns) // 2
    canvas[top : top + rows, left : left + columns] = scaled
    return canvas


def _choose(path: Path, split: Split) -> tuple[tuple[str, ...], dict[str, list[Path]]]:
    """The class names, and the files of a split by class."""
    if not path.is_dir():
        raise InputError(
            f"{path}: {'not a folder' if path.exists() else 'no such folder'}",
            expected="a folder with a sub-folder of images per class",
            remedy="check the spelling",
        )
    if split == "test" and _holds_folders(path / "test"):
        found = _classes(path / "test")
        return tuple(found), found
    if (path / "train").is_dir() and (path / "test").is_dir():
        classes = {name: _classes(path / name) for name in ("train", "test")}
        if classes["train"].keys() != classes["test"].keys():
            differing = ", ".join(sorted(classes["train"].keys() ^ classes["test"].keys()))
            raise _unsuitable(f"{path}: {differing} only in one of train and test", "the same classes in both")
        return tuple(classes[split]), classes[split]
    for lone, lacking in (("train", "test"), ("test", "train")):
        if _holds_folders(path / lone):
            raise _unsuitable(f"{path}: folders in {lone}, but no folder {lacking}", "both, or neither")
    every = _classes(path)
    chosen = {label: [file for file in every[label] if is_test_file(file.name) == (split == "test")] for label in every}
    missing = [label for label in chosen if not chosen[label]]
    # A class without test images is just not examined; one without training images could not be learnt.
    if len(missing) == len(chosen) or (missing and split == "train"):
        raise InputError(
            f"{path}: no {split} image of {', '.join(missing)}, by the file names",
            expected="more images per class",
            remedy="add some, or make folders train and test, each with a folder of images per class",
        )
    return tuple(chosen), chosen


def _holds_folders(path: Path) -> bool:
    return path.is_dir() and any(entry.is_dir() for entry in _visible(path))


def _classes(path: Path) -> dict[str, list[Path]]:
    """The image files of each class folder, both sorted by name."""
    from capsonnx.images import image_suffixes  # noqa: PLC0415 - it imports Pillow, which the catalogue does without

    suffixes = image_suffixes()
    folders = [folder for folder in _visible(path) if folder.is_dir()]
    if not folders:
        raise _unsuitable(f"{path}: no sub-folder", "a sub-folder of images per class")
    classes = {}
    for folder in folders:
        if not folder.name.isprintable():  # bytes that are not UTF-8, or a line break
            raise InputError(
                f"{str(folder)!r}: its name cannot be printed",
                expected="the name of a class, of letters, digits and signs",
                remedy="rename this folder",
            )
        inside = [entry for entry in _visible(folder) if entry.is_dir()]
        if inside:
            raise InputError(
                f"{inside[0]}: a folder in that of a class",
                expected="images alone in each sub-folder",
                remedy="move or remove it",
            )
        classes[folder.name] = [file for file in _visible(folder) if file.suffix.lower() in suffixes]
        if not classes[folder.name]:
            raise InputError(
                f"{folder}: no image",
                expected="image files such as .png and .jpg in each sub-folder",
                remedy="put some into it, or remove it",
            )
    return classes


def _visible(path: Path) -> Iterator[Path]:
    return (entry for entry in sorted(path.iterdir(), key=lambda entry: entry.name) if not entry.name.startswith("."))


def _load_all(files: list[Path]) -> Iterator[NDArray[np.uint8]]:
    """The images of files, each (height, width) uint8 with light ink on a black background."""
    from capsonnx.images import load_grey  # noqa: PLC0415 - as above

    unfit = []
    for file in files:
        try:
            levels = load_grey(file)
        except ImageError as error:
            unfit.append(str(error).partition(";")[0])  # it names the file
        else:
            if levels.any():
                yield levels
            else:
                unfit.append(f"{file}: no ink")
    if unfit:
        more = f", and {len(unfit) - MOST_NAMED} more" if len(unfit) > MOST_NAMED else ""
        raise DataError(
            "; ".join(unfit[:MOST_NAMED]) + more,
            expected="readable image files, a symbol in each",
            remedy="repair or remove what is none",
        )


def _unsuitable(given: str, expected: str) -> InputError:
    return InputError(given, expected=expected, remedy="arrange the folder as one sub-folder of images per class")
