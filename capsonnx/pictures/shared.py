"""What the pictures of a reading have in common: the heading, the image with its symbols, placed axes, the file."""

from __future__ import annotations

import textwrap
import warnings
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from capsonnx.files import replacing
from capsonnx.pictures.layout import MARGIN, place_label

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from capsonnx.pictures.explanation import Seen
    from capsonnx.pictures.layout import Rect
    from capsonnx.runtime.reading import Reading
    from capsonnx.symbols import Box, Symbol

__all__ = [
    "LINE",
    "QUIET",
    "draw_heading",
    "draw_image",
    "draw_ink",
    "frame",
    "place_axes",
    "save",
    "shortened",
    "title_of",
]

DPI = 150
BOX = "#ffd400"
EDGE = "black"
BOX_STYLE: dict[str, Any] = {
    "fill": False,
    "edgecolor": BOX,
    "linewidth": 1.4,
    "path_effects": [withStroke(linewidth=2.6, foreground=EDGE)],
}
FRAME = "#999999"
QUIET = "#555555"
LINE = 0.27
"""The distance in inches from one line of the title to the next."""
MOST_LINES = 3
"""The maximum number of lines of the title."""


def save(figure: Figure, path: Path, *, dpi: int = DPI) -> None:
    """Write a figure atomically to a file, in the format given by its suffix."""
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a character that no font has is drawn as a box
        figure.savefig(temporary, dpi=dpi)


def shortened(label: str, most: int) -> str:
    """Shorten the name of a class to at most ``most`` letters."""
    return label if len(label) <= most else f"{label[: most - 1]}…"


def title_of(reading: Reading, width: float) -> list[str]:
    """What was read, in lines that fit the width in inches."""
    text = reading.text if reading.text is not None else ", ".join(reading.labels)
    columns = int(width * 6)  # bold letters of 15 points
    lines = textwrap.wrap(text.replace("\n", " / "), columns, max_lines=MOST_LINES, placeholder=" …")
    return lines or ["nothing found"]


def draw_heading(figure: Figure, title: list[str], summary: str) -> None:
    """Draw the lines of the title, and the summary, above the image."""
    for number, text in enumerate([*title, summary]):
        is_last = number == len(title)
        figure.text(
            0.5,
            1 - (MARGIN + (number + 0.5) * LINE) / figure.get_figheight(),
            text,
            fontsize=9.5 if is_last else 15,
            color=QUIET if is_last else "black",
            fontweight="normal" if is_last else "bold",
            ha="center",
            va="center",
            parse_math=False,
        )


def draw_image(figure: Figure, rect: Rect, explanation: Seen) -> None:
    """Draw the image with its symbols."""
    axes = place_axes(figure, rect)
    axes.imshow(
        explanation.image,
        cmap="gray",
        vmin=0,
        vmax=255,
        extent=(0, explanation.reading.width, explanation.reading.height, 0),
    )
    frame(axes, explanation.reading)
    scale = rect.width / explanation.reading.width
    boxes = [symbol.box for symbol in explanation.reading.symbols]
    for symbol in explanation.reading.symbols:
        left, top, right, bottom = symbol.box
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, **BOX_STYLE))
    for symbol in explanation.reading.symbols:
        boxes.append(_draw_label(axes, symbol, scale, boxes))


def draw_ink(axes: Axes, explanation: Seen) -> None:
    """Draw the ink that the network saw where it lies on the image; everything around it is black."""
    box = explanation.ink_box
    axes.set_facecolor("black")
    axes.imshow(explanation.ink, cmap="gray", vmin=0, vmax=255, extent=(box.left, box.right, box.bottom, box.top))


def place_axes(figure: Figure, rect: Rect) -> Axes:
    """Add axes at a place in the picture."""
    width, height = figure.get_size_inches()
    return figure.add_axes(
        (rect.left / width, 1 - (rect.top + rect.height) / height, rect.width / width, rect.height / height)
    )


def frame(axes: Axes, reading: Reading) -> None:
    """Show the whole image and nothing else, in a thin frame without ticks."""
    axes.set(xlim=(0, reading.width), ylim=(reading.height, 0), xticks=[], yticks=[])
    axes.set_aspect("auto")  # the layout preserves the aspect ratio
    for side in axes.spines.values():
        side.set(color=FRAME, linewidth=0.6)


def _draw_label(axes: Axes, symbol: Symbol, scale: float, taken: list[Box]) -> Box:
    """Write the label and score of a symbol next to its box and return their place; ``scale`` is inches per pixel."""
    text = f"{symbol.label} {symbol.score:.2f}"
    em = 0.6 * len(text)
    points = min(max(72 * scale * max(symbol.box.right - symbol.box.left, 20) / em, 5.5), 9)
    width, height = (points * em + 5) / 72 / scale, (points * 1.1 + 4) / 72 / scale
    size = (round(axes.get_ylim()[0]), round(axes.get_xlim()[1]))
    place = place_label(symbol.box, width, height, [box for box in taken if box is not symbol.box], size)
    axes.text(
        *place.centre,
        text,
        ha="center",
        va="center",
        fontsize=points,
        fontweight="bold",
        color=EDGE,
        bbox={"facecolor": BOX, "edgecolor": "none", "pad": 1.2},
        parse_math=False,
    )
    return place
