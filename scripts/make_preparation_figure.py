"""Draw exported/preparation.png: scanned pages, forms and photos, and what the preparation makes of them.

Run: .venv/bin/python scripts/make_preparation_figure.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from capsonnx import datasets
from capsonnx.exam.compose import pad, row
from capsonnx.exam.degrade import degrade
from capsonnx.exam.photo import photographed
from capsonnx.exam.stationery import STATIONERY, printed
from capsonnx.images import as_grey
from capsonnx.preparation import prepare

TARGET = Path(__file__).parents[1] / "exported" / "preparation.png"
PLAIN, PHOTOS = 2, 2
MARGIN, CELL = 14, 28


def main() -> None:
    """Draw and save."""
    count = PLAIN + len(STATIONERY)
    digits = datasets.load("mnist", "test").images[: (count + PHOTOS) * 5]
    pages = pad(row(digits.reshape(-1, 5, CELL, CELL)), MARGIN)
    generator = np.random.default_rng(4)
    pages[PLAIN:count] = printed(pages[PLAIN:count], MARGIN, CELL, generator)
    scans = degrade(pages[:count], generator)
    photos, _ = photographed(pages[count:], generator)
    heights = [image.shape[0] / image.shape[1] for image in (*scans, *photos)]
    figure = Figure(figsize=(8.4, 4.4 * sum(heights)), layout="constrained")
    grid = figure.subplots(len(heights), 2, height_ratios=heights)
    grid[0, 0].set_title("scanned, or photographed", fontsize=11)
    grid[0, 1].set_title("prepared", fontsize=11)
    for (before, after), image in zip(grid, (*scans, *photos), strict=True):
        before.imshow(image, cmap="gray", vmin=0, vmax=255)
        after.imshow(prepare(as_grey(image)).levels, cmap="gray", vmin=0, vmax=255)
    for axes in grid.flat:
        axes.axis("off")
    figure.savefig(TARGET, dpi=130)
    print(TARGET)


if __name__ == "__main__":
    main()
