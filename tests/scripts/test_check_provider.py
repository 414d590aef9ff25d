"""The check of a GPU: a dry run on the CPU, which every machine has, and its refusal where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from capsonnx.benchmark import OURS, Request
from capsonnx.errors import ParityError
from capsonnx.runtime import Cuda

SCRIPT = Path(__file__).parents[2] / "scripts" / "speed" / "check_provider.py"


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)


def test_a_dry_run_names_itself_and_has_every_figure(tmp_path) -> None:
    result = check("--dry-run", "--output", tmp_path / "gpu")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("# A DRY RUN ON THE CPU")
    assert (tmp_path / "gpu.md").read_text(encoding="utf-8") == result.stdout
    report = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    assert report["dry_run"]
    assert report["provider"] == "CPUExecutionProvider"
    assert report["parity"]["TF32 off"]["differences"] == dict.fromkeys(("lengths", "poses", "evidence", "field"), 0)
    assert report["failed"] == {}
    assert set(report["nodes"]) == {"fp32", "fp16", "int8"}
    assert {(one["system"], one["batch"]) for one in report["throughput"]} == {
        (system, batch) for system in ("mnist", "mnist.fp16", "mnist.int8", "torch eager") for batch in (1, 4)
    }
    assert all(one["images_per_second"] > 0 and one["of_matrix_roof"] > 0 for one in report["throughput"])
    assert [one["images"] > 0 for one in report["exams"]] == [True] * 6


def test_without_cuda_it_refuses_in_one_line() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    result = check()
    assert result.returncode == 1
    assert result.stderr.startswith("Error: provider cuda: cannot be had here")
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_the_table_is_that_of_the_report_and_of_a_gpu(script) -> None:
    folder = SCRIPT.parents[2] / "exported"
    report = json.loads((folder / "gpu.json").read_text(encoding="utf-8"))
    assert (folder / "gpu.md").read_text(encoding="utf-8") == script.to_markdown(report) + "\n"
    assert report["provider"] == "CUDAExecutionProvider"
    assert not report["dry_run"]
    assert not report["failed"]
    assert report["parity"]["TF32 off"]["passed"]


def test_kernels_are_told_apart_by_their_names(script) -> None:
    rows = [
        ("Memcpy DtoH (Device -> Pageable)", 8.0, 4),
        ("sm80_xmma_fprop_implicit_gemm_f32f32", 4.0, 3),
        ("sm80_xmma_gemm_f32f32_f32f32_f32_nn", 2.0, 10),
        ("void cudnn::engines_precompiled::convertTensor_kernel", 1.0, 1),
    ]
    found = script.by_kind(rows)
    assert found["launches"] == 18
    assert {kind: spent for kind, spent in found["microseconds"].items() if spent} == {
        "copies between device and main memory": 8,
        "convolutions": 4,
        "products of matrices": 2,
        "the rest": 1,
    }


@pytest.fixture
def script(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(SCRIPT.parent)
    import check_provider

    return check_provider


@pytest.mark.parametrize(
    ("request_", "off", "passes"),
    [
        (Request(OURS, "mnist.onnx"), 1e-5, True),
        (Request(OURS, "mnist.onnx"), 1e-3, False),
        (Request(OURS, "mnist.onnx", cuda=Cuda(tf32=True)), 1e-3, True),
        (Request(OURS, "mnist.onnx", cuda=Cuda(tf32=True)), 1e-1, False),
        (Request(OURS, "mnist.fp16.onnx"), 1e-2, True),
        (Request(OURS, "mnist.int8.onnx"), 1e-1, False),
        (Request(OURS, "mnist.onnx"), np.nan, False),
    ],
)
def test_a_choice_that_computes_something_else_is_not_measured(script, request_, off, passes) -> None:
    expected = np.linspace(0, 1, 20, dtype=np.float32).reshape(2, 10)
    found = SimpleNamespace(lengths=expected + np.float32(off))
    if passes:
        assert script.difference(request_, found, expected) == pytest.approx(off, rel=0.01)
    else:
        with pytest.raises(ParityError, match="lengths off by"):
            script.difference(request_, found, expected)


def test_a_part_that_fails_is_told_and_the_others_are_kept(script, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("an illegal memory access")

    reports = []
    monkeypatch.setattr(script, "nodes", broken)
    report = script.check("cpu", script.DRY, lambda report: reports.append(script.to_markdown(report)))
    assert report["failed"] == {"nodes": "an illegal memory access"}
    assert report["parity"]["TF32 off"]["passed"]
    assert len(report["throughput"]) == 8
    assert len(reports) == 7  # after each of five parts, and of two batches
    assert "- FAILED: nodes: an illegal memory access" in reports[1]
