"""Multiply-adds by the file's own graph, and the profile that they are read from."""

from __future__ import annotations

import pytest

from capsonnx.benchmark import multiply_adds, profile, time_by_operator
from capsonnx.errors import ModelError
from capsonnx.export import load_network
from capsonnx.runtime import default_model_path

MODEL = default_model_path()


def by_formula(height: int, width: int) -> int:
    """The multiply-adds of the stem, by the widths that its weights have."""
    found, rows, cols = 0, height, width
    for layer in load_network(MODEL).stem:
        kind = type(layer).__name__
        if kind == "Conv2d":
            rows, cols = rows - 2, cols - 2
            found += layer.weight.numel() * rows * cols
        elif kind == "AvgPool2d":
            rows, cols = rows // 2, cols // 2
    return found


@pytest.mark.parametrize("size", [(28, 28), (28, 56), (45, 31)])
def test_the_stem_is_nearly_all_of_the_work(size) -> None:
    stem, whole = by_formula(*size), multiply_adds(MODEL, (1, *size))
    assert stem < whole < 1.2 * stem


def test_work_is_in_proportion_to_the_batch() -> None:
    assert multiply_adds(MODEL, (3, 28, 28)) == 3 * multiply_adds(MODEL, (1, 28, 28))


def test_a_tiny_graph_by_hand(tiny_model) -> None:
    # One 14 x 14 kernel for each of 10 classes, at stride 2: 8 x 4 places.
    assert multiply_adds(tiny_model, (1, 28, 20)) == 10 * 14 * 14 * 8 * 4


def test_a_profile_says_what_ran_where(tiny_model) -> None:
    nodes = profile(tiny_model, (2, 28, 28), optimised=False)
    assert [node.operator for node in nodes][:3] == ["Cast", "Mul", "Unsqueeze"]
    assert {node.provider for node in nodes} == {"CPUExecutionProvider"}
    assert all(node.seconds >= 0 for node in nodes)


def test_of_several_runs_each_node_is_there_once(tiny_model) -> None:
    once, often = (profile(tiny_model, (2, 28, 28), threads=1, runs=runs) for runs in (1, 5))
    assert [(node.operator, node.outputs) for node in often] == [(node.operator, node.outputs) for node in once]


def test_time_by_operator_is_all_of_the_time(tiny_model) -> None:
    nodes = profile(tiny_model, (2, 28, 28))
    assert sum(time_by_operator(nodes).values()) == pytest.approx(sum(node.seconds for node in nodes))


def test_a_broken_file_is_told(tmp_path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"broken\.onnx: cannot be run"):
        multiply_adds(broken, (1, 28, 28))
