"""The report of scripts/check_provider.py as Markdown."""

from __future__ import annotations

from typing import Any

from capsonnx.benchmark.tables import markdown_table

TARGET_MILLISECONDS = 50
"""For the two-digit test, all of its images, after warm-up."""


def to_markdown(report: dict[str, Any]) -> str:
    """The one table, and below it what is not a row of it."""
    title = "# The shipped model on a GPU"
    if report["dry_run"]:
        title = "# A DRY RUN ON THE CPU, on little: it tries out the script and says nothing of a GPU"
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    roofs = report["roofs"]
    rows = [
        (
            one["system"],
            "{}×{}".format(*one["size"]),
            str(one["batch"]),
            f"{one['images_per_second']:.0f}",
            _milliseconds(one["milliseconds"]),
            f"{one['milliseconds']['0.99']:.2f}",
            f"{one['of_matrix_roof']:.1%}",
            f"{one['of_copy_roof']:.1%}",
        )
        for one in report["throughput"]
        if "error" not in one
    ]
    headings = ["system", "size", "batch", "images/s", "ms (quartiles)", "p99", "of matrix roof", "of copy roof"]
    return "\n".join(
        [
            title,
            "",
            f"{report['device']}; {report['provider']}; {versions}; matrix roofs in 10¹² multiply-adds a second: "
            + ", ".join(f"{name} {roofs[name] / 1e12:.2f}" for name in ("fp32", "tf32", "fp16"))
            + f"; copy to the device {roofs['copy'] / 1e9:.2f} GB/s.",
            "",
            markdown_table(headings, rows),
            "",
            *(_failure_line(one) for one in report["throughput"] if "error" in one),
            *(f"- parity, {name}: {_parity_line(one)}" for name, one in report["parity"].items()),
            *(f"- nodes of {name}: {_nodes_line(one)}" for name, one in report["nodes"].items()),
            *map(_exam_line, report["exams"]),
        ]
    )


def _milliseconds(one: dict[str, float]) -> str:
    return f"{one['0.5']:.2f} ({one['0.25']:.2f} to {one['0.75']:.2f})"


def _parity_line(one: dict[str, Any]) -> str:
    differences = ", ".join(f"{name} {value:.1e}" for name, value in one["differences"].items())
    verdict = "passed" if one["passed"] else "FAILED"
    return (
        f"{verdict}; max |Δ| {differences}, at most {one['tolerance']:.0e}; "
        f"same top class on {one['agreeing']} of {one['images']} images"
    )


def _failure_line(one: dict[str, Any]) -> str:
    return "- FAILED: {}, batch {} of {}×{}: {}".format(one["system"], one["batch"], *one["size"], one["error"])


def _nodes_line(one: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} on {name} ({one['share_of_time'][name]:.0%})" for name, count in one["count"].items())
    return f"{counts}; on the CPU: {', '.join(one['on_the_cpu']) or 'none'}"


def _exam_line(one: dict[str, Any]) -> str:
    milliseconds = 1000 * one["seconds"]
    return (
        f"- {one['name']}, {one['precision']}: {one['images']} images in {milliseconds:.0f} ms "
        f"(target {TARGET_MILLISECONDS}), {100 * one['top']:.2f} % right"
    )
