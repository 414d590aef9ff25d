"""Parity passes for the right file, and for no other: negative controls."""

from __future__ import annotations

from functools import partial

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from capsonnx.contract import OUTPUTS, Scores
from capsonnx.export import measure_parity
from capsonnx.export.parity import CONTENTS, grid_of
from capsonnx.model import scorer
from capsonnx.runtime import load_model

from .conftest import GRID


def perturbed(path, name: str, change: float) -> None:
    """Change one number of one weight of a file."""
    model = onnx.load(path)
    weight = next(one for one in model.graph.initializer if one.name == name)
    array = numpy_helper.to_array(weight).copy()
    array.flat[array.size // 2] += change
    weight.CopyFrom(numpy_helper.from_array(array, name))
    onnx.save(model, path)


@pytest.mark.parametrize("smallest", [10, 14, 18, 22])
def test_the_grid_is_what_it_says(smallest: int) -> None:
    grid = grid_of(smallest)
    assert len(set(grid)) == len(grid) >= 60
    sizes = {shape[1:] for shape in grid}
    assert (smallest, smallest) in sizes
    assert min(min(size) for size in sizes) == smallest
    assert any(height % 2 and width % 2 for height, width in sizes)
    assert any(height != width for height, width in sizes)
    assert max(height * width for height, width in sizes) >= 512 * 512
    assert len({shape[0] for shape in grid}) >= 4


def test_images_larger_than_the_wall_of_digits_show_it_again() -> None:
    images = CONTENTS["real"]((3, 28, 1200), np.random.default_rng(0))
    assert images.shape == (3, 28, 1200)
    assert (images[:, :, :560] == images[:, :, 560:1120]).all()
    assert images.any(axis=(1, 2)).all()


def sides(network, onnx_file):
    """The network and the file, with all outputs."""
    model = load_model(onnx_file, provider="cpu")
    return scorer(network, exact=True, outputs=OUTPUTS), partial(model, outputs=OUTPUTS)


def test_the_right_file_passes(network, onnx_file) -> None:
    steps = []
    report = measure_parity(*sides(network, onnx_file), grid=GRID, advance=lambda: steps.append(1))
    assert report.passed
    assert tuple(report.differences) == OUTPUTS
    assert report.agreeing == report.images == 12 * len(CONTENTS)
    assert len(steps) == len(report.cases) == len(GRID) * len(CONTENTS)


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        ("stem.0.weight", {*OUTPUTS}),
        ("stem.7.weight", {*OUTPUTS}),
        ("capsules.weight", {"lengths", "poses", "evidence"}),  # field has a kernel of its own, folded from it
    ],
)
def test_one_perturbed_number_fails(network, onnx_file, name, failing) -> None:
    perturbed(onnx_file, name, 0.2)
    report = measure_parity(*sides(network, onnx_file), grid=GRID)
    assert not report.passed
    assert {name for name, difference in report.differences.items() if difference > report.tolerance} == failing


@pytest.mark.parametrize(("number", "change"), [(-2, 0.3), (-1, 0.01)])
def test_a_perturbed_kernel_of_the_field_fails(network, onnx_file, number, change) -> None:
    kernels = [node.input[1] for node in onnx.load(onnx_file).graph.node if node.op_type == "Conv"]
    perturbed(onnx_file, kernels[number], change)
    report = measure_parity(*sides(network, onnx_file), grid=GRID)
    assert {name for name, difference in report.differences.items() if difference > report.tolerance} == {"field"}
    assert not report.passed


def constant(lengths: list[float], poses: float | None = 0.0, evidence: float | None = 0.0, field: float | None = 0.0):
    """A scorer that says the same of every image."""

    def score(images) -> Scores:
        batch = len(images)
        sizes = {"poses": (2, 4), "evidence": (2, 1, 1), "field": (2, 2, 1)}
        values = {"poses": poses, "evidence": evidence, "field": field}
        given = {
            name: np.full((batch, *sizes[name]), value, np.float32)
            for name, value in values.items()
            if value is not None
        }
        return Scores(np.tile(np.float32(lengths), (batch, 1)), **given)

    return score


@pytest.mark.parametrize(
    ("candidate", "passes"),
    [
        (constant([0.5, 0.2]), True),
        (constant([0.5 + 5e-6, 0.2]), True),
        (constant([0.5 + 5e-5, 0.2]), False),
        (constant([0.5, 0.2], poses=1e-3), False),
        (constant([0.5, 0.2], poses=None), False),
        (constant([0.5, 0.2], evidence=1e-3), False),
        (constant([0.5, 0.2], evidence=None), False),
        (constant([0.5, 0.2], field=1e-3), False),
        (constant([0.5, 0.2], field=None), False),
        (constant([0.5, float("nan")]), False),
        (constant([0.5, 0.2, 0.1]), False),
    ],
)
def test_what_passes(candidate, passes) -> None:
    assert measure_parity(constant([0.5, 0.2]), candidate, grid=[(2, 14, 14)]).passed is passes


def test_a_tie_within_the_tolerance_counts_as_the_same_class() -> None:
    report = measure_parity(constant([0.5, 0.5 - 1e-6]), constant([0.5 - 1e-6, 0.5]), grid=[(2, 14, 14)])
    assert report.agreeing == report.images
