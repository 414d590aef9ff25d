"""Training into a folder: the same weights bit for bit, however often it is killed."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
import torch

from capsonnx.errors import InputError
from capsonnx.model import NetworkConfig, build
from capsonnx.training import EpochMetrics, load_trained, loop, train
from capsonnx.training.checkpoint import CHECKPOINT, METRICS, load_state, save_config

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("few_pages")

CPU = torch.device("cpu")


class Killed(BaseException):
    """Stands for kill -9: nothing in the code under test may catch it."""


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state = load_state(folder)
    assert state is not None
    return state.tensors


def same(one: Path, other: Path) -> bool:
    return (one / CHECKPOINT).read_bytes() == (other / CHECKPOINT).read_bytes()


def test_training_leaves_a_folder_that_loads(tmp_path, digits, config) -> None:
    metrics = train(config, digits, tmp_path, device=CPU)
    trained = load_trained(tmp_path)
    assert [row.epoch for row in metrics] == [1, 2, 3]
    assert metrics[-1].loss < metrics[0].loss
    assert trained.metrics == metrics
    assert trained.config == config
    assert not trained.network.training
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint.safetensors",
        "config.json",
        "curves.png",
        "metrics.jsonl",
    ]
    assert json.loads((tmp_path / METRICS).read_text().splitlines()[2])["epoch"] == 3


def test_the_seed_decides_the_weights(tmp_path, digits, config) -> None:
    short = dataclasses.replace(config, epochs=1)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(dataclasses.replace(short, seed=seed), digits, tmp_path / name, device=CPU)
    assert same(tmp_path / "a", tmp_path / "b")
    assert not same(tmp_path / "a", tmp_path / "c")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, digits, config, few_pages) -> Path:
    """A run that nothing stopped."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(config, digits, folder, device=CPU)
    return folder


@pytest.mark.parametrize("victim", ["save_metrics", "save_state", "draw_curves"])
@pytest.mark.parametrize("call", [1, 2])
def test_killed_between_any_two_writes_it_resumes_bit_for_bit(
    tmp_path, digits, config, whole, monkeypatch, victim, call
) -> None:
    stopped = tmp_path / "stopped"
    calls = 0
    original = getattr(loop, victim)

    def kill(*args) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(loop, victim, kill)
        with pytest.raises(Killed):
            train(config, digits, stopped, device=CPU)
    metrics = train(config, digits, stopped, device=CPU, resume=True)
    assert same(whole, stopped)
    assert [row.epoch for row in metrics] == [1, 2, 3]
    assert [row.loss for row in metrics] == [row.loss for row in load_trained(whole).metrics]


def test_killed_while_it_chooses_the_threshold_it_has_every_epoch_and_chooses_it_on_resuming(
    tmp_path, digits, config, whole, monkeypatch
) -> None:
    def kill(*_: object) -> None:
        raise Killed

    stopped = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        patch.setattr(loop, "choose_threshold", kill)
        with pytest.raises(Killed):
            train(config, digits, stopped, device=CPU)
    assert same(whole, stopped)
    assert load_trained(stopped).metrics[-1].threshold is None
    train(config, digits, stopped, device=CPU, resume=True)
    assert same(whole, stopped)
    assert load_trained(stopped).threshold == load_trained(whole).threshold


def test_resuming_a_finished_run_changes_nothing(tmp_path, digits, config) -> None:
    train(config, digits, tmp_path, device=CPU)
    before = (tmp_path / CHECKPOINT).read_bytes()
    assert len(train(config, digits, tmp_path, device=CPU, resume=True)) == 3
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_a_run_without_a_checkpoint_yet_starts_on_resuming(tmp_path, digits, config) -> None:
    short = dataclasses.replace(config, epochs=1)
    save_config(tmp_path, short)
    assert len(train(short, digits, tmp_path, device=CPU, resume=True)) == 1


