"""Files of fewer bits keep every promise of the contract, and answer as the float32 file does."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from capsonnx import datasets
from capsonnx.contract import Scores
from capsonnx.errors import InputError, ModelError
from capsonnx.export import precision
from capsonnx.export.agreement import Comparison, measure_precision
from capsonnx.runtime import Model, default_model_path, load_model

DIGITS = datasets.load("mnist", "test")
CALIBRATION = DIGITS.images[5000:5064]
STEM = ["Cast", "Unsqueeze", "Div", "Conv", "Relu", "Conv", "Relu", "AveragePool", "Conv", "Relu", "Conv", "Relu"]


@pytest.fixture(scope="module")
def shipped() -> bytes:
    return default_model_path().read_bytes()


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
def files(shipped) -> dict[str, bytes]:
    """The shipped network in each precision."""
    return {
        "fp32": shipped,
        "fp16": precision.to_half(shipped),
        "int8": precision.quantise(shipped, CALIBRATION),
    }


@pytest.mark.parametrize("name", ["fp16", "int8"])
def test_what_the_file_promises_is_kept(files, name) -> None:
    original, reduced = (onnx.load_from_string(files[one]) for one in ("fp32", name))
    onnx.checker.check_model(reduced, full_check=True)
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
    if name == "fp16":
        assert (kinds.pop(3), kinds.pop(len(STEM))) == ("Cast", "Cast")
    assert kinds == [node.op_type for node in original]
    assert [node.input[1:] for node in nodes if node.op_type == "Conv"] == [
        node.input[1:] for node in original if node.op_type == "Conv"
    ]


def test_the_runtime_computes_the_whole_stem_in_integers(files, tmp_path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(files["int8"], options, providers=["CPUExecutionProvider"])
    kinds = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert kinds.count("QLinearConv") == 4
    assert kinds.count("QLinearAveragePool") == kinds.count("QuantizeLinear") == 1
    assert not {"Conv", "Relu", "AveragePool"} & set(kinds)


@pytest.mark.parametrize("name", ["fp16", "int8"])
@pytest.mark.parametrize("shape", [(1, 14, 14), (3, 15, 47), (2, 61, 33)])
def test_any_batch_and_size_runs(files, opened, name, shape) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    expected, found = opened(files["fp32"])(images), opened(files[name])(images)
    assert found.lengths.dtype == found.poses.dtype == np.float32
    assert found.poses.shape == (shape[0], 10, 16)
    assert np.abs(expected.lengths - found.lengths).max() < 0.2


def test_black_votes_for_nothing(files, opened) -> None:
    model = opened(files["int8"])
    assert not model(np.zeros((2, 20, 31), np.uint8)).lengths.any()
    digits = DIGITS.images[:16]
    # By 14 and by 42 px, as no column then sees two edges; the first coupling is a mean, of rounded float32 sums.
    near, far = (model(np.pad(digits, ((0, 0), (pixels, pixels), (pixels, pixels)))) for pixels in (14, 42))
    np.testing.assert_allclose(near.lengths, far.lengths, atol=1e-5)


def test_zero_points_are_zero_and_weights_fit_in_seven_bits(files) -> None:
    constants = {one.name: numpy_helper.to_array(one) for one in onnx.load_from_string(files["int8"]).graph.initializer}
    zeros = [one for name, one in constants.items() if name.endswith("_zero")]
    steps = [one for name, one in constants.items() if name.endswith("_steps")]
    assert len(zeros) == 6 + 4
    assert not any(one.any() for one in zeros)
    assert [(one.dtype, int(np.abs(one.astype(int)).max())) for one in steps] == [(np.int8, 64)] * 4
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


def test_biases_and_float_input(shipped, opened) -> None:
    model = onnx.load_from_string(shipped)
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    for node in model.graph.node:
        if node.op_type == "Conv":
            weight = next(one for one in model.graph.initializer if one.name == node.input[1])
            bias = np.linspace(-0.05, 0.05, weight.dims[0], dtype=np.float32)
            model.graph.initializer.append(numpy_helper.from_array(bias, f"{node.input[1]}.bias"))
            node.input.append(f"{node.input[1]}.bias")
    content = model.SerializeToString()
    expected = opened(content)(DIGITS.images[:8]).lengths
    for reduced in (precision.quantise(content, CALIBRATION), precision.to_half(content)):
        onnx.checker.check_model(onnx.load_from_string(reduced), full_check=True)
        assert np.abs(opened(reduced)(DIGITS.images[:8]).lengths - expected).max() < 0.1


def test_more_outputs_of_the_columns_are_kept(shipped, opened) -> None:
    model = onnx.load_from_string(shipped)
    columns = [node for node in model.graph.node if node.op_type == "Relu"][-1].output[0]
    model.graph.initializer.append(numpy_helper.from_array(np.array([1]), "channels"))
    model.graph.node.append(helper.make_node("ReduceMax", [columns, "channels"], ["more"], keepdims=0))
    model.graph.output.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, ["batch", "rows", "cols"]))
    content = model.SerializeToString()
    for reduced in (precision.quantise(content, CALIBRATION), precision.to_half(content)):
        assert opened(reduced).outputs == (*opened(shipped).outputs, "more")


def bypass_relu(model: onnx.ModelProto) -> None:
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    relu.op_type = "Sigmoid"


def read_inside(model: onnx.ModelProto) -> None:
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    model.graph.node.append(helper.make_node("Identity", conv.output, ["copy"]))


def quantise_before(model: onnx.ModelProto) -> None:
    model.ParseFromString(precision.quantise(model.SerializeToString(), CALIBRATION))


def halve_before(model: onnx.ModelProto) -> None:
    model.ParseFromString(precision.to_half(model.SerializeToString()))


@pytest.mark.parametrize("spoil", [bypass_relu, read_inside, quantise_before, halve_before, onnx.ModelProto.Clear])
@pytest.mark.parametrize("reduce", [precision.to_half, lambda content: precision.quantise(content, CALIBRATION)])
def test_an_unknown_stem_is_refused(shipped, spoil, reduce) -> None:
    model = onnx.load_from_string(shipped)
    spoil(model)
    with pytest.raises(ModelError, match="stem of the file is not recognised"):
        reduce(model.SerializeToString())


def test_what_is_no_onnx_file_is_refused() -> None:
    with pytest.raises(ModelError, match="not recognised"):
        precision.to_half(b"hello")


@pytest.mark.parametrize("images", [np.zeros((3, 28, 28), np.uint8), np.zeros((0, 28, 28), np.uint8)])
def test_calibration_needs_something_to_see(shipped, images) -> None:
    with pytest.raises(InputError, match="nothing is to be seen"):
        precision.quantise(shipped, images)


def test_half_precision_passes_and_reports(files, opened) -> None:
    seen = []
    digits = DIGITS.take(np.arange(64))
    report = measure_precision(opened(files["fp32"]), opened(files["fp16"]), digits, advance=seen.append)
    assert report.passed
    assert report.to_json()["exams"] == [dataclasses.asdict(one) for one in report.comparisons]
    assert sum(seen) == sum(one.images for one in report.comparisons)


def coarsened(content: bytes) -> bytes:
    """An int8 file with its weights rounded once more, to the three bits -3..3."""
    model = onnx.load_from_string(content)
    for one in model.graph.initializer:
        if one.name.endswith("weight_steps"):
            steps = np.rint(numpy_helper.to_array(one) / 21) * 21
            one.CopyFrom(numpy_helper.from_array(steps.astype(np.int8), one.name))
    return model.SerializeToString()


def test_int8_reads_nearly_the_same_and_three_bits_do_not(files, opened) -> None:
    digits = DIGITS.take(np.arange(256))
    reference = opened(files["fp32"])
    close = measure_precision(reference, opened(files["int8"]), digits)
    assert min(one.agreement for one in close.comparisons) > 0.99
    report = measure_precision(reference, opened(coarsened(files["int8"])), digits)
    assert not report.passed
    assert all(one.agreement < 0.95 for one in report.comparisons)


def test_a_wrong_answer_in_two_thousand_is_the_most() -> None:
    def passes(lost: int, agreeing: int) -> bool:
        one = Comparison("singles", 10_000, 0.99, 0.99 - lost / 10_000, agreeing / 10_000, 0.0)
        return one.passed

    assert [passes(5, 9980), passes(6, 9990), passes(0, 9979), passes(-20, 9980)] == [True, False, False, True]


def test_scores_that_are_no_numbers_fail() -> None:
    digits = DIGITS.take(np.arange(64))
    right = {True: np.eye(10, dtype=np.float32)}

    def score(images) -> Scores:
        return Scores(right[True][np.zeros(len(images), int)])

    def broken(images) -> Scores:
        return Scores(np.full((len(images), 10), np.nan, np.float32))

    assert measure_precision(score, score, digits).passed
    assert not measure_precision(score, broken, digits).passed
