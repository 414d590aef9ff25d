"""The command that trains: what it tells when it is stopped, and that a stopped run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from capsonnx.cli import main
from capsonnx.training import loop

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a folder of two classes in it."""
    monkeypatch.chdir(tmp_path)
    for label in ("cross", "ring"):
        folder = tmp_path / "signs" / label
        folder.mkdir(parents=True)
        for number in range(12):
            Image.fromarray(np.eye(28, dtype=np.uint8) * 255).save(folder / f"{number}.png")
    return tmp_path


def train(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


SHORT = ["--epochs", 1, "--held-out", 4, "--device", "cpu", "--precision", "fp32"]


def test_a_stopped_run_says_how_to_go_on_and_does(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(run: loop.Run, advance: object) -> float:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop.Run, "epoch", stop)
        result = train("--data", "signs/", "-o", "my run", *SHORT)
    assert result.exit_code == 130
    assert "stopped; go on with: capsonnx train --resume -o 'my run'\n" in result.stderr
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    result = train("--resume", "-o", here / "my run", "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert "signs: 2 classes, " in result.stderr
    assert ": 1 epoch, held-out accuracy " in result.stdout


def test_another_choice_on_resuming_is_wrong_usage(here: Path) -> None:
    assert train("--data", "signs", "-o", "run", *SHORT).exit_code == 0
    assert train("--data", "./signs/", "-o", "run", "--resume").exit_code == 0
    result = train("-o", "run", "--resume", "--seed", 3)
    assert result.exit_code == 2
    assert "trained with seed=0, not 3" in result.stderr


def test_a_decoder_is_trained_on_resuming_too(here: Path) -> None:
    assert train("--data", "signs", "--decoder-weight", 0.001, "-o", "run", *SHORT).exit_code == 0
    result = train("-o", "run", "--resume")
    assert result.exit_code == 0, result.stderr
    assert "capsule network and decoder" in result.stderr
    assert train("--data", "signs", "-o", "plain", *SHORT).exit_code == 0
    result = train("-o", "plain", "--resume", "--decoder")
    assert result.exit_code == 2
    assert "trained with decoder=None" in result.stderr


@pytest.mark.parametrize("kind", ["pooled", "summed"])
def test_a_decoder_without_capsules_is_wrong_usage(here: Path, kind: str) -> None:
    result = train("--data", "signs", "--decoder", "--network", kind, "-o", "run", *SHORT)
    assert result.exit_code == 2
    assert f"--decoder with a {kind} network; expected a capsule network" in result.stderr
    assert not (here / "run").exists()


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (["--recipe", "refine"], "recipe refine without weights to refine; expected --start"),
        (
            ["--routing", "uniform", "--routings", 5],
            "5 iterations of routing 'uniform'",
        ),
    ],
)
def test_choices_that_say_nothing_are_wrong_usage(here: Path, choices: list[object], said: str) -> None:
    result = train("--data", "signs", "-o", "run", *SHORT, *choices)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (here / "run").exists()
