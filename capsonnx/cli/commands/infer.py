"""``capsonnx infer``: read images and print a row for each."""

from __future__ import annotations

import io
import os
import sys
import time
from contextlib import contextmanager, nullcontext, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from capsonnx.cli import INTERRUPTED
from capsonnx.cli.options import (
    model_option,
    provider_option,
    reading_options,
    tell_where_tf32_is_not,
    tf32_option,
)
from capsonnx.cli.tally import Tally
from capsonnx.errors import InputError
from capsonnx.files import replacing
from capsonnx.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from capsonnx.runtime import ReadingOptions

__all__ = ["command"]

SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".json": "json"}
"""The format of an output file by its suffix."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_option
@click.option("-r", "--recursive", is_flag=True, help="Include the subfolders of folders.")
@click.option(
    "-f",
    "--format",
    "style",
    type=click.Choice(["table", *SUFFIXES.values()]),
    help="[default: by the suffix of --output, else table]",
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file."
)
@provider_option()
@tf32_option
@click.option("--batch-size", type=click.IntRange(min=1), default=128, help="Maximum number of images per batch.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Threads that decode and score. [default: one per core, at most 8]"
)
@reading_options
@click.pass_context
def command(
    context: click.Context,
    *,
    paths: tuple[str, ...],
    model: Path | None,
    recursive: bool,
    style: str | None,
    output: Path | None,
    provider: str,
    tf32: bool,
    batch_size: int,
    workers: int | None,
    options: ReadingOptions,
) -> None:
    """Read images, and print one row for each: its size, its text, the labels found in it and their scores.

    PATH is an image file, a folder of images, a pattern in quotes, or - for a list of files on standard input. Of a
    file with several pages, the first is read. Rows go to standard output, progress and a summary to standard error. An
    output file named .csv, .json or .jsonl is written in that format, one named .txt or without a suffix as a table,
    unless --format says otherwise. An existing file is replaced, and a missing folder is made. Unless paths are
    shortened, the column PATH fits the longest of the first --batch-size ones. On a terminal, long paths lose their
    beginning, and texts beyond 200 characters lose their end.

    TEXT is what the symbols say, line by line. In the table, a bent arrow stands for a line break, and - means that the
    model does not locate symbols or that the image could not be read. The labels are those in the text or, with
    --threshold, those whose score in the image as a whole is above it. Beside each label is that score, the highest
    first. JSON gives for each symbol its score, its box (left, top, right, bottom, in pixels of the image, or with
    --height of the resized one) and its line.

    The symbols should be about as high as those that the model was trained on (20 of 28 pixels for the shipped one).
    --prepare scales each page to this by the size of its own symbols, after it has removed paper, noise and what is
    printed: ruled lines, pale squares, boxes, frames. It needs no --height. --height scales the whole image instead,
    which is right only for one line of symbols that fills it.

    Exit code: 0 all images were read, 1 failed, 2 wrong usage, 3 some images could not be read, 130 interrupted. If a
    run ends early, the rows so far are kept, in out.partial.csv for out.csv.

    \b
    Examples:
      capsonnx infer digits.png                   one image
      capsonnx infer scans/ -r --prepare on       a folder with subfolders
      capsonnx infer lines/ --height 28           one line of digits an image
      capsonnx infer 'scans/*.png' -o out.csv     a pattern, to a CSV file
      find . -name '*.png' | capsonnx infer -f jsonl -
      capsonnx infer photos/ -f jsonl | jq -r .text
      capsonnx infer photos/ -f jsonl | jq -c '.symbols[] | [.label, .box]'
    """
    # Imported here, so that --help stays quick.
    from capsonnx import runtime
    from capsonnx.cli.rows import formatter
    from capsonnx.progress import progress_bar

    if output is not None:
        _check_output(output, [*paths, *([] if model is None else [model])])
    style = style or _style_of(output)
    sources = runtime.expand(paths, recursive=recursive)
    network = runtime.load_model(model, provider=provider, cuda=runtime.Cuda(tf32=tf32))
    tell_where_tf32_is_not(network.provider, tf32=tf32)
    tally, start = Tally(), time.perf_counter()
    # On a terminal that shows the rows, a progress bar would only be in the way.
    bar = nullcontext() if output is None and sys.stdout.isatty() else progress_bar("reading", None)
    with suppress(_BrokenOff), tally.interruptible(), _writing_to(output) as stream, bar as shown:
        sources = tally.listed(sources)
        first = list(islice(sources, batch_size))  # a run takes more before its first row, so this delays nothing
        rows = runtime.read_images(network, chain(first, sources), options, batch_size=batch_size, workers=workers)
        is_terminal = stream.isatty()
        is_coloured = is_terminal and not os.environ.get("NO_COLOR")
        to_text = formatter(style, is_terminal=is_terminal, is_coloured=is_coloured, first=map(str, first))
        for text in to_text(tally.of(rows, shown)):
            stream.write(text)
            stream.flush()  # so that a reader sees each row as soon as it is ready
        if tally.is_broken_off:
            raise _BrokenOff
    click.echo(_summary(tally, time.perf_counter() - start, network.provider), err=True)
    if tally.is_broken_off:
        kept = "" if output is None else f"; their rows are in {_partial(output)}"
        click.echo(f"{tally.end} after {counted(tally.images, 'image')}{kept}", err=True)
        if tally.error is not None:
            raise tally.error
        context.exit(INTERRUPTED)
    context.exit(3 if tally.failed else 0)


def _check_output(output: Path, read: Iterable[str | Path]) -> None:
    """Refuse to write rows over any image, model or input: a typing mistake must not destroy one."""
    from capsonnx.images import image_suffixes

    if output.suffix.lower() in {".onnx", *image_suffixes()}:
        raise InputError(
            f"{output}: the name of an image or a model",
            expected=f"a file for the rows, such as {', '.join(f'*{suffix}' for suffix in SUFFIXES)}",
            remedy="choose another --output",
        )
    inputs = [Path(path) for path in read]
    if output.exists() and (any(map(output.samefile, filter(_is_file, inputs))) or _is_standard_input(output)):
        raise InputError(f"{output}: is read in this run", expected="another file for the rows", remedy="choose one")


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises on a name that is too long


def _is_standard_input(path: Path) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdin.fileno()))
    except (AttributeError, OSError, ValueError):  # closed, or none
        return False


def _style_of(output: Path | None) -> str:
    """Return the format that the suffix of a file asks for.

    Raises:
        InputError: the suffix is unknown.
    """
    suffix = "" if output is None else output.suffix.lower()
    if suffix not in {"", ".txt", *SUFFIXES}:
        raise InputError(
            f"{output}: a file of format {suffix}",
            expected=f"{', '.join(SUFFIXES)}; .txt or no suffix for a table",
            remedy="choose another --output, or say --format",
        )
    return SUFFIXES.get(suffix, "table")


class _BrokenOff(Exception):  # noqa: N818 - it may be a person's wish
    """The rows ended before the images did."""


def _partial(output: Path) -> Path:
    """Return where the rows of a run that ended early are kept: never under the name that promises all of them."""
    place = output.resolve() if output.is_symlink() else output  # beside the file itself, on the same file system
    return place.with_suffix(f".partial{output.suffix}")


@contextmanager
def _writing_to(output: Path | None) -> Iterator[TextIO]:
    """Open standard output, or a file that appears when complete. Names that are not Unicode pass byte for byte."""
    if output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(newline="\n")  # it is already in UTF-8, like all output of a command
        yield sys.stdout
        return
    try:
        with replacing(output) as temporary:
            try:
                with temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
                    yield stream
            except _BrokenOff:
                temporary.replace(_partial(output))
                raise
    except OSError as error:
        raise InputError(
            f"{output}: {error.strerror}", expected="a file that can be written", remedy="choose another --output"
        ) from None


def _summary(tally: Tally, seconds: float, provider: str) -> str:
    rate = tally.images / seconds if seconds else 0.0
    return f"{counted(tally.images, 'image')}, {tally.failed} failed, {seconds:.2f} s, {rate:.1f} images/s, {provider}"
