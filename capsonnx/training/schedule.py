"""Schedules over the steps of a training run: the learning rate and the share of the deformation."""

from __future__ import annotations

import math

__all__ = ["deformation", "learning_rate"]


def learning_rate(step: int, steps: int, highest: float, schedule: str) -> float:
    """The learning rate of one step: a pure function, so that a resumed run needs no scheduler state.

    Args:
        step: the number of the step, from 0.
        steps: the number of steps in the whole training run.
        highest: the highest learning rate, as the recipe gives it.
        schedule: ``constant``, or ``one-cycle``: up along a cosine from 1/25 of ``highest`` over a tenth of the steps,
            then down along a cosine to 0.

    >>> [round(learning_rate(step, 100, 1.0, "one-cycle"), 2) for step in (0, 5, 10, 55, 100)]
    [0.04, 0.52, 1.0, 0.5, 0.0]
    """
    if schedule == "constant":
        return highest
    warm_up = steps / 10
    if step < warm_up:
        lowest = highest / 25
        return lowest + (highest - lowest) * (1 - math.cos(math.pi * step / warm_up)) / 2
    return highest * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))) / 2


def deformation(step: int, steps: int, fade: float) -> float:
    """The share of the deformation in a step: 1 for three fifths of the steps, falling over one fifth, then ``fade``.

    >>> [round(deformation(step, 100, 0.3), 2) for step in (0, 60, 70, 80, 99)]
    [1.0, 1.0, 0.65, 0.3, 0.3]
    """
    faded = min(max((step / steps - 0.6) / 0.2, 0), 1)
    return 1 - (1 - fade) * faded
