"""Make exported/golden.json: tiny images with the shipped model's answers, for any port to test itself against.

Run: .venv/bin/python scripts/publish/make_golden.py
The answers are those of the torch network in float64 with the file's own weights, so that no runtime judges itself. Run
this again whenever the model is exported again; the same model gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import torch

from capsonnx import datasets
from capsonnx.contract import IMAGES, Contract
from capsonnx.export.checks import load_onnx, network_inside
from capsonnx.files import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from capsonnx.model.networks import Network

EXPORTED = Path(__file__).parents[2] / "exported"

TOLERANCE = 1e-4
"""The accuracy of float32 in any runtime. A wrong input or a lost operator is off by a hundred times as much."""

DECIMALS = 6
"""The decimals of the answers: far finer than the tolerance, coarser than the last bits, where machines may differ."""


@click.command()
@click.argument("model", type=click.Path(path_type=Path), default=EXPORTED / "mnist.onnx")
@click.option("--output", type=click.Path(path_type=Path), default=EXPORTED / "golden.json")
def main(model: Path, output: Path) -> None:
    """Write the golden vector of one exported file."""
    graph = load_onnx(model)
    contract = Contract.from_metadata({one.key: one.value for one in graph.metadata_props}, name=str(model))
    network = network_inside(graph, contract).double()
    outputs = [output.name for output in graph.graph.output]
    cases = [
        {"shows": shows, IMAGES: images.tolist(), **answers(network, images, outputs)}
        for shows, images in tiny_images()
    ]
    golden = {
        "model": model.name,
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "tolerance": TOLERANCE,
        "cases": cases,
    }
    write_text(output, as_text(golden))
    print(f"{output}: {len(cases)} cases")


def tiny_images() -> list[tuple[str, NDArray[np.uint8]]]:
    """Batches (batch, height, width) of MNIST test digits, each with words on what it shows and tests."""
    digits = datasets.load("mnist", "test").images
    return [
        (
            "the middle of a 7, 22×22: the smallest image, a single feature cell, hence low scores",
            digits[:1, 3:25, 3:25],
        ),
        (
            "the middle of a 2, 25×23: odd sides, whose last row and column no feature cell sees",
            digits[1:2, 2:27, 3:26],
        ),
        ("a batch of two single digits, 7 and 2", digits[:2]),
        ("1 and 0 side by side", digits[2:4].swapaxes(0, 1).reshape(1, 28, 56)),
    ]


def answers(network: Network, images: NDArray[np.uint8], outputs: Sequence[str]) -> dict[str, object]:
    """The named outputs for a batch, as nested lists; their shapes are in :mod:`capsonnx.contract`."""
    with torch.inference_mode():
        found = network.outputs(network.features(torch.from_numpy(images.copy())), outputs)
    return {name: output.numpy().round(DECIMALS).tolist() for name, output in found.items()}


def as_text(value: object) -> str:
    """JSON with every innermost list, for example a row of pixels, on one line."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return re.sub(r"\[\s+([^][{}]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


if __name__ == "__main__":
    main()
