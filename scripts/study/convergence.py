"""Does routing converge, and does more of it help? Coupling entropy and pair accuracy for 1 to 20 iterations.

Run: .venv/bin/python scripts/study/study.py --matrix scripts/study/variants.toml
     .venv/bin/python scripts/study/study.py --matrix scripts/study/retrained.toml
     .venv/bin/python scripts/study/convergence.py [--data fashion-mnist]

The first part takes one network for each routing, trained with three iterations, and reads with 1 to 20: the features
are computed once and routed with every number. The second part is about networks that were trained with the same number
of iterations as they read with.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import click
import torch
from matplotlib.figure import Figure
from study import MATRICES, RUNS, STUDY, load_matrix, load_results, results_of, save_results
from study_report import put, spread
from torch.linalg import vector_norm

from capsonnx import datasets, exam, training
from capsonnx.exam.set_scoring import confident_right, top_right
from capsonnx.files import replacing
from capsonnx.model import CapsuleNetwork, couple
from capsonnx.progress import progress_bar

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

ROUTINGS = {"su-normalised": ("#0072B2", "o"), "su": ("#E69F00", "s"), "hinton": ("#D55E00", "^")}
"""The names of the routings, and of the variants trained with them, with their colour and marker in the figure."""

MOST = 20
BATCH = 200


class Point(NamedTuple):
    """The results of one network with a number of iterations.

    Attributes:
        routing: the name of the routing.
        iterations: the number of iterations that it reads with.
        entropy: the mean entropy of the coupling of input capsules that are not black, as a share of log J: 1 is
            uniform, 0 gives everything to one class.
        top: the share of pairs whose two classes have the highest scores.
        confident: the share of pairs for which these scores are also both above 0.5.
    """

    routing: str
    iterations: int
    entropy: float
    top: float
    confident: float


def entropy(coupling: Tensor, columns: Tensor) -> tuple[float, int]:
    """The sum of the entropies of c_i, as shares of log J, over the nonzero input capsules, and their number.

    Args:
        coupling: c, (batch, J, N), with sum one over J.
        columns: u, (batch, C, N).
    """
    is_lit = columns.any(dim=1)
    bits = -(coupling * coupling.clamp_min(1e-12).log()).sum(dim=1) / math.log(coupling.shape[1])
    return float(bits[is_lit].sum()), int(is_lit.sum())


@torch.inference_mode()
def read(network: CapsuleNetwork, routing: str, pairs: exam.Exam, most: int = MOST) -> list[Point]:
    """Route the pairs of an exam with 1 to ``most`` iterations."""
    layer, total = network.capsules, torch.zeros(most, 4, dtype=torch.float64)
    uniform = torch.full((1, network.config.classes, 1), 1 / network.config.classes)
    with progress_bar(routing, len(pairs)) as bar:
        for start in range(0, len(pairs), BATCH):
            images, targets = pairs.images[start : start + BATCH], pairs.targets[start : start + BATCH]
            features = network.features(torch.from_numpy(images))
            votes, columns = layer.votes(features), features.flatten(2)
            layer.routings = most
            routed = layer.routed(features)
            couplings = [couple(votes, query) for query in routed.queries]
            for number, coupling in enumerate([uniform.expand(len(images), -1, columns.shape[2]), *couplings]):
                v = layer.squash(routed.sums[number]).transpose(0, 1)
                lengths = vector_norm(v, dim=2).numpy()
                right = top_right(lengths, targets).sum(), confident_right(lengths, targets).sum()
                total[number] += torch.tensor([*entropy(coupling, columns), *map(float, right)])
            bar.advance(len(images))
    return [
        Point(routing, number + 1, bits / lit, top / len(pairs), confident / len(pairs))
        for number, (bits, lit, top, confident) in enumerate(total.tolist())
    ]


def retrained(path: Path, data: str = "mnist") -> dict[str, list[tuple[int, float, float]]]:
    """For each routing the iterations trained and read with, and the shares of pairs top and confident in %."""
    rows = load_results(path)
    found: dict[str, list[tuple[int, float, float]]] = {name: [] for name in ROUTINGS}
    for variant in load_matrix(MATRICES / "retrained.toml"):
        if variant.data != data:
            continue
        own = [row for row in rows if row["variant"] == variant.name]
        if own:
            top, confident = (spread(own, "pairs-vertical", one).mean for one in ("top", "confident"))
            for name in found if variant.routings == 1 else [variant.routing]:
                found[name].append((variant.routings, top, confident))
    return found


def table(points: list[Point], again: dict[str, list[tuple[int, float, float]]]) -> str:
    """Both parts as Markdown."""
    by_key = {(point.routing, point.iterations): point for point in points}
    columns = [f"{name}: {title}" for name in ROUTINGS for title in ("entropy", "top", "confident")]
    lines = [f"| iterations | {' | '.join(columns)} |", f"|---:|{'---:|' * len(columns)}"]
    for number in (1, 2, 3, 4, 5, 7, 10, 15, 20):
        own = [by_key[name, number] for name in ROUTINGS]
        cells = [f"{one.entropy:.3f} | {100 * one.top:.2f} | {100 * one.confident:.2f}" for one in own]
        lines.append(f"| {number} | {' | '.join(cells)} |")
    lines += ["", "Trained with three iterations, read with more or fewer; pairs one above the other, in %.", ""]
    columns = [f"{name}: {title}" for name in again for title in ("top", "confident")]
    lines += [f"| iterations, in training as well | {' | '.join(columns)} |", f"|---:|{'---:|' * len(columns)}"]
    numbers = sorted({number for found in again.values() for number, *_ in found})
    for number in numbers:
        trained = [next((one[1:] for one in found if one[0] == number), None) for found in again.values()]
        cells = ["– | –" if one is None else f"{one[0]:.2f} | {one[1]:.2f}" for one in trained]
        lines.append(f"| {number} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def draw(points: list[Point], again: dict[str, list[tuple[int, float, float]]]) -> Figure:
    """Plot entropy and accuracy against the iterations read with, and accuracy against those trained with."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    panels = figure.subplots(1, 3)
    for name, (color, mark) in ROUTINGS.items():
        own = [point for point in points if point.routing == name]
        numbers = [point.iterations for point in own]
        style = {"color": color, "marker": mark, "markersize": 4, "linewidth": 1.4}
        panels[0].plot(numbers, [point.entropy for point in own], label=name, **style)
        panels[1].plot(numbers, [100 * point.top for point in own], label=name, **style)
        panels[1].plot(numbers, [100 * point.confident for point in own], linestyle=":", **style)
        trained = again[name]
        panels[2].plot([one[0] for one in trained], [one[1] for one in trained], label=name, **style)
        panels[2].plot([one[0] for one in trained], [one[2] for one in trained], linestyle=":", **style)
    panels[0].set(title="entropy: 1 uniform, 0 hard", ylim=(0, 1.05), xlabel="iterations read with")
    panels[1].set(title="pairs right, %; dotted: above 0.5", xlabel="iterations read with (trained with 3)")
    panels[2].set(title="the same, trained with as many", xlabel="iterations trained and read with")
    for panel in panels:
        panel.legend(frameon=False, fontsize=8)
        panel.grid(alpha=0.25)
        panel.tick_params(length=0)
        panel.spines[["top", "right"]].set_visible(False)
    return figure


