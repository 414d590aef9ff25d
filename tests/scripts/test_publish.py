"""The parts of a model card, with and without what is not always there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "publish.py"


@pytest.fixture(scope="module")
def publish():
    specification = importlib.util.spec_from_file_location("publish", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_pages_are_a_table_with_dashes_for_what_there_is_not(publish) -> None:
    result = {"name": "blank", "pages": 20, "symbols": 0, "exact": 0.95, "recall": None, "false_per_megapixel": 3.25}
    text = publish.pages_text([result])
    assert text.splitlines()[-1] == "| blank | 20 | 0 | 95.00 | – | – | – | 3.2 |"
    assert publish.pages_text([]) == ""


def test_what_does_not_apply_to_empty_images_is_a_dash(publish) -> None:
    result = {"name": "singles", "images": 7, "top": 0.99, "confident": 0.98, "exact": 0.975, "length": 0.9512}
    assert publish.row(result) == "| singles | 7 | 99.00 | 98.00 | 97.50 | 0.951 |"
    empty = {**result, "name": "empty-salt", **dict.fromkeys(("top", "confident", "length"))}
    assert publish.row(empty) == "| empty-salt | 7 | – | – | 97.50 | – |"


def test_agreement_is_told_or_its_absence(publish, tmp_path) -> None:
    from capsonnx.export import AgreementReport, Inspection
    from capsonnx.export.agreement import Comparison

    compared = Comparison("singles", 10_000, 0.995, 0.9949, 0.9991, 0.0)
    agreement = AgreementReport("mnist", (compared,))
    path = tmp_path / "mnist.int8.onnx"
    path.write_bytes(b"x" * 520_000)
    inspection = Inspection(path, "ab", [], None, "int8", agreement, "cd")
    assert publish.file_row(inspection) == "| `mnist.int8.onnx` | int8 | 0.52 MB | `ab` |"
    assert "singles, 10000 images: 99.49% right, float32 99.50%, the same classes in 99.91%" in publish.agreement_text(
        [inspection]
    )
    assert publish.agreement_text([]).startswith("There is no int8 file")


def test_the_command_tells_what_is_not_as_the_recipe_has_it(publish) -> None:
    import torch

    from capsonnx import datasets
    from capsonnx.training import make_config

    def command(data: str, **options) -> str:
        config = make_config(data, datasets.load("mnist", "test"), torch.device("cpu"), **options)
        return publish.train_command(Path("runs/a"), config)

    assert command("mnist") == "capsonnx train --recipe default --seed 0 --output runs/a"
    assert command("fashion-mnist", epochs=2, seed=3) == (
        "capsonnx train --data fashion-mnist --recipe default --epochs 2 --seed 3 --output runs/a"
    )


def test_the_optimizers_are_told(publish) -> None:
    from capsonnx.training import recipe_named

    assert publish.optimizer_text(recipe_named("seed")) == "Adam to 0.001"
    told = publish.optimizer_text(recipe_named("default"))
    assert told == "Muon to 0.005, Adam for the rest to 0.002, weights averaged with decay 0.999"
