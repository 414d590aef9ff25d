"""Format the rows of a run as text, chunk by chunk: as an aligned table, CSV, JSON lines or one JSON array."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from capsonnx.wording import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from capsonnx.runtime import Reading, Row

    Formatter = Callable[[Iterable[Row]], Iterator[str]]

__all__ = ["FORMATS", "formatter", "table"]

COLUMNS = ("path", "width", "height", "text", "labels", "scores", "error")
KEYS = ("path", "width", "height", "text", "symbols", "labels", "scores", "error")

_PATH_CELLS, _TEXT_CELLS = 28, 12
"""Minimum widths of these table columns in terminal cells. Of 80 cells, the rest holds three labels and their
scores."""

_MOST_TEXT = 200
"""Maximum number of characters of a text in a table on a terminal. A longer text is hardly a page of digits."""

_LINE_BREAK = "⏎"
"""Stands for a line break within a text in the table."""


def formatter(name: str, *, is_terminal: bool, is_coloured: bool, first: Iterable[str] = ()) -> Formatter:
    """Return the function that turns rows into chunks of text, each ending in a newline, about one chunk per row.

    Args:
        name: one of :data:`FORMATS`.
        is_terminal: whether the output is a terminal: the table then shortens long texts, and long paths to keep its
            columns.
        is_coloured: whether the table may use colour.
        first: the paths of the first rows: if the table shortens none, its column is as wide as the longest of these.
    """
    if name == "table":
        return partial(table, is_terminal=is_terminal, is_coloured=is_coloured, first=first)
    return FORMATS[name]


def table(
    rows: Iterable[Row], *, is_terminal: bool = False, is_coloured: bool = False, first: Iterable[str] = ()
) -> Iterator[str]:
    """Format rows as aligned columns under a heading, one row per line; an overlong value shifts the next column.

    Control characters in names are escaped, so that none reaches the terminal.
    """
    width = _PATH_CELLS if is_terminal else max([_PATH_CELLS, *(cell_len(printable(path)) for path in first)])
    heading = f"{'PATH':<{width}} {'WIDTH':>6} {'HEIGHT':>6}  {'TEXT':<{_TEXT_CELLS}}  LABELS AND SCORES"
    yield (f"\x1b[1m{heading}\x1b[0m" if is_coloured else heading) + "\n"
    for row in rows:
        path = printable(row.path)
        path = _padded(_shortened(path) if is_terminal else path, width)
        if row.reading is None:
            reason = printable(_reason(row))
            reason = f"\x1b[31m{reason}\x1b[0m" if is_coloured else reason
            yield f"{path} {'-':>6} {'-':>6}  {'-':<{_TEXT_CELLS}}  {reason}\n"
        else:
            found = "  ".join(f"{printable(one.label)} {one.score:.2f}" for one in row.reading.found)
            text = _one_line(row.reading.text)
            if is_terminal and len(text) > _MOST_TEXT:
                text = text[: _MOST_TEXT - 1] + "…"
            text = _padded(text, _TEXT_CELLS)
            yield f"{path} {row.reading.width:>6} {row.reading.height:>6}  {text}  {found or '-'}\n"


def _csv(rows: Iterable[Row]) -> Iterator[str]:
    """Format rows as CSV with a heading. Labels and scores are separated by bars, lines of text by line breaks."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        if row.reading is None:
            writer.writerow([row.path, "", "", "", "", "", row.error])
        else:
            labels = "|".join(row.reading.labels)
            scores = "|".join(f"{one.score:.4f}" for one in row.reading.found)
            size = (row.reading.width, row.reading.height)
            writer.writerow([row.path, *size, row.reading.text, labels, scores, ""])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()  # the heading, if there was no row


def _json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Format rows as JSON objects, one per line."""
    return (_json_object(row) + "\n" for row in rows)


def _json_array(rows: Iterable[Row]) -> Iterator[str]:
    """Format rows as one JSON array, with one object per line; it is complete only at the end of the run."""
    separator = "[\n"
    for row in rows:
        yield separator + _json_object(row)
        separator = ",\n"
    yield "\n]\n" if separator == ",\n" else "[]\n"


FORMATS: dict[str, Formatter] = {"table": table, "csv": _csv, "jsonl": _json_lines, "json": _json_array}
"""The formatters by name."""


def _json_object(row: Row) -> str:
    content: dict[str, Any] = {**dict.fromkeys(KEYS), "path": row.path, "labels": [], "scores": {}, "symbols": []}
    if row.reading is None:
        content["error"] = row.error
    else:
        content |= {"width": row.reading.width, "height": row.reading.height, "labels": row.reading.labels}
        content["scores"] = {label: round(score, 6) for label, score in row.reading.scores.items()}
        content |= {"text": row.reading.text, "symbols": _symbols(row.reading)}
    text = json.dumps(content, ensure_ascii=False)
    # A name that is not Unicode contains lone surrogates, which UTF-8 cannot encode; JSON can, escaped.
    return text if _is_unicode(text) else json.dumps(content)


def _symbols(reading: Reading) -> list[dict[str, Any]]:
    """List the symbols in reading order, each with its box in pixels of the image and its line number, from 0."""
    return [
        {
            "label": symbol.label,
            "score": round(symbol.score, 6),
            "box": [round(edge, 1) for edge in symbol.box],
            "line": number,
        }
        for number, line in enumerate(reading.lines or ())
        for symbol in line
    ]


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reason(row: Row) -> str:
    """Shorten an error to the problem: the path has a column of its own, and the remedy is in the other formats."""
    return (row.error or "").removeprefix(f"{row.path}: ").split("; expected ")[0]


def _one_line(text: str | None) -> str:
    """Format a text for the table; a dash if the model does not locate symbols."""
    return "-" if text is None else printable(text.replace("\n", _LINE_BREAK))


def _shortened(path: str) -> str:
    """Keep only the end of a path that is too long; the end distinguishes it from its neighbours."""
    if cell_len(path) <= _PATH_CELLS:
        return path
    start = len(path) - _PATH_CELLS + 1
    while cell_len(path[start:]) > _PATH_CELLS - 1:
        start += 1
    return "…" + path[start:]


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - cell_len(text))
