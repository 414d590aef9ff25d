"""A comparison as Markdown, ratios first, and as JSON."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from capsonnx.benchmark.compare import Comparison, Measured
    from capsonnx.benchmark.timing import Ratio, Timing

__all__ = ["markdown_table", "to_json", "to_markdown"]

LEAST_SHARE = 0.01
"""The minimum share of a model's time for an operator to have a row of its own."""


def to_markdown(comparison: Comparison) -> str:
    """All figures of a comparison as Markdown: four tables and a line about the conditions."""
    parts = [_ratios(comparison), _systems(comparison), _files(comparison), _profiles(comparison), _facts(comparison)]
    return "\n\n".join(part for part in parts if part)


def to_json(comparison: Comparison) -> dict[str, Any]:
    """All figures of a comparison as JSON values, in seconds and bytes, unrounded."""
    return {
        **{name: getattr(comparison, name) for name in ("processor", "cores")},
        "settings": dataclasses.asdict(comparison.settings),
        "roof_multiply_adds_per_second": comparison.roof_rate,
        "ratios": [
            {
                "model": ours.request.name,
                "peer": peer.request.name,
                "throughput": dataclasses.asdict(throughput),
                "latency": dataclasses.asdict(latency),
            }
            for ours, peer, throughput, latency in comparison.ratios()
        ],
        "systems": [_system_json(comparison, one) for one in comparison.measured],
        "files": [
            {
                "images": folder.images,
                "ratio_to_memory": dataclasses.asdict(folder.ratio),
                "attainable": folder.attainable,
                "files": timing_json(folder.files),
                "memory": timing_json(folder.memory),
                "decode_processor_seconds": folder.decode_seconds,
                "reading_processor_seconds": folder.reading_seconds,
            }
            for folder in comparison.folders
        ],
        "first_row_seconds": [list(one.seconds) for one in comparison.first_rows],
        "time_by_operator": list(comparison.profiles),
    }


def timing_json(timing: Timing) -> dict[str, Any]:
    """Statistics of the seconds of a call: median, quartiles, 99th percentile, extremes and count."""
    seconds = timing.seconds
    shares = {"median": 0.5, "lower_quartile": 0.25, "upper_quartile": 0.75, "p99": 0.99}
    found: dict[str, Any] = {name: timing.at(share) for name, share in shares.items()}
    return {**found, "least": min(seconds), "greatest": max(seconds), "calls": len(seconds)}


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table with the first ``left`` columns left-aligned and the others right-aligned."""
    marks = ["---" if number < left else "---:" for number in range(len(headings))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [headings, marks, *rows])


def _system_json(comparison: Comparison, one: Measured) -> dict[str, Any]:
    return {
        "name": one.request.name,
        "request": dataclasses.asdict(one.request),
        "version": one.version,
        "settings": list(one.settings),
        "images_per_second": comparison.images_per_second(one),
        "throughput": timing_json(one.throughput),
        "latency": timing_json(one.latency),
        "memory": dataclasses.asdict(one.memory),
        "multiply_adds_per_image": one.multiply_adds,
        "fraction_of_roof": comparison.fraction(one),
    }


def _ratios(comparison: Comparison) -> str:
    headings = ["times as fast", "as", f"images/s, batch {comparison.settings.batch}", "latency, batch 1"]
    rows = [
        (ours.request.name, peer.request.name, _ratio(throughput), _ratio(latency))
        for ours, peer, throughput, latency in comparison.ratios()
    ]
    return markdown_table(headings, rows, left=2) if rows else ""


def _systems(comparison: Comparison) -> str:
    batch = comparison.settings.batch
    headings = ["system", f"images/s, batch {batch} (quartiles)", "of the roof", "latency p50", "p99", "peak memory"]
    rows = []
    for one in comparison.measured:
        low, mid, high = (comparison.images_per_second(one, share) for share in (0.25, 0.5, 0.75))
        latencies = (f"{1000 * one.latency.at(share):.2f} ms" for share in (0.5, 0.99))
        memory = f"{one.memory.bytes / 1e6:.0f} MB"
        rate = f"{mid:.0f} ({low:.0f} to {high:.0f})"
        rows.append((one.request.name, rate, f"{comparison.fraction(one):.0%}", *latencies, memory))
    return markdown_table(headings, rows)


def _files(comparison: Comparison) -> str:
    ours = comparison.measured[: len(comparison.folders)]
    headings = [
        "from image files",
        "of memory's images/s",
        "were all cores busy",
        "images/s",
        "from memory",
        "first row",
    ]
    rows = []
    for one, folder, first in zip(ours, comparison.folders, comparison.first_rows, strict=True):
        rates = (f"{folder.images / timing.median:.0f}" for timing in (folder.files, folder.memory))
        share = f"{folder.ratio.median:.0%} ({folder.ratio.least:.0%} to {folder.ratio.greatest:.0%})"
        seconds = f"{first.median:.2f} s ({min(first.seconds):.2f} to {max(first.seconds):.2f})"
        rows.append((one.request.name, share, f"{folder.attainable:.0%}", *rates, seconds))
    return markdown_table(headings, rows) if rows else ""


def _profiles(comparison: Comparison) -> str:
    """Each operator's share of the time of each model; those below a hundredth for every model are combined."""
    shares = comparison.profiles
    if not shares:
        return ""
    operators = dict.fromkeys(name for share in shares for name, part in share.items() if part >= LEAST_SHARE)
    rows = [(name, *(f"{share.get(name, 0):.0%}" for share in shares)) for name in operators]
    rest = (sum(part for name, part in share.items() if name not in operators) for share in shares)
    names = (one.request.name for one in comparison.measured[: len(shares)])
    return markdown_table(["of the time", *names], [*rows, ("the rest", *(f"{part:.0%}" for part in rest))])


def _facts(comparison: Comparison) -> str:
    settings = comparison.settings
    height, width = settings.size
    versions = dict.fromkeys(
        f"{one.request.system} {one.version} ({' and '.join(dict.fromkeys(one.settings))})"
        for one in comparison.measured
    )
    threads = f"threads: {settings.threads or 'as many as each system takes'}"
    # Systems that run the same network do the same work, so state it once for all of them.
    work: dict[str, list[str]] = {}
    for one in comparison.measured:
        work.setdefault(f"{one.multiply_adds / 1e6:.1f} million multiply-adds an image", []).append(one.request.name)
    counted = ", ".join(f"{count} ({', '.join(names)})" if len(work) > 1 else count for count, names in work.items())
    return (
        f"{comparison.processor}, {comparison.cores} cores, {threads}; images of {height}×{width}; "
        f"{counted}; the roof, a product of square float32 matrices, "
        f"{comparison.roof_rate / 1e9:.1f} thousand million multiply-adds a second; {', '.join(versions)}."
    )


def _ratio(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.least:.2f} to {ratio.greatest:.2f})"
