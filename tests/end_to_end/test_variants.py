"""Every variant of the capsule layer by the commands alone: it trains, exports or refuses as stated, and agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

VARIANTS = [
    "--routing su",
    "--routing hinton --squash hinton",
    "--routing em --routings 2",
    "--routing uniform",
    "--routing su --squash last",
    "--squash tanh",
    "--squash exponential",
    "--squash ratio",
    "--squash learnable",
    "--coupling-axis input",
    "--sharing full",
]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "capsonnx", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def letters(tmp_path_factory) -> Path:
    """A folder of a few digits for each of three classes."""
    from PIL import Image

    from capsonnx import datasets

    folder = tmp_path_factory.mktemp("digits")
    digits = datasets.load("mnist", "test")
    for number, (image, target) in enumerate(zip(digits.images[:400], digits.targets[:400], strict=True)):
        if target < 3:
            (folder / str(target)).mkdir(exist_ok=True)
            Image.fromarray(image).save(folder / str(target) / f"{number}.png")
    return folder


@pytest.mark.parametrize("options", VARIANTS)
def test_a_variant_trains_exports_and_passes_parity(tmp_path, letters, options: str) -> None:
    folder, path = tmp_path / "run", tmp_path / "variant.onnx"
    trained = run("train", "--data", letters, "--epochs", 2, "-o", folder, *options.split())
    assert trained.returncode == 0, trained.stderr
    exported = run("export", folder, "-o", path)
    assert exported.returncode == 0, exported.stderr
    report = json.loads(path.with_suffix(".parity.json").read_text())
    assert report["passed"]
    is_full = "full" in options
    assert ("28×28 px only" in report["checks"]["sizes"]) == is_full
    assert ("matrices of its own" in exported.stderr) == is_full


def test_a_resumed_run_is_of_its_own_variant(tmp_path, letters) -> None:
    folder = tmp_path / "run"
    options = ["--routing", "hinton", "--squash", "learnable", "--coupling-axis", "input", "--routings", "2"]
    assert run("train", "--data", letters, "--epochs", 1, "-o", folder, *options).returncode == 0
    resumed = run("train", "--resume", "-o", folder)
    assert resumed.returncode == 0, resumed.stderr
    other = run("train", "--resume", "-o", folder, "--routing", "su")
    assert other.returncode == 2
    assert "trained with" in other.stderr


def test_full_sharing_has_no_dynamic_size(tmp_path, letters) -> None:
    folder, path = tmp_path / "run", tmp_path / "variant.onnx"
    assert run("train", "--data", letters, "--epochs", 1, "-o", folder, "--sharing", "full").returncode == 0
    exported = run("export", folder, "-o", path, "--size", "dynamic")
    assert exported.returncode == 2
    assert "--sharing shared" in exported.stderr
    assert "Traceback" not in exported.stderr
    assert not path.exists()


@pytest.mark.parametrize("options", ["--squash last", "--network pooled --routing su", "--routing em --squash tanh"])
def test_choices_that_do_not_go_together_are_one_line(tmp_path, letters, options: str) -> None:
    result = run("train", "--data", letters, "-o", tmp_path / "run", *options.split())
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "pass " in result.stderr
    assert not (tmp_path / "run").exists()
