"""``capsonnx perturb``: draw what each number of a pose means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from capsonnx.cli.extras import require_pictures
from capsonnx.cli.pictures import name_pictures, picture_options, print_rows

if TYPE_CHECKING:
    from capsonnx.runtime import ReadingOptions

__all__ = ["command"]


@click.command()
@picture_options
@click.option(
    "-m",
    "--model",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The .onnx file of 'capsonnx export --decoder'.",
)
@click.option(
    "--decoder",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The decoder of the model.  [default: NAME.decoder.onnx beside it]",
)
@click.option(
    "--label",
    "labels",
    metavar="LABEL",
    multiple=True,
    help="A class to draw; may be repeated.  [default: those found]",
)
@click.pass_context
def command(
    context: click.Context,
    *,
    paths: tuple[str, ...],
    output: Path,
    model: Path,
    decoder: Path | None,
    labels: tuple[str, ...],
    provider: str,
    options: ReadingOptions,
) -> None:
    """Draw what each number of a pose means; print a line for each image: its path and its text.

    Below the image is a grid for each class that was found, drawn by the decoder from the pose of that class alone, so
    that the digits of an image with several are drawn one by one. Each row changes another number of the pose, by -0.25
    on the left to 0.25 on the right. Above each grid are the symbol in the image and its reconstruction.

    PATH is an image file, a folder of images, a pattern in quotes, or - for a list of files on standard input. One
    image file gives one picture: .png, .svg or .pdf. Anything else gives a folder of pictures, named after the images.
    The model and the decoder are written together, by 'capsonnx export --decoder', from a run of 'capsonnx train
    --decoder'.

    Exit code: 0 all images were drawn, 1 failed, 2 wrong usage, 3 some images could not be read.

    \b
    Examples:
      capsonnx perturb digit.png -m mnist.onnx -o grid.png
      capsonnx perturb pairs/ -m mnist.onnx -o grids/
      capsonnx perturb digit.png -m mnist.onnx --label 3 --label 8 -o grid.pdf
    """
    # Imported here, so that --help stays quick.
    require_pictures("capsonnx perturb")
    from capsonnx import pictures, runtime

    pairs = name_pictures(paths, output)
    network = runtime.load_model(model, provider=provider)
    rows = pictures.perturb_images(network, runtime.load_decoder(network, decoder), pairs, options, labels=labels)
    context.exit(3 if print_rows(rows, len(pairs)) else 0)
