"""Time several things in one run, in turns, so that whatever slows the machine down affects all of them alike."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Ratio", "Timing", "measure", "ratio"]

PAUSE = 0.03
"""Seconds of rest before each turn: the threads of the previous one keep spinning for some milliseconds."""

Key = TypeVar("Key")


@dataclass(frozen=True)
class Timing:
    """The seconds of every measured call, turn by turn.

    Attributes:
        turns: for each round, in order, the seconds of each call; at least one call per turn.
    """

    turns: tuple[tuple[float, ...], ...]

    @property
    def seconds(self) -> list[float]:
        """The seconds of all calls."""
        return [second for turn in self.turns for second in turn]

    @property
    def median(self) -> float:
        """The median of all calls, in seconds."""
        return median(self.seconds)

    def at(self, share: float) -> float:
        """The number of seconds within which a share in 0..1 of all calls finished."""
        return float(np.quantile(self.seconds, share, method="inverted_cdf"))


@dataclass(frozen=True)
class Ratio:
    """How many times as fast one thing is as another: the median, minimum and maximum over the rounds."""

    median: float
    least: float
    greatest: float


def measure(
    calls: Mapping[Key, Callable[[], object]],
    *,
    seconds: float = 3.0,
    rounds: int = 10,
    clock: Callable[[], float] = time.perf_counter,
    rest: Callable[[float], None] = time.sleep,
) -> dict[Key, Timing]:
    """Time calls in turns.

    Each is first called twice, unmeasured. Then each has a turn in every round: a rest, one unmeasured call, and calls
    until its share of the time is used up. The order rotates
    by one in each round, so that no call always comes first.

    Args:
        calls: what to time, by any key.
        seconds: how long to measure each in total.
        rounds: the number of turns of each, at least 1.
        clock: returns the time in seconds.
        rest: waits for a number of seconds.
    """
    for call in calls.values():
        call()
        call()
    turns: dict[Key, list[tuple[float, ...]]] = {key: [] for key in calls}
    keys = list(calls)
    for number in range(rounds):
        first = number % len(keys)
        for key in keys[first:] + keys[:first]:
            rest(PAUSE)
            calls[key]()
            turns[key].append(_turn(calls[key], seconds / rounds, clock))
    return {key: Timing(tuple(of)) for key, of in turns.items()}


def ratio(one: Timing, other: Timing) -> Ratio:
    """How many times as fast ``one`` is as ``other``, which must have had its turns in the same rounds."""
    pairs = zip(one.turns, other.turns, strict=True)
    ratios = [median(seconds) / median(own) for own, seconds in pairs]
    return Ratio(median(ratios), min(ratios), max(ratios))


def _turn(call: Callable[[], object], seconds: float, clock: Callable[[], float]) -> tuple[float, ...]:
    found: list[float] = []
    while sum(found) < seconds:
        start = clock()
        call()
        found.append(clock() - start)
    return tuple(found)
