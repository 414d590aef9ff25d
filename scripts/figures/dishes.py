"""The two small dishes of the article: the code that the pages in exported/dishes run, and their figures.

Run: .venv/bin/python scripts/figures/dishes.py
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from capsonnx.files import replacing
from capsonnx.model import CapsuleNetwork, NetworkConfig, normalise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from torch import Tensor

TARGET = Path(__file__).parents[2] / "exported" / "dishes"
BLUE, RED, GREEN, BLACK, REST = "#0072B2", "#D55E00", "#009E73", "#222222", "#BBBBBB"  # distinct to the colour-blind
LENGTH = 3.0
"""The length of the vectors on the page about pooling."""


def invert(x: Tensor, steps: int = 3) -> Tensor:
    """y with y + cos y = x, roughly: so many substitutions of y = x - cos y."""
    y = x
    for _ in range(steps):
        y = x - y.cos()
    return y


def slope(x: Tensor, steps: int = 3) -> Tensor:
    """dy/dx of invert at each x, back through every step."""
    x = x.detach().requires_grad_()
    (found,) = torch.autograd.grad(invert(x, steps).sum(), x)
    return found


def implicit_slope(y: Tensor) -> Tensor:
    """dy/dx by implicit differentiation of y + cos y = x, which involves no steps."""
    return 1 / (1 - y.sin())


def solve(x: Tensor) -> Tensor:
    """Solve y + cos y = x for y by bisection: slow and without a gradient, for comparison."""
    low, high = x - 1, x + 1  # |x - y| = |cos y|
    for _ in range(60):
        middle = (low + high) / 2
        is_above = middle + middle.cos() > x
        low, high = torch.where(is_above, low, middle), torch.where(is_above, middle, high)
    return (low + high) / 2


def period() -> Tensor:
    """10,000 x, float64, evenly spaced in [0, 2π), none a multiple of π/2; y repeats beyond, 2π higher."""
    return (torch.arange(10_000, dtype=torch.float64) + 0.25) * (2 * math.pi / 10_000)


def weights(sequence: Tensor, query: Tensor) -> Tensor:
    """How much of each vector: a softmax over the sequence."""
    return (sequence @ query).softmax(dim=0)


def pool(sequence: Tensor, steps: int = 3, start: Tensor | None = None) -> Tensor:
    """One vector (d,) for a sequence (n, d): it asks for what is like itself."""
    x = sequence.mean(dim=0) if start is None else start
    for _ in range(steps):
        x = weights(sequence, x) @ sequence
    return x


def capsules(sequence: Tensor, weight: Tensor) -> Tensor:
    """The output capsules (J, D) of the project's own layer, with this W (J, C, D), for a sequence (n, C)."""
    classes, channels, dimension = weight.shape
    layer = CapsuleNetwork(NetworkConfig(classes=classes, widths=(1, 1, 1, channels), dimension=dimension)).capsules
    layer.weight = torch.nn.Parameter(weight)
    v: Tensor = layer(sequence.T.unsqueeze(0))
    return v[0].detach()


def fan(*degrees: float, length: float = LENGTH) -> Tensor:
    """Vectors (n, 2) float64 of equal length, in these directions in degrees."""
    angles = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    return length * torch.stack([angles.cos(), angles.sin()], dim=1)


def two_clusters(length: float = LENGTH) -> Tensor:
    """Five vectors around 0°, then three around 90°."""
    return fan(-16, -8, 0, 8, 16, 82, 90, 98, length=length)


def with_outlier(length: float = LENGTH) -> Tensor:
    """Seven vectors around 0°, then one of the given length at 90°."""
    return torch.cat([fan(-18, -12, -6, 0, 6, 12, 18), fan(90, length=length)])


