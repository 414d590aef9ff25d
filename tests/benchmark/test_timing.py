"""Turns, and what is made of them."""

from __future__ import annotations

import pytest

from capsonnx.benchmark import Timing, measure, ratio


class Machine:
    """A clock that calls move on, and that counts them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []

    def call(self, name: str, seconds: float):
        def run() -> None:
            self.calls.append(name)
            self.now += seconds

        return run


@pytest.fixture
def machine():
    return Machine()


def timed(machine, calls, **options):
    return measure(calls, clock=lambda: machine.now, rest=lambda seconds: None, **options)


def test_each_has_its_share_of_time_and_a_call_unmeasured_before_each_turn(machine) -> None:
    calls = {"fast": machine.call("fast", 0.25), "slow": machine.call("slow", 2.0)}
    found = timed(machine, calls, seconds=2.0, rounds=2)
    assert found["fast"].turns == ((0.25,) * 4, (0.25,) * 4)
    assert found["slow"].turns == ((2.0,), (2.0,))  # one at least
    assert machine.calls.count("fast") == 2 + 2 * (1 + 4)


def test_the_order_goes_round(machine) -> None:
    calls = {name: machine.call(name, 1.0) for name in "abc"}
    timed(machine, calls, seconds=1.0, rounds=3)
    assert "".join(machine.calls[6:]) == "aabbcc" + "bbccaa" + "ccaabb"


def test_ratios_are_made_within_rounds_so_that_drift_cancels() -> None:
    steady, drifting = Timing(((1.0,), (2.0,), (4.0,))), Timing(((3.0,), (6.0,), (12.0,)))
    found = ratio(steady, drifting)
    assert (found.median, found.least, found.greatest) == (3.0, 3.0, 3.0)
    assert ratio(drifting, steady).median == pytest.approx(1 / 3)


def test_medians_and_percentiles_are_of_all_calls() -> None:
    timing = Timing(((5.0, 1.0), (2.0, 4.0), (3.0,)))
    assert timing.median == 3.0
    assert [timing.at(share) for share in (0.0, 0.25, 0.5, 0.99, 1.0)] == [1.0, 2.0, 3.0, 5.0, 5.0]
