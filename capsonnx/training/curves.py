"""The training curves as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from capsonnx.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from capsonnx.training.checkpoint import EpochMetrics

__all__ = ["draw_curves"]


def draw_curves(path: Path, metrics: list[EpochMetrics], title: str) -> None:
    """Draw training loss and held-out error per epoch, side by side on logarithmic scales, into a PNG file."""
    epochs = [row.epoch for row in metrics]
    # Fixed margins: finding them takes as long again as drawing, and the curves are drawn after each epoch.
    figure = Figure(figsize=(9, 3.5))
    loss, error = figure.subplots(
        1, 2, gridspec_kw={"left": 0.08, "right": 0.98, "bottom": 0.15, "top": 0.82, "wspace": 0.2}
    )
    loss.plot(epochs, [row.loss for row in metrics], color="#0072B2", marker=".")
    loss.set(title="training loss", xlabel="epoch", yscale="log")
    # A logarithmic axis has no zero: a perfect epoch is drawn at the floor.
    percent = [100 * max(1 - row.held_out_accuracy, 1e-4) for row in metrics]
    error.plot(epochs, percent, color="#D55E00", marker=".")
    last = 100 * (1 - metrics[-1].held_out_accuracy)
    error.set(title=f"held-out error in %, last {last:.2f}", xlabel="epoch", yscale="log")
    for axes in (loss, error):
        axes.grid(visible=True, which="both", alpha=0.25)
        axes.locator_params(axis="x", integer=True)
    figure.suptitle(title)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)
