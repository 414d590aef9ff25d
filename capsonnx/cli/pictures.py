"""What the commands that draw pictures of images have in common: their options, names of files, and lines printed."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx.cli.options import provider_option, reading_options
from capsonnx.wording import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from capsonnx.runtime import Reading, Row

__all__ = ["name_pictures", "picture_options", "print_rows"]

_OPTIONS = (
    click.argument("paths", nargs=-1, required=True, metavar="PATH..."),
    click.option(
        "-o",
        "--output",
        required=True,
        metavar="FILE|FOLDER",
        type=click.Path(path_type=Path),
        help="The picture of one image file; else a folder for the pictures.",
    ),
    provider_option(),
    reading_options,
)


def picture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the arguments ``paths`` and ``output`` and the options of reading an image, but for the model."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def name_pictures(paths: tuple[str, ...], output: Path) -> list[tuple[Path, Path]]:
    """The images that the paths stand for, each with its picture: ``output`` itself for one file, else one in it."""
    from capsonnx import pictures, runtime

    is_one = len(paths) == 1 and Path(paths[0]).is_file() and not output.is_dir()
    return pictures.targets(list(runtime.expand(paths)), output, is_file=is_one)


def print_rows(rows: Iterable[Row], count: int) -> int:
    """Print a line for each image, and return how many failed."""
    from capsonnx.progress import progress_bar

    failed, stream = 0, sys.stdout  # taken before the bar takes it
    # On a terminal that shows the lines a bar would only be in their way.
    with nullcontext() if stream.isatty() else progress_bar("drawing", count) as bar:
        for row in rows:
            if bar is not None:
                bar.advance()
            if row.reading is None:
                failed += 1
                click.echo(f"error: {printable(str(row.error))}", err=True)
            else:
                click.echo(f"{printable(row.path)}: {_line(row.reading)}", file=stream)
    return failed


def _line(reading: Reading) -> str:
    """What was read, in one line; a dash for nothing, as in the table of ``capsonnx infer``."""
    text = ", ".join(reading.labels) if reading.text is None else reading.text
    return printable(text.replace("\n", " ⏎ ")) or "-"
