"""Shapes rounded up, where the scores stay the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx import datasets
from capsonnx.errors import InputError
from capsonnx.runtime import load_model
from capsonnx.runtime.buckets import bucketed, cropped, padded_with_black, rounded_side

if TYPE_CHECKING:
    from capsonnx.contract import Contract

MARGIN = 21
"""The receptive field of the shipped model, less one."""


@pytest.fixture(scope="module")
def shipped():
    return load_model(provider="cpu", threads=1)


def page(height: int, width: int, margin: int) -> np.ndarray:
    """Three pages with a digit in the lower right corner, as far from both edges as said."""
    images = np.zeros((3, height, width), np.uint8)
    digits = datasets.load("mnist", "test").images[:3, 4:24, 4:24]
    down, across = height - margin, width - margin
    images[:, down - 20 : down, across - 20 : across] = digits
    return images


def test_there_are_few_sides_and_none_is_much_longer() -> None:
    sides = range(14, 2049)
    assert len({rounded_side(side) for side in sides}) <= 8 + 4 * 5
    assert all(side <= rounded_side(side) < max(1.25 * side, side + 8) for side in sides)


@pytest.mark.parametrize(("height", "width"), [(47, 70), (46, 69), (90, 33 + MARGIN)])
def test_all_outputs_are_the_same(shipped, height, width) -> None:
    images = page(height, width, MARGIN)
    padded = bucketed(images, shipped.contract)
    assert padded.shape == (4, rounded_side(height), rounded_side(width))
    expected, found = shipped(images, shipped.outputs), shipped(padded, shipped.outputs)
    for name in shipped.outputs:
        wanted = getattr(expected, name)
        given = cropped(getattr(found, name), name, images.shape, shipped.contract)
        assert given.shape == wanted.shape, name
        np.testing.assert_allclose(given, wanted, atol=1e-6 * max(1, wanted.max()), rtol=0, err_msg=name)


def test_ink_too_near_to_the_edge_keeps_its_size(shipped) -> None:
    images = page(47, 70, MARGIN - 1)
    assert bucketed(images, shipped.contract).shape == (4, 47, 70)


def test_ink_in_the_last_image_alone_keeps_the_size_of_all(shipped) -> None:
    images = page(47, 70, MARGIN)
    images[-1, -1, -1] = 255
    assert bucketed(images, shipped.contract).shape == (4, 47, 70)


def test_without_the_margin_the_scores_would_change(shipped) -> None:
    """So the rule is needed."""
    images = page(47, 70, 2)
    padded = padded_with_black(images, (64, 80), shipped.contract)
    assert np.abs(shipped(padded).lengths - shipped(images).lengths).max() > 1e-3


def not_silent(contract: Contract) -> Contract:
    assert contract.windows is not None
    return replace(contract, windows=replace(contract.windows, silent_black=False))


def test_a_model_that_black_tells_something_is_never_padded(shipped) -> None:
    images = page(47, 70, MARGIN)
    for contract in (not_silent(shipped.contract), replace(shipped.contract, windows=None)):
        assert bucketed(images, contract).shape == (4, 47, 70)
        with pytest.raises(InputError, match="black is not silent"):
            padded_with_black(images, (64, 80), contract)


def test_what_has_a_rounded_shape_is_not_copied(shipped) -> None:
    images = np.zeros((4, 64, 80), np.uint8)
    assert bucketed(images, shipped.contract) is images
