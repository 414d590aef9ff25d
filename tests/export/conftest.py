"""The export of a network that can read, made once, and images to make and judge files of fewer bits with."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from capsonnx import datasets
from capsonnx.contract import Contract
from capsonnx.export import Calibration, gate, load_network, to_onnx
from capsonnx.runtime import default_model_path
from capsonnx.training import EpochMetrics, make_config
from capsonnx.training.checkpoint import Trained

if TYPE_CHECKING:
    from capsonnx.model import Network

GRID = [(1, 22, 22), (2, 23, 22), (3, 28, 56), (1, 61, 33), (5, 30, 47)]
"""Sizes never traced: enough to tell right from wrong."""


@pytest.fixture(scope="session")
def network() -> Network:
    """The shipped weights: of random ones, classes are too close together to survive any rounding."""
    return load_network(default_model_path())


@pytest.fixture(scope="session")
def contract(network: Network) -> Contract:
    side = network.config.receptive_field
    return Contract(
        labels=tuple("0123456789"),
        smallest=side,
        receptive_field=side,
        network=dataclasses.asdict(network.config),
        dataset="nothing",
    )


@pytest.fixture(scope="session")
def content(network: Network, contract: Contract) -> bytes:
    return to_onnx(network, contract)


@pytest.fixture
def onnx_file(tmp_path, content):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    return path


@pytest.fixture
def trained(network) -> Trained:
    digits = datasets.load("mnist", "test")
    config = make_config("data/of/mine", digits, torch.device("cpu"), precision="fp32")
    return Trained(network, config, [EpochMetrics(1, 1e-3, 0.1, 0.75, 1.0)])


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    digits = datasets.load("mnist", "test")
    return Calibration(digits.images[5000:5032], digits.take(np.arange(64)))


@pytest.fixture
def small_grid(monkeypatch) -> None:
    """The full grid is for the end-to-end test and the shipped file."""
    original = gate.measure_parity
    monkeypatch.setattr(gate, "measure_parity", lambda *args, **options: original(*args, **{**options, "grid": GRID}))
