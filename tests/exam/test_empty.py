from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx.exam import build_exams
from capsonnx.exam.empty import NOISES, SIGMAS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset


def images_of(dataset: Dataset, kind: str, seed: int = 0) -> NDArray[np.uint8]:
    [exam] = build_exams(dataset, [f"empty-{kind}"], seed=seed)
    assert exam.targets.shape == (len(exam.images), 0)
    return exam.images


@pytest.mark.parametrize("kind", [kind for kind in NOISES if kind != "black"])
def test_the_seed_decides(ten: Dataset, kind: str) -> None:
    alone, again, other = (images_of(ten, kind, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(alone, again)
    assert (alone != other).any(axis=(1, 2)).all()


@pytest.mark.parametrize(("digits", "count"), [(30, 30), (2000, 1000)])
def test_there_are_as_many_as_digits_up_to_a_limit(mnist: Dataset, digits: int, count: int) -> None:
    assert images_of(mnist.take(np.arange(digits)), "salt").shape == (count, 84, 84)


def test_black_is_black(mnist: Dataset) -> None:
    images = images_of(mnist, "black")
    assert images.shape == (100, 84, 84)
    assert not images.any()


def test_uniform_noise_has_every_level_alike(mnist: Dataset) -> None:
    counts = np.bincount(images_of(mnist, "uniform").ravel(), minlength=256)
    # Over seven million pixels: about 27,600 of each level, with a deviation of about 166.
    assert counts.min() > 26_700
    assert counts.max() < 28_500


def test_gaussian_noise_is_half_of_a_bell_of_each_image_s_own_width(mnist: Dataset) -> None:
    images = images_of(mnist, "gaussian").astype(np.float64)
    # Cut off at 0, half of the squares are left.
    sigmas = np.sqrt(2 * (images**2).mean(axis=(1, 2)))
    assert SIGMAS[0] * 0.95 < sigmas.min() < 7
    assert 48 < sigmas.max() < SIGMAS[1] * 1.05
    assert (images == 0).mean() == pytest.approx(0.5, abs=0.03)


def test_salt_is_white_on_black_and_some_images_have_more(mnist: Dataset) -> None:
    images = images_of(mnist, "salt")
    assert set(np.unique(images)) == {0, 255}
    shares = (images > 0).mean(axis=(1, 2))
    assert shares.min() < 0.004
    assert 0.045 < shares.max() < 0.065
