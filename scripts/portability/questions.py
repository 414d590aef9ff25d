"""The questions that every runtime is asked, the right answers, and how far an answer is from them."""

from __future__ import annotations

import hashlib
import itertools
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capsonnx import datasets, exam
from capsonnx.contract import FIELD, LENGTHS, POSES
from capsonnx.export import to_onnx
from capsonnx.export.checks import load_onnx, network_inside
from capsonnx.export.parity import CONTENTS
from capsonnx.model import scorer
from capsonnx.runtime import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

SIZES = [(22, 22), (23, 22), (25, 31), (28, 28), (29, 29), (28, 56), (56, 28), (33, 47), (61, 22)]
SHAPES = [
    *((batch, *size) for batch, size in itertools.product((1, 2, 5), SIZES)),
    *((1, *size) for size in [(64, 64), (22, 160), (101, 37), (160, 160)]),
    (2, 84, 84),
]
"""Batch, height and width of the grid, starting from the smallest image that the shipped file takes."""
PAIRS, BATCH = 1000, 100

OF_FIELD = f".{FIELD}"
"""The suffix of the names of answers that are the output ``field``. All other answers are the lengths."""


def questions() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield the name and images of every question: the grid, each shape with four kinds of content; then the pairs."""
    for number, (shape, content) in enumerate(itertools.product(SHAPES, CONTENTS)):
        batch, height, width = shape
        yield f"{batch:03}x{height:03}x{width:03}-{content}", CONTENTS[content](shape, np.random.default_rng(number))
    digits = datasets.load("mnist", "test").take(np.arange(2 * PAIRS))
    (pairs,) = exam.build_exams(digits, ["pairs-vertical"])
    for start in range(0, PAIRS, BATCH):
        yield f"pairs-{start:04}", pairs.images[start : start + BATCH]


def golden(model: Path, digest: str, folder: Path) -> dict[str, NDArray[np.float32]]:
    """Write every question to the folder, and return the torch network's answers, computed in float64.

    The answers are the lengths and, if the file has a field, also the field for each question of the grid, named with
    the suffix OF_FIELD. They take minutes, so they are cached beside the questions, for the file with this digest and
    for these questions.
    """
    kept = folder.with_name("golden.npz")
    made_for = f"{digest} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"
    if kept.is_file():
        with np.load(kept) as answers:
            if str(answers["made for"]) == made_for:
                return {name: answers[name] for name in answers.files if name != "made for"}
    found = answers_to_questions(model, folder)
    np.savez(kept, **found, **{"made for": np.array(made_for)})  # type: ignore[arg-type]
    return found


def answers_to_questions(model: Path, folder: Path) -> dict[str, NDArray[np.float32]]:
    """Write every question to the folder anew, and return the network's answers, as described in :func:`golden`."""
    loaded = load_model(model, provider="cpu")
    network = network_inside(load_onnx(model), loaded.contract)
    outputs = [name for name in (LENGTHS, FIELD) if name in loaded.outputs]
    score = scorer(network.double(), exact=True, outputs=outputs)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder.parent / ".gitignore").write_text("*\n")
    answers = {}
    for name, images in questions():
        np.save(folder / f"{name}.npy", images)
        scores = score(images)
        answers[name] = scores.lengths
        if scores.field is not None and not name.startswith("pairs-"):
            answers[name + OF_FIELD] = scores.field
    return answers


def exported_again(model: Path, folder: Path, *, opset: int = 0, plain: bool = False) -> Path:
    """Export the network of a file to another file in the folder: with another opset, or lengths and poses alone."""
    contract = load_model(model, provider="cpu").contract
    path = folder / f"{'plain' if plain else 'full'}-{opset}.onnx"
    outputs = [LENGTHS, POSES] if plain else None
    network = network_inside(load_onnx(model), contract)
    path.write_bytes(to_onnx(network, contract, opset=opset or 18, outputs=outputs))
    return path


def compare(expected: Mapping[str, NDArray[np.float32]], found: Mapping[str, NDArray[np.float32]]) -> dict[str, Any]:
    """How far the answers are from the right ones, and for how many pairs the two highest classes agree."""
    lengths, field = (
        [
            float(np.abs(found[name] - right).max()) if found[name].shape == right.shape else np.inf
            for name, right in expected.items()
            if name in found and name.endswith(OF_FIELD) == is_field
        ]
        for is_field in (False, True)
    )
    agreeing = 0
    for name, answer in found.items():
        if name.startswith("pairs-") and answer.shape == expected[name].shape:
            agreeing += int((top_two(answer) == top_two(expected[name])).all(axis=1).sum())
    return {
        "questions": sum(1 for name in expected if not name.endswith(OF_FIELD)),
        "answered": len(lengths),
        "max_difference": greatest(lengths),
        "field_answered": len(field),
        "field_difference": greatest(field),
        "pairs": PAIRS,
        "pairs_agreeing": agreeing,
    }


def greatest(differences: list[float]) -> float | None:
    """The largest difference; None if there are none or one of them is not finite."""
    return max(differences) if differences and np.isfinite(differences).all() else None


def top_two(lengths: NDArray[np.float32]) -> NDArray[np.int64]:
    """The two highest classes of each image, in class order."""
    return np.sort(np.argsort(lengths, axis=1, kind="stable")[:, -2:], axis=1)
