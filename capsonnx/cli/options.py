"""Options that several commands have: each is spelt once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx.cli.values import complete_provider

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["model_option", "provider_option", "tf32_option"]

model_option = click.option(
    "-m", "--model", metavar="FILE", type=click.Path(path_type=Path), help="The .onnx file. [default: shipped]"
)

tf32_option = click.option("--tf32", is_flag=True, help="On CUDA, round factors to TF32: faster, off by 1e-3.")


def provider_option(explanation: str = "What to run on.") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option of what a model runs on, which its help explains so."""
    return click.option(
        "--provider",
        metavar="auto|cpu|cuda|NAME",
        default="auto",
        shell_complete=complete_provider,
        help=explanation,
    )
