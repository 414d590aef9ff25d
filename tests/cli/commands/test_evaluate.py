from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from capsonnx.cli import main
from capsonnx.evaluation import exam_family
from capsonnx.exam import EXAMS, PAGE_EXAMS

if TYPE_CHECKING:
    from pathlib import Path


def evaluate(*arguments: object) -> Result:
    return CliRunner(env={"FORCE_COLOR": None}).invoke(main, ["evaluate", *map(str, arguments)])


def report(*arguments: object) -> dict[str, Any]:
    result = evaluate(*arguments, "--provider", "cpu", "--json")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert isinstance(values, dict)
    return values


def accuracies(values: dict[str, Any]) -> list[tuple[object, ...]]:
    return [tuple(exam[key] for key in ("name", "images", "top", "confident", "exact")) for exam in values["exams"]]


def test_a_table_and_what_it_rests_on(tiny_model: Path) -> None:
    result = evaluate(tiny_model, "--limit", 30, "--provider", "cpu", "--seed", 3)
    assert result.exit_code == 0
    table, facts = result.stdout.split("\n\n")
    assert [line.split()[0] for line in table.splitlines()] == ["exam", *EXAMS]
    for heading in ("and above 0.5", "set read", "set above"):
        assert heading in table.splitlines()[0]
    assert "mean score" in table.splitlines()[0]
    for line in (
        f"model        {tiny_model}",
        "provider     CPUExecutionProvider",
        "seed         3",
        "threshold    0.3, the model's own",
    ):
        assert line in facts.splitlines()
    assert f"numpy {np.__version__}" in facts
    assert "\x1b" not in result.output
    assert all(line == line.rstrip() for line in result.stdout.splitlines())


