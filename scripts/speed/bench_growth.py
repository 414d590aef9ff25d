"""Measure how time and memory grow with the image size and the batch size: a figure, a table, and a check.

Run: .venv/bin/python scripts/speed/bench_growth.py [--model FILE] [--output exported/growth]
Every point runs in a process of its own, so that its peak memory is its own. Writes NAME.png, NAME.md and NAME.json.
The exit code is 1 if memory does not grow linearly with the number of pixels.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from capsonnx.benchmark import OURS, Fit, Point, Request, cores, fit_memory, measure_growth, processor
from capsonnx.benchmark.growth import BATCHES, SIDES
from capsonnx.benchmark.tables import markdown_table
from capsonnx.errors import CapsonnxError
from capsonnx.files import replacing
from capsonnx.runtime import default_model_path

if TYPE_CHECKING:
    from collections.abc import Mapping

Growth = dict[str, list[Point]]


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="The .onnx file.  [default: shipped]")
@click.option("--provider", default="cpu", show_default=True)
@click.option("--threads", type=click.IntRange(min=1))
@click.option("--largest", type=click.IntRange(min=28), default=SIDES[-1], show_default=True, help="Side, in pixels.")
@click.option("--most", type=click.IntRange(min=1), default=BATCHES[-1], show_default=True, help="Images in a batch.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("growth"), show_default=True)
def main(model: Path | None, provider: str, threads: int | None, largest: int, most: int, output: Path) -> None:
    """Measure growth."""
    request = Request(OURS, str(model or default_model_path()), provider, threads)
    sides, batches = ([one for one in of if one <= limit] for of, limit in ((SIDES, largest), (BATCHES, most)))
    try:
        squares, batched = measure_growth(
            request, sides=sides, batches=batches, tell=lambda what: click.echo(what, err=True)
        )
    except CapsonnxError as error:
        raise click.ClickException(str(error)) from None
    growth = {"one square image": squares, "a batch of 28×28": batched}
    fits = {name: fit_memory(points) for name, points in growth.items()}
    text = to_markdown(growth, fits, request)
    click.echo(text)
    with replacing(output.with_suffix(".md")) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    with replacing(output.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(to_json(growth, fits, request), indent=2) + "\n", encoding="utf-8")
    draw(growth, fits, output.with_suffix(".png"))
    failed = [name for name, fit in fits.items() if not fit.is_linear]
    if failed:
        raise click.ClickException(f"memory of {' and '.join(failed)} does not grow linearly; expected it to")


def to_markdown(growth: Growth, fits: Mapping[str, Fit], request: Request) -> str:
    rows = [
        (
            name,
            "{}×{}×{}".format(*point.shape),
            f"{1000 * point.alone.seconds:.1f}",
            f"{1e9 * point.alone.seconds / point.pixels:.0f}",
            f"{point.alone.bytes / 1e6:.0f}",
        )
        for name, points in growth.items()
        for point in points
    ]
    headings = ["what grows", "batch×height×width", "ms", "ns a pixel", "MB"]
    lines = [
        f"Memory of {name}: {fit.linear:.0f} bytes a pixel; the quadratic term is {fit.quadratic_share:+.1%} of the "
        f"linear one at the largest; {'linear' if fit.is_linear else 'NOT LINEAR'}."
        for name, fit in fits.items()
    ]
    facts = f"{processor()}, {cores()} cores; {request.name}, provider {request.provider}; median of three calls."
    return "\n\n".join([markdown_table(headings, rows, left=2), *lines, facts])


def to_json(growth: Growth, fits: Mapping[str, Fit], request: Request) -> dict[str, object]:
    return {
        "processor": processor(),
        "cores": cores(),
        "request": dataclasses.asdict(request),
        "points": {name: [dataclasses.asdict(point) for point in points] for name, points in growth.items()},
        "fits": {name: dataclasses.asdict(fit) for name, fit in fits.items()},
    }


def draw(growth: Growth, fits: Mapping[str, Fit], path: Path) -> None:
    """Plot time and memory against pixels, both axes logarithmic, with the fitted line for memory."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only this needs the extra 'pictures'

    figure = Figure(figsize=(10, 4), layout="constrained")
    times, memory = figure.subplots(1, 2)
    for name, points in growth.items():
        pixels = [point.pixels for point in points]
        times.loglog(pixels, [1000 * point.alone.seconds for point in points], "o-", label=name)
        [line] = memory.loglog(pixels, [point.alone.bytes / 1e6 for point in points], "o", label=name)
        fit = fits[name]
        grid = [10 ** (math.log10(pixels[0]) + step * math.log10(pixels[-1] / pixels[0]) / 50) for step in range(51)]
        straight = [(max(fit.fixed, 0) + fit.linear * one) / 1e6 for one in grid]
        memory.loglog(grid, straight, "--", color=line.get_color(), label=f"{fit.linear:.0f} bytes a pixel")
    times.set(xlabel="pixels", ylabel="milliseconds", title="time")
    memory.set(xlabel="pixels", ylabel="megabytes above the start", title="peak memory")
    for axes in (times, memory):
        axes.grid(alpha=0.3)
        axes.legend()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")


if __name__ == "__main__":
    main()
