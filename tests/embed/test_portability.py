"""The recorded table belongs to the shipped file and meets its targets; two of its drivers run here."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from capsonnx.export.checks import load_onnx, network_inside
from capsonnx.model import scorer
from capsonnx.runtime import default_model_path, load_model

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "exported" / "portability.json"
DRIVERS = ROOT / "scripts" / "portability" / "drivers"
SHAPES = [(1, 22, 22), (2, 23, 29), (3, 56, 28)]


@pytest.fixture(scope="module")
def recorded() -> dict:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


def test_the_table_is_of_the_shipped_file(recorded) -> None:
    digest = hashlib.sha256(default_model_path().read_bytes()).hexdigest()
    assert recorded["sha256"] == digest, "run scripts/portability/portability.py again"


def test_at_least_eight_engines_take_every_size(recorded) -> None:
    full = {
        row["engine"]
        for row in recorded["runtimes"]
        if row["dynamic"]
        and row["failure"] is None
        and row["max_difference"] <= 1e-4
        and row["answered"] == row["questions"]
        and row["pairs_agreeing"] == row["pairs"] == 1000
    }
    assert len(full) >= 8, full


def test_every_row_tells_the_file_that_was_asked(recorded) -> None:
    for row in recorded["runtimes"]:
        is_shipped = not row["opset"] and not row["full_file"]
        assert (row["file"] == recorded["sha256"]) == is_shipped, row["name"]


def test_the_grid_is_what_it_says(recorded) -> None:
    shapes = {tuple(shape) for shape in recorded["shapes"]}
    assert {batch for batch, _, _ in shapes} >= {1, 2, 5}
    assert {(1, 22, 22), (1, 160, 160)} <= shapes
    assert any(height % 2 and width % 2 and height != width for _, height, width in shapes)


def test_the_table_shows_every_runtime(recorded) -> None:
    table = RECORDED.with_suffix(".md").read_text(encoding="utf-8")
    for row in recorded["runtimes"]:
        assert f"| {row['title']} | {row['version'] or '–'} |" in table


@pytest.mark.parametrize("driver", ["onnxruntime_python.py", "reference_evaluator.py"])
def test_the_drivers_that_can_run_here_agree_with_torch(tmp_path, driver) -> None:
    questions, answers = tmp_path / "questions", tmp_path / "answers"
    questions.mkdir()
    answers.mkdir()
    generator = np.random.default_rng(0)
    for number, shape in enumerate(SHAPES):
        np.save(questions / f"{number}.npy", generator.integers(0, 256, shape, dtype=np.uint8))
    command = [sys.executable, DRIVERS / driver, default_model_path(), questions, answers]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    assert json.loads(output)["version"]
    assert json.loads((answers / "errors.json").read_text()) == {}
    model = load_model(provider="cpu")
    network = network_inside(load_onnx(default_model_path()), model.contract)
    outputs = [name for name in ("lengths", "field") if name in model.outputs]
    reference = scorer(network.double(), exact=True, outputs=outputs)
    for question in questions.iterdir():
        expected = reference(np.load(question))
        np.testing.assert_allclose(np.load(answers / question.name), expected.lengths, rtol=0, atol=1e-4)
        if expected.field is not None:
            field = np.load(answers / f"{question.stem}.field.npy")
            np.testing.assert_allclose(field, expected.field, rtol=0, atol=1e-4)
