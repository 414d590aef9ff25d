"""The exam on the files of a folder: images with one symbol each, read as they are, like any other image.

Other exams are composed of the images of a data set, which have one size: those of a folder are first scaled to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FilesResult", "Misread", "mark_files"]


@dataclass(frozen=True)
class Misread:
    """An image that was not read as its label.

    Attributes:
        path: the path of the file.
        label: the label of the symbol that it shows.
        text: the text that was read, or None if the file could not be read.
    """

    path: str
    label: str
    text: str | None


@dataclass(frozen=True)
class FilesResult:
    """The result of reading the images of a folder.

    Attributes:
        images: the number of images, at least one.
        right: the share in 0..1 of images whose text is exactly the label.
        misread: the other images, in order.
        seconds: the time spent on loading, preparing and reading the images.
        images_per_second: the number of images divided by ``seconds``.
    """

    images: int
    right: float
    misread: tuple[Misread, ...]
    seconds: float
    images_per_second: float


def mark_files(files: Sequence[tuple[str, str]], texts: Iterable[str | None], seconds: float) -> FilesResult:
    """Compare the text read from each file with its label.

    Args:
        files: the path and the label of each file, of at least one.
        texts: the text read from each file, in the same order; None for a file that could not be read.
        seconds: the time that reading took.

    >>> found = mark_files([("a/1.png", "a"), ("b/1.png", "b")], ["a", "aa"], 0.5)
    >>> found.right, found.misread[0].text, found.images_per_second
    (0.5, 'aa', 4.0)
    """
    read = list(zip(files, texts, strict=True))
    misread = tuple(Misread(path, label, text) for (path, label), text in read if text != label)
    # On some systems the clock does not advance during a very short run.
    rate = len(read) / max(seconds, 1e-9)
    return FilesResult(len(read), 1 - len(misread) / len(read), misread, seconds, rate)
