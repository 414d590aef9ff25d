"""``capsonnx explain``: draw images with what was read in them, and why."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from capsonnx.cli.extras import require_pictures
from capsonnx.cli.values import complete_provider, height_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capsonnx.images import Polarity
    from capsonnx.preparation import Preparation
    from capsonnx.runtime import Reading, Row

__all__ = ["command"]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="The picture of one image file; else a folder for the pictures.",
)
@click.option(
    "-m", "--model", metavar="FILE", type=click.Path(path_type=Path), help="The .onnx file. [default: shipped]"
)
@click.option(
    "--provider",
    metavar="auto|cpu|cuda|NAME",
    default="auto",
    shell_complete=complete_provider,
    help="What to run on.",
)
@click.option("--threshold", type=click.FloatRange(0, 1), help="Least score of a label. [default: the model's own]")
@click.option("--polarity", type=click.Choice(["auto", "light-on-dark", "dark-on-light"]), default="auto")
@click.option(
    "--prepare",
    type=click.Choice(["auto", "on", "off"]),
    default="auto",
    help="Clean and scale pages; auto: those whose ground is not black, or white.",
)
@click.option(
    "--height",
    metavar="PIXELS|native",
    default="native",
    callback=height_of,
    help="Resize whole images to this height.",
)
@click.pass_context
def command(
    context: click.Context,
    *,
    paths: tuple[str, ...],
    output: Path,
    model: Path | None,
    provider: str,
    threshold: float | None,
    polarity: Polarity,
    prepare: Preparation,
    height: int | None,
) -> None:
    """Draw images with what was read in them, and why; print a line for each: its path and its text.

    On top of a picture is the image, with a box, a label and a score for each symbol. Below are heat maps of each
    class that was found: 'evidence', what each place added to the score of the whole image, and 'field', the score of
    the window around each place. They lie pixel by pixel over the image, on one colour scale for all classes.

    PATH is an image file, a folder of images, a pattern in quotes, or - for a list of files on standard input. One
    image file gives one picture: .png, .svg or .pdf. Anything else gives a folder of them, named after the images. The
    model needs an output 'evidence' or 'field'; 'capsonnx export' writes both unless told otherwise.

    Exit code: 0 all images were drawn, 1 failed, 2 wrong usage, 3 some images could not be read.

    \b
    Examples:
      capsonnx explain digits.png -o why.png      one image
      capsonnx explain scans/ -o pictures/        a folder
      capsonnx explain scan.jpg -o scan.pdf --prepare on
    """
    # Here, so that --help stays quick.
    require_pictures("capsonnx explain")
    from capsonnx import pictures, runtime

    is_one = len(paths) == 1 and Path(paths[0]).is_file() and not output.is_dir()
    sources = list(runtime.expand(paths))
    pairs = pictures.targets(sources, output, is_file=is_one)
    network = runtime.load_model(model, provider=provider)
    rows = pictures.explain_images(
        network, pairs, polarity=polarity, height=height, preparation=prepare, threshold=threshold
    )
    context.exit(3 if _print_rows(rows, len(pairs)) else 0)


def _print_rows(rows: Iterable[Row], count: int) -> int:
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
                click.echo(f"error: {row.error}", err=True)
            else:
                click.echo(f"{click.format_filename(row.path)}: {_line(row.reading)}", file=stream)
    return failed


def _line(reading: Reading) -> str:
    """What was read, in one line."""
    text = ", ".join(reading.labels) if reading.text is None else reading.text
    return text.replace("\n", " ⏎ ")
