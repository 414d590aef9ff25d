"""Peers: absent ones are told in a line, present ones compute what the file does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from capsonnx.benchmark import OURS, Request, build_system, check_peers
from capsonnx.benchmark.images import digits
from capsonnx.errors import InputError, ModelError
from capsonnx.runtime import default_model_path


def test_images_are_digits_side_by_side() -> None:
    images = digits(2, 30, 70)
    assert (images.dtype, images.shape) == (np.uint8, (2, 30, 70))
    assert all(image[:28, left : left + 28].max() > 200 for image in images for left in (0, 28))
    assert (digits(2, 30, 70) == images).all()


def test_an_absent_peer_names_its_package(monkeypatch) -> None:
    monkeypatch.setattr("capsonnx.benchmark.systems.find_spec", lambda name: None)
    with pytest.raises(InputError, match="package openvino is not installed; expected it; run: pip install openvino"):
        check_peers(["onnxruntime", "openvino"])


def test_an_unknown_peer_is_refused() -> None:
    with pytest.raises(InputError, match="--against tensorflow; expected one or more of torch, torch-compile"):
        check_peers(["tensorflow"])


@pytest.mark.parametrize("peer", ["torch", "onnxruntime"])
def test_a_peer_computes_what_the_file_does(peer) -> None:
    images = digits(2, 28, 28)
    path = str(default_model_path())
    expected = build_system(Request(OURS, path, "cpu", 1), images).run(images)
    system = build_system(Request(peer, path, threads=1), images)
    found = system.run(images)
    assert len(found) == 4  # all outputs of the file
    np.testing.assert_allclose(found[0], expected.lengths, atol=1e-5)
    np.testing.assert_allclose(found[3], expected.field, atol=1e-5)
    assert system.setting in ("contiguous", "channels_last", "defaults")


def test_a_peer_that_fails_is_an_error_of_one_line(tmp_path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="leave onnxruntime out of --against") as raised:
        build_system(Request("onnxruntime", str(tmp_path / "broken.onnx")), digits(1, 28, 28))
    assert "\n" not in str(raised.value)


def test_no_peer_is_imported_unless_asked_for() -> None:
    program = "import sys; from capsonnx import benchmark; benchmark.compare; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"torch", "onnx", "openvino", "matplotlib", "capsonnx.benchmark.peers"} & set(result.stdout.split())
