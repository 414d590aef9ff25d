"""The command line: what all commands share. Each command has its own file in commands/.

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 finished but some items failed, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

import click

from capsonnx import __version__
from capsonnx.errors import CapsonnxError
from capsonnx.wording import printable

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130
"""The exit code after Ctrl-C, as in shells."""

COMMANDS = {
    "train": "Train a network on single symbols.",
    "export": "Export a checkpoint to one ONNX file, through the parity gate.",
    "check": "Check an ONNX file: contract, operators and parity.",
    "evaluate": "Measure a model on exams of one and several symbols.",
    "infer": "Read images: files, folders, or a list on standard input.",
    "bench": "Measure how fast models are, beside their peers.",
    "explain": "Draw images with what was read in them, and why.",
    "perturb": "Draw what each number of a pose means.",
    "demo": "Serve the drawing page on this machine.",
    "completion": "Print the shell completion script.",
}
"""The commands with their summaries, which are kept here so that listing them imports nothing. Each one is ``command``
in the module ``capsonnx.cli.commands.NAME``."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command runs, and prints errors on one line."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run with all output in UTF-8: the encoding that Windows uses for files and pipes may lack ⏎ or ×."""
        for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors=errors)
        return super().main(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which a user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or return None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"capsonnx.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a promise of our own modules
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names; if it is misspelt, suggest the nearest name."""
        near = get_close_matches(args[0], COMMANDS, 1)
        if near and args[0] not in COMMANDS:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from their summaries, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; print a CapsonnxError as one line on stderr, and exit with its code."""
        ctx.color = False if os.environ.get("NO_COLOR") else None  # None: depends on the terminal
        try:
            return super().invoke(ctx)
        except CapsonnxError as error:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {printable(str(error))}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            self._end_interrupted(ctx)
        except BrokenPipeError:
            # The reader of our output, such as head, has closed it: not our failure. Nothing more may be flushed.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except OSError as error:  # a full disk, a folder that cannot be written, a file where a folder should be
            name = f"{error.filename}: " if error.filename else ""
            problem = f"{name}{error.strerror or error}; expected files that can be read and written"
            click.echo(
                f"{click.style('error:', fg='red', bold=True)} {printable(problem)}; check the path and the disk",
                err=True,
            )
            ctx.exit(1)
        except Exception as error:
            if _was_interrupted(error):
                self._end_interrupted(ctx)
            raise

    def _end_interrupted(self, ctx: click.Context) -> NoReturn:
        click.echo("interrupted", err=True)
        ctx.exit(INTERRUPTED)


def _was_interrupted(error: BaseException | None) -> bool:
    """Return whether Ctrl-C caused an error; torch's exporter, for example, turns it into another one."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(__version__, "-V", "--version")
def main() -> None:
    """Train a capsule network on single symbols, export it once, and read images that contain several.

    \b
    Examples:
      capsonnx infer photos/                      read a folder of digits
      capsonnx evaluate                           measure the shipped model
      capsonnx train --data mnist -o runs/mnist   train the default recipe
      capsonnx export runs/mnist -o mnist.onnx    export it, checked

    Use --help with any command for details.
    """
