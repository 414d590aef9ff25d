"""What a shell may complete the values of options to; whether a value is right, the commands themselves find out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

__all__ = ["DATA", "PROVIDERS", "RECIPES", "complete_data", "complete_exam", "complete_provider", "complete_recipe"]

# Written out, because the modules that know them import numpy, torch or ONNX Runtime; a test holds them together.
DATA = ("mnist", "fashion-mnist")
RECIPES = ("seed", "default", "refine")
PROVIDERS = ("auto", "cpu", "cuda")


def complete_data(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The data sets by name, and folders."""
    # The folders first: click's script for bash drops the words before them.
    return [CompletionItem(incomplete, type="dir"), *map(CompletionItem, _beginning(DATA, incomplete))]


def complete_exam(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """The exams."""
    from capsonnx.exam import EXAMS

    return _beginning(tuple(EXAMS), incomplete)


def complete_provider(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """The providers that have short names here."""
    return _beginning(PROVIDERS, incomplete)


def complete_recipe(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """The recipes."""
    return _beginning(RECIPES, incomplete)


def _beginning(words: tuple[str, ...], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
