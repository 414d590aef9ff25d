"""Draw exported/reading.png: how often a whole string is read without a mistake, by its length and its spacing.

Run: .venv/bin/python scripts/figures/make_reading_figure.py exported/mnist.exams.json
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from matplotlib.figure import Figure

TARGET = Path(__file__).parents[2] / "exported" / "reading.png"
LINE, REST = "#0072B2", "#BBBBBB"


def series(pages: list[dict[str, Any]], family: str) -> dict[int, float]:
    """The exact strings, in %, of each exam of a family, by the number in the exam's name."""
    results = {page["name"].removeprefix(f"{family}-"): page for page in pages if page["name"].startswith(f"{family}-")}
    return {int(number): 100 * page["exact"] for number, page in sorted(results.items(), key=lambda one: int(one[0]))}


def draw(pages: list[dict[str, Any]]) -> Figure:
    """Draw the figure from the results ``pages`` of ``capsonnx evaluate --json``."""
    lengths, gaps = series(pages, "strings"), series(pages, "spacing")
    figure = Figure(figsize=(8.4, 3.1), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    single = lengths[1] / 100
    left.plot(list(lengths), [100 * single**count for count in lengths], color=REST, linestyle=":")
    left.annotate("each digit as right as a single one", (max(lengths), 100 * single ** max(lengths)), (0, -12),
                  textcoords="offset points", ha="right", va="top", fontsize=8, color="#888888")  # fmt: skip
    left.plot(list(lengths), list(lengths.values()), color=LINE, marker="o", markersize=4)
    right.plot(list(gaps), list(gaps.values()), color=LINE, marker="o", markersize=4)
    left.set(xlabel="digits in the string", ylabel="strings without a mistake, %", xticks=list(lengths), ylim=(0, 104))
    right.set(xlabel="pixels between the ink of neighbours, five digits", xticks=list(gaps))
    for axes in (left, right):
        axes.grid(axis="y", color="#EEEEEE")
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8, length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


@click.command()
@click.argument("results", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(results: Path) -> None:
    """Draw and save."""
    draw(json.loads(results.read_text())["pages"]).savefig(TARGET, dpi=130)
    print(TARGET)


if __name__ == "__main__":
    main()
