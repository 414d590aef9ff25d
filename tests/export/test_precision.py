"""Files of fewer bits keep every promise of the contract, and answer as the float32 file does."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from capsonnx import datasets
from capsonnx.contract import OUTPUTS, Scores
from capsonnx.errors import InputError, ModelError
from capsonnx.export import precision
from capsonnx.export.agreement import Comparison, measure_agreement
from capsonnx.export.checks import check_graph
from capsonnx.runtime import Model, load_model

DIGITS = datasets.load("mnist", "test")
CALIBRATION = DIGITS.images[5000:5032]
STEM = ["Cast", "Unsqueeze", "Div", *2 * ["Conv", "Relu"], "AveragePool", *4 * ["Conv", "Relu"]]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A function that opens the bytes of a file, with one thread."""
    folder = tmp_path_factory.mktemp("precision")

    def load(content: bytes) -> Model:
        path = folder / "model.onnx"
        path.write_bytes(content)
        return load_model(path, provider="cpu", threads=1)

    return load


@pytest.fixture(scope="module")
def files(content) -> dict[str, bytes]:
    """The shipped network, with all outputs, in each precision."""
    return {
        "fp32": content,
        "fp16": precision.to_half(content),
        "int8": precision.quantise(content, CALIBRATION),
    }


@pytest.mark.parametrize("name", ["fp16", "int8"])
def test_what_the_file_promises_is_kept(files, name) -> None:
    original, reduced = (onnx.load_from_string(files[one]) for one in ("fp32", name))
    assert not [check for check in check_graph(reduced, name) if not check.passed]
    assert reduced.metadata_props == original.metadata_props
    assert (reduced.graph.input, reduced.graph.output) == (original.graph.input, original.graph.output)
    assert (reduced.ir_version, reduced.opset_import) == (original.ir_version, original.opset_import)
    assert {node.domain for node in reduced.graph.node} == {""}
    assert not reduced.graph.value_info
    assert not any(one.external_data for one in reduced.graph.initializer)
    assert len({node.name for node in reduced.graph.node}) == len(reduced.graph.node)


def test_each_precision_is_told_apart_and_smaller(files) -> None:
    assert [precision.precision_of(onnx.load_from_string(one)) for one in files.values()] == list(files)
    sizes = [len(one) for one in files.values()]
    assert sizes[1] < 0.7 * sizes[0]
    assert sizes[2] < 0.5 * sizes[0]


def test_making_it_again_gives_the_same_bytes(files) -> None:
    assert precision.to_half(files["fp32"]) == files["fp16"]
    assert precision.quantise(files["fp32"], CALIBRATION) == files["int8"]


@pytest.mark.parametrize("name", ["fp16", "int8"])
def test_nothing_but_the_stem_is_changed(files, name) -> None:
    added = {"QuantizeLinear", "DequantizeLinear"} if name == "int8" else set()
    nodes = onnx.load_from_string(files[name]).graph.node
    original = onnx.load_from_string(files["fp32"]).graph.node
    kinds = [node.op_type for node in nodes if node.op_type not in added]
    expected = [node.op_type for node in original]
    if name == "fp16":
        assert (kinds.pop(3), kinds.pop(len(STEM))) == ("Cast", "Cast")
    else:
        assert kinds.pop(len(STEM) - 2) == "Relu"  # where its last value is no integer any more
        expected = [
            "Unsqueeze",
            *("Conv" if kind == "AveragePool" else kind for kind in STEM[3:]),
            *expected[len(STEM) :],
        ]
    assert kinds == expected
    assert [node.input[1:] for node in nodes if node.op_type == "Conv" and "mean" not in node.input[1]] == [
        node.input[1:] for node in original if node.op_type == "Conv"
    ]


