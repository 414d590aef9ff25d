"""Make the table and the figure of the study from exported/study/results.csv.

Run: .venv/bin/python scripts/study_report.py
"""

from __future__ import annotations

import dataclasses
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import click
from matplotlib.figure import Figure
from study import RESULTS, SCRIPTS, Variant, load_matrix, load_results

from capsonnx.files import replacing, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

PUBLISHED = {"the article": (90.0, 90.0), "best published": (99.4, 99.4)}
"""Pairs with the right classes on top, and confident, in %: kexue.fm/archives/4819, a lower bound; arXiv 1901.10112."""

COLUMNS = {
    "singles": (("singles", "top"),),
    "pairs, one above the other: top, confident": (("pairs-vertical", "top"), ("pairs-vertical", "confident")),
    "side by side: top, confident": (("pairs-horizontal", "top"), ("pairs-horizontal", "confident")),
    "14 px of black around": (("padded-14", "top"),),
    "five in a row: top, exact": (("row-5", "top"), ("row-5", "exact")),
}
"""Of the table: exam and measure of each figure."""

TOP, CONFIDENT = "#0072B2", "#E69F00"


@dataclasses.dataclass(frozen=True)
class Spread:
    """A figure over several seeds, in %."""

    values: list[float]

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float:
        """The standard deviation over the seeds; 0 for one seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    def __str__(self) -> str:
        if not self.values:
            return "–"
        return f"{self.mean:.2f}" + (f" ± {self.deviation:.2f}" if len(self.values) > 1 else "")


def spread(rows: Iterable[dict[str, str]], exam: str, measure: str) -> Spread:
    """What the runs of one variant scored in an exam."""
    return Spread([100 * float(row[measure]) for row in rows if row["name"] == exam and row[measure]])


def table(variants: list[Variant], rows: list[dict[str, str]]) -> str:
    """A line for every variant that has results, as Markdown."""
    lines = [
        f"| variant | seeds | epochs | parameters | {' | '.join(COLUMNS)} |",
        f"|---|---:|---:|---:|{'---:|' * len(COLUMNS)}",
    ]
    for variant in variants:
        own = [row for row in rows if row["variant"] == variant.name]
        if own:
            seeds = len({row["seed"] for row in own})
            cells = [", ".join(str(spread(own, *one)) for one in column) for column in COLUMNS.values()]
            facts = [variant.title, str(seeds), own[0]["epochs"], f"{int(own[0]['parameters']):,}"]
            lines.append(f"| {' | '.join([*facts, *cells])} |")
    machines = "; ".join(sorted({row["machine"] for row in rows}))
    return "\n".join([*lines, "", f"In %, mean ± standard deviation over the seeds. Measured on {machines}.", ""])


def draw(variants: list[Variant], rows: list[dict[str, str]]) -> Figure:
    """Bars of the two-digit test with error bars over the seeds, beside what was published."""
    bars = [(title, Spread([top]), Spread([confident])) for title, (top, confident) in PUBLISHED.items()]
    for variant in variants:
        own = [row for row in rows if row["variant"] == variant.name]
        found = spread(own, "pairs-vertical", "top"), spread(own, "pairs-vertical", "confident")
        if found[0].values:
            bars.append((variant.title, *found))
    figure = Figure(figsize=(8.4, 0.9 + 0.42 * len(bars)), layout="constrained")
    axes = figure.subplots()
    for side, color, label in ((1, TOP, "the right two on top"), (2, CONFIDENT, "… and both above 0.5")):
        places = [number + (side - 1.5) * 0.38 for number in range(len(bars))]
        means, errors = [bar[side].mean for bar in bars], [bar[side].deviation for bar in bars]
        axes.barh(places, means, 0.36, xerr=errors, color=color, label=label, error_kw={"elinewidth": 1})
        for place, mean in zip(places, means, strict=True):
            axes.annotate(f"{mean:.1f}", (mean, place), (4, 0), textcoords="offset points", va="center", fontsize=7)
    axes.set(xlabel="pairs of test digits, one above the other, %", xlim=(0, 108), yticks=range(len(bars)))
    axes.set_yticklabels([title for title, *_ in bars], fontsize=8)
    axes.invert_yaxis()
    axes.legend(loc="lower left", bbox_to_anchor=(0, 0.97), ncols=2, frameon=False, fontsize=8)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


@click.command()
@click.option("--matrix", type=click.Path(exists=True, path_type=Path), default=SCRIPTS / "study.toml")
@click.option("--results", type=click.Path(exists=True, path_type=Path), default=RESULTS)
def main(matrix: Path, results: Path) -> None:
    """Write table.md and pairs.png beside the results, one pair for each data set."""
    rows = load_results(results)
    for data in sorted({variant.data for variant in load_matrix(matrix)}):
        variants = [variant for variant in load_matrix(matrix) if variant.data == data]
        own = [row for row in rows if row["variant"] in {variant.name for variant in variants}]
        if own:
            text = table(variants, own)
            write_text(results.with_name(f"{data}.md"), text)
            with replacing(results.with_name(f"{data}.png")) as temporary:
                draw(variants, own).savefig(temporary, dpi=130)
            print(text)


if __name__ == "__main__":
    main()
