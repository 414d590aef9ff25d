"""What the commands that draw pictures of images share: options, file names and printed lines."""

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
        help="The picture if PATH is one image file, or a folder for pictures.",
    ),
    provider_option(),
    reading_options,
)


def picture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``paths``, ``output``, the provider and the options of reading to a command; it adds the model itself."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def name_pictures(paths: tuple[str, ...], output: Path) -> list[tuple[Path, Path]]:
    """List the images that the paths stand for, each with the path of its picture.

    That is ``output`` itself for a single file, and otherwise a file in it.
    """
    from capsonnx import pictures, runtime

    is_one = len(paths) == 1 and Path(paths[0]).is_file() and not output.is_dir()
    return pictures.targets(list(runtime.expand(paths)), output, is_file=is_one)


def print_rows(rows: Iterable[Row], count: int) -> int:
    """Print a line for each image, and return how many images failed."""
    from capsonnx.progress import progress_bar

    failed, stream = 0, sys.stdout  # saved before the progress bar replaces it
    # On a terminal that shows the lines, a progress bar would only be in the way.
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
    """Format what was read on one line; a dash if nothing was, as in the table of ``capsonnx infer``."""
    text = ", ".join(reading.labels) if reading.text is None else reading.text
    return printable(text.replace("\n", " ⏎ ")) or "-"
