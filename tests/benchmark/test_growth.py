"""The check that memory grows with pixels, and not with their square."""

from __future__ import annotations

import pytest

from capsonnx.benchmark import Alone, Point, Request, fit_memory, measure_growth
from capsonnx.benchmark.requests import OURS
from capsonnx.errors import ModelError

SIDES = (28, 56, 112, 224, 448, 1024, 2048)


def points(law):
    return [Point((1, side, side), Alone(0.1, 10**8, 10**8 + int(law(side * side)))) for side in SIDES]


def test_linear_growth_passes() -> None:
    fit = fit_memory(points(lambda pixels: 5e6 + 900 * pixels))
    assert fit.is_linear
    assert fit.linear == pytest.approx(900, rel=0.01)
    assert fit.quadratic_share == pytest.approx(0, abs=0.01)


def test_growth_of_a_fifth_more_than_linear_fails() -> None:
    assert not fit_memory(points(lambda pixels: 5e6 + 900 * pixels * (1 + 0.2 * pixels / 2048**2))).is_linear


def test_growth_with_the_square_fails() -> None:
    assert not fit_memory(points(lambda pixels: 5e6 + 0.01 * pixels**2)).is_linear


def test_more_pixels_take_more_memory_in_a_process_of_its_own(field_model) -> None:
    singles, batches = measure_growth(Request(OURS, str(field_model), "cpu", 1), sides=(28, 1024), batches=(2,))
    assert [point.shape for point in singles + batches] == [(1, 28, 28), (1, 1024, 1024), (2, 28, 28)]
    small, large = singles
    # Ten classes at stride 2 are 10 bytes a pixel in each map.
    assert large.alone.bytes - small.alone.bytes > 10 * 1024**2
    assert all(point.alone.seconds > 0 for point in singles)


def test_a_failing_run_tells_its_last_line(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"on \(1, 28, 28\): .*none\.onnx: No such file"):
        measure_growth(Request(OURS, str(tmp_path / "none.onnx"), "cpu"), sides=(28,), batches=())
