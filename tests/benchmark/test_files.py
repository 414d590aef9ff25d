"""Files against memory, and the first row."""

from __future__ import annotations

import onnx
import pytest

from capsonnx.benchmark import FolderResult, Ratio, Timing, measure_first_row, measure_folder
from capsonnx.errors import ProviderError
from capsonnx.runtime import load_model


def test_the_attainable_share_counts_decoding_on_every_core() -> None:
    # The model alone takes 3 s; decoding and reading 2 s of processor time, on two cores 1 s: at best 3 of 4 s.
    result = FolderResult(10, 2, Timing(((5.0,),)), Timing(((3.0,),)), Ratio(0.6, 0.6, 0.6), 1.5, 0.5)
    assert result.attainable == pytest.approx(0.75)


def test_all_files_are_read(field_model) -> None:
    result = measure_folder(load_model(field_model, provider="cpu"), (28, 56), count=9, batch_size=4, seconds=0.01)
    assert result.images == 9
    assert len(result.files.turns) == len(result.memory.turns) == 5
    assert result.ratio.least <= result.ratio.median <= result.ratio.greatest
    assert result.decode_seconds > 0
    assert result.reading_seconds > 0


def test_files_for_a_model_of_one_size_are_read(tmp_path, make_onnx) -> None:
    path = tmp_path / "fixed.onnx"
    onnx.save(make_onnx(sizes=("batch", 60, 70)), path)
    assert measure_folder(load_model(path, provider="cpu"), (60, 70), count=3, seconds=0.01).images == 3


def test_digits_that_do_not_fit_a_model_of_one_size_are_left_out(tmp_path, field_model) -> None:
    model = onnx.load(field_model)
    for dimension, side in zip(model.graph.input[0].type.tensor_type.shape.dim[1:], (40, 40), strict=True):
        dimension.dim_value = side
    path = tmp_path / "fixed.onnx"
    onnx.save(model, path)
    result = measure_folder(load_model(path, provider="cpu"), (40, 40), count=64, seconds=0.01)
    assert 32 < result.images < 64


def test_the_first_row_is_waited_for(tiny_model) -> None:
    found = measure_first_row(tiny_model, provider="cpu", starts=2)
    assert len(found.seconds) == 2
    assert min(found.seconds) <= found.median <= max(found.seconds)


def test_an_absent_provider_is_told_before_any_start(tiny_model, monkeypatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ProviderError):
        measure_first_row(tiny_model, provider="cuda")
