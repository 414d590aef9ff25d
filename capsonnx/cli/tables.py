"""Print the results of exams as tables, with the facts behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from capsonnx.exam import CONFIDENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from capsonnx.evaluation import Evaluation
    from capsonnx.exam import Misread, PageResult, Result

__all__ = ["print_evaluation"]


MOST_MISREAD = 20
"""Maximum number of misread files in the table. The JSON lists all of them."""


def print_evaluation(found: Evaluation, *, threshold: str) -> None:
    """Print a table for each kind of exam that was taken, and below them the facts behind the results.

    Args:
        found: the evaluation.
        threshold: the text to print for its threshold.
    """
    # Wide enough for every line, whatever the terminal or COLUMNS says: otherwise rich would cut numbers short.
    console = Console(width=10_000, highlight=False, markup=False)
    if found.exams:
        headings = ["exam", "images", "top k right", f"and above {CONFIDENT:g}", "set read", "set above", "mean score"]
        console.print(_table([*headings, "images/s"], map(_result, found.exams)))
        console.print()
    if found.pages:
        headings = ["exam", "pages", "symbols", "exact text", "char. errors", "precision", "recall", "false/Mpx"]
        console.print(_table([*headings, "pages/s"], map(_reading, found.pages)))
        console.print()
    if (files := found.files) is not None:
        rate = f"{files.images_per_second:.1f}"
        console.print(
            _table(
                ["exam", "images", "text right", "images/s"],
                [("files", str(files.images), _percent(files.right), rate)],
            )
        )
        _print_misread(files.misread, console)
        console.print()
    facts = {
        "model": found.model,
        "provider": found.provider,
        "data": found.data,
        "test images": found.test_images,
        "batch size": found.batch_size,
        "threshold": threshold,
        "seed": found.seed,
        "versions": ", ".join(f"{name} {version}" for name, version in found.versions.items()),
    }
    for name, value in facts.items():
        console.print(f"{name:<11}  {value}", soft_wrap=True)


def _print_misread(misread: Sequence[Misread], console: Console) -> None:
    """Print what each misread file shows, and what was read instead."""
    for one in misread[:MOST_MISREAD]:
        read = "unreadable" if one.text is None else f"read as {one.text!r}"
        console.print(f"{one.path}: {one.label!r}, {read}", soft_wrap=True)
    if len(misread) > MOST_MISREAD:
        console.print(f"… and {len(misread) - MOST_MISREAD} more; --json lists all")


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "exam" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _result(result: Result) -> Sequence[str]:
    shares = map(_percent, (result.top, result.confident, result.read, result.exact))
    length = "-" if result.length is None else f"{result.length:.3f}"
    return result.name, str(result.images), *shares, length, f"{result.images_per_second:.1f}"


def _reading(result: PageResult) -> Sequence[str]:
    shares = map(_percent, (result.exact, result.character_errors, result.precision, result.recall))
    rates = (f"{rate:.1f}" for rate in (result.false_per_megapixel, result.pages_per_second))
    return result.name, str(result.pages), str(result.symbols), *shares, *rates


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
