"""Draw an explanation with matplotlib, in a figure of its own: no global state, no window."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure

from capsonnx.contract import EVIDENCE, FIELD
from capsonnx.pictures.layout import MARGIN, NAMES, NARROW, lay_out
from capsonnx.pictures.shared import (
    LINE,
    QUIET,
    draw_heading,
    draw_image,
    draw_ink,
    frame,
    place_axes,
    save,
    shortened,
    title_of,
)
from capsonnx.wording import counted

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from capsonnx.pictures.explanation import Explanation, HeatMap
    from capsonnx.pictures.layout import Layout, Rect
    from capsonnx.symbols import Box

__all__ = ["draw"]

COLOURS = "viridis"  # perceptually uniform, also for the colour-blind
NOTES = {
    EVIDENCE: "evidence: what each place adds to the score of its class",
    FIELD: "field: the score of the window around each place; symbols are above the white mark",
}
HALF = 128
"""The level at which the ink is outlined."""
SMALL_LINE = 0.16
"""The distance in inches from one line of the notes to the next."""
MOST_LETTERS = 14
"""The maximum number of letters of a class name next to its panels."""


def draw(explanation: Explanation, path: Path) -> None:
    """Draw a picture to a file, in the format given by its suffix."""
    reading = explanation.reading
    layout = lay_out(
        (reading.height, reading.width),
        kinds=len(explanation.maps),
        classes=len(explanation.shown),
        is_twice=explanation.is_prepared,
    )
    title = title_of(reading, layout.size[0])
    notes = _notes(explanation, layout.size[0])
    layout = layout.between((len(title) + 0.9) * LINE, (len(notes) + 1) * SMALL_LINE)
    figure = Figure(figsize=layout.size, facecolor="white")
    draw_heading(figure, title, _summary(explanation))
    _draw_notes(figure, notes)
    draw_image(figure, layout.image, explanation)
    if layout.seen is not None:
        axes = place_axes(figure, layout.seen)
        draw_ink(axes, explanation)
        frame(axes, reading)
        axes.set_title("what the network saw", fontsize=8, color=QUIET, pad=3)
    for kind, one in enumerate(explanation.maps):
        _draw_maps(figure, layout, kind, one, explanation)
    save(figure, path)


def _summary(explanation: Explanation) -> str:
    """Summarise the image, and what the picture leaves out, in one line."""
    reading = explanation.reading
    words = [f"{reading.width}×{reading.height} px"]
    if reading.lines is not None:
        words.append(counted(len(reading.symbols), "symbol"))
    present = len({*reading.labels, *(symbol.label for symbol in reading.symbols)})
    if present > len(explanation.shown):
        words.append(f"{len(explanation.shown)} of {present} classes")
    return " · ".join(words)


def _notes(explanation: Explanation, width: float) -> list[str]:
    """Explain the maps, in lines that fit the width in inches."""
    return [line for one in explanation.maps for line in textwrap.wrap(NOTES[one.name], int(width * 14.5))]


def _draw_notes(figure: Figure, notes: list[str]) -> None:
    figure.text(
        0.5,
        MARGIN / figure.get_figheight(),
        "\n".join(notes),
        fontsize=8,
        color=QUIET,
        ha="center",
        va="bottom",
        linespacing=1.3,
    )


def _draw_maps(figure: Figure, layout: Layout, kind: int, one: HeatMap, explanation: Explanation) -> None:
    """Draw one kind of heat map for each class, with its colour bars and names."""
    values = one.values[list(explanation.classes)]
    norm = Normalize(0, 1) if one.name == FIELD else PowerNorm(0.5, 0, float(values.max()) or 1.0)
    for number, (rect, label) in enumerate(zip(layout.panels[kind], explanation.shown, strict=True)):
        axes = place_axes(figure, rect)
        _draw_map(axes, values[number], one.box, norm)
        _draw_outlines(axes, rect.width / explanation.reading.width, explanation)
        frame(axes, explanation.reading)
        if kind == 0:
            _name_class(axes, rect, label, explanation.reading.scores[label], is_beside=layout.is_beside)
        if layout.is_beside and number == 0:
            axes.set_title(one.name, fontsize=10, color=QUIET, pad=6)
        is_first = number == 0 or layout.panels[kind][number - 1].top != rect.top
        if not layout.is_beside and is_first:
            axes.set_ylabel(one.name, fontsize=10, color=QUIET, labelpad=6)
    for rect in layout.bars[kind]:
        _draw_bar(figure, rect, one, norm, is_beside=layout.is_beside)


def _draw_map(axes: Axes, values: NDArray[np.float32], box: Box, norm: Normalize) -> None:
    """Draw a heat map; where it has no cells, it looks as if they were 0."""
    axes.set_facecolor(colormaps[COLOURS](0.0))
    axes.imshow(values, cmap=COLOURS, norm=norm, extent=(box.left, box.right, box.bottom, box.top))


def _draw_outlines(axes: Axes, scale: float, explanation: Explanation) -> None:
    """Draw thin outlines of the ink, which hide nothing; ``scale`` is in inches per pixel."""
    ink, box = explanation.ink, explanation.ink_box
    if ink.max() < HALF:
        return
    rows, cols = ink.shape
    x = box.left + (np.arange(cols) + 0.5) * (box.right - box.left) / cols
    y = box.top + (np.arange(rows) + 0.5) * (box.bottom - box.top) / rows
    thickness = min(max(36 * scale, 0.25), 0.7)  # half a pixel, but at least a hairline
    axes.contour(x, y, ink, levels=[HALF], colors="white", linewidths=thickness, alpha=0.8)


def _name_class(axes: Axes, rect: Rect, label: str, score: float, *, is_beside: bool) -> None:
    """Write a class and its score above its column of panels, or to the left of its row."""
    short = shortened(label, MOST_LETTERS)
    text = f"{short}\n{score:.2f}" if is_beside and len(short) > 2 else f"{short}  {score:.2f}"
    room = NAMES - 0.1 if is_beside else max(rect.width, NARROW)
    axes.annotate(
        text,
        (0, 0.5) if is_beside else (0.5, 1),
        xycoords="axes fraction",
        xytext=(-6, 0) if is_beside else (0, 5),
        textcoords="offset points",
        ha="right" if is_beside else "center",
        va="center" if is_beside else "bottom",
        fontsize=min(11, 72 * room / (0.68 * max(map(len, text.split("\n"))))),
        fontweight="bold",
        parse_math=False,
    )


def _draw_bar(figure: Figure, rect: Rect, one: HeatMap, norm: Normalize, *, is_beside: bool) -> None:
    bar = figure.colorbar(
        ScalarMappable(norm, COLOURS),
        cax=place_axes(figure, rect),
        orientation="horizontal" if is_beside else "vertical",
        ticks=norm.inverse(np.linspace(0, 1, 3)),
        format="%.2g",
    )
    bar.minorticks_off()
    bar.ax.tick_params(labelsize=8, colors=QUIET, length=2, width=0.6)
    bar.outline.set_visible(False)
    if one.mark is not None:
        bar.ax.axvline(one.mark, color="white", linewidth=1.5) if is_beside else bar.ax.axhline(
            one.mark, color="white", linewidth=1.5
        )
