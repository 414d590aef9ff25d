"""Every variant of the capsule layer, trained by the command: its file computes the same, or is refused as stated."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from capsonnx.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

pytestmark = pytest.mark.usefixtures("few_pages")

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


def run(*arguments: object) -> Result:
    """The command within this process: to start torch anew for each would take longer than what is tested."""
    return CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)


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
    """On a few sizes: the gate's grid takes twenty seconds, and the commands below pass it."""
    from capsonnx import export, runtime, training
    from capsonnx.export.checks import check_graph
    from capsonnx.export.parity import grid_of
    from capsonnx.model import scorer

    folder, path = tmp_path / "run", tmp_path / "variant.onnx"
    trained = run("train", "--data", letters, "--epochs", 2, "-o", folder, *options.split())
    assert trained.exit_code == 0, trained.stderr
    done = training.load_trained(folder)
    path.write_bytes(export.to_onnx(done.network, export.contract_of(done)))
    model = runtime.load_model(path, provider="cpu")
    reference = scorer(done.network, exact=True, outputs=model.outputs)
    sizes = grid_of(model.contract.smallest)[::7] if model.size is None else grid_of(size=model.size)
    grid = [shape for shape in sizes if shape[1] * shape[2] < 200 * 200]
    report = export.measure_parity(reference, partial(model, outputs=model.outputs), grid=grid)
    assert report.passed, report.differences
    assert len(report.cases) >= 20
    assert not [check for check in check_graph(export.load_onnx(path), "variant") if not check.passed]


def test_the_export_command_passes_another_routing_through_the_gate(tmp_path, letters) -> None:
    folder, path = tmp_path / "run", tmp_path / "variant.onnx"
    assert run("train", "--data", letters, "--epochs", 1, "-o", folder, "--routing", "hinton").exit_code == 0
    exported = run("export", folder, "-o", path)
    assert exported.exit_code == 0, exported.stderr
    assert json.loads(path.with_suffix(".parity.json").read_text())["passed"]


def test_full_sharing_is_exported_for_its_own_size_and_no_other(tmp_path, letters) -> None:
    folder, path = tmp_path / "run", tmp_path / "variant.onnx"
    assert run("train", "--data", letters, "--epochs", 1, "-o", folder, "--sharing", "full").exit_code == 0
    exported = run("export", folder, "-o", path)
    assert exported.exit_code == 0, exported.stderr
    assert "matrices of its own" in exported.stderr
    assert "28×28 px only" in json.loads(path.with_suffix(".parity.json").read_text())["checks"]["sizes"]["found"]
    refused = run("export", folder, "-o", tmp_path / "dynamic.onnx", "--size", "dynamic")
    assert refused.exit_code == 2
    assert "--sharing shared" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "dynamic.onnx").exists()


def test_a_resumed_run_is_of_its_own_variant(tmp_path, letters) -> None:
    folder = tmp_path / "run"
    options = ["--routing", "hinton", "--squash", "learnable", "--coupling-axis", "input", "--routings", "2"]
    assert run("train", "--data", letters, "--epochs", 1, "-o", folder, *options).exit_code == 0
    resumed = run("train", "--resume", "-o", folder)
    assert resumed.exit_code == 0, resumed.stderr
    other = run("train", "--resume", "-o", folder, "--routing", "su")
    assert other.exit_code == 2
    assert "trained with" in other.stderr


@pytest.mark.parametrize("options", ["--squash last", "--network pooled --routing su", "--routing em --squash tanh"])
def test_choices_that_do_not_go_together_are_one_line(tmp_path, letters, options: str) -> None:
    result = run("train", "--data", letters, "-o", tmp_path / "run", *options.split())
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "pass " in result.stderr
    assert not (tmp_path / "run").exists()
