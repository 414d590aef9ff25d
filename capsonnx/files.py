"""Atomic writes, so that readers see either the old file or the new one; and the paths of shipped files."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from capsonnx.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["replacing", "shipped", "write_bytes", "write_text"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of ``path``; on success it becomes ``path``, on failure it is removed.

    The folder is created if necessary. The temporary name keeps the suffix of ``path``, for writers that choose the
    format by it. If ``path`` is a symbolic link, its target is replaced. A new file gets the permissions of the file
    that it replaces.

    Raises:
        InputError: ``path`` exists and is not a regular file but a folder, a pipe or a device; or part of its folder's
            path is a file.
        OSError: the folder cannot be written.

    >>> import pathlib, tempfile
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("hello")
    >>> target.read_text()
    'hello'
    """
    if path.is_symlink():
        path = path.resolve()
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is not a regular file", expected="a file to replace", remedy="choose another path")
    created = _make_folder(path.parent)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
    try:
        temporary.touch()  # so that a folder that cannot be written is reported before any work
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except OSError as error:
        if error.filename == str(temporary):  # name the file that the caller knows
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
        if not path.exists():  # nothing is left of a failure, but folders in which something else is by now
            with suppress(OSError):
                for folder in created:
                    folder.rmdir()


def _make_folder(folder: Path) -> list[Path]:
    """Create a folder and return what had to be created, the innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        place = next(place for place in (folder, *folder.parents) if place.exists() or place.is_symlink())
        what = "a file" if place.exists() else "a link that leads nowhere"
        raise InputError(f"{place}: {what}", expected="a folder", remedy="choose another path") from None
    return missing


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write ``content`` to ``path`` atomically, as UTF-8 with Unix line endings."""
    write_bytes(path, content.encode("utf-8"))


def shipped(name: str) -> Path | None:
    """The path of a shipped file or folder in ``exported/``, or None if it does not exist.

    ``exported/`` is inside the package or, in a checkout, beside it.

    >>> shipped("mnist.onnx").name, shipped("soup.onnx")
    ('mnist.onnx', None)
    """
    package = Path(__file__).parent
    places = (folder / "exported" / name for folder in (package, package.parent))
    return next((place for place in places if place.exists()), None)
