"""``capsonnx completion``: print the script with which a shell completes this command line."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from capsonnx.errors import InputError

__all__ = ["command"]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the shell completion script.

    To install it, save it once, and start a new shell.

    \b
    Examples:
      bash    capsonnx completion bash > ~/.capsonnx-complete.bash
              echo '. ~/.capsonnx-complete.bash' >> ~/.bashrc
      zsh     capsonnx completion zsh > ~/.capsonnx-complete.zsh
              echo '. ~/.capsonnx-complete.zsh' >> ~/.zshrc
      fish    capsonnx completion fish > ~/.config/fish/completions/capsonnx.fish
    """
    from capsonnx.cli import main

    completion = get_completion_class(shell)
    if completion is None:  # pragma: no cover - click knows all three
        raise InputError(f"shell {shell}", expected="bash, zsh or fish", remedy="upgrade click")
    click.echo(completion(main, {}, "capsonnx", "_CAPSONNX_COMPLETE").source())
