"""Stream the image files of a run: from files, folders, patterns and a list on standard input, one after another."""

from __future__ import annotations

import glob
import io
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from capsonnx.errors import InputError
from capsonnx.images import image_suffixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["expand"]


def expand(paths: Iterable[str], *, recursive: bool = False, listing: Iterable[str] | None = None) -> Iterator[Path]:
    """Stream the image files that ``paths`` stand for.

    * A file stands for itself, whatever its suffix.
    * A folder stands for its images: the files with a suffix of :func:`capsonnx.images.image_suffixes` whose name does
      not begin with a dot, in natural order (``2.png`` before ``10.png``). With ``recursive``, the images of its
      subfolders follow, in the same order. Links to files are followed, links to folders are not.
    * A pattern that the shell has not expanded (``*``, ``?``, ``[...]``, ``**``) stands for the files that match it.
    * ``-`` stands for the paths of files on standard input, one per line. They are not checked before they are read, so
      that a missing file is an error of that image and not of the run.

    Only the names in one folder are held at a time, for sorting.

    Args:
        paths: see above.
        recursive: whether to descend into subfolders.
        listing: the lines that ``-`` stands for, or None for standard input.

    Returns:
        The paths. Each of ``paths`` is checked before this function returns; a listing, and subfolders beyond the first
        image, are checked only when they are reached.

    Raises:
        InputError: a path is missing, a folder contains no image or cannot be read, a pattern matches nothing, or a
            listing is empty or not a list of paths.
    """
    paths = list(paths)
    for path in paths:
        _check(path, recursive)
    return _stream(paths, recursive, listing)


def _stream(paths: list[str], recursive: bool, listing: Iterable[str] | None) -> Iterator[Path]:
    for path in paths:
        if path == "-":
            try:
                yield from _lines(_standard_input() if listing is None else listing)
            except OSError as error:
                raise InputError(
                    f"standard input: {error.strerror}", expected="a list of files", remedy="pass paths instead"
                ) from None
        elif _is_folder(path):
            yield from _folder(path, recursive)
        elif _exists(path):
            yield Path(path)
        else:
            yield from _matches(path)


def _check(path: str, recursive: bool) -> None:
    if path == "-":
        if sys.stdin is None:  # closed by the parent process
            raise InputError("-: there is no standard input", expected="a list of files", remedy="pass paths instead")
        return
    if _is_folder(path):
        if not _holds_image(path, recursive):
            deeper = ", or read its subfolders, too: --recursive, in Python recursive=True"
            raise InputError(
                f"{path}: no image in this folder" + (" or below" if recursive else ""),
                expected="files with a suffix such as .png or .jpg",
                remedy="check the path" + ("" if recursive else deeper),
            )
    elif not _exists(path):
        is_pattern = glob.has_magic(path)
        if not is_pattern or next(_matches(path), None) is None:
            raise InputError(
                f"{path}: no file matches" if is_pattern else f"{path}: no such file or folder",
                expected="an image file, a folder of images, a pattern, or - for a list on standard input",
                remedy="check the path",
            )


def _standard_input() -> Iterator[str]:
    """Return the lines of standard input as they arrive, or only the beginning of binary input.

    The null byte in that beginning is refused later; the first line of binary input alone might look like a name.
    """
    stream: Iterable[bytes] = sys.stdin.buffer
    if isinstance(stream, io.BufferedReader) and b"\0" in (beginning := stream.peek(1)[:64]):
        stream = [beginning]
    return map(os.fsdecode, stream)


def _lines(listing: Iterable[str]) -> Iterator[Path]:
    is_empty = True
    for line in listing:
        if "\0" in line:
            raise InputError(
                "standard input: no list of paths",
                expected="the path of an image file on each line, not an image itself, nor null bytes between paths",
                remedy="pass an image by its path, and find's without -print0",
            )
        if path := line.rstrip("\r\n"):
            is_empty = False
            yield Path(path)
    if is_empty:
        raise InputError(
            "standard input: empty", expected="the path of one image file a line", remedy="pipe a list of paths in"
        )


def _folder(path: str, recursive: bool) -> Iterator[Path]:
    images, folders = _scan(path)
    for name in sorted(images, key=_natural):
        yield Path(path, name)
    if recursive:
        for name in sorted(folders, key=_natural):
            yield from _folder(os.path.join(path, name), recursive)  # noqa: PTH118 - Path would drop a leading ./


def _holds_image(path: str, recursive: bool) -> bool:
    images, folders = _scan(path)
    return bool(images) or (recursive and any(_holds_image(str(Path(path, name)), recursive) for name in folders))


def _scan(path: str) -> tuple[list[str], list[str]]:
    """Return the names of a folder's images and of its subfolders, unsorted."""
    suffixes = image_suffixes()
    images, folders = [], []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif os.path.splitext(entry.name)[1].lower() in suffixes and entry.is_file():  # noqa: PTH122 - speed
                    images.append(entry.name)
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", expected="a folder that can be read", remedy="check its permissions"
        ) from None
    return images, folders


def _matches(pattern: str) -> Iterator[Path]:
    matches = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    return (Path(match) for match in sorted(matches, key=_natural) if Path(match).is_file())


def _exists(path: str) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises on a name that is too long


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - as above


def _natural(name: str) -> tuple[list[int | str], str]:
    """Return the sort key of a name, its digits as numbers; the name itself breaks ties (``1.png``, ``01.png``)."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name
