"""``capsonnx explain``: draw images with what was read in them, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from capsonnx.cli.extras import require_pictures
from capsonnx.cli.options import model_option
from capsonnx.cli.pictures import name_pictures, picture_options, print_rows

if TYPE_CHECKING:
    from pathlib import Path

    from capsonnx.runtime import ReadingOptions

__all__ = ["command"]


@click.command()
@picture_options
@model_option
@click.pass_context
def command(
    context: click.Context,
    *,
    paths: tuple[str, ...],
    output: Path,
    model: Path | None,
    provider: str,
    options: ReadingOptions,
) -> None:
    """Draw images with what was read in them, and why; print a line for each: its path and its text.

    At the top of a picture is the image, with a box, a label and a score for each symbol, and what the network saw of
    it, if that differs. Below are heat maps of each class that was found: 'evidence' is what each place added to the
    score of the whole image, and 'field' is the score of the window around each place. They are laid over the image
    pixel by pixel, on one colour scale for all classes.

    PATH is an image file, a folder of images, a pattern in quotes, or - for a list of files on standard input. One
    image file gives one picture: .png, .svg or .pdf. Anything else gives a folder of pictures, named after the images.
    The model needs an output 'evidence' or 'field'; 'capsonnx export' writes both unless told otherwise.

    Exit code: 0 all images were drawn, 1 failed, 2 wrong usage, 3 some images could not be read.

    \b
    Examples:
      capsonnx explain digits.png -o why.png      one image
      capsonnx explain scans/ -o pictures/        a folder
      capsonnx explain scan.jpg -o scan.pdf --prepare on
    """
    # Imported here, so that --help stays quick.
    require_pictures("capsonnx explain")
    from capsonnx import pictures, runtime

    pairs = name_pictures(paths, output)
    network = runtime.load_model(model, provider=provider)
    rows = pictures.explain_images(network, pairs, options)
    context.exit(3 if print_rows(rows, len(pairs)) else 0)
