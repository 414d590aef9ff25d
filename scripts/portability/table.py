"""The results, as JSON and as a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from questions import SHAPES

from capsonnx.export.parity import CONTENTS
from capsonnx.files import write_text

if TYPE_CHECKING:
    from pathlib import Path

TOLERANCE = 1e-4


def is_full(row: dict[str, Any]) -> bool:
    """Whether a runtime answers every question within the tolerance and with the right top two."""
    return (
        row["failure"] is None
        and row["max_difference"] is not None
        and row["max_difference"] <= TOLERANCE
        and row["pairs_agreeing"] == row["pairs"]
        and is_small(row.get("field_difference"), asked=bool(row.get("field_answered")))
    )


def is_small(difference: float | None, *, asked: bool) -> bool:
    """Whether an optional output is within the tolerance, or was not given."""
    return not asked or (difference is not None and difference <= TOLERANCE)


def summary(row: dict[str, Any]) -> str:
    """Summarise a row in one line."""
    difference = row.get("max_difference")
    found = (
        "no answer"
        if difference is None
        else f"max |Δ| {difference:.1e}, of the field {figure(row['field_difference'])}, "
        f"pairs {row['pairs_agreeing']}/{row['pairs']}"
    )
    return f"{found}, {row['seconds']} s{', ' + row['failure'] if row['failure'] else ''}"


def publish(results: Path, digest: str, rows: list[dict[str, Any]]) -> None:
    """Write the rows as JSON and as a table, runtimes that answer every question first, then those with free sizes."""
    shapes = [list(shape) for shape in SHAPES]
    recorded = {
        "sha256": digest,
        "tolerance": TOLERANCE,
        "shapes": shapes,
        "contents": list(CONTENTS),
        "runtimes": rows,
    }
    write_text(results, json.dumps(recorded, indent=1, ensure_ascii=False) + "\n")
    of_engines = list(dict.fromkeys(row["engine"] for row in rows))
    ordered = sorted(rows, key=lambda row: (not is_full(row), not row["dynamic"], of_engines.index(row["engine"])))
    lines = [
        "| runtime | version | free sizes | max \\|Δ\\| | of the field | same top two | what it took |",
        "|---|---|---|---:|---:|---:|---|",
        *map(line, ordered),
    ]
    engines = engines_of(rows)
    lines += [
        "",
        f"{len(engines)} engines take every size: {', '.join(engines)}.",
        "",
        f"Measured on mnist.onnx with SHA-256 {digest}; portability.json tells of every row its file, day and seconds.",
    ]
    write_text(results.with_suffix(".md"), "\n".join(lines) + "\n")


def engines_of(rows: list[dict[str, Any]]) -> list[str]:
    """The distinct engines that answer every question with a model that is loaded once."""
    return list(dict.fromkeys(row["engine"] for row in rows if row["dynamic"] and is_full(row)))


def line(row: dict[str, Any]) -> str:
    """A row as a line of the table."""
    difference = row.get("max_difference")
    sizes = ("yes" if row["dynamic"] else "loaded for each size") if difference is not None else "–"
    pairs = "–" if difference is None else f"{row['pairs_agreeing']} / {row['pairs']}"
    figures = (figure(difference), figure(row.get("field_difference")), pairs)
    inexact = f"differs by more than {TOLERANCE:.0e}"
    took = row["took"] if is_full(row) else f"**fails**: {row['trouble'] or row['failure'] or inexact}"
    if row.get("full_file"):
        cut = "a file by 'capsonnx export --outputs lengths,poses'"
        took += f"; **{cut}**: with evidence and field it fails, {row['full_file']}"
    return f"| {row['title']} | {row['version'] or '–'} | {sizes} | {' | '.join(figures)} | {took} |"


def figure(difference: float | None) -> str:
    """A difference as text, or a dash if there is none."""
    return "–" if difference is None else f"{difference:.1e}"
