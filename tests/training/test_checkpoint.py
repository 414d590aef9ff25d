"""The training folder: what is refused."""

from __future__ import annotations

import dataclasses
import json
import os

import pytest
import torch

from capsonnx.errors import CheckpointError, InputError
from capsonnx.training import load_config, load_trained, train
from capsonnx.training.checkpoint import CHECKPOINT, CONFIG, METRICS, load_metrics, load_state, save_config


@pytest.fixture
def run(tmp_path, digits, config):
    train(dataclasses.replace(config, epochs=1), digits, tmp_path, device=torch.device("cpu"))
    return tmp_path


def test_the_config_comes_back(tmp_path, config) -> None:
    save_config(tmp_path, config)
    assert load_config(tmp_path) == config


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"recipe": 3}', "\x00"])
def test_a_malformed_config_is_refused(tmp_path, text) -> None:
    (tmp_path / CONFIG).write_text(text)
    with pytest.raises(CheckpointError, match="not a training config"):
        load_config(tmp_path)


def test_a_config_of_an_older_version_loads(tmp_path, config) -> None:
    save_config(tmp_path, config)
    values = json.loads((tmp_path / CONFIG).read_text())
    del values["recipe"]["widths"], values["network"]["widths"]
    values["recipe"]["stem_bias"] = values["network"]["stem_bias"] = False
    (tmp_path / CONFIG).write_text(json.dumps(values))
    found = load_config(tmp_path)
    assert (found.network.stem_bias, found.network.widths) == ("none", (64, 64, 128, 128))
    assert found.recipe.widths == (64, 64, 128, 128)


def test_an_unknown_config_key_is_refused(tmp_path, config) -> None:
    save_config(tmp_path, config)
    values = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps({**values, "new": 1}))
    with pytest.raises(CheckpointError, match="new"):
        load_config(tmp_path)


def test_an_empty_folder_is_no_run(tmp_path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json in it"):
        load_trained(tmp_path)


def test_a_missing_folder_is_wrong_usage(tmp_path) -> None:
    with pytest.raises(InputError, match="missing: no such folder"):
        load_trained(tmp_path / "missing")


@pytest.mark.skipif(os.name == "nt", reason="no such rights there")
def test_every_file_of_a_run_has_the_usual_rights(run) -> None:
    (run / "usual").write_text("")
    assert len({path.stat().st_mode for path in run.iterdir()}) == 1


def test_a_run_without_a_finished_epoch_says_how_to_go_on(tmp_path, config) -> None:
    save_config(tmp_path, config)
    assert load_state(tmp_path) is None
    with pytest.raises(CheckpointError, match="--resume"):
        load_trained(tmp_path)


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_truncated_checkpoint_is_refused(run, keep) -> None:
    content = (run / CHECKPOINT).read_bytes()
    (run / CHECKPOINT).write_bytes(content[:keep])
    with pytest.raises(CheckpointError, match="damaged"):
        load_trained(run)


def test_weights_of_another_network_are_refused(run) -> None:
    values = json.loads((run / CONFIG).read_text())
    values["network"]["dimension"] = 8
    (run / CONFIG).write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="weights do not fit"):
        load_trained(run)


def test_malformed_metrics_are_refused(run) -> None:
    (run / METRICS).write_text("{}\n")
    with pytest.raises(CheckpointError, match="not a metrics file"):
        load_metrics(run)


def test_lost_metrics_are_refused_on_resuming(run, digits, config) -> None:
    (run / METRICS).unlink()
    with pytest.raises(CheckpointError, match="too few lines"):
        train(dataclasses.replace(config, epochs=1), digits, run, device=torch.device("cpu"), resume=True)


def test_metrics_that_end_before_the_weights_are_refused(run):
    (run / METRICS).unlink()
    with pytest.raises(CheckpointError, match=r"1 epochs in checkpoint\.safetensors, 0 in metrics\.jsonl"):
        load_trained(run)