def draw_inverse() -> Figure:
    """Plot the value, its derivative, and the error of the value by the number of steps."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    values, slopes, errors = figure.subplots(1, 3)
    x = period()
    y = solve(x)
    values.plot(x, y, color=REST, linewidth=4, label="exact")
    slopes.plot(x, implicit_slope(y), color=REST, linewidth=4, label="exact: 1 / (1 − sin y)")
    for steps, colour, style in ((1, GREEN, ":"), (3, BLUE, "-"), (10, RED, "--")):
        label = f"{steps} step" + "s" * (steps > 1)
        values.plot(x, invert(x, steps), color=colour, linestyle=style, label=label)
        slopes.plot(x, slope(x, steps), color=colour, linestyle=style, label=label)
    values.set_title("y, from y + cos y = x", fontsize=10)
    slopes.set_title("dy/dx, through the unrolled steps", fontsize=10)
    slopes.set(ylim=(-0.2, 5))
    for axes in (values, slopes):
        axes.set_xlabel("x", fontsize=9)
        axes.set_xticks([0, math.pi / 2, math.pi, 3 * math.pi / 2, 2 * math.pi], ["0", "π/2", "π", "3π/2", "2π"])
    points = (
        ("π/2 + 0.1", math.pi / 2 + 0.1, RED, "s"),
        ("4", 4.0, BLACK, "^"),
        ("2.5", 2.5, BLUE, "o"),
        ("1", 1.0, GREEN, "D"),
    )
    for name, point, colour, marker in points:
        at = torch.tensor(point, dtype=torch.float64)
        gaps = [float((invert(at, steps) - solve(at)).abs()) for steps in range(13)]
        errors.semilogy(gaps, color=colour, marker=marker, markersize=3.5, linewidth=1, label=f"x = {name}")
    errors.set(ylim=(1e-9, 3))
    errors.set_title("|error of y| by the number of steps", fontsize=10)
    errors.set_xlabel("steps", fontsize=9)
    for axes in (values, slopes, errors):
        _finish(axes)
    return figure


def draw_pooling() -> Figure:
    """Plot two clusters, an outlier, and the weight of the outlier by its length."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    clusters, outlier, shares = figure.subplots(1, 3)
    _draw_steps(clusters, two_clusters(), "five against three")
    _draw_steps(outlier, with_outlier(), "seven against one")
    lengths = torch.linspace(0, 12, 241, dtype=torch.float64).tolist()
    given = [with_outlier(length) for length in lengths]
    directions = [LENGTH * normalise(sequence) for sequence in given]
    shares.axhline(1 / 8, color=REST, linewidth=4, label="mean")
    shares.plot(lengths, [_last_weight(one) for one in given], color=RED, label="pooled, as they are")
    shares.plot(lengths[1:], [_last_weight(one) for one in directions[1:]], color=BLUE, linestyle="--",
                label="pooled, all made as long as each other")  # fmt: skip
    shares.set_title("weight of the one after three steps", fontsize=10)
    shares.set_xlabel(f"its length; the seven have {LENGTH:g}", fontsize=9)
    shares.set(ylim=(-0.04, 1.3), yticks=[0, 0.25, 0.5, 0.75, 1])
    _finish(shares)
    return figure


def _last_weight(sequence: Tensor) -> float:
    return float(weights(sequence, pool(sequence))[-1])


def _draw_steps(axes: Axes, sequence: Tensor, title: str) -> None:
    path = torch.stack([pool(sequence, steps) for steps in range(4)])
    axes.add_patch(Circle((0, 0), LENGTH, fill=False, color=REST, linewidth=0.6))
    axes.plot(*sequence.T, "o", color=BLACK, markersize=4.5, label="the sequence")
    axes.plot(*path[:1].T, "s", color=RED, markersize=6.5, label="mean", zorder=3)
    axes.plot(*path.T, color=BLUE, linewidth=1, marker="D", markersize=5, markevery=[1, 2, 3], zorder=2,
              label="pooled: steps 1, 2, 3")  # fmt: skip
    axes.set(xlim=(-1, 4), ylim=(-1.2, 3.6), aspect="equal")
    axes.set_title(title, fontsize=10)
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.legend(fontsize=7.5, frameon=False)
    axes.tick_params(labelsize=8, length=0)
    axes.grid(color="#EEEEEE")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)


@click.command()
@click.option("-o", "--output", default=TARGET, type=click.Path(file_okay=False, path_type=Path), help="The folder.")
def main(output: Path) -> None:
    """Draw both figures."""
    output.mkdir(parents=True, exist_ok=True)
    for name, figure in (("inverse.png", draw_inverse()), ("pooling.png", draw_pooling())):
        with replacing(output / name) as temporary:
            figure.savefig(temporary, dpi=130)
        print(output / name)


if __name__ == "__main__":
    main()