def test_the_runtime_computes_the_whole_stem_in_integers(files, tmp_path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(files["int8"], options, providers=["CPUExecutionProvider"])
    kinds = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert kinds.count("QLinearConv") == STEM.count("Conv") + STEM.count("AveragePool") + 1  # the votes of field
    assert [kinds.count(kind) for kind in ("QuantizeLinear", "DequantizeLinear")] == [0, 2]
    # What is left of them belongs to evidence and field, and one Relu stands before the routing.
    assert [kinds.count(kind) for kind in ("Conv", "Relu", "AveragePool")] == [1, 2, 1]


@pytest.mark.parametrize("name", ["fp16", "int8"])
@pytest.mark.parametrize("shape", [(1, 22, 22), (3, 23, 47), (2, 61, 33)])
def test_any_batch_and_size_runs(files, opened, name, shape) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    expected, found = (opened(files[one])(images, OUTPUTS) for one in ("fp32", name))
    for output in OUTPUTS:
        before, after = getattr(expected, output), getattr(found, output)
        assert after.dtype == np.float32
        assert after.shape == before.shape
    assert np.abs(expected.lengths - found.lengths).max() < 0.2
    assert np.abs(expected.field - found.field).max() < 0.3
    # Of random pixels it may well move between classes; over all of them it stays as much.
    assert found.evidence.sum() == pytest.approx(expected.evidence.sum(), rel=0.2)


def test_black_votes_for_nothing(files, opened) -> None:
    model = opened(files["int8"])
    black = model(np.zeros((2, 25, 31), np.uint8), OUTPUTS)
    assert not any(getattr(black, output).any() for output in OUTPUTS)
    digits = DIGITS.images[:16]
    # By 22 and by 42 px, as no column then sees two edges; the first coupling is a mean, of rounded float32 sums.
    near, far = (model(np.pad(digits, ((0, 0), (pixels, pixels), (pixels, pixels)))) for pixels in (22, 42))
    np.testing.assert_allclose(near.lengths, far.lengths, atol=1e-5)


def votes_of(content: bytes) -> str:
    """The output of the Conv that reads the feature columns."""
    nodes = onnx.load_from_string(content).graph.node
    columns = [node.output[0] for node in nodes if node.op_type == "Relu"][STEM.count("Relu") - 1]
    [votes] = [node.output[0] for node in nodes if node.op_type == "Conv" and node.input[0] == columns]
    return str(votes)


def test_zero_points_are_zero_and_weights_fit_in_seven_bits(files) -> None:
    constants = {one.name: numpy_helper.to_array(one) for one in onnx.load_from_string(files["int8"]).graph.initializer}
    zeros = {name: one for name, one in constants.items() if name.endswith("_zero")}
    steps = [one for name, one in constants.items() if name.endswith("_steps")]
    assert len(zeros) == 8 + 6 + 1 + 6 + 2  # activations, weights, the pool's, biases, votes and their weights
    # Votes are of either sign.
    assert {name: int(one) for name, one in zeros.items() if one.any()} == {f"{votes_of(files['fp32'])}_zero": 128}
    weights = [one for one in steps if one.ndim == 4]
    assert [(one.dtype, int(np.abs(one.astype(int)).max())) for one in weights] == [(np.int8, 64)] * 8
    assert [one.dtype for one in steps if one.ndim == 1] == [np.int32] * 6
    assert constants["div_scale"] == np.float32(1 / 255)


@pytest.mark.parametrize("saturating", ["0", "1"])
def test_sums_do_not_depend_on_how_the_cpu_adds(files, opened, saturating) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Where a CPU would cut off sums of uint8 times int8: 1 has ONNX Runtime use a slower way that never does.
    options.add_session_config_entry("session.x64quantprecision", saturating)
    session = onnxruntime.InferenceSession(files["int8"], options, providers=["CPUExecutionProvider"])
    images = np.full((1, 28, 28), 255, np.uint8)
    [lengths] = session.run(["lengths"], {"images": images})
    np.testing.assert_array_equal(lengths, opened(files["int8"])(images).lengths)


def test_biases_and_float_input(content, opened) -> None:
    model = onnx.load_from_string(content)
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[1].startswith("stem."):
            bias = next(one for one in model.graph.initializer if one.name == node.input[2])
            values = np.linspace(-0.05, 0.05, bias.dims[0], dtype=np.float32)
            bias.CopyFrom(numpy_helper.from_array(values, bias.name))
    content = model.SerializeToString()
    expected = opened(content)(DIGITS.images[:8]).lengths
    for reduced in (precision.quantise(content, CALIBRATION), precision.to_half(content)):
        assert not [check for check in check_graph(onnx.load_from_string(reduced), "reduced") if not check.passed]
        assert np.abs(opened(reduced)(DIGITS.images[:8]).lengths - expected).max() < 0.1


def without_maps(content: bytes) -> bytes:
    """The file with lengths and poses only."""
    model = onnx.load_from_string(content)
    del model.graph.output[2:]
    wanted = {output.name for output in model.graph.output}
    for node in reversed(list(model.graph.node)):
        if wanted.isdisjoint(node.output):
            model.graph.node.remove(node)
        else:
            wanted.update(node.input)
    for one in [one for one in model.graph.initializer if one.name not in wanted]:
        model.graph.initializer.remove(one)
    return model.SerializeToString()


def test_which_outputs_there_are_changes_nothing(files, opened) -> None:
    lean = without_maps(files["fp32"])
    images = DIGITS.images[:4]
    for name, reduced in {"fp16": precision.to_half(lean), "int8": precision.quantise(lean, CALIBRATION)}.items():
        assert not [check for check in check_graph(onnx.load_from_string(reduced), name) if not check.passed]
        assert opened(reduced).outputs == ("lengths", "poses")
        # But for rounding: the runtime may fuse other operators where the columns have other readers.
        np.testing.assert_allclose(opened(reduced)(images).lengths, opened(files[name])(images).lengths, atol=1e-6)


def bypass_relu(model: onnx.ModelProto, _files: dict[str, bytes]) -> None:
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    relu.op_type = "Sigmoid"


def read_inside(model: onnx.ModelProto, _files: dict[str, bytes]) -> None:
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    model.graph.node.append(helper.make_node("Identity", conv.output, ["copy"]))


def quantise_before(model: onnx.ModelProto, files: dict[str, bytes]) -> None:
    model.ParseFromString(files["int8"])


def halve_before(model: onnx.ModelProto, files: dict[str, bytes]) -> None:
    model.ParseFromString(files["fp16"])


def empty(model: onnx.ModelProto, _files: dict[str, bytes]) -> None:
    model.Clear()


@pytest.mark.parametrize("spoil", [bypass_relu, read_inside, quantise_before, halve_before, empty])
@pytest.mark.parametrize("reduce", [precision.to_half, lambda content: precision.quantise(content, CALIBRATION)])
def test_an_unknown_stem_is_refused(files, spoil, reduce) -> None:
    model = onnx.load_from_string(files["fp32"])
    spoil(model, files)
    with pytest.raises(ModelError, match="stem of the file is not recognised"):
        reduce(model.SerializeToString())


def test_what_is_no_onnx_file_is_refused() -> None:
    with pytest.raises(ModelError, match="not recognised"):
        precision.to_half(b"hello")


@pytest.mark.parametrize("images", [np.zeros((3, 28, 28), np.uint8), np.zeros((0, 28, 28), np.uint8)])
def test_calibration_needs_something_to_see(content, images) -> None:
    with pytest.raises(InputError, match="nothing is to be seen"):
        precision.quantise(content, images)


def test_half_precision_passes_and_reports(files, opened) -> None:
    seen = []
    digits = DIGITS.take(np.arange(64))
    report = measure_agreement(opened(files["fp32"]), opened(files["fp16"]), digits, advance=seen.append)
    assert report.passed
    assert (report.data, report.remark) == ("mnist", "fewer than 500 images: that shows little, and one may differ")
    assert report.to_json()["exams"] == [dataclasses.asdict(one) for one in report.comparisons]
    assert sum(seen) == sum(one.images for one in report.comparisons)


def coarsened(content: bytes) -> bytes:
    """An int8 file with its weights rounded once more, to -1, 0 and 1."""
    model = onnx.load_from_string(content)
    for one in model.graph.initializer:
        if one.name.endswith("weight_steps"):
            steps = np.rint(numpy_helper.to_array(one) / 43) * 43
            one.CopyFrom(numpy_helper.from_array(steps.astype(np.int8), one.name))
    return model.SerializeToString()


def test_int8_reads_nearly_the_same_and_two_bits_do_not(files, opened) -> None:
    digits = DIGITS.take(np.arange(128))
    reference = opened(files["fp32"])
    close = measure_agreement(reference, opened(files["int8"]), digits)
    assert close.passed, close
    report = measure_agreement(reference, opened(coarsened(files["int8"])), digits)
    assert not report.passed
    assert all(one.agreement < 0.95 for one in report.comparisons)


def test_a_wrong_answer_in_two_thousand_is_the_most() -> None:
    def passes(lost: int, agreeing: int) -> bool:
        one = Comparison("singles", 10_000, 0.99, 0.99 - lost / 10_000, agreeing / 10_000, 0.0)
        return one.passed

    assert [passes(5, 9980), passes(6, 9990), passes(0, 9979), passes(-20, 9980)] == [True, False, False, True]


def test_of_few_images_one_may_differ() -> None:
    def passes(lost: int, agreeing: int) -> bool:
        return Comparison("pairs-vertical", 40, 1.0, 1 - lost / 40, agreeing / 40, 0.0).passed

    assert [passes(1, 39), passes(2, 39), passes(1, 38)] == [True, False, False]


def test_scores_that_are_no_numbers_fail() -> None:
    digits = DIGITS.take(np.arange(64))
    right = {True: np.eye(10, dtype=np.float32)}

    def score(images) -> Scores:
        return Scores(right[True][np.zeros(len(images), int)])

    def broken(images) -> Scores:
        return Scores(np.full((len(images), 10), np.nan, np.float32))

    assert measure_agreement(score, score, digits).passed
    assert not measure_agreement(score, broken, digits).passed
