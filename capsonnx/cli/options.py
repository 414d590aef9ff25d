"""Options that several commands share, each defined once."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx.cli.values import complete_provider, height_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from capsonnx.images import Polarity
    from capsonnx.preparation import Preparation

__all__ = [
    "data_dir_option",
    "json_option",
    "model_option",
    "provider_option",
    "reading_options",
    "tell_where_tf32_is_not",
    "tf32_option",
]

model_option = click.option(
    "-m",
    "--model",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The .onnx file.  [default: the shipped model]",
)

data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="A folder that already has the files of the data set."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")

tf32_option = click.option(
    "--tf32", is_flag=True, help="On CUDA, round factors to TF32: faster, with errors of some thousandths."
)


def tell_where_tf32_is_not(provider: str, *, tf32: bool) -> None:
    """Print a note if TF32 was asked for but ``provider``, as a session names it, is not CUDA."""
    from capsonnx.runtime.providers import CUDA

    if tf32 and provider != CUDA:
        click.echo(f"--tf32 is for CUDA: on {provider} it changes nothing", err=True)


def provider_option(explanation: str = "The execution provider.") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the option that chooses what a model runs on, with ``explanation`` as its help."""
    return click.option(
        "--provider",
        metavar="auto|cpu|cuda|NAME",
        default="auto",
        shell_complete=complete_provider,
        help=explanation,
    )


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of reading an image to a command, which receives them as ``options``, a ReadingOptions."""

    @click.option(
        "--threshold",
        type=click.FloatRange(0, 1),
        help="List the labels that score higher than this.  [default: those read]",
    )
    @click.option("--polarity", type=click.Choice(["auto", "light-on-dark", "dark-on-light"]), default="auto")
    @click.option(
        "--prepare",
        type=click.Choice(["auto", "on", "off"]),
        default="auto",
        help="Clean and resize pages; auto: only if background, ruled lines or size require it.",
    )
    @click.option(
        "--height",
        metavar="PIXELS|native",
        default="native",
        callback=height_of,
        help="Resize whole images to this height.",
    )
    @wraps(command)
    def gathering(
        *arguments: Any,
        threshold: float | None,
        polarity: Polarity,
        prepare: Preparation,
        height: int | None,
        **others: Any,
    ) -> Any:
        from capsonnx.runtime import ReadingOptions  # here, so that --help stays quick

        return command(*arguments, options=ReadingOptions(polarity, height, prepare, threshold), **others)

    return gathering
