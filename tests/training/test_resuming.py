"""Which folders can be trained in: none with a run, but to resume it, by the choices that it was started with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from capsonnx.errors import CheckpointError, InputError
from capsonnx.training import train
from capsonnx.training.checkpoint import CHECKPOINT, load_config, save_config

pytestmark = pytest.mark.usefixtures("few_pages")

CPU = torch.device("cpu")


def test_a_used_folder_is_refused_without_resume(tmp_path, digits, config) -> None:
    short = dataclasses.replace(config, epochs=1)
    train(short, digits, tmp_path, device=CPU)
    with pytest.raises(InputError, match="holds a training run already"):
        train(short, digits, tmp_path, device=CPU)


def test_another_run_is_refused_on_resuming(tmp_path, digits, config) -> None:
    short = dataclasses.replace(config, epochs=1)
    train(short, digits, tmp_path, device=CPU)
    with pytest.raises(InputError, match="trained with seed=0, not 5"):
        train(dataclasses.replace(short, seed=5), digits, tmp_path, device=CPU, resume=True)


def test_all_that_differs_is_named_without_what_does_not(tmp_path, digits, config) -> None:
    short = dataclasses.replace(config, epochs=1)
    train(short, digits, tmp_path, device=CPU)
    other = dataclasses.replace(short, seed=5, network=dataclasses.replace(short.network, routing="hinton"))
    with pytest.raises(InputError, match=r"trained with routing=su-normalised, not hinton, seed=0, not 5;"):
        train(other, digits, tmp_path, device=CPU, resume=True)


def test_no_run_is_refused_on_resuming(tmp_path, digits, config) -> None:
    folder = tmp_path / "mistyped"
    with pytest.raises(InputError, match=r"no run there to resume.*leave out --resume"):
        train(config, digits, folder, device=CPU, resume=True)
    assert not folder.exists()


def test_the_spelling_of_a_folder_is_no_other_run(tmp_path, digits, config, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    written, resumed = (dataclasses.replace(config, epochs=1, dataset=data) for data in ("x/", str(tmp_path / "x")))
    save_config(tmp_path / "run", written)
    train(resumed, digits, tmp_path / "run", device=CPU, resume=True)


def test_images_may_be_moved_but_not_changed(tmp_path, digits, config) -> None:
    before, now = (
        dataclasses.replace(config, epochs=1, dataset=str(tmp_path / place), images=digits.sha256())
        for place in ("here", "there")
    )
    save_config(tmp_path / "run", before)
    train(now, digits, tmp_path / "run", device=CPU, resume=True)
    assert load_config(tmp_path / "run") == now
    others = dataclasses.replace(now, dataset=str(tmp_path / "elsewhere"), images="0" * 64)
    with pytest.raises(InputError, match=r"elsewhere are others than .*there had"):
        train(others, digits, tmp_path / "run", device=CPU, resume=True)
    save_config(tmp_path / "old", dataclasses.replace(before, images=None))
    with pytest.raises(InputError, match="trained with dataset="):
        train(now, digits, tmp_path / "old", device=CPU, resume=True)


def test_other_images_are_no_other_option(tmp_path, digits, config) -> None:
    known = dataclasses.replace(config, epochs=1, images=digits.sha256())
    save_config(tmp_path / "run", known)
    fewer = digits.take(np.arange(len(digits) - 1))
    now = dataclasses.replace(known, images=fewer.sha256(), symbol=19.0)
    with pytest.raises(InputError, match="the images of mnist have changed since"):
        train(now, fewer, tmp_path / "run", device=CPU, resume=True)


def test_a_run_that_did_not_record_its_images_is_resumed(tmp_path, digits, config) -> None:
    save_config(tmp_path / "run", dataclasses.replace(config, epochs=1, images=None))
    now = dataclasses.replace(config, epochs=1, images=digits.sha256())
    assert len(train(now, digits, tmp_path / "run", device=CPU, resume=True)) == 1


def test_a_checkpoint_without_its_config_is_left_alone(tmp_path, digits, config) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"precious")
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        train(config, digits, tmp_path, device=CPU, resume=True)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"precious"]
