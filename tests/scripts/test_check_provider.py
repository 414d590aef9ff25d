"""The check of a GPU: a dry run on the CPU, which every machine has, and its refusal where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_provider.py"


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
    assert report["parity"]["TF32 off"]["differences"]["lengths"] == 0
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
