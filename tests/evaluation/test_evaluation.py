"""Evaluation from Python: what the command does, of data by name or of symbols at hand."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest

from capsonnx import datasets
from capsonnx.errors import InputError
from capsonnx.evaluation import evaluate, exam_names
from capsonnx.runtime import load_model


@pytest.fixture(scope="module")
def digits() -> datasets.Dataset:
    return datasets.load("mnist", "test").take(np.arange(40))


def test_symbols_at_hand_are_examined_on_as_those_of_a_data_set(field_model, digits) -> None:
    model, notes = load_model(field_model, provider="cpu"), []
    found = evaluate(model, digits, ["singles", "strings-2"], note=notes.append)
    named = evaluate(model, "mnist", ["singles", "strings-2"], limit=40)
    assert (found.data, found.test_images, found.threshold) == ("mnist", 40, 0.3)
    assert [one.top for one in found.exams] == [one.top for one in named.exams]
    assert [one.precision for one in found.pages] == [one.precision for one in named.pages]
    assert notes == ["only 40 test images: one of them is 2 %"]
    values = json.loads(json.dumps(found.to_json()))
    assert values["exams"][0]["name"] == "singles"
    assert "files" not in values


def test_notes_go_to_stderr_and_the_data_are_those_of_the_training(make_onnx, tmp_path, capsys) -> None:
    path, model = tmp_path / "clothes.onnx", make_onnx()
    [entry] = [one for one in model.metadata_props if one.key == "capsonnx.dataset"]
    entry.value = '"mnist"'
    onnx.save(model, path)
    found = evaluate(load_model(path, provider="cpu"), names=["singles"], limit=9)
    assert found.data == "mnist"
    assert "only 9 test images" in capsys.readouterr().err


def test_without_names_what_is_left_out_is_noted(tiny_model, digits) -> None:
    notes = []
    found = evaluate(load_model(tiny_model, provider="cpu"), digits.take(np.arange(9)), seed=3, note=notes.append)
    assert (found.seed, found.pages, found.files) == (3, (), None)
    assert "left out, for want of the output field in the model: the exams of pages" in notes
    assert len(found.exams) > 10


@pytest.mark.parametrize(
    ("options", "message"),
    [({"limit": 0}, "limit 0"), ({"limit": -3}, "limit -3"), ({"threshold": 2.0}, "threshold 2.0")],
)
def test_options_out_of_range_are_refused(tiny_model, digits, options, message) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(load_model(tiny_model, provider="cpu"), digits, ["singles"], **options)


def test_data_may_be_a_path_and_must_hold_something(tiny_model, digits, tmp_path) -> None:
    model = load_model(tiny_model, provider="cpu")
    with pytest.raises(InputError, match="no test images"):
        evaluate(model, digits.take(np.array([], int)), ["singles"])
    with pytest.raises(InputError, match="no data set and no folder of that name"):
        evaluate(model, tmp_path / "gone", ["singles"])


def test_files_are_of_a_folder_alone(field_model, digits) -> None:
    with pytest.raises(InputError, match="exam 'files' of mnist; expected a folder"):
        evaluate(load_model(field_model, provider="cpu"), digits, ["files"])


def test_every_exam_and_family_has_a_name_once() -> None:
    names = exam_names()
    assert len(set(names)) == len(names)
    assert {"pairs", "pairs-vertical", "strings", "strings-5", "blank", "files"} <= set(names)
