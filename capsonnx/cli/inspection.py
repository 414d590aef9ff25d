"""An inspection as a table, for ``export`` and ``check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capsonnx.export import Inspection

__all__ = ["print_inspection"]


def print_inspection(inspection: Inspection) -> None:
    """Print every check and the parity of every output on stdout, a mark before each."""
    rows = list(_rows(inspection))
    width = max(len(name) for _, name, _ in rows)
    for passed, name, found in rows:
        mark = click.style(f"{'ok' if passed else 'FAILED':<6}", fg="green" if passed else "red")
        click.echo(f"{mark}  {name:<{width}}  {found}")


def _rows(inspection: Inspection) -> Iterator[tuple[bool, str, str]]:
    """Whether it holds, what it is, and what was found."""
    for check in inspection.checks:
        yield check.passed, check.name, check.found
    parity = inspection.parity
    for name, difference in parity.differences.items():
        found = f"max |Δ| {difference:.1e}, at most {parity.tolerance:.0e}, {len(parity.cases)} cases"
        yield difference <= parity.tolerance, f"parity of {name}", found
    found = f"same on {parity.agreeing} of {parity.images} images"
    yield parity.agreeing == parity.images, "parity of top class", found
