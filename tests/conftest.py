"""Fixtures of more than one part: a tiny model that keeps the contract."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

from capsonnx.contract import Contract, Windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Speed is no test's business: on a busy machine a single example may take longer than hypothesis allows by default.
settings.register_profile("capsonnx", deadline=None)
settings.load_profile("capsonnx")

# In the background a shell has Ctrl-C ignored, which the commands that tests start and interrupt would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)

LABELS = tuple("0123456789")


def tiny_onnx(*, input_type: str = "uint8", sizes: tuple[int | str, ...] = ("batch", "height", "width")) -> object:
    """An ONNX model with the contract's signature: random 14×14 kernels without biases, and a norm-like squash."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    kernels = np.random.default_rng(7).normal(size=(10, 1, 14, 14)).astype(np.float32) / 14
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "scale"], ["unit"]),
        helper.make_node("Unsqueeze", ["unit", "axis"], ["planes"]),
        helper.make_node("Conv", ["planes", "kernels"], ["agreement"], strides=[2, 2]),
        helper.make_node("Relu", ["agreement"], ["evidence"]),
        helper.make_node("ReduceMax", ["evidence"], ["norms"], axes=[2, 3], keepdims=0),
        helper.make_node("Add", ["norms", "one"], ["denominators"]),
        helper.make_node("Div", ["norms", "denominators"], ["lengths"]),
    ]
    constants = {
        "scale": np.float32(1 / 255),
        "axis": np.array([1], np.int64),
        "kernels": kernels,
        "one": np.float32(1),
    }
    element = TensorProto.UINT8 if input_type == "uint8" else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", element, sizes)],
        [helper.make_tensor_value_info("lengths", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, Contract(labels=LABELS, threshold=0.3).to_metadata())
    onnx.checker.check_model(model)
    return model


def field_onnx() -> object:
    """The same model with the output ``field``: what each kernel finds at each place."""
    from onnx import TensorProto, helper

    model = tiny_onnx()
    model.graph.node.append(helper.make_node("Add", ["evidence", "one"], ["places"]))
    model.graph.node.append(helper.make_node("Div", ["evidence", "places"], ["field"]))
    shape = ["batch", 10, "rows", "cols"]
    model.graph.output.append(helper.make_tensor_value_info("field", TensorProto.FLOAT, shape))
    windows = Windows((7.0, 7.0), 2, (14, 14), threshold=0.3, apart=(14.0, 14.0), silent_black=True)
    helper.set_model_props(model, Contract(labels=LABELS, threshold=0.3, windows=windows).to_metadata())
    return model


@pytest.fixture(scope="session")
def make_onnx():
    """The function :func:`tiny_onnx`, for tests that spoil a model before saving it."""
    return tiny_onnx


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a tiny model that keeps the contract."""
    import onnx

    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    onnx.save(tiny_onnx(), path)
    return path


@pytest.fixture(scope="session")
def field_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a tiny model that locates something, if not digits."""
    import onnx

    path = tmp_path_factory.mktemp("model") / "field.onnx"
    onnx.save(field_onnx(), path)
    return path


@pytest.fixture(scope="session")
def maps_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the same model with the output ``evidence`` too."""
    import onnx
    from onnx import TensorProto, helper

    model = field_onnx()
    shape = ["batch", 10, "rows", "cols"]
    model.graph.output.append(helper.make_tensor_value_info("evidence", TensorProto.FLOAT, shape))
    path = tmp_path_factory.mktemp("maps") / "maps.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def drawing_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a copy of the shipped model, with a small decoder beside it, trained on its poses of 300 digits."""
    import hashlib
    import shutil

    import torch

    from capsonnx import datasets, export, runtime
    from capsonnx.model import Decoder, DecoderConfig, mask, reconstruction_loss

    path = tmp_path_factory.mktemp("drawing") / "digits.onnx"
    shutil.copy(runtime.default_model_path(), path)
    digits = datasets.load("mnist", "test").take(np.arange(300))
    poses = runtime.load_model(path, provider="cpu", threads=1)(digits.images).poses
    targets, images = torch.from_numpy(digits.targets), torch.from_numpy(digits.images) / 255
    masked = mask(torch.from_numpy(poses), targets)
    torch.manual_seed(0)
    decoder = Decoder(DecoderConfig(len(LABELS), masked.shape[2], (28, 28), hidden=(128,)))
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.005)
    for _ in range(2500):
        loss = reconstruction_loss(decoder(masked), images, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    contract = export.decoder_contract_of(decoder, LABELS, hashlib.sha256(path.read_bytes()).hexdigest())
    runtime.decoder_path(path).write_bytes(export.decoder_to_onnx(decoder, contract))
    return path


@pytest.fixture(scope="module")
def few_pages() -> Iterator[None]:
    """Choose thresholds on few pages: on all of them it takes as long as all epochs of such a training."""
    from capsonnx.training import threshold

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threshold, "MOST", 10)
        yield
