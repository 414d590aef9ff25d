"""Recipes, configs and the choice of device and precision."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from capsonnx.errors import InputError, ProviderError
from capsonnx.model import NetworkConfig
from capsonnx.training import RECIPES, choose_device, choose_precision, fitted, make_config, recipe_named
from capsonnx.training.schedule import learning_rate

CPU = torch.device("cpu")


def test_the_seed_recipe_is_the_sources(digits) -> None:
    recipe = RECIPES["seed"]
    assert (recipe.epochs, recipe.pooled_epochs, recipe.batch_size, recipe.learning_rate) == (10, 20, 128, 1e-3)
    assert (recipe.stem_bias, recipe.schedule, recipe.absent_weight, recipe.canvas) == ("free", "constant", 0.25, 0)
    assert (recipe.widths, recipe.muon_rate, recipe.averaging, recipe.empty) == ((64, 64, 128, 128), 0, 0, 0)
    config = make_config("mnist", digits, CPU, recipe="seed")
    assert config.network.stem_bias == "free"
    assert config.network.routings == 3


def test_gentle_is_the_default_but_for_its_deformation_and_epochs() -> None:
    default, gentle = RECIPES["default"], RECIPES["gentle"]
    for kind in ("rotation", "scale", "shear", "stretch", "elastic"):
        assert getattr(gentle, kind) == pytest.approx(getattr(default, kind) / 2)
    assert gentle.deforming(2) == dataclasses.replace(default, name="gentle", epochs=36, pooled_epochs=36)


def test_a_config_fills_in_what_is_left_open(digits) -> None:
    config = make_config("mnist", digits, CPU, network="pooled", recipe="seed", precision="fp32")
    assert (config.epochs, config.held_out, config.labels) == (20, 20, digits.labels)


def test_images_that_are_too_faint_are_refused_before_they_are_trained_on(digits) -> None:
    faint = dataclasses.replace(digits, images=digits.images // 5)
    with pytest.raises(InputError, match="most images have no ink above level 63"):
        make_config("mnist", faint, CPU)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"routing": "hintn"}, "routing 'hintn'; expected one of su-normalised"),
        ({"squash": "thanh"}, "squash 'thanh'"),
        ({"network": "capsul"}, "kind 'capsul'"),
        ({"precision": "fp16"}, "precision 'fp16'; expected one of auto"),
        ({"epochs": 0}, "epochs 0; expected a whole number from 1"),
        ({"limit": 0}, "limit 0"),
        ({"routings": 0}, "routings 0"),
        ({"seed": -1}, "seed -1; expected a whole number from 0"),
        ({"decoder_weight": float("nan")}, "decoder weight nan"),
    ],
)
def test_what_is_no_choice_is_refused(digits, choices, message) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        make_config("mnist", digits, CPU, **choices)


def test_images_smaller_than_what_the_network_looks_at_are_refused(digits) -> None:
    small = dataclasses.replace(digits, images=digits.images[:, 4:24, 4:24])
    with pytest.raises(InputError, match="20×20 pixels; expected at least 22 each way"):
        make_config("mnist", small, CPU)
    with pytest.raises(InputError, match="no ink"):
        make_config("mnist", digits.take(np.arange(0)), CPU)


def test_the_default_routing_alone_is_left_out_of_training(digits) -> None:
    config = make_config("mnist", digits, CPU)
    assert (config.recipe.training_routings, config.network.routings) == (1, 3)
    assert make_config("mnist", digits, CPU, routing="hinton").recipe.training_routings == 0
    assert fitted(config, config.network).recipe.training_routings == 1
    assert fitted(config, NetworkConfig(routing="hinton")).recipe.training_routings == 0


def test_a_start_brings_its_own_stem(digits) -> None:
    config = make_config("mnist", digits, CPU, recipe="refine")
    other = NetworkConfig(stem_bias="none", widths=(8, 8, 16, 16), routings=1)
    found = fitted(config, other)
    assert (found.network.stem_bias, found.network.widths, found.network.routings) == ("none", (8, 8, 16, 16), 3)
    assert (found.recipe.stem_bias, found.recipe.widths) == ("none", (8, 8, 16, 16))
    assert found.recipe.crowded == config.recipe.crowded > 0


def test_a_folder_is_recorded_by_its_absolute_path(digits, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for data in ("letters/", "./letters", tmp_path / "letters"):
        assert make_config(str(data), digits, CPU).dataset == str(tmp_path.resolve() / "letters")
    assert make_config("mnist", digits, CPU).dataset == "mnist"


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(InputError, match="seed, default"):
        recipe_named("soup")


def test_cuda_is_refused_where_torch_has_none(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ProviderError, match="--device cpu"):
        choose_device("cuda")
    assert choose_device("auto") == CPU


@pytest.mark.parametrize(("capability", "precision"), [("avx512_bf16", "bf16"), ("amx_bf16", "bf16"), ("avx2", "fp32")])
def test_auto_precision_follows_the_processor(monkeypatch, capability, precision) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {capability: True})
    assert choose_precision("auto", CPU) == precision
    assert choose_precision("fp32", CPU) == "fp32"


def test_the_one_cycle_schedule_rises_then_falls_to_zero() -> None:
    rates = [learning_rate(step, 200, 2e-3, "one-cycle") for step in range(201)]
    assert rates.index(max(rates)) == 20
    assert max(rates) == pytest.approx(2e-3)
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[-1] == pytest.approx(0)