def test_nothing_is_wrapped_or_cut(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    result = evaluate(tiny_model, "--limit", 5, "--exam", "pairs-horizontal")
    assert len(result.stdout.splitlines()) == 2 + 1 + 8
    assert "pairs-horizontal" in result.stdout
    assert str(tiny_model) in result.stdout
    assert "…" not in result.stdout


def test_without_a_terminal_each_exam_is_a_line_of_progress(tiny_model: Path) -> None:
    result = evaluate(tiny_model, "--limit", 20, "--exam", "pairs", "--json")
    assert result.stderr.splitlines()[-2:] == ["pairs-vertical", "pairs-horizontal"]


def test_json_holds_all_of_it_and_only_it(tiny_model: Path) -> None:
    values = report(tiny_model, "--limit", 30, "--exam", "row-3", "--exam", "singles", "--threshold", 0.25)
    facts = {
        key: values[key] for key in ("model", "provider", "data", "test_images", "batch_size", "threshold", "seed")
    }
    assert facts == {
        "model": str(tiny_model),
        "provider": "CPUExecutionProvider",
        "data": "mnist",
        "test_images": 30,
        "batch_size": 64,
        "threshold": 0.25,
        "seed": 0,
    }
    assert set(values["versions"]) == {"capsonnx", "onnxruntime", "numpy"}
    assert [(exam["name"], exam["images"], exam["digits"]) for exam in values["exams"]] == [
        ("row-3", 30, 3),
        ("singles", 30, 1),
    ]
    for exam in values["exams"]:
        assert 0 <= exam["confident"] <= exam["top"] <= 1
        assert 0 <= exam["exact"] <= exam["top"]
        assert 0 < exam["length"] < 1
        assert exam["images_per_second"] > 0


def test_the_threshold_is_the_model_s_own_and_of_exact_sets_only(tiny_model: Path) -> None:
    arguments = (tiny_model, "--limit", 60, "--exam", "singles", "--exam", "empty-uniform")
    own, same, other = (report(*arguments, *more) for more in ([], ["--threshold", 0.3], ["--threshold", 1]))
    assert own["threshold"] == 0.3
    assert accuracies(own) == accuracies(same)
    for one, two in zip(own["exams"], other["exams"], strict=True):
        assert (one["top"], one["confident"]) == (two["top"], two["confident"])
    assert own["exams"][1]["exact"] < other["exams"][1]["exact"] == 1


def test_of_empty_images_only_the_exact_set_is_said(tiny_model: Path) -> None:
    result = evaluate(tiny_model, "--limit", 5, "--provider", "cpu", "--exam", "empty")
    rows = [line.split() for line in result.stdout.splitlines()[1:5]]
    assert [row[0] for row in rows] == ["empty-black", "empty-uniform", "empty-gaussian", "empty-salt"]
    assert rows[0][:8] == ["empty-black", "5", "-", "-", "-", "100.00", "%", "-"]
    values = report(tiny_model, "--limit", 5, "--exam", "empty-uniform")
    assert [values["exams"][0][key] for key in ("digits", "top", "confident", "length")] == [0, None, None, None]


def test_sets_are_read_where_the_model_locates_symbols(tiny_model: Path, field_model: Path) -> None:
    arguments = ("--limit", 12, "--exam", "singles", "--exam", "empty-black")
    located = report(field_model, *arguments)["exams"]
    assert located[1]["read"] == 1
    assert located == untimed(report(field_model, *arguments, "--batch-size", 5)["exams"], located)
    # A threshold is of the scores, and of what is read it changes nothing.
    above = report(field_model, *arguments, "--threshold", 1)["exams"]
    assert [exam["read"] for exam in above] == [exam["read"] for exam in located]
    assert [exam["read"] for exam in report(tiny_model, *arguments)["exams"]] == [None, None]


def untimed(exams: list[dict[str, Any]], timed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same results, with the times of others."""
    keys = ("seconds", "images_per_second")
    return [{**one, **{key: other[key] for key in keys}} for one, other in zip(exams, timed, strict=True)]


def test_a_family_of_both_kinds_is_sat_as_far_as_the_model_can(tiny_model: Path, field_model: Path) -> None:
    sets = [f"scattered-{side}-{digits}" for side in (84, 160) for digits in (2, 3, 4)]
    result = evaluate(tiny_model, "--limit", 20, "--exam", "scattered", "--json")
    assert "left out, for want of the output field in the model: the exams of pages" in result.stderr
    assert [exam["name"] for exam in json.loads(result.stdout)["exams"]] == sets
    assert json.loads(result.stdout)["pages"] == []
    both = report(field_model, "--limit", 4, "--exam", "scattered")
    assert [exam["name"] for exam in both["exams"]] == sets
    assert [exam["name"] for exam in both["pages"]] == ["scattered-160", "scattered-512"]


def test_pages_are_read_where_the_model_locates_symbols(field_model: Path) -> None:
    result = evaluate(field_model, "--limit", 10, "--provider", "cpu", "--exam", "strings-2", "--exam", "padded")
    assert result.exit_code == 0, result.output
    sets, pages, _facts = result.stdout.split("\n\n")
    assert [line.split()[0] for line in sets.splitlines()] == ["exam", "padded-14", "padded-42", "padded-242"]
    heading, row = pages.splitlines()
    for part in ("exact text", "char. errors", "precision", "recall", "false/Mpx", "pages/s"):
        assert part in heading
    assert row.split()[:3] == ["strings-2", "10", "20"]


def test_a_family_is_all_that_begin_alike(field_model: Path) -> None:
    values = report(field_model, "--limit", 4, "--exam", "strings")
    assert values["exams"] == []
    assert [exam["name"] for exam in values["pages"]] == [f"strings-{digits}" for digits in range(1, 11)]
    for exam in values["pages"]:
        assert exam["pages"] == 4
        assert 0 <= exam["exact"] <= 1
        assert exam["pages_per_second"] > 0


def test_what_is_not_known_is_a_dash(field_model: Path) -> None:
    result = evaluate(field_model, "--limit", 4, "--provider", "cpu", "--exam", "blank")
    assert result.stdout.splitlines()[1].split()[:7] == ["blank", "100", "0", "100.00", "%", "-", "-"]


def test_a_model_that_locates_nothing_sits_no_pages(tiny_model: Path) -> None:
    result = evaluate(tiny_model, "--limit", 20, "--json")
    assert result.exit_code == 0
    assert "left out, for want of the output field in the model: the exams of pages" in result.stderr
    assert json.loads(result.stdout)["pages"] == []


def test_a_model_of_one_size_sits_what_it_takes(make_onnx, tmp_path: Path) -> None:
    path = tmp_path / "full.onnx"
    path.write_bytes(make_onnx(sizes=("batch", 28, 28)).SerializeToString())
    result = evaluate(path, "--limit", 30)
    assert result.exit_code == 0, result.stderr
    assert "singles" in result.stdout
    assert "row-2" not in result.stdout
    assert "left out, for images of another size than the model takes: empty-black, " in result.stderr
    refused = evaluate(path, "--exam", "pairs")
    assert refused.exit_code == 2
    assert "expected exams of images of 28×28 pixels" in refused.stderr


def test_a_model_of_one_size_reads_no_pages(field_model: Path, tmp_path: Path) -> None:
    import onnx

    model = onnx.load(field_model)
    for axis, side in zip(model.graph.input[0].type.tensor_type.shape.dim[1:], (28, 28), strict=True):
        axis.dim_value = side
    path = tmp_path / "fixed.onnx"
    onnx.save(model, path)
    result = evaluate(path, "--limit", 5, "--json")
    assert result.exit_code == 0, result.stderr
    assert "left out, for want of a model of free sizes: the exams of pages" in result.stderr
    assert json.loads(result.stdout)["pages"] == []
    refused = evaluate(path, "--exam", "strings-2")
    assert refused.exit_code == 2
    assert "cannot sit strings-2; expected a model of free sizes with the output field" in refused.stderr


def test_the_same_seed_gives_the_same_numbers(tiny_model: Path) -> None:
    exams = [word for name in ("pairs", "row", "scattered", "empty") for word in ("--exam", name)]
    first, again, batched = (report(tiny_model, "--limit", 30, *exams, *more) for more in ([], [], ["--batch-size", 7]))
    assert accuracies(first) == accuracies(again) == accuracies(batched)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("fils", "did you mean 'files'?"), ("string", "did you mean 'strings'?"), ("zzz", "look there for its name")],
)
def test_a_name_that_is_no_exam_is_refused_with_what_is_spelt_nearly_so(tiny_model: Path, name: str, remedy) -> None:
    result = evaluate(tiny_model, "--exam", "singles", "--exam", name)
    assert result.exit_code == 2
    assert f"exam '{name}'; expected one of those that 'capsonnx evaluate --help' lists, or a family" in result.stderr
    assert result.stderr.rstrip().endswith(remedy)


def test_exams_that_want_more_classes_are_left_out_with_a_word(tiny_model: Path) -> None:
    result = evaluate(tiny_model, "--limit", 3)  # a 7, a 2 and a 1
    assert result.exit_code == 0
    left_out = "left out, for want of digits, classes or room: equal-horizontal, equal-vertical, row-4, row-5, "
    assert left_out + "scattered-160-4, scattered-84-4\n" in result.stderr
    assert "row-5" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--exam", "triples"], "exam 'triples'; expected one of those that"),
        (["--exam", "row-5", "--limit", "3"], "digits of more classes for the exam row-5"),
        (["--exam", "scattered-160"], "cannot sit scattered-160; expected a model of free sizes with the output field"),
        (["--exam", "spacing-4"], "cannot sit spacing-4; expected a model of free sizes with the output field"),
        (["--data", "nowhere"], "no data set and no folder of that name"),
        (["--seed", "-1"], "--seed"),
        (["--threshold", "2"], "--threshold"),
    ],
)
def test_wrong_usage_says_why(tiny_model: Path, arguments: list[str], message: str) -> None:
    result = evaluate(tiny_model, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not result.stdout


def test_an_exam_where_a_model_is_expected_says_how_to_name_several() -> None:
    result = evaluate("--exam", "singles", "strings")
    assert result.exit_code == 2
    assert "strings: an exam, where a model is expected" in result.stderr
    assert result.stderr.rstrip().endswith("say --exam NAME,strings")


def test_several_exams_are_named_with_commas_or_one_by_one(tiny_model: Path) -> None:
    one = report(tiny_model, "--limit", 20, "--exam", "singles, pairs")
    other = report(tiny_model, "--limit", 20, "--exam", "singles", "--exam", "pairs")
    assert accuracies(one) == accuracies(other)
    assert [exam["name"] for exam in one["exams"]] == ["singles", "pairs-vertical", "pairs-horizontal"]


def test_a_missing_model_is_wrong_usage(tmp_path: Path) -> None:
    result = evaluate(tmp_path / "none.onnx")
    assert result.exit_code == 2
    assert "none.onnx" in result.stderr


def test_a_model_of_other_labels_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    from PIL import Image

    for label in ("cat", "dog"):
        for split in ("train", "test"):
            folder = tmp_path / "pets" / split / label
            folder.mkdir(parents=True)
            Image.linear_gradient("L").save(folder / "1.png")
    result = evaluate(tiny_model, "--data", tmp_path / "pets")
    assert result.exit_code == 2
    assert "pets: holds the classes cat, dog, which" in result.stderr
    assert "the sub-folders' names are the classes" in result.stderr


def test_data_of_some_of_the_classes_are_examined_by_the_models_numbers(digit_folder: Path) -> None:
    import shutil

    from capsonnx.runtime import default_model_path

    for folder in digit_folder.glob("*/[!37]"):
        shutil.rmtree(folder)
    found = report(default_model_path(), "--data", digit_folder, "--exam", "singles", "--exam", "files")
    [singles] = found["exams"]
    assert singles["images"] == found["files"]["images"] > 3
    assert singles["top"] == found["files"]["right"] == 1
    few = evaluate(default_model_path(), "--data", digit_folder, "--exam", "singles", "--provider", "cpu")
    assert f"only {singles['images']} test images" in few.stderr
    assert "trained on" not in few.stderr  # these digits fill their images as MNIST's do


def test_small_symbols_in_large_images_are_told(tmp_path: Path) -> None:
    from PIL import Image

    from capsonnx import datasets
    from capsonnx.runtime import default_model_path

    digits = datasets.load("mnist", "test")
    for number in range(12):
        place = tmp_path / "small" / "test" / str(digits.targets[number])
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.pad(digits.images[number], 20)).save(place / f"{number}.png")
    result = evaluate(default_model_path(), "--data", tmp_path / "small", "--exam", "singles", "--provider", "cpu")
    assert result.exit_code == 0
    assert "most symbols of small are 8 pixels long" in result.stderr
    files = evaluate(default_model_path(), "--data", tmp_path / "small", "--exam", "files", "--provider", "cpu")
    assert "pixels long" not in files.stderr


def test_of_a_family_those_are_sat_that_there_are_classes_for(digit_folder: Path) -> None:
    import shutil

    from capsonnx.runtime import default_model_path

    for folder in digit_folder.glob("*/[!037]"):
        shutil.rmtree(folder)
    found = evaluate(default_model_path(), "--data", digit_folder, "--exam", "row", "--provider", "cpu")
    assert found.exit_code == 0
    assert "row-3" in found.stdout
    assert "left out, for want of digits, classes or room: row-4, row-5" in found.stderr
    none = evaluate(default_model_path(), "--data", digit_folder, "--exam", "row-4")
    assert none.exit_code == 2
    assert "use data of more classes, or leave this exam out" in none.stderr


def test_help_names_every_exam() -> None:
    result = evaluate("--help")
    assert result.exit_code == 0
    assert all(exam_family(name) in result.stdout for name in EXAMS)
    assert all(exam_family(name) in result.stdout for name in PAGE_EXAMS)
    assert max(map(len, result.stdout.splitlines())) <= 80


def imported_by(*arguments: object) -> set[str]:
    """The modules that a run in a process of its own has imported."""
    code = (
        "import sys; from capsonnx.cli import main; main(standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "evaluate", *map(str, arguments)], check=True, capture_output=True, text=True
    )
    return set(run.stderr.splitlines()[-1].split())


def test_no_training_framework_is_imported(tiny_model: Path) -> None:
    modules = imported_by(tiny_model, "--limit", 8, "--provider", "cpu")
    assert {"numpy", "onnxruntime", "capsonnx.exam"} <= modules
    assert not {"torch", "onnx", "onnxscript"} & modules


def test_help_is_quick() -> None:
    modules = imported_by("--help")
    assert not {"numpy", "rich", "onnxruntime", "capsonnx.exam", "torch"} & modules


@pytest.fixture
def digit_folder(tmp_path: Path) -> Path:
    """Digits as files, each in the folder of its class, but for one in that of another; one cannot be read."""
    from PIL import Image

    from capsonnx import datasets

    digits = datasets.load("mnist", "test")
    folder = tmp_path / "digits"
    for number in range(60):
        place = folder / ("train" if number < 30 else "test") / str(digits.targets[number])
        place.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(255 - digits.images[number]).resize((60, 60), Image.Resampling.BICUBIC)
        image.save(place / f"{number}.png")
    for split in ("train", "test"):
        for label in "0123456789":
            (folder / split / label).mkdir(exist_ok=True)
            Image.fromarray(digits.images[int(np.argmax(digits.targets == int(label)))]).save(
                folder / split / label / "own.png"
            )
    Image.fromarray(digits.images[0]).save(folder / "test" / "2" / "seven.png")
    return folder


def test_the_files_of_a_folder_are_read_as_they_are(digit_folder: Path) -> None:
    from capsonnx.runtime import default_model_path

    found = report(default_model_path(), "--data", digit_folder, "--exam", "files")
    assert found["exams"] == found["pages"] == []
    files = found["files"]
    assert files["images"] == 41
    assert files["right"] >= 39 / 41
    wrong = {"path": str(digit_folder / "test" / "2" / "seven.png"), "label": "2", "text": "7"}
    assert wrong in files["misread"]
    table = evaluate(default_model_path(), "--data", digit_folder, "--exam", "files", "--provider", "cpu")
    assert table.exit_code == 0
    assert f"{wrong['path']}: '2', read as '7'" in table.stdout
    both = report(default_model_path(), "--data", digit_folder, "--exam", "singles", "--exam", "files", "--limit", 7)
    assert both["files"]["images"] == both["exams"][0]["images"] == 7


def test_a_few_files_of_a_folder_are_of_many_classes(digit_folder: Path) -> None:
    from capsonnx.datasets import load_folder
    from capsonnx.evaluation.choice import examined_files

    files = [label for _, label in examined_files(str(digit_folder), 5)[1]]
    assert len(set(files)) == 5
    few = load_folder(digit_folder, "test").limited(5)
    assert [few.labels[target] for target in few.targets] == files


def test_a_damaged_file_is_misread_where_files_are_read_as_they_are(digit_folder: Path) -> None:
    damaged = digit_folder / "test" / "3" / "own.png"
    damaged.write_bytes(damaged.read_bytes()[:100])
    result = evaluate("--data", digit_folder, "--exam", "files", "--provider", "cpu")
    assert result.exit_code == 0, result.output
    assert f"{damaged}: '3', unreadable" in result.stdout
    refused = evaluate("--data", digit_folder, "--exam", "files", "--exam", "singles", "--provider", "cpu")
    assert refused.exit_code != 0
    assert "own.png" in refused.stderr


def test_files_are_of_a_folder(tiny_model: Path) -> None:
    result = evaluate(tiny_model, "--exam", "files")
    assert result.exit_code == 2
    assert "exam 'files' of" in result.stderr
