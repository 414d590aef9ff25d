"""An inspection as a table, for ``export`` and ``check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from capsonnx.export import Inspection

__all__ = ["print_inspection"]


def print_inspection(inspection: Inspection) -> None:
    """Print every check and the parity of every output on stdout, a mark before each."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in inspection.checks:
        table.add_row(_mark(check.passed), check.name, check.found)
    parity = inspection.parity
    for name, difference in parity.differences.items():
        table.add_row(
            _mark(difference <= parity.tolerance),
            f"parity of {name}",
            f"max |Δ| {difference:.1e}, at most {parity.tolerance:.0e}, {len(parity.cases)} cases",
        )
    table.add_row(
        _mark(parity.agreeing == parity.images),
        "parity of top class",
        f"same on {parity.agreeing} of {parity.images} images",
    )
    Console(highlight=False).print(table)


def _mark(passed: bool) -> str:
    return "[green]ok[/]" if passed else "[red]FAILED[/]"
