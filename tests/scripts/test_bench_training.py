"""The training step, one step of each eager choice."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from capsonnx import datasets
from capsonnx.datasets import Dataset

SCRIPT = Path(__file__).parents[2] / "scripts" / "speed" / "bench_training.py"


@pytest.fixture
def script(monkeypatch):
    spec = importlib.util.spec_from_file_location("bench_training", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    digits = datasets.load("mnist", "test").take(np.arange(60))
    monkeypatch.setattr(module.datasets, "load", lambda *_, **__: digits)
    assert isinstance(digits, Dataset)
    return module


def test_every_choice_is_measured_against_the_plain_one(script) -> None:
    arguments = ["--device", "cpu", "--steps", "1", "--rounds", "2", "--eager-only", "--json"]
    result = CliRunner().invoke(script.main, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    rows = {row["choice"]: row for row in report["choices"]}
    forms = ("contiguous", "channels_last")
    assert list(rows) == [f"{precision} {form} eager" for precision in ("fp32", "bf16") for form in forms]
    assert rows["fp32 contiguous eager"]["times_as_fast_as_plain"] == {"median": 1.0, "least": 1.0, "greatest": 1.0}
    assert sum(row["as_trained"] for row in rows.values()) == 1
    assert all(row["seconds_per_epoch"]["least"] > 0 for row in rows.values())
    assert report["steps_a_turn"] == 1


def test_a_device_that_is_not_there_is_told(script, monkeypatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = CliRunner().invoke(script.main, ["--device", "cuda"])
    assert result.exit_code == 1
    assert "sees no CUDA device" in result.output