def test_the_first_line_comes_at_once(tmp_path, digits, config, monkeypatch, capsys) -> None:
    def stop(run, advance) -> float:
        raise Killed

    monkeypatch.setattr(loop.Run, "epoch", stop)
    with pytest.raises(Killed):
        train(config, digits, tmp_path, device=CPU)
    assert capsys.readouterr().err == (
        "mnist: 10 classes, 160 to train on, 40 held out "
        f"(default recipe, capsule network, cpu, {config.precision}); 3 epochs\n"
        "only 24 steps in all, hardly enough to learn from: begin with the weights of a model, by --start, or make "
        "1000 with --epochs 125\n"
    )


def test_the_time_left_is_in_seconds_under_a_minute() -> None:
    rows = [EpochMetrics(1, 1e-3, 0.5, 0.5, 29.0)]
    assert loop._line(rows, 3).endswith("29 s  about 58 s left")
    assert loop._line(rows, 4).endswith("29 s  about 1 min left")
    assert loop._line(rows, 1).endswith("29 s")


def test_held_out_digits_are_never_trained_on(tmp_path, digits, config, monkeypatch) -> None:
    seen = []
    original = loop.Run

    def spy(config, dataset, device):
        seen.append(dataset.images)
        return original(config, dataset, device)

    monkeypatch.setattr(loop, "Run", spy)
    train(dataclasses.replace(config, epochs=1, limit=60), digits, tmp_path, device=CPU)
    assert len(seen[0]) == 60
    _, held_out = loop.split_held_out(digits, config.held_out, config.seed)
    trained_on = {image.tobytes() for image in seen[0]}
    assert not trained_on & {image.tobytes() for image in held_out.images}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": ("0",)}, "1 class; expected two classes or more; add another"),
        ({"held_out": 0}, "200 images to train on, 0 held out"),
        ({"held_out": 200}, "0 images to train on, 200 held out"),
    ],
)
def test_too_little_data_is_refused_before_anything_is_written(tmp_path, digits, config, change, said) -> None:
    with pytest.raises(InputError, match=said):
        train(dataclasses.replace(config, **change), digits, tmp_path / "run", device=CPU)
    assert not (tmp_path / "run").exists()


def test_a_training_starts_from_given_weights(tmp_path, digits, config) -> None:
    train(config, digits, tmp_path / "first", device=CPU)
    first = load_trained(tmp_path / "first").network
    frozen = dataclasses.replace(config.recipe, learning_rate=0.0, muon_rate=0.0, schedule="constant")
    later = dataclasses.replace(config, epochs=1, start="0" * 64, recipe=frozen)
    train(later, digits, tmp_path / "second", device=CPU, start=first)
    for one, other in zip(first.parameters(), load_trained(tmp_path / "second").network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_of_a_start_with_other_classes_the_stem_is_taken(tmp_path, digits, config, capsys) -> None:
    first = build(NetworkConfig(classes=7, widths=config.network.widths, stem_bias=config.network.stem_bias))
    frozen = dataclasses.replace(config.recipe, learning_rate=0.0, muon_rate=0.0, schedule="constant")
    later = dataclasses.replace(config, epochs=1, start="0" * 64, recipe=frozen)
    train(later, digits, tmp_path / "run", device=CPU, start=first)
    found = load_trained(tmp_path / "run").network
    assert found.config.classes == 10
    for one, other in zip(first.stem.parameters(), found.stem.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert (
        "the start has 7 classes, not 10: of its weights those of the convolutions are taken" in capsys.readouterr().err
    )


def test_weights_of_another_network_are_refused(tmp_path, digits, config) -> None:
    other = build(NetworkConfig(kind="pooled"))
    with pytest.raises(InputError, match="pooled network"):
        train(dataclasses.replace(config, start="0" * 64), digits, tmp_path / "run", device=CPU, start=other)
    assert not (tmp_path / "run").exists()


def test_a_run_that_needs_its_start_again_says_so(tmp_path, digits, config) -> None:
    started = dataclasses.replace(config, start="0" * 64)
    save_config(tmp_path, started)
    with pytest.raises(InputError, match="--start again"):
        train(started, digits, tmp_path, device=CPU, resume=True)
