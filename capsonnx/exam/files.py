"""The images of a folder as they are, one symbol on each, read as any image is.

All other exams are composed of what was brought to one size before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FilesResult", "Misread", "mark_files"]


@dataclass(frozen=True)
class Misread:
    """An image that was not read as what it shows.

    Attributes:
        path: of the file.
        label: what it shows.
        text: what was read, or None of a file that cannot be read.
    """

    path: str
    label: str
    text: str | None


@dataclass(frozen=True)
class FilesResult:
    """How the images of a folder were read.

    Attributes:
        images: how many there are, at least one.
        right: the share in 0..1 of those whose text is the label, no more and no less.
        misread: the others, in their order.
        seconds: what reading took, with loading and preparing them.
        images_per_second: images by seconds.
    """

    images: int
    right: float
    misread: tuple[Misread, ...]
    seconds: float
    images_per_second: float


def mark_files(files: Sequence[tuple[str, str]], texts: Iterable[str | None], seconds: float) -> FilesResult:
    """Compare what was read of each file with its label.

    Args:
        files: the path and the label of each.
        texts: what was read of each, in their order; None of a file that cannot be read.
        seconds: what that took.

    >>> found = mark_files([("a/1.png", "a"), ("b/1.png", "b")], ["a", "aa"], 0.5)
    >>> found.right, found.misread[0].text, found.images_per_second
    (0.5, 'aa', 4.0)
    """
    read = list(zip(files, texts, strict=True))
    misread = tuple(Misread(path, label, text) for (path, label), text in read if text != label)
    # The clock of some systems stands still over a very short run.
    rate = len(read) / max(seconds, 1e-9)
    return FilesResult(len(read), 1 - len(misread) / len(read), misread, seconds, rate)
