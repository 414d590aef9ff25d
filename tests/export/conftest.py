"""A small network's export, made once."""

from __future__ import annotations

import pytest
import torch

from capsonnx.contract import Contract
from capsonnx.export import to_onnx
from capsonnx.model import Network, NetworkConfig, build
from capsonnx.training import EpochMetrics, make_config
from capsonnx.training.checkpoint import Trained

GRID = [(1, 14, 14), (2, 15, 14), (3, 28, 56), (1, 61, 33), (5, 20, 47)]
"""Sizes never traced: enough to tell right from wrong."""


@pytest.fixture(scope="session")
def network() -> Network:
    torch.manual_seed(0)
    return build(NetworkConfig()).eval()


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract(labels=tuple("0123456789"), network={"kind": "capsule"}, dataset="nothing")


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
    from capsonnx import datasets

    digits = datasets.load("mnist", "test")
    config = make_config("data/of/mine", digits, torch.device("cpu"), precision="fp32")
    return Trained(network, config, [EpochMetrics(1, 1e-3, 0.1, 0.75, 1.0)])
