"""Print an inspection as a table, for ``export`` and ``check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from capsonnx.contract import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capsonnx.export import AgreementReport, Inspection, ParityReport

__all__ = ["print_inspection"]

_COLOURS = {"ok": "green", "FAILED": "red", "note": "yellow"}


def print_inspection(inspection: Inspection) -> None:
    """Print to stdout every check, the parity of every output and the agreement in every exam, each with its status."""
    rows = list(_rows(inspection))
    width = max(len(name) for _, name, _ in rows)
    for passed, name, found in rows:
        mark = "note" if passed is None else "ok" if passed else "FAILED"
        click.echo(f"{click.style(f'{mark:<6}', fg=_COLOURS[mark])}  {name:<{width}}  {found}")


def _rows(inspection: Inspection) -> Iterator[tuple[bool | None, str, str]]:
    """Yield for each row whether it passed (None if nothing is required), what was checked, and what was found."""
    for check in inspection.checks:
        yield check.passed, check.name, check.found
    if inspection.parity is not None:
        yield from _parity(inspection.parity, " of the float32 file" if inspection.source else "")
    if inspection.agreement is not None:
        yield from _agreement(inspection.agreement)
    elif inspection.parity is None:
        found = (
            "of a decoder is measured by --against, with its training folder"
            if inspection.precision == "fp32"  # so this is a decoder: a network's fp32 file is always compared
            else f"of 1e-05 is not asked of {inspection.precision}; --against measures whether it reads the same"
        )
        yield None, "parity", found


def _parity(parity: ParityReport, whose: str) -> Iterator[tuple[bool, str, str]]:
    for name, difference in parity.differences.items():
        allowed = parity.allowed(name)
        found = f"max |Δ| {difference:.1e}, at most {allowed:.0e}, {len(parity.cases)} cases"
        yield difference <= allowed, f"parity of {name}{whose}", found
    if IMAGES in parity.differences:  # a decoder: its output has no classes
        return
    found = f"same on {parity.agreeing} of {parity.images} images"
    yield parity.agreeing == parity.images, f"parity of top class{whose}", found


def _agreement(agreement: AgreementReport) -> Iterator[tuple[bool | None, str, str]]:
    for one in agreement.comparisons:
        found = f"{one.candidate:.2%} right, float32 {one.reference:.2%}; same classes in {one.agreement:.2%}"
        yield one.passed, f"agreement on {one.exam}", f"{found} of {one.images} images"
    if agreement.remark:
        yield None, f"test split of {agreement.data}", agreement.remark
