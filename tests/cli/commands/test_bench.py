"""``capsonnx bench``, on few images for a moment."""

from __future__ import annotations

import json

import onnx
import pytest
from click.testing import CliRunner

from capsonnx.cli import main
from capsonnx.runtime import default_model_path

INT8 = default_model_path().with_name("mnist.int8.onnx")
BRIEFLY = ["--provider", "cpu", "--batch", "2", "--seconds", "0.02", "--threads", "1"]


def bench(*arguments: object):
    return CliRunner().invoke(main, ["bench", *map(str, arguments)])


@pytest.fixture(scope="module")
def found(field_model):
    result = bench(field_model, "--against", "onnxruntime", "--size", "28x42", "--files", 3, "--json", *BRIEFLY)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_json_has_every_figure(found) -> None:
    assert found["settings"]["size"] == [28, 42]
    assert [one["name"] for one in found["systems"]] == ["field", "onnxruntime, field"]
    for one in found["systems"]:
        assert one["images_per_second"] > 0
        assert one["latency"]["median"] <= one["latency"]["p99"] <= one["latency"]["greatest"]
        assert one["memory"]["peak_bytes"] > one["memory"]["start_bytes"]
        assert one["multiply_adds_per_image"] == 10 * 14 * 14 * 8 * 15
    [ratio] = found["ratios"]
    assert (ratio["model"], ratio["peer"]) == ("field", "onnxruntime, field")
    assert ratio["throughput"]["least"] <= ratio["throughput"]["median"] <= ratio["throughput"]["greatest"]


def test_the_fraction_of_the_roof_follows_from_the_rest(found) -> None:
    for one in found["systems"]:
        rate = one["images_per_second"] * one["multiply_adds_per_image"]
        assert one["fraction_of_roof"] == pytest.approx(rate / found["roof_multiply_adds_per_second"])


def test_the_shares_of_the_operators_are_all_of_the_time(found) -> None:
    [shares] = found["time_by_operator"]
    assert sum(shares.values()) == pytest.approx(1)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert "Conv" in shares


def test_files_and_first_row_are_there(found) -> None:
    [files], [first] = found["files"], found["first_row_seconds"]
    assert files["images"] == 3
    assert 0 < files["attainable"] < 1
    assert len(first) == 5


def test_the_tables_begin_with_ratios(tiny_model, field_model) -> None:
    result = bench(tiny_model, field_model, "--files", 0, *BRIEFLY)
    assert result.exit_code == 0, result.output
    ratios, systems, profiles, facts = result.stdout.strip().split("\n\n")
    assert ratios.splitlines()[2].startswith("| field | tiny | ")
    assert [line.split(" | ")[0] for line in systems.splitlines()[2:]] == ["| tiny", "| field"]
    assert profiles.splitlines()[0] == "| of the time | tiny | field |"
    assert profiles.splitlines()[-1].startswith("| the rest | ")
    assert facts.count("million multiply-adds an image") == 1  # the two differ in nothing that counts
    assert "threads: 1;" in facts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "28"], "not HEIGHTxWIDTH"),
        (["--size", "0x28"], "two whole numbers of pixels"),
        (["--size", "13x28"], "a height and a width of at least"),
        (["--against", "soup"], "--against soup; expected one or more of torch"),
        (["none.onnx"], "none.onnx: No such file"),
        (["--provider", "dml"], "provider dml: cannot be had here; expected one of"),
        (["--against", "torch-graphs", "--provider", "cpu"], "--against torch-graphs on a CPU; expected a GPU"),
        ([INT8, "--against", "torch", "--provider", "cpu"], "none is a float32 file"),
    ],
)
def test_what_cannot_be_measured_is_told(arguments, message) -> None:
    result = bench(*arguments)
    assert result.exit_code in (1, 2)
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_file_of_one_size_is_measured_at_that_alone(make_onnx, tmp_path) -> None:
    path = tmp_path / "fixed.onnx"
    onnx.save(make_onnx(sizes=("batch", 28, 42)), path)
    result = bench(path, "--size", "28x56")
    assert result.exit_code == 2
    assert "images of 28×56 pixels; expected 28×42, the only size that it takes; pass --size 28x42" in result.stderr
