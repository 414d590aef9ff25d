"""What every runtime is asked, the right answers, and how far an answer is from them."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from capsonnx import datasets, exam
from capsonnx.export import to_onnx
from capsonnx.export.checks import load_onnx, network_inside
from capsonnx.export.parity import CONTENTS
from capsonnx.model import scorer
from capsonnx.runtime import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SIZES = [(14, 14), (15, 14), (17, 23), (28, 28), (29, 29), (28, 56), (56, 28), (33, 47), (61, 14)]
SHAPES = [
    *((batch, *size) for batch, size in itertools.product((1, 2, 5), SIZES)),
    *((1, *size) for size in [(64, 64), (14, 160), (101, 37), (160, 160)]),
    (2, 84, 84),
]
PAIRS, BATCH = 1000, 100


def questions() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Name and images of every question: the grid, each shape with four kinds of content, and the pairs."""
    for number, (shape, content) in enumerate(itertools.product(SHAPES, CONTENTS)):
        batch, height, width = shape
        yield f"{batch:03}x{height:03}x{width:03}-{content}", CONTENTS[content](shape, np.random.default_rng(number))
    digits = datasets.load("mnist", "test").take(np.arange(2 * PAIRS))
    (pairs,) = exam.build_exams(digits, ["pairs-vertical"])
    for start in range(0, PAIRS, BATCH):
        yield f"pairs-{start:04}", pairs.images[start : start + BATCH]


def golden(model: Path, folder: Path) -> dict[str, NDArray[np.float32]]:
    """Write every question to the folder; give the lengths that the torch network has for each, all in float64."""
    network = network_inside(load_onnx(model), load_model(model, provider="cpu").contract)
    score = scorer(network.double(), exact=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder.parent / ".gitignore").write_text("*\n")
    answers = {}
    for name, images in questions():
        np.save(folder / f"{name}.npy", images)
        answers[name] = score(images).lengths
    return answers


def with_opset(model: Path, opset: int, folder: Path) -> Path:
    """The network of a file, exported again for another opset, as a file in the folder."""
    contract = load_model(model, provider="cpu").contract
    path = folder / f"opset-{opset}.onnx"
    path.write_bytes(to_onnx(network_inside(load_onnx(model), contract), contract, opset=opset))
    return path


def compare(expected: dict[str, NDArray[np.float32]], found: dict[str, NDArray[np.float32]]) -> dict[str, Any]:
    """How far the answers are from the right ones, and on how many pairs the two highest classes are the same."""
    differences = [
        float(np.abs(found[name] - right).max()) if found[name].shape == right.shape else np.inf
        for name, right in expected.items()
        if name in found
    ]
    agreeing = 0
    for name, lengths in found.items():
        if name.startswith("pairs-") and lengths.shape == expected[name].shape:
            agreeing += int((top_two(lengths) == top_two(expected[name])).all(axis=1).sum())
    finite = bool(differences) and bool(np.isfinite(differences).all())
    return {
        "questions": len(expected),
        "answered": len(differences),
        "max_difference": max(differences) if finite else None,
        "pairs": PAIRS,
        "pairs_agreeing": agreeing,
    }


def top_two(lengths: NDArray[np.float32]) -> NDArray[np.int64]:
    """The two highest classes of each image, in the order of the classes."""
    return np.sort(np.argsort(lengths, axis=1, kind="stable")[:, -2:], axis=1)
