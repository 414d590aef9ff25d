"""The step of a training: how much of the recipe's deformation it takes, and what the loss of windows weighs."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.training import RECIPES, run
from capsonnx.training.run import Run
from capsonnx.training.schedule import deformation

CPU = torch.device("cpu")
KINDS = ("rotation", "scale", "shear", "stretch", "elastic")


@given(st.integers(1, 500), st.floats(0, 1))
def test_deformation_only_ever_fades(steps, fade) -> None:
    shares = [deformation(step, steps, fade) for step in range(steps)]
    assert shares[0] == 1
    assert all(fade - 1e-12 <= later <= earlier for earlier, later in itertools.pairwise(shares))
    assert shares[-1] == pytest.approx(fade) or steps <= 5
    assert {deformation(step, steps, 1.0) for step in range(steps)} == {1.0}


def test_a_recipe_with_less_deformation_is_otherwise_the_same() -> None:
    recipe = RECIPES["default"]
    half = recipe.deforming(0.5)
    assert all(getattr(half, kind) == getattr(recipe, kind) / 2 for kind in KINDS)
    assert dataclasses.replace(half, **{kind: getattr(recipe, kind) for kind in KINDS}) == recipe


def test_the_last_digits_are_seen_as_the_recipe_leaves_them(digits, config, monkeypatch) -> None:
    seen = []

    def augment(images, recipe, generator):
        seen.append(recipe.rotation)
        return original(images, recipe, generator)

    original = run.augment
    monkeypatch.setattr(run, "augment", augment)
    recipe = dataclasses.replace(config.recipe, rotation=8.0, fade=0.25, batch_size=40)
    short = Run(dataclasses.replace(config, recipe=recipe, epochs=1), digits, CPU)
    short.epoch(lambda: None)
    assert seen == [8.0, 8.0, 8.0, 8.0, 2.0]


def test_windows_weigh_what_the_recipe_says(digits, config) -> None:
    def first_loss(weight: float) -> float:
        recipe = dataclasses.replace(config.recipe, window_weight=weight, crowded=0.5)
        started = Run(dataclasses.replace(config, recipe=recipe), digits, CPU)
        return float(started._train_step(started.images[:20], started.targets[:20]))

    whole, half, none = map(first_loss, (1.0, 0.5, 0.0))
    assert none < half < whole
    assert half == pytest.approx((whole + none) / 2, rel=1e-5)


@pytest.mark.parametrize(("chosen", "trained"), [(1, 1), (0, 3)])
def test_a_network_routes_while_it_is_trained_as_often_as_the_recipe_says(digits, config, chosen, trained) -> None:
    recipe = dataclasses.replace(config.recipe, training_routings=chosen)
    short = Run(dataclasses.replace(config, recipe=recipe), digits, CPU)
    seen = set()
    short.epoch(lambda: seen.add(short.network.capsules.routings))
    assert seen == {trained}
    assert short.network.capsules.routings == short.averaged.capsules.routings == 3


def test_a_network_routes_as_it_is_read_again_after_a_failure(digits, config) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    recipe = dataclasses.replace(config.recipe, training_routings=1)
    short = Run(dataclasses.replace(config, recipe=recipe), digits, CPU)
    with pytest.raises(KeyboardInterrupt):
        short.epoch(stop)
    assert short.network.capsules.routings == 3
