"""Draw the grids of perturbed poses with matplotlib: the image on top, and one grid for each class below it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from capsonnx.pictures.layout import MARGIN, Rect, fit
from capsonnx.pictures.perturbation import STEPS
from capsonnx.pictures.shared import (
    LINE,
    QUIET,
    draw_heading,
    draw_image,
    draw_ink,
    place_axes,
    save,
    shortened,
    title_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from capsonnx.pictures.perturbation import Perturbation, PerturbedClass

__all__ = ["draw"]

ACROSS = 3
"""The maximum number of grids side by side."""
CELL = 0.36
"""The vertical distance in inches from one drawing of a grid to the next."""
THUMB = 0.95
"""The height in inches of the image and its reconstruction above a grid."""
HEADER = THUMB + 0.5
"""The height in inches of the image and its reconstruction with their captions."""
AXIS = 0.45
"""The space in inches to the left of and below a grid, for the numbers and names of its axes."""
GAP = 0.5
"""The space in inches between neighbouring grids."""
LEAST = 4.0
"""The minimum total width of the grids in inches."""
NOTE = "what the decoder draws of the pose of one class, as one of its numbers after the other is moved"
LINES = "#ffd400"
MOST_LETTERS = 8
"""The maximum number of letters of a class name above its grid."""


def draw(perturbation: Perturbation, path: Path) -> None:
    """Draw a picture to a file, in the format given by its suffix."""
    dimension, steps, rows, cols = perturbation.classes[0].grid.shape
    block = AXIS + steps * CELL * cols / rows, HEADER + dimension * CELL + AXIS
    columns = min(ACROSS, len(perturbation.classes))
    inner = max(columns * (block[0] + GAP) - GAP, LEAST)
    reading = perturbation.reading
    title = title_of(reading, inner + 2 * MARGIN)
    image = fit(reading.width / reading.height, inner, 1.9)
    top = MARGIN + (len(title) + 1.2) * LINE
    below = top + image[1] + GAP
    down = -(-len(perturbation.classes) // ACROSS) * (block[1] + GAP) - GAP
    width, height = inner + 2 * MARGIN, below + down + 1.4 * MARGIN
    figure = Figure(figsize=(width, height), facecolor="white")
    draw_heading(figure, title, f"{reading.width}×{reading.height} px")
    draw_image(figure, Rect(MARGIN + (inner - image[0]) / 2, top, *image), perturbation)
    left = MARGIN + (inner - columns * (block[0] + GAP) + GAP) / 2
    for number, one in enumerate(perturbation.classes):
        row, col = divmod(number, ACROSS)
        place = Rect(left + col * (block[0] + GAP), below + row * (block[1] + GAP), *block)
        _draw_class(figure, place, one, perturbation)
    note = textwrap.fill(NOTE, int(width * 14))
    figure.text(0.5, 0.4 * MARGIN / height, note, fontsize=8, color=QUIET, ha="center", va="bottom")
    save(figure, path)


def _draw_class(figure: Figure, place: Rect, one: PerturbedClass, perturbation: Perturbation) -> None:
    """Draw a class: its name, the image, its reconstruction and its grid."""
    rows, cols = one.reconstruction.shape
    width = place.width - AXIS
    thumb = THUMB * cols / rows
    right = place.left + AXIS + width
    seen = place_axes(figure, Rect(right - 2 * thumb - 0.25, place.top + 0.25, thumb, THUMB))
    _draw_view(seen, one, perturbation)
    drawn = place_axes(figure, Rect(right - thumb, place.top + 0.25, thumb, THUMB))
    _show(drawn, one.reconstruction)
    for axes, name in ((seen, "image"), (drawn, "reconstruction")):
        axes.set_title(name, fontsize=8, color=QUIET, pad=3)
    size = figure.get_size_inches()
    x, y = (place.left + AXIS) / size[0], 1 - (place.top + 0.25 + THUMB / 2) / size[1]
    figure.text(
        x,
        y,
        f"{shortened(one.label, MOST_LETTERS)}  {one.score:.2f}",
        fontsize=13,
        fontweight="bold",
        va="center",
        parse_math=False,
    )
    height = place.height - HEADER - AXIS
    _draw_grid(place_axes(figure, Rect(place.left + AXIS, place.top + HEADER, width, height)), one.grid)


def _draw_view(axes: Axes, one: PerturbedClass, perturbation: Perturbation) -> None:
    """Draw the ink that the network saw of the class, on black."""
    view = one.view
    draw_ink(axes, perturbation)
    axes.set(xlim=(view.left, view.right), ylim=(view.bottom, view.top), xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="box")


def _show(axes: Axes, image: NDArray[np.float32]) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, aspect="auto")
    axes.set(xticks=[], yticks=[])


def _draw_grid(axes: Axes, grid: NDArray[np.float32]) -> None:
    """Draw the whole grid as one image: a row for each number of the pose, a column for each step."""
    dimension, steps, rows, cols = grid.shape
    axes.imshow(
        grid.transpose(0, 2, 1, 3).reshape(dimension * rows, steps * cols), cmap="gray", vmin=0, vmax=1, aspect="auto"
    )
    for edge in np.arange(1, dimension) * rows - 0.5:
        axes.axhline(edge, color="#666666", linewidth=0.5)
    middle = STEPS.index(0.0)
    for edge in (middle * cols - 0.5, (middle + 1) * cols - 0.5):
        axes.axvline(edge, color=LINES, linewidth=0.9)  # the unchanged pose is between them
    names = [f"{step:+.2f}".replace("0.", ".") if step else "0" for step in STEPS]
    axes.set_xticks((np.arange(steps) + 0.5) * cols - 0.5, names, fontsize=6.5)
    axes.set_yticks((np.arange(dimension) + 0.5) * rows - 0.5, [str(one) for one in range(dimension)], fontsize=7)
    axes.tick_params(length=0, pad=3, colors=QUIET)
    axes.set_xlabel("added to the number", fontsize=8, color=QUIET, labelpad=3)
    axes.set_ylabel("number of the pose", fontsize=8, color=QUIET, labelpad=3)
    for side in axes.spines.values():
        side.set_visible(False)
