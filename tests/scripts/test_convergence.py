"""The convergence study: its entropy, and that it reads as the network itself does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from capsonnx import datasets, exam
from capsonnx.export import load_network
from capsonnx.model import scorer
from capsonnx.runtime import default_model_path

SCRIPTS = Path(__file__).parents[2] / "scripts" / "study"


@pytest.fixture(scope="module")
def convergence():
    sys.path.insert(0, str(SCRIPTS))
    import convergence

    yield convergence
    sys.path.remove(str(SCRIPTS))


def test_entropy_is_one_where_uniform_zero_where_hard_and_leaves_black_out(convergence) -> None:
    columns = torch.zeros(1, 3, 4)
    columns[0, :, :2] = 1
    uniform, hard = torch.full((1, 5, 4), 0.2), torch.eye(5)[:, :1].expand(5, 4).unsqueeze(0)
    assert convergence.entropy(uniform, columns) == (pytest.approx(2), 2)
    assert convergence.entropy(hard, columns) == (pytest.approx(0, abs=1e-6), 2)


def test_pairs_are_read_as_by_the_network_itself(convergence) -> None:
    network = load_network(default_model_path())
    [pairs] = exam.build_exams(datasets.load("mnist", "test").take(range(300)), ["pairs-vertical"])
    expected = exam.sit(scorer(network), pairs)
    first, second, third = convergence.read(network, "su-normalised", pairs, most=3)
    assert (third.top, third.confident) == (pytest.approx(expected.top), pytest.approx(expected.confident))
    assert first.entropy == pytest.approx(1)
    assert 0 < third.entropy < second.entropy < 1


def test_the_table_and_the_figure_have_all_that_was_found(convergence) -> None:
    points = [convergence.Point(name, n, 0.5, 0.9, 0.8) for name in convergence.ROUTINGS for n in range(1, 21)]
    again = {name: [(1, 97.0, 96.0)] for name in convergence.ROUTINGS}
    again["su"].append((3, 98.25, 97.0))
    text = convergence.table(points, again)
    assert "| 20 | 0.500 | 90.00 | 80.00 |" in text
    assert "| 3 | – | – | 98.25 | 97.00 | – | – |" in text
    assert [len(panel.get_lines()) for panel in convergence.draw(points, again).axes] == [3, 6, 6]
