"""The golden vector is of the shipped file, comes out again, and tells a right answer from a wrong one.

Beside it, what the contract page says of the graph and its metadata.
"""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

ROOT = Path(__file__).parents[2]
EXPORTED = ROOT / "exported"
GOLDEN = json.loads((EXPORTED / "golden.json").read_text(encoding="utf-8"))
MODEL = EXPORTED / GOLDEN["model"]
REMEDY = "the model has changed: run scripts/publish/make_golden.py"


def differences(model: bytes, case: dict, images=None) -> dict[str, float]:
    """The largest absolute difference of each output to the case's, through ONNX Runtime."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    images = np.array(case["images"], np.uint8) if images is None else images
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(names, {"images": images}), strict=True))
    assert {name: value.shape for name, value in found.items()} == {name: np.shape(case[name]) for name in names}
    return {name: float(np.abs(value - case[name]).max()) for name, value in found.items()}


def test_it_is_of_the_shipped_file():
    assert GOLDEN["sha256"] == hashlib.sha256(MODEL.read_bytes()).hexdigest(), REMEDY


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["shows"])
def test_the_shipped_file_answers_it(case):
    found = differences(MODEL.read_bytes(), case)
    assert set(found) == {output.name for output in onnx.load(MODEL).graph.output} >= {"lengths", "poses"}
    assert max(found.values()) <= GOLDEN["tolerance"]


def test_it_comes_out_again_byte_for_byte(tmp_path):
    script = runpy.run_path(str(ROOT / "scripts" / "publish" / "make_golden.py"))
    script["main"].main([str(MODEL), "--output", str(tmp_path / "golden.json")], standalone_mode=False)
    assert (tmp_path / "golden.json").read_bytes() == (EXPORTED / "golden.json").read_bytes(), REMEDY


def test_its_labels_are_told_by_its_scores():
    digits = next(case for case in GOLDEN["cases"] if "two single digits" in case["shows"])
    assert np.argmax(digits["lengths"], axis=1).tolist() == [7, 2]


def inverted(images):
    return 255 - images


def upside_down(images):
    return images[:, ::-1, ::-1].copy()


def doubled(images):
    return (images.astype(int) * 2).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("wrong", [inverted, upside_down, doubled])
def test_a_wrong_input_is_found_out(wrong):
    case = GOLDEN["cases"][-1]
    found = differences(MODEL.read_bytes(), case, wrong(np.array(case["images"], np.uint8)))
    assert min(found.values()) > 10 * GOLDEN["tolerance"]


@pytest.mark.parametrize("name", ["stem.0.weight", "stem.7.weight", "capsules.weight"])
def test_a_wrong_weight_is_found_out(name):
    model = onnx.load(MODEL)
    weight = next(one for one in model.graph.initializer if one.name == name)
    weight.CopyFrom(numpy_helper.from_array(1.01 * numpy_helper.to_array(weight).copy(), name))
    worst = max(max(differences(model.SerializeToString(), case).values()) for case in GOLDEN["cases"])
    assert worst > 10 * GOLDEN["tolerance"]


def test_it_is_small():
    assert (EXPORTED / "golden.json").stat().st_size < 200_000


def test_the_contract_page_tells_every_operator_and_metadata_key():
    page = (EXPORTED / "README.md").read_text(encoding="utf-8")
    model = onnx.load(MODEL)
    rows = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in page.splitlines() if row.startswith("| ")}
    assert rows["operators"] == ", ".join(sorted({node.op_type for node in model.graph.node}))
    assert rows["opset, IR version"].startswith(f"{model.opset_import[0].version}, {model.ir_version}:")
    metadata = {one.key: one.value for one in model.metadata_props}
    assert {key.strip("`") for key in rows if key.startswith("`capsonnx.")} == set(metadata) | {
        "capsonnx.windows"  # older files have it not
    }
    for key in ("format", "threshold", "smallest", "stride", "receptive_field", "polarity", "dataset"):
        assert rows[f"`capsonnx.{key}`"] == f"`{metadata[f'capsonnx.{key}']}`"


def test_the_contract_page_tells_where_the_windows_lie():
    page = (EXPORTED / "README.md").read_text(encoding="utf-8")
    told = json.loads(page[(start := page.index('{"origin": [10.0, 11.0], "stride"')) : page.index("}", start) + 1])
    (shipped,) = (one.value for one in onnx.load(MODEL).metadata_props if one.key == "capsonnx.windows")
    assert told == json.loads(shipped)
