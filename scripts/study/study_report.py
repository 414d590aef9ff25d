"""Put the table of a study into exported/study/README.md, and draw its figure. The matrix defines the columns.

Run: .venv/bin/python scripts/study/study_report.py
     .venv/bin/python scripts/study/study_report.py --matrix scripts/study/variants.toml
"""

from __future__ import annotations

import dataclasses
import statistics
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
from matplotlib.figure import Figure
from study import MATRICES, STUDY, Variant, load_matrix, load_results, results_of

from capsonnx.errors import InputError
from capsonnx.files import replacing, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PUBLISHED = {
    "mnist": {
        "the article: capsules, more than": (90.0, 90.0),
        "the article: CNN, about": (40.0, 10.0),
        "best published": (99.4, 99.4),
    },
    "fashion-mnist": {"best published": (89.2, 88.2)},
}
"""Published pairs with the right classes on top, and confident, in %: kexue.fm/archives/4819; arXiv 1901.10112."""

REPORT = STUDY / "README.md"

TOP, CONFIDENT = "#0072B2", "#E69F00"


def put(text: str, name: str, report: Path = REPORT) -> None:
    """Replace everything between the lines ``<!-- NAME -->`` and ``<!-- end -->`` of a Markdown file.

    Raises:
        InputError: the file has no such lines.
    """
    page = report.read_text(encoding="utf-8")
    head, mark, rest = page.partition(f"<!-- {name} -->\n")
    _, end, tail = rest.partition("<!-- end -->\n")
    if not (mark and end):
        raise InputError(
            f"{report}: no place for {name}",
            expected=f"the lines <!-- {name} --> and <!-- end -->",
            remedy="write them where the table is to stand",
        )
    write_text(report, f"{head}{mark}\n{text.strip()}\n\n{end}{tail}")


@dataclasses.dataclass(frozen=True)
class Spread:
    """A measurement over several seeds, in %."""

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
    return Spread([100 * float(row[measure]) for row in rows if row["name"] == exam and row.get(measure)])


@dataclasses.dataclass(frozen=True)
class Layout:
    """The columns of a table.

    Attributes:
        columns: the columns of figures, by title: the exam and measure of each figure.
        facts: the columns of values that are the same for all exams, by title: the column of the results.
    """

    columns: dict[str, list[list[str]]]
    facts: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def load(cls, matrix: Path) -> Layout:
        """Load the layout that a matrix defines."""
        values = tomllib.loads(matrix.read_text(encoding="utf-8"))
        return cls(values["columns"], values.get("facts", {}))

    @property
    def titles(self) -> list[str]:
        """The titles of all columns."""
        return ["variant", "seeds", "epochs", "parameters", *self.facts, *self.columns]


def table(variants: list[Variant], rows: list[dict[str, str]], layout: Layout) -> str:
    """A line for every variant that has results, as Markdown."""
    lines = [f"| {' | '.join(layout.titles)} |", f"|---|{'---:|' * (len(layout.titles) - 1)}"]
    for variant in variants:
        own = [row for row in rows if row["variant"] == variant.name]
        if own:
            seeds = len({row["seed"] for row in own})
            cells = [", ".join(str(spread(own, *one)) for one in column) for column in layout.columns.values()]
            facts = [variant.title, str(seeds), own[0]["epochs"], f"{int(own[0]['parameters']):,}"]
            facts += [fact([row[column] for row in own]) for column in layout.facts.values()]
            lines.append(f"| {' | '.join([*facts, *cells])} |")
    machines = "; ".join(sorted({row["machine"] for row in rows}))
    return "\n".join([*lines, "", f"In %, mean ± standard deviation over the seeds. Measured on {machines}.", ""])


def fact(values: list[str]) -> str:
    """The median of a number over the runs in short form, or a dash if there is none."""
    found = [float(value) for value in values if value]
    if not found:
        return "–"
    middle = statistics.median(found)
    return f"{middle:.1e}" if 0 < middle < 1e-2 else f"{middle:,.0f}"


def draw(variants: list[Variant], rows: list[dict[str, str]], published: Mapping[str, tuple[float, float]]) -> Figure:
    """Plot bars of the two-digit test, with error bars over the seeds, beside what was published."""
    titles, found = list(published), [(Spread([top]), Spread([confident])) for top, confident in published.values()]
    for variant in variants:
        own = [row for row in rows if row["variant"] == variant.name]
        top, confident = (spread(own, "pairs-vertical", measure) for measure in ("top", "confident"))
        if top.values:
            titles.append(variant.title)
            found.append((top, confident))
    figure = Figure(figsize=(8.4, 0.9 + 0.42 * len(titles)), layout="constrained")
    axes = figure.subplots()
    for side, (color, label) in enumerate(((TOP, "the right two on top"), (CONFIDENT, "… and both above 0.5"))):
        places = [number + (side - 0.5) * 0.38 for number in range(len(titles))]
        means, errors = [pair[side].mean for pair in found], [pair[side].deviation for pair in found]
        axes.barh(places, means, 0.36, xerr=errors, color=color, label=label, error_kw={"elinewidth": 1})
        for place, mean, error in zip(places, means, errors, strict=True):
            axes.annotate(
                f"{mean:.1f}", (mean + error, place), (4, 0), textcoords="offset points", va="center", fontsize=7
            )
    axes.set(xlabel="pairs of test digits, one above the other, %", xlim=(0, 108), yticks=range(len(titles)))
    axes.set_yticklabels(titles, fontsize=8)
    axes.invert_yaxis()
    axes.legend(loc="lower left", bbox_to_anchor=(0, 0.97), ncols=2, frameon=False, fontsize=8)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


@click.command()
@click.option("--matrix", type=click.Path(exists=True, path_type=Path), default=MATRICES / "study.toml")
@click.option(
    "--results",
    type=click.Path(exists=True, path_type=Path),
    help="[default: those that study.py adds to]",
)
def main(matrix: Path, results: Path | None) -> None:
    """Put a table into the report and a figure beside the results, one pair for each data set."""
    results = results or results_of(matrix)
    rows, layout, matrix_variants = load_results(results), Layout.load(matrix), load_matrix(matrix)
    if not rows:
        click.echo(f"{results}: no results yet; scripts/study/study.py --matrix {matrix} makes them", err=True)
    for data in sorted({variant.data for variant in matrix_variants}):
        variants = [variant for variant in matrix_variants if variant.data == data]
        own = [row for row in rows if row["variant"] in {variant.name for variant in variants}]
        if own:
            name = f"{results.stem}-{data}"
            text = table(variants, own, layout)
            put(text, name)
            with replacing(results.with_name(f"{name}.png")) as temporary:
                draw(variants, own, PUBLISHED.get(data, {})).savefig(temporary, dpi=130)
            print(text)


if __name__ == "__main__":
    main()
