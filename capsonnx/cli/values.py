"""The values of options: how a shell may complete them, and how names and sizes are parsed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DATA",
    "PROVIDERS",
    "RECIPES",
    "complete_data",
    "complete_exam",
    "complete_provider",
    "height_of",
    "names_of",
    "size_of",
    "size_or_dynamic",
]

# Written out, because the modules that define them import NumPy, torch or ONNX Runtime; a test compares them.
DATA = ("mnist", "fashion-mnist")
RECIPES = ("seed", "default", "gentle", "refine")
PROVIDERS = ("auto", "cpu", "cuda", "openvino", "openvino-bf16")


def complete_data(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of data sets, and folders."""
    # Folders come first: click's script for bash drops the words before them.
    return [CompletionItem(incomplete, type="dir"), *map(CompletionItem, _beginning(DATA, incomplete))]


def complete_exam(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """Complete the names of exams and of their families."""
    from capsonnx.evaluation import exam_names

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + word for word in _beginning(exam_names(), last)]


def complete_provider(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """Complete the providers that have short names here."""
    return _beginning(PROVIDERS, incomplete)


def names_of(_context: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Split texts into names; a text holds one, or several with commas."""
    names = tuple(name.strip() for text in value for name in text.split(",") if name.strip())
    if value and not names:
        raise click.BadParameter("no name in it.")
    return names


def height_of(_context: click.Context, _option: click.Parameter, value: str) -> int | None:
    """Parse a height in pixels; 'native' gives None."""
    if value == "native":
        return None
    if value.isdecimal() and int(value) > 0:
        return int(value)
    raise click.BadParameter(f"{value!r} is neither 'native' nor a whole number of pixels from 1.")


def size_of(_context: click.Context, _option: click.Parameter, value: str) -> tuple[int, int]:
    """Parse a height and a width in pixels."""
    found = re.fullmatch(r"(\d+)[x×](\d+)", value)
    if found is None or min(int(side) for side in found.groups()) < 1:
        raise click.BadParameter(f"{value!r} is not HEIGHTxWIDTH, two whole numbers of pixels.")
    return int(found[1]), int(found[2])


def size_or_dynamic(context: click.Context, option: click.Parameter, value: str | None) -> Any:
    """Parse a height and a width in pixels; 'dynamic', or None if the option was left out, is returned as it is."""
    return value if value in (None, "dynamic") else size_of(context, option, value)


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
