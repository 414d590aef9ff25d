"""Draw exported/preparation.png: scans, pages with shadows, forms and photos, each before and after preparation.

Run: .venv/bin/python scripts/figures/make_preparation_figure.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from capsonnx import datasets
from capsonnx.exam.compose import pad, row
from capsonnx.exam.degrade import degrade
from capsonnx.exam.photo import photographed
from capsonnx.exam.shadow import shadowed
from capsonnx.exam.stationery import STATIONERY, printed
from capsonnx.images import as_grey
from capsonnx.preparation import prepare

TARGET = Path(__file__).parents[2] / "exported" / "preparation.png"
PLAIN, SHADOWS, PHOTOS = 1, 2, 1
MARGIN, CELL = 14, 28


def main() -> None:
    """Draw and save."""
    counts = [PLAIN, SHADOWS, len(STATIONERY), PHOTOS]
    digits = datasets.load("mnist", "test").images[: 5 * sum(counts)]
    pages = pad(row(digits.reshape(-1, 5, CELL, CELL)), MARGIN)
    plain, shaded, forms, sheets = np.split(pages, np.cumsum(counts)[:-1])
    generator = np.random.default_rng(25)
    forms = printed(forms, MARGIN, CELL, generator)
    photos, _ = photographed(sheets, generator)
    images = [*degrade(plain, generator), *shadowed(shaded, generator), *degrade(forms, generator), *photos]
    heights = [image.shape[0] / image.shape[1] for image in images]
    figure = Figure(figsize=(8.4, 4.4 * sum(heights)), layout="constrained")
    grid = figure.subplots(len(heights), 2, height_ratios=heights)
    grid[0, 0].set_title("scanned, or photographed", fontsize=11)
    grid[0, 1].set_title("prepared", fontsize=11)
    for (before, after), image in zip(grid, images, strict=True):
        before.imshow(image, cmap="gray", vmin=0, vmax=255)
        after.imshow(prepare(as_grey(image)).levels, cmap="gray", vmin=0, vmax=255)
    for axes in grid.flat:
        axes.axis("off")
    figure.savefig(TARGET, dpi=130)
    print(TARGET)


if __name__ == "__main__":
    main()
