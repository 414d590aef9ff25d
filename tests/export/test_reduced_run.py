"""From a run to a file of int8, as a user types it: the run holds the shipped weights and a folder of a few digits."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from capsonnx import datasets
from capsonnx.cli import main
from capsonnx.errors import InputError
from capsonnx.export import calibration_of, gate
from capsonnx.export.calibration import CALIBRATION_IMAGES
from capsonnx.export.precision import to_half
from capsonnx.runtime import default_model_path
from capsonnx.training import EpochMetrics, TrainingConfig, load_config, make_config
from capsonnx.training.checkpoint import State, save_config, save_metrics, save_state

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = datasets.load("mnist", "test").take(np.arange(200))

pytestmark = pytest.mark.usefixtures("small_grid")


@pytest.fixture(scope="module")
def run(tmp_path_factory, network) -> Path:
    """A training folder, and its data beside it."""
    data = tmp_path_factory.mktemp("data") / "digits"
    for number, (image, target) in enumerate(zip(DIGITS.images, DIGITS.targets, strict=True)):
        folder = data / str(target)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number}.png")
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    training = datasets.load(data, "train")
    config = make_config(str(data), training, torch.device("cpu"), precision="fp32", held_out=40, epochs=1)
    save_config(folder, config)
    save_metrics(folder, [EpochMetrics(1, 1e-3, 0.1, 0.99, 1.0)])
    save_state(folder, State(1, {f"network.{name}": weight for name, weight in network.state_dict().items()}))
    return folder


@pytest.fixture
def config(run) -> TrainingConfig:
    return load_config(run)


def capsonnx(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result


def test_a_run_becomes_a_file_of_int8(run, tmp_path) -> None:
    path = tmp_path / "tiny.int8.onnx"
    printed = capsonnx("export", run, "-o", path, "--precision", "int8").stdout
    assert "parity of field of the float32 file" in printed
    assert "agreement on singles" in printed
    assert "FAILED" not in printed
    report = json.loads((tmp_path / "tiny.int8.parity.json").read_text())
    assert (report["precision"], report["passed"], report["agreement"]["data"]) == ("int8", True, "digits")
    assert {node.op_type for node in onnx.load(path).graph.node} >= {"QuantizeLinear", "DequantizeLinear"}

    printed = capsonnx("check", path).stdout
    assert "note    parity" in printed
    assert "is not asked of int8" in printed
    again = json.loads(capsonnx("check", path, "--against", run, "--json").stdout)
    assert again["agreement"] == report["agreement"]
    assert (again["sha256"], again["parity"]) == (report["sha256"], None)


def test_a_file_of_fewer_bits_is_compared_with_a_float32_file(onnx_file, tmp_path, monkeypatch) -> None:
    reduced = tmp_path / "half.onnx"
    reduced.write_bytes(to_half(onnx_file.read_bytes()))
    monkeypatch.setattr(datasets, "load", lambda *_, **__: DIGITS.take(np.arange(30)))
    assert "agreement on singles" in capsonnx("check", reduced, "--against", default_model_path()).stdout
    # Its data is called 'nothing'.
    assert (
        "lies; expected a data set that is known by name"
        in capsonnx("check", reduced, "--against", onnx_file, code=2).stderr
    )
    told = capsonnx("check", reduced, "--against", onnx_file, "--data", tmp_path).stdout
    assert "agreement on singles" in told
    assert "weights are of fp16" in capsonnx("check", onnx_file, "--against", reduced, code=1).stderr


def test_a_float32_file_is_compared_with_another(onnx_file) -> None:
    assert "all good" in capsonnx("check", onnx_file, "--against", default_model_path()).stdout


def test_calibration_is_spread_over_the_held_out_images(config) -> None:
    found = calibration_of(config)
    training = datasets.load(config.dataset, "train")
    _, held_out = datasets.split_held_out(training, config.held_out, config.seed)
    assert len(found.images) == 40 <= CALIBRATION_IMAGES
    assert np.array_equal(found.images, held_out.images)
    assert len(found.test_split) + len(training) == len(DIGITS)


def test_data_that_changed_is_refused(config, tmp_path) -> None:
    copy = tmp_path / "digits"
    shutil.copytree(config.dataset, copy)
    shutil.rmtree(copy / "7")
    with pytest.raises(InputError, match="9 classes, other than the 10 of the network"):
        calibration_of(dataclasses.replace(config, dataset=str(copy)))
    shutil.rmtree(copy)
    with pytest.raises(InputError, match="no such folder, and the network was trained on it"):
        calibration_of(dataclasses.replace(config, dataset=str(copy)))


def test_nothing_is_written_where_the_data_is_gone(run, tmp_path, monkeypatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise InputError("digits: no data set", expected="a folder", remedy="restore it")

    monkeypatch.setattr(datasets, "load", gone)
    monkeypatch.setattr(gate, "to_onnx", lambda *_, **__: pytest.fail("too late"))
    result = capsonnx("export", run, "-o", tmp_path / "x.onnx", "--precision", "fp16", code=2)
    assert "digits: no data set" in result.stderr
    assert not list(tmp_path.iterdir())
