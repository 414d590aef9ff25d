"""The parts of a model card, with and without what is not always there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from capsonnx import datasets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def card():
    sys.path.insert(0, str(ROOT / "scripts" / "publish"))
    import card

    yield card
    sys.path.remove(str(ROOT / "scripts" / "publish"))


@pytest.fixture
def exams() -> dict:
    return json.loads((ROOT / "exported" / "mnist.exams.json").read_text())


def tables(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_a_whole_card_tells_what_was_trained_and_examined(card, exams, tmp_path) -> None:
    from capsonnx.export import Inspection, load_network
    from capsonnx.export.parity import Case, ParityReport
    from capsonnx.runtime import default_model_path
    from capsonnx.training import EpochMetrics, make_config
    from capsonnx.training.checkpoint import Trained

    config = make_config("mnist", datasets.load("mnist", "test"), torch.device("cpu"), held_out=2000, seed=4)
    metrics = [EpochMetrics(1, 1e-3, 0.1, 0.98, 90.0), EpochMetrics(2, 1e-4, 0.05, 0.9912, 90.0, threshold=0.875)]
    trained = Trained(load_network(default_model_path()), config, metrics)
    path = tmp_path / "digits.onnx"
    path.write_bytes(b"x" * 1_200_000)
    report = ParityReport(1e-5, (Case((1, 28, 28), "real", {"lengths": 2e-7}, 1),))
    told = card.card(tmp_path / "run", "digits", trained, [Inspection(path, "abc", [], report)], exams, count=60_000)
    assert told.startswith("# digits.onnx\n")
    assert "58,000 images of the training split; 2,000 more held out" in told
    assert "| training | 3 minutes on" in told
    assert "| held-out accuracy | 99.12 % |" in told
    assert "lengths 2.0e-07 over 1 cases |" in told
    assert f"--seed 4 --output {tmp_path / 'run'}`; then `python scripts/publish/publish.py" in told
    assert "| threshold | 0.875 |" in told
    assert card.exams_text(exams) in told
    assert "{" not in told


def test_examined_again_a_card_differs_in_its_tables_alone(card, exams) -> None:
    from examine_again import renewed

    shipped = (ROOT / "exported" / "mnist.md").read_text()
    assert tables(renewed(shipped, exams)) == tables(shipped)
    exams["exams"][0]["top"] = 0.12345
    before, after = tables(shipped), tables(renewed(shipped, exams))
    [changed] = [line for line in after if line not in before]
    assert changed == card.row(exams["exams"][0])
    assert changed.startswith("| singles | 10000 | 12.35 | ")
    assert renewed(shipped, exams).split("## Known limits")[1] == shipped.split("## Known limits")[1]


def test_pages_are_a_table_with_dashes_for_what_there_is_not(card) -> None:
    result = {"name": "blank", "pages": 20, "symbols": 0, "exact": 0.95, "recall": None, "false_per_megapixel": 3.25}
    text = card.pages_text([result])
    assert text.splitlines()[-1] == "| blank | 20 | 0 | 95.00 | – | – | – | 3.2 |"
    assert card.pages_text([]) == ""


def test_what_does_not_apply_to_empty_images_is_a_dash(card) -> None:
    shares = {"top": 0.99, "confident": 0.98, "read": 0.985, "exact": 0.975}
    result = {"name": "singles", "images": 7, **shares, "length": 0.9512}
    assert card.row(result) == "| singles | 7 | 99.00 | 98.00 | 98.50 | 97.50 | 0.951 |"
    empty = {**result, "name": "empty-salt", **dict.fromkeys(("top", "confident", "length"))}
    assert card.row(empty) == "| empty-salt | 7 | – | – | 98.50 | 97.50 | – |"


def test_of_a_model_that_reads_nothing_what_was_read_is_a_dash(card) -> None:
    result = {"name": "singles", "images": 7, "top": 0.99, "confident": 0.98, "read": None, "exact": 0.975, "length": 1}
    assert card.row(result) == "| singles | 7 | 99.00 | 98.00 | – | 97.50 | 1.000 |"


def test_agreement_is_told_or_its_absence(card, tmp_path) -> None:
    from capsonnx.export import AgreementReport, Inspection
    from capsonnx.export.agreement import Comparison

    compared = Comparison("singles", 10_000, 0.995, 0.9949, 0.9991, 0.0)
    agreement = AgreementReport("mnist", (compared,))
    path = tmp_path / "mnist.int8.onnx"
    path.write_bytes(b"x" * 520_000)
    inspection = Inspection(path, "ab", [], None, "int8", agreement, "cd")
    assert card.file_row(inspection) == "| `mnist.int8.onnx` | int8 | 0.52 MB | `ab` |"
    assert "singles, 10000 images: 99.49% right, float32 99.50%, the same classes in 99.91%" in card.agreement_text(
        [inspection]
    )
    assert card.agreement_text([]).startswith("There is no int8 file")


def test_the_command_tells_what_is_not_as_the_recipe_has_it(card) -> None:
    from capsonnx.training import make_config

    def command(data: str, **options) -> str:
        config = make_config(data, datasets.load("mnist", "test"), torch.device("cpu"), **options)
        return card.train_command(Path("runs/a"), config)

    assert command("mnist") == "capsonnx train --recipe default --seed 0 --output runs/a"
    assert command("fashion-mnist", epochs=2, seed=3) == (
        "capsonnx train --data fashion-mnist --recipe default --epochs 2 --seed 3 --output runs/a"
    )


def test_the_optimizers_are_told(card) -> None:
    from capsonnx.training import recipe_named

    assert card.optimizer_text(recipe_named("seed")) == "Adam to 0.001"
    told = card.optimizer_text(recipe_named("default"))
    assert told == "Muon to 0.005, Adam for the rest to 0.002, weights averaged with decay 0.999"
