"""The provider check, on the one provider that every machine has, and its refusal of one that is absent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import onnxruntime

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_provider.py"


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--limit", "60", "--batch-size", "32", "--sizes", "3", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_the_cpu_agrees_with_itself() -> None:
    result = check("--provider", "cpu")
    assert result.returncode == 0, result.stderr
    assert "CPUExecutionProvider" in result.stdout
    assert "max |Δ| lengths 0.0e+00" in result.stdout


def test_cuda_is_really_used_or_refused() -> None:
    result = check()
    if result.returncode == 0:
        assert "CUDAExecutionProvider" in result.stdout
    else:
        assert result.stderr.startswith("Error: provider cuda: cannot be had here")
        assert "Traceback" not in result.stderr
    assert "CUDAExecutionProvider" in onnxruntime.get_available_providers() or result.returncode == 1
