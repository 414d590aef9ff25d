from __future__ import annotations

import shutil
from typing import get_args

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from capsonnx.cli import main, values

SCALED = [f"scaled-{scale}" for scale in (0.7, 0.85, 1.2, 1.5)]
SCATTERED = [f"scattered-{side}-{digits}" for side in (84, 160) for digits in (2, 3, 4)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_completes_capsonnx(shell):
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("click asks bash for its version")
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_CAPSONNX_COMPLETE" in result.stdout
    assert f"{shell}_complete" in result.stdout


def test_another_shell_is_wrong_usage():
    result = CliRunner().invoke(main, ["completion", "tcsh"])
    assert result.exit_code == 2


def test_the_help_tells_how_to_install_it():
    result = CliRunner().invoke(main, ["completion", "--help"])
    assert "capsonnx completion bash > " in result.output


@pytest.mark.parametrize(
    ("arguments", "incomplete", "words"),
    [
        (["train", "--recipe"], "s", ["seed"]),
        (["train", "--data"], "f", ["fashion-mnist"]),
        (["evaluate", "--exam"], "row", ["row", "row-2", "row-3", "row-4", "row-5"]),
        (["evaluate", "--exam"], "sc", ["scattered", *SCATTERED, "scattered-160", "scattered-512", "scaled", *SCALED]),
        (["evaluate", "--data"], "m", ["mnist"]),
        (["evaluate", "--provider"], "c", ["cpu", "cuda"]),
        (["infer", "--provider"], "", ["auto", "cpu", "cuda", "openvino", "openvino-bf16"]),
        (["explain", "--provider"], "c", ["cpu", "cuda"]),
        (["perturb", "--provider"], "c", ["cpu", "cuda"]),
    ],
)
def test_values_are_completed(arguments, incomplete, words):
    found = ShellComplete(main, {}, "capsonnx", "_CAPSONNX_COMPLETE").get_completions(arguments, incomplete)
    assert [item.value for item in found if item.type == "plain"] == words
    assert [item.type for item in found if item.type != "plain"] == (["dir"] if "--data" in arguments else [])


def test_the_values_are_those_that_there_are():
    from capsonnx.datasets import CATALOGUE
    from capsonnx.training import RECIPES

    assert set(values.DATA) == set(CATALOGUE)
    assert set(values.RECIPES) == set(RECIPES)


def test_the_choices_are_those_that_there_are():
    """They, too, are written out, because the modules that know them import torch."""
    from capsonnx import export, images, model, preparation, training

    types = {
        ("train", "network"): model.NetworkKind,
        ("train", "routing"): model.RoutingName,
        ("train", "squash"): model.SquashName,
        ("train", "sharing"): model.Sharing,
        ("train", "coupling_axis"): model.CouplingAxis,
        ("train", "precision"): training.Precision,
        ("train", "device"): training.Device,
        ("export", "input_type"): export.InputType,
        ("export", "precision"): export.Precision,
        ("infer", "polarity"): images.Polarity,
        ("infer", "prepare"): preparation.Preparation,
    }
    for (command, name), choices in types.items():
        [option] = [one for one in main.get_command(None, command).params if one.name == name]
        assert set(option.type.choices) == set(get_args(choices)), option.opts