@click.command()
@click.option("--data", default="mnist", show_default=True)
@click.option("--most-pairs", type=int, help="Read so many pairs only.  [default: all]")
def main(data: str, most_pairs: int | None) -> None:
    """Write convergence-DATA.csv and .png beside the results of the study, and put the table into its report."""
    [pairs] = exam.build_exams(datasets.load(data, "test"), ["pairs-vertical"])
    pairs = exam.Exam(pairs.name, pairs.images[:most_pairs], pairs.targets[:most_pairs])
    points = []
    for variant in load_matrix(MATRICES / "variants.toml"):
        if variant.data == data and variant.name.removeprefix(f"{data}-") in ROUTINGS:
            network = training.load_trained(RUNS / f"{variant.name}-0").network
            assert isinstance(network, CapsuleNetwork)  # noqa: S101 - of the matrix
            points += read(network, variant.routing, pairs)
    again = retrained(results_of(MATRICES / "retrained.toml"), data)
    name = f"convergence-{data}"
    save_results(STUDY / f"{name}.csv", [point._asdict() for point in points])
    put(table(points, again), name)
    with replacing(STUDY / f"{name}.png") as temporary:
        draw(points, again).savefig(temporary, dpi=130)
    print(table(points, again))


if __name__ == "__main__":
    main()
