"""The report of scripts/speed/check_provider.py as Markdown."""

from __future__ import annotations

from typing import Any

from capsonnx.benchmark.tables import markdown_table

TARGET_MILLISECONDS = 50
"""The target for all images of a two-digit test, after warm-up."""

TARGET_RATIOS = {1: 2.0, 1024: 1.0}
"""The target, by batch size, for our images per second relative to those of :data:`PEER`."""

PEER = "torch.compile"


def to_markdown(report: dict[str, Any]) -> str:
    """The one table and, below it, everything that is not a row of it."""
    title = "# The shipped model on a GPU"
    if report["dry_run"]:
        title = "# A DRY RUN ON THE CPU, on little: it tries out the script and says nothing of a GPU"
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    rows = [
        (
            one["system"],
            "{}×{}".format(*one["size"]),
            str(one["batch"]),
            f"{one['images_per_second']:.0f}",
            _milliseconds(one["milliseconds"]),
            f"{one['milliseconds']['0.99']:.2f}",
            _share(one["of_matrix_roof"]),
            _share(one["of_copy_roof"]),
            "" if one["difference"] is None else f"{one['difference']:.1e}",
        )
        for one in report["throughput"]
        if "error" not in one
    ]
    headings = ["system", "size", "batch", "images/s", "ms (quartiles)", "p99", "of matrix roof", "of copy roof", "|Δ|"]
    return "\n".join(
        [
            title,
            "",
            f"{report['device']}; {report['provider']}; {versions}{_roofs(report.get('roofs'))}. |Δ|: of the lengths, "
            "from the CPU's in float32, the greatest; in float16 and int8 the mean. The files of float16 are made of "
            "the shipped one.",
            "",
            markdown_table(headings, rows),
            "",
            *(f"- FAILED: {name}: {error}" for name, error in report["failed"].items()),
            *(_failure_line(one) for one in report["throughput"] if "error" in one),
            *(f"- parity, {name}: {_parity_line(one)}" for name, one in report.get("parity", {}).items()),
            *(f"- nodes of {name}: {_nodes_line(one)}" for name, one in report.get("nodes", {}).items()),
            *map(_exam_line, report.get("exams", [])),
            *_target_lines(report["throughput"]),
            *_kernel_table(report.get("kernels", {})),
        ]
    )


def _roofs(roofs: dict[str, float] | None) -> str:
    if not roofs:
        return ""
    products = ", ".join(f"{name} {roofs[name] / 1e12:.2f}" for name in ("fp32", "tf32", "fp16"))
    return (
        f"; matrix roofs in 10¹² multiply-adds a second: {products}; copy to the device {roofs['copy'] / 1e9:.2f} GB/s"
    )


def _share(share: float | None) -> str:
    return f"{share:.1%}" if share else ""


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
    counts = ", ".join(f"{count} on {name}" for name, count in one["count"].items())
    return f"{counts}; on the CPU: {', '.join(one['on_the_cpu']) or 'none'}"


def _target_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Compare each of our systems with torch.compile, at the batch sizes that have targets."""
    lines = []
    for batch, target in TARGET_RATIOS.items():
        for size in sorted({tuple(one["size"]) for one in rows}):
            rates = {
                one["system"]: one["images_per_second"]
                for one in rows
                if one["batch"] == batch and tuple(one["size"]) == size and "error" not in one
            }
            ours = {name: rate for name, rate in rates.items() if not name.startswith("torch")}
            if ours and PEER in rates:
                ratios = ", ".join(f"{name} {rate / rates[PEER]:.2f}" for name, rate in ours.items())
                lines.append(
                    f"- batch {batch} of {size[0]}×{size[1]}, times the rate of {PEER}, in float32 without TF32 and "
                    f"without CUDA graphs (target {target:.2f}): {ratios}"
                )
    return lines


def _kernel_table(kernels: dict[str, Any]) -> list[str]:
    if not kernels:
        return []
    columns = list(kernels.values())
    rows = [(kind, *(f"{one['microseconds'][kind]:.0f}" for one in columns)) for kind in columns[0]["microseconds"]]
    rows.append(("all of the device", *(f"{sum(one['microseconds'].values()):.0f}" for one in columns)))
    rows.append(("a call as a whole", *(f"{one['wall_microseconds']:.0f}" for one in columns)))
    rows.append(("kernels launched", *(f"{one['launches']:.0f}" for one in columns)))
    batch, height, width = columns[0]["batch"]
    title = f"Where the time of one call goes, in µs: {batch} images of {height}×{width}, all outputs."
    return ["", title, "", markdown_table(["", *kernels], rows)]


def _exam_line(one: dict[str, Any]) -> str:
    milliseconds = 1000 * one["seconds"]
    return (
        f"- {one['name']}, {one['precision']}: {one['images']} images in {milliseconds:.0f} ms "
        f"(target {TARGET_MILLISECONDS}), {100 * one['top']:.2f} % right"
    )
