"""Draw a grid of misread images, each with its scores. Needs matplotlib, so it must be imported by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from capsonnx.errors import InputError
from capsonnx.pictures.shared import save, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["draw_failures"]

RIGHT, WRONG, LINE = "#0072B2", "#D55E00", "#888888"  # distinct for the colour-blind, too
COLUMNS = 8
CELL = 1.45
"""The horizontal distance in inches from one image to the next."""
MOST_LETTERS = 8
"""The maximum number of letters of a class name."""


def draw_failures(
    images: NDArray[np.uint8],
    targets: NDArray[np.int64],
    lengths: NDArray[np.float32],
    labels: Sequence[str],
    path: Path,
    *,
    threshold: float = 0.5,
    title: str = "",
) -> None:
    """Draw images with the classes they hold and their highest scores, in rows of eight.

    The caller decides which images of an exam are failures. Those with a wrong class among the k highest scores are::

        wrong = np.flatnonzero(~exam.top_right(lengths, sat.targets))[:24]
        draw_failures(sat.images[wrong], sat.targets[wrong], lengths[wrong], labels, path)

    Args:
        images: (count, height, width) uint8, light ink on black; count at least 1.
        targets: (count, k) int64, the classes in each image; k may be 0.
        lengths: (count, class) float32 in 0..1.
        labels: the class names, in the order of the class axis.
        path: the file to write, in the format given by its suffix; an existing file is replaced.
        threshold: drawn as a line across the scores, in 0..1.
        title: the title of the figure.

    Raises:
        InputError: there are no images, or the numbers of images, targets, lengths and labels do not match.
    """
    counts = f"{len(images)} images, {len(targets)} targets, lengths of shape {lengths.shape}, {len(labels)} labels"
    if not len(images) or len(targets) != len(images) or lengths.shape != (len(images), len(labels)):
        raise InputError(
            counts,
            expected="at least one image, and of each the targets and one length for each label",
            remedy="leave the picture out where nothing failed",
        )
    columns, rows = min(COLUMNS, len(images)), -(-len(images) // COLUMNS)
    tall = CELL * min(max(images.shape[1] / images.shape[2], 0.5), 2)
    figure = Figure(figsize=(CELL * columns + 0.2, rows * (tall + 1.15) + 0.5), layout="constrained")
    figure.suptitle(title, fontsize=10, parse_math=False)
    grid = figure.subplots(2 * rows, columns, squeeze=False, height_ratios=[tall, 0.7] * rows)
    for axes in grid.flat:
        axes.axis("off")
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        _draw_image(
            grid[2 * row, column], image, [shortened(labels[target], MOST_LETTERS) for target in targets[number]]
        )
        _draw_scores(grid[2 * row + 1, column], lengths[number], targets[number], labels, threshold)
    save(figure, path, dpi=130)


def _draw_image(axes: Axes, image: NDArray[np.uint8], right: Sequence[str]) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(" ".join(right) or "none", fontsize=9, fontweight="bold", color=RIGHT, pad=3, parse_math=False)


def _draw_scores(
    axes: Axes, lengths: NDArray[np.float32], targets: NDArray[np.int64], labels: Sequence[str], threshold: float
) -> None:
    """Draw the scores of the image's classes and of the highest other classes as bars, with the highest on the left."""
    present = np.isin(np.arange(len(lengths)), targets)
    others = np.flatnonzero(~present)
    highest = others[np.argsort(-lengths[others], kind="stable")][: max(5 - len(targets), 2)]
    shown = np.concatenate([np.flatnonzero(present), highest])
    shown = shown[np.argsort(-lengths[shown], kind="stable")]
    places = np.arange(len(shown))
    axes.axis("on")
    axes.bar(places, lengths[shown], color=np.where(present[shown], RIGHT, WRONG).tolist(), width=0.75)
    axes.axhline(threshold, color=LINE, linewidth=0.7, linestyle=":")
    for place, score in enumerate(lengths[shown].tolist()):
        axes.text(place, score + 0.04, f"{score:.2f}".removeprefix("0"), fontsize=6, ha="center", va="bottom")
    axes.set(ylim=(0, 1.35), yticks=[], xlim=(-0.6, len(shown) - 0.4))
    axes.set_xticks(places, [shortened(labels[one], MOST_LETTERS) for one in shown], fontsize=7, parse_math=False)
    axes.tick_params(length=0, pad=2)
    axes.spines[["top", "right", "left"]].set_visible(False)
