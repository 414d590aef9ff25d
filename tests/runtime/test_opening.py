"""What is opened in a session and how, seen through the loading of a model."""

from __future__ import annotations

import onnx
import pytest

from capsonnx.errors import InputError, ModelError, ProviderError
from capsonnx.runtime import load_model, opening, providers

ON_CPU = {"provider": "cpu", "threads": 1}


@pytest.mark.parametrize("kind", ["text", "empty", "truncated"])
def test_a_damaged_file_is_one_line_that_names_it(tiny_model, tmp_path, kind):
    content = tiny_model.read_bytes()
    path = tmp_path / "damaged.onnx"
    path.write_bytes({"text": b"hello", "empty": b"", "truncated": content[: len(content) // 2]}[kind])
    with pytest.raises(ModelError, match=r"damaged\.onnx: not an ONNX file, or damaged") as caught:
        load_model(path, **ON_CPU)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("threshold", [0, 1000])
def test_external_data_is_refused_even_in_the_working_directory(make_onnx, tmp_path, monkeypatch, threshold):
    # ONNX Runtime looks for the external data of a model of bytes in the working directory, and would find it.
    monkeypatch.chdir(tmp_path)
    onnx.save(make_onnx(), "m.onnx", save_as_external_data=True, location="weights.bin", size_threshold=threshold)
    assert (tmp_path / "weights.bin").exists()
    with pytest.raises(ModelError, match="external data"):
        load_model(tmp_path / "m.onnx", **ON_CPU)


def test_external_data_that_hides_is_not_found(make_onnx, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    onnx.save(make_onnx(), "m.onnx", save_as_external_data=True, location="weights.bin", size_threshold=1000)
    monkeypatch.setattr("capsonnx.runtime.opening._EXTERNAL_DATA", b"never there")
    with pytest.raises(ModelError, match=r"m\.onnx: "):
        load_model(tmp_path / "m.onnx", **ON_CPU)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load_model(tmp_path / "none.onnx", **ON_CPU)


def test_the_folder_of_a_training_is_no_model_but_one_can_be_made_of_it(tmp_path):
    run = tmp_path / "my run"
    run.mkdir()
    (run / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"folder of a training; expected an \.onnx file") as caught:
        load_model(run, **ON_CPU)
    assert f"capsonnx export '{run}' -o model.onnx" in str(caught.value)


def gpu_works(path):
    return load_model(path, threads=1).provider == providers.CUDA


def test_cuda_is_had_or_refused_but_never_replaced(tiny_model, capfd):
    if gpu_works(tiny_model):
        assert load_model(tiny_model, provider="cuda").provider == providers.CUDA
    else:
        with pytest.raises(ProviderError, match="--provider cpu"):
            load_model(tiny_model, provider="cuda")
    assert capfd.readouterr() == ("", "")


def test_auto_falls_back_to_the_cpu_when_the_gpu_fails(tiny_model, monkeypatch):
    broken = ("NoSuchExecutionProvider", {})
    monkeypatch.setattr(providers, "resolve", lambda *_: [broken, (providers.CPU, {})])
    assert load_model(tiny_model, provider="auto", threads=1).provider == providers.CPU
    with pytest.raises(ProviderError):
        load_model(tiny_model, provider="cuda", threads=1)


def test_the_options_of_a_session_are_set_on_purpose(tiny_model, monkeypatch) -> None:
    import onnxruntime

    made = []
    real = opening._options

    def keep(*arguments):
        made.append(real(*arguments))
        return made[-1]

    monkeypatch.setattr(opening, "_options", keep)
    load_model(tiny_model, provider="cpu", threads=3)
    assert [options.intra_op_num_threads for options in made] == [3, 1]  # for one piece, and for several at once
    for options in made:
        assert options.execution_mode == onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        assert options.graph_optimization_level == onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        assert options.enable_cpu_mem_arena
        assert options.enable_mem_pattern
        assert options.get_session_config_entry("session.intra_op.spin_duration_us") == "200"
