"""Draw exported/figure.png, the picture at the top of the README: what the network was trained on, and what it reads.

Run: .venv/bin/python scripts/figures/make_figure.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import capsonnx
from capsonnx import datasets
from capsonnx.images import load_grey

EXPORTED = Path(__file__).parents[2] / "exported"
READ = ("2-over-7.png", "3-8-side-by-side.png", "7-3-blue-ink.jpg", "5-1-4-9-6-row.png")
FOUND, REST = "#0072B2", "#BBBBBB"


def main() -> None:
    """Draw and save."""
    reader = capsonnx.load(provider="cpu")
    figure = Figure(figsize=(11, 3.3), layout="constrained")
    [[seen, read]] = figure.subfigures(1, 2, squeeze=False, width_ratios=[1, 3.4])
    seen.suptitle("trained on single digits …", fontsize=11)
    digits = datasets.load("mnist", "test").images[:9].reshape(3, 3, 28, 28)
    wall = np.pad(digits, ((0, 0), (0, 0), (2, 2), (2, 2)), constant_values=255)
    axes = seen.subplots()
    axes.imshow(wall.swapaxes(1, 2).reshape(96, 96), cmap="gray")
    axes.axis("off")
    read.suptitle("… exported once, reads images of any size that hold several", fontsize=11)
    grid = read.subplots(2, len(READ), height_ratios=[1.5, 1])
    for column, name in enumerate(READ):
        reading = reader.read(EXPORTED / "samples" / name)
        grid[0, column].imshow(load_grey(EXPORTED / "samples" / name), cmap="gray", vmin=0, vmax=255)
        grid[0, column].axis("off")
        scores = list(reading.scores.values())
        colours = [FOUND if score > reader.model.contract.threshold else REST for score in scores]
        bars = grid[1, column]
        bars.bar(list(reading.scores), scores, color=colours)
        bars.axhline(reader.model.contract.threshold, color="#888888", linewidth=0.8, linestyle=":")
        bars.set(ylim=(0, 1.05), yticks=[0, 1] if column == 0 else [])
        bars.tick_params(labelsize=8, length=0)
        bars.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(EXPORTED / "figure.png", dpi=130)
    print(EXPORTED / "figure.png")


if __name__ == "__main__":
    main()
