"""The rows of a run as text, one chunk at a time: an aligned table, CSV, JSON lines, one JSON array."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from capsonnx.runtime import Row

    Formatter = Callable[[Iterable[Row]], Iterator[str]]

__all__ = ["FORMATS", "formatter", "table"]

COLUMNS = ("path", "width", "height", "labels", "scores", "error")

_PATH_CELLS = 36
"""The cells of the table's first column: with 80 in all, there is room for three labels and their scores."""


def formatter(name: str, *, is_terminal: bool, is_coloured: bool) -> Formatter:
    """The function that turns rows into chunks of text, each ending in a newline, one chunk a row or about.

    Args:
        name: one of :data:`FORMATS`.
        is_terminal: whether a person looks on: the table then shortens long paths to keep its columns.
        is_coloured: whether the table may use colour.
    """
    if name == "table":
        return partial(table, is_terminal=is_terminal, is_coloured=is_coloured)
    return FORMATS[name]


def table(rows: Iterable[Row], *, is_terminal: bool = False, is_coloured: bool = False) -> Iterator[str]:
    """Aligned columns under a heading. Control characters in names are escaped; nothing reaches the terminal raw."""
    heading = f"{'PATH':<{_PATH_CELLS}} {'WIDTH':>6} {'HEIGHT':>6}  LABELS AND SCORES"
    yield (f"\x1b[1m{heading}\x1b[0m" if is_coloured else heading) + "\n"
    for row in rows:
        path = _printable(row.path)
        path = _padded(_shortened(path) if is_terminal else path)
        if row.reading is None:
            reason = _printable(_reason(row))
            yield f"{path} {'-':>6} {'-':>6}  " + (f"\x1b[31m{reason}\x1b[0m" if is_coloured else reason) + "\n"
        else:
            found = "  ".join(f"{_printable(one.label)} {one.score:.2f}" for one in row.reading.found)
            yield f"{path} {row.reading.width:>6} {row.reading.height:>6}  {found or '-'}\n"


def _csv(rows: Iterable[Row]) -> Iterator[str]:
    """CSV with a heading; several labels, and their scores, are separated by a bar."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        if row.reading is None:
            writer.writerow([row.path, "", "", "", "", row.error])
        else:
            labels = "|".join(row.reading.labels)
            scores = "|".join(f"{one.score:.4f}" for one in row.reading.found)
            writer.writerow([row.path, row.reading.width, row.reading.height, labels, scores, ""])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()  # the heading, had there been no row


def _json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One JSON object a line."""
    return (_json_object(row) + "\n" for row in rows)


def _json_array(rows: Iterable[Row]) -> Iterator[str]:
    """One JSON array, an object a line; it is complete only when the run is."""
    separator = "[\n"
    for row in rows:
        yield separator + _json_object(row)
        separator = ",\n"
    yield "\n]\n" if separator == ",\n" else "[]\n"


FORMATS: dict[str, Formatter] = {"table": table, "csv": _csv, "jsonl": _json_lines, "json": _json_array}
"""Formatters by name."""


def _json_object(row: Row) -> str:
    content: dict[str, Any] = dict.fromkeys(COLUMNS) | {"path": row.path, "labels": [], "scores": {}}
    if row.reading is None:
        content["error"] = row.error
    else:
        content |= {"width": row.reading.width, "height": row.reading.height, "labels": row.reading.labels}
        content["scores"] = {label: round(score, 6) for label, score in row.reading.scores.items()}
    text = json.dumps(content, ensure_ascii=False)
    # A name that is not Unicode has lone surrogates, which UTF-8 cannot hold; JSON can, escaped.
    return text if _is_unicode(text) else json.dumps(content)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reason(row: Row) -> str:
    """What is wrong, in short: the path stands beside it, what to do is in the other formats."""
    return (row.error or "").removeprefix(f"{row.path}: ").split("; expected ")[0]


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _shortened(path: str) -> str:
    """The end of a path that is too long, which tells it from its neighbours."""
    if cell_len(path) <= _PATH_CELLS:
        return path
    start = len(path) - _PATH_CELLS + 1
    while cell_len(path[start:]) > _PATH_CELLS - 1:
        start += 1
    return "…" + path[start:]


def _padded(path: str) -> str:
    return path + " " * (_PATH_CELLS - cell_len(path))
