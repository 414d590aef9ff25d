"""The files of pictures: what they may be called, and one after the other for many images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capsonnx.errors import ImageError, InputError, ModelError
from capsonnx.runtime.streaming import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from capsonnx.runtime.reading import Reading

__all__ = ["SUFFIXES", "draw_each", "require_suffix", "targets"]

SUFFIXES = (".png", ".svg", ".pdf")
"""The kinds of files that can be drawn, by suffix."""


def draw_each(images: Iterable[tuple[Path, Path]], draw_one: Callable[[Path, Path], Reading]) -> Iterator[Row]:
    """Draw the picture of one image after the other.

    Args:
        images: the path of each image, and that of its picture.
        draw_one: draws the one to the other, and says what was read.

    Returns:
        One row for each image, in their order, when its picture is complete; with an error if it could not be read.
    """
    for source, target in images:
        try:
            reading = draw_one(source, target)
        except (ImageError, ModelError) as error:
            yield Row(str(source), None, str(error))
        else:
            yield Row(str(source), reading, None)


def targets(sources: Iterable[Path], output: Path, *, is_file: bool = False) -> list[tuple[Path, Path]]:
    """Name a picture for each image: in a folder, NAME.png, or NAME-2.png where that is taken by one before it.

    Args:
        sources: the images.
        output: the folder; or, for one image, its picture.
        is_file: which of these it is.

    Raises:
        InputError: a picture would replace one of the images, or ``output`` is to be a folder and is a file or named
            as one.

    >>> from pathlib import Path
    >>> [target.name for _, target in targets([Path("a/1.jpg"), Path("b/1.jpg"), Path("2.tif")], Path("out"))]
    ['1.png', '1-2.png', '2.png']
    """
    if not is_file and not output.is_dir() and (output.is_file() or output.suffix.lower() in SUFFIXES):
        raise InputError(f"{output}: is, or would be, a file", expected="a folder for the pictures", remedy="name one")
    pairs: list[tuple[Path, Path]] = []
    taken: set[str] = set()
    for source in sources:
        name, number = f"{source.stem}.png", 1
        while name.lower() in taken:
            number += 1
            name = f"{source.stem}-{number}.png"
        taken.add(name.lower())
        pairs.append((source, output if is_file else output / name))
    images = {source.resolve() for source, _ in pairs}
    for _, target in pairs:
        if target.resolve() in images:
            raise InputError(
                f"{target}: is one of the images", expected="another place for the picture", remedy="choose one"
            )
    return pairs


def require_suffix(path: Path) -> None:
    """Check that a picture can be drawn to a file of this name.

    Raises:
        InputError: it has another suffix than those of :data:`SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: no suffix of a picture", expected=f"one of {', '.join(SUFFIXES)}", remedy="name it so"
        )
