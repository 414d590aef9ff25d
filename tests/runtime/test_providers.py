from __future__ import annotations

import sys
from importlib import metadata, util
from pathlib import Path
from types import SimpleNamespace

import pytest

from capsonnx.errors import InputError, ProviderError
from capsonnx.runtime import load_model, providers


def installed(monkeypatch, *names):
    def version(name):
        if name not in names:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(metadata, "version", version)


def test_both_wheels_are_refused_with_the_way_out(monkeypatch, tiny_model):
    installed(monkeypatch, "onnxruntime", "onnxruntime-gpu")
    with pytest.raises(ProviderError, match="pip uninstall -y onnxruntime onnxruntime-gpu"):
        load_model(tiny_model)


def test_a_missing_onnxruntime_is_told(monkeypatch):
    installed(monkeypatch)
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(ProviderError, match="ONNX Runtime is not installed"):
        providers.check_installation()


def test_another_build_under_another_name_will_do(monkeypatch):
    installed(monkeypatch)
    monkeypatch.setattr(util, "find_spec", lambda name: object())
    providers.check_installation()


@pytest.fixture
def available(monkeypatch):
    import onnxruntime

    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: [providers.CUDA, "CoreMLExecutionProvider", providers.CPU]
    )
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: sys.stdout.write("noise"), raising=False)
    monkeypatch.setattr(providers, "has_driver", lambda: True)
    providers._preload_cuda.cache_clear()


@pytest.mark.usefixtures("available")
@pytest.mark.parametrize(
    ("provider", "names"),
    [
        ("auto", [providers.CUDA, providers.CPU]),
        ("cuda", [providers.CUDA, providers.CPU]),
        ("CUDAExecutionProvider", [providers.CUDA, providers.CPU]),
        ("coreml", ["CoreMLExecutionProvider", providers.CPU]),
        ("cpu", [providers.CPU]),
    ],
)
def test_what_is_tried(provider, names, capfd):
    assert [name for name, _ in providers.resolve(provider)] == names
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("available")
def test_cuda_runs_in_full_precision_with_a_quick_search():
    options = dict(providers.resolve("cuda"))[providers.CUDA]
    assert options == {
        "cudnn_conv_algo_search": "HEURISTIC",
        "arena_extend_strategy": "kSameAsRequested",
        "use_tf32": 0,
        "prefer_nhwc": 0,
        "enable_cuda_graph": 0,
    }


@pytest.mark.usefixtures("available")
def test_the_choices_of_cuda_reach_it_and_only_it():
    (_, options), (_, of_cpu) = providers.resolve("cuda", providers.Cuda(tf32=True, prefer_nhwc=True, graphs=True))
    assert [options[name] for name in ("use_tf32", "prefer_nhwc", "enable_cuda_graph")] == [1, 1, 1]
    assert of_cpu == {}


def test_the_installed_onnxruntime_knows_every_option():
    """The names stand in its CUDA library, where this build has one."""
    import onnxruntime

    library = next(Path(onnxruntime.__file__).parent.glob("capi/*providers_cuda.*"), None)
    if library is None:
        pytest.skip("a build without CUDA")
    content = library.read_bytes()
    for name in providers.Cuda().options():
        assert name.encode() + b"\0" in content
    assert b"kSameAsRequested\0" in content


@pytest.mark.usefixtures("available")
@pytest.mark.parametrize("provider", ["tpu", ""])
def test_an_unknown_provider_is_refused_with_those_there_are(provider):
    with pytest.raises(InputError, match="unknown; expected one of auto, cuda, coreml, cpu"):
        providers.resolve(provider)


@pytest.mark.usefixtures("available")
def test_a_provider_of_another_build_is_refused_with_those_there_are():
    with pytest.raises(ProviderError, match="cannot be had here; expected one of auto, cuda, coreml, cpu"):
        providers.resolve("Dml")


def session(*names):
    return SimpleNamespace(get_providers=lambda: list(names))


def test_without_a_driver_no_library_is_loaded_and_the_driver_is_named(monkeypatch):
    import onnxruntime

    monkeypatch.setattr(providers, "DRIVER", "libno-such-driver.so.1")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [providers.CUDA, providers.CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: pytest.fail("loaded"), raising=False)
    providers._preload_cuda.cache_clear()
    assert not providers.has_driver()
    assert [name for name, _ in providers.resolve("auto")] == [providers.CUDA, providers.CPU]
    with pytest.raises(ProviderError, match=r"no libno-such-driver\.so\.1; expected an NVIDIA GPU"):
        providers.taken(session(providers.CPU), "cuda")
    assert providers.taken(session(providers.CPU), "auto") == providers.CPU


def test_what_was_taken_is_judged_from_the_session(monkeypatch):
    monkeypatch.setattr(providers, "has_driver", lambda: True)
    assert providers.taken(session(providers.CUDA, providers.CPU), "cuda") == providers.CUDA
    assert providers.taken(session(providers.CUDA, providers.CPU), "auto") == providers.CUDA
    assert providers.taken(session(providers.CPU), "auto") == providers.CPU
    with pytest.raises(ProviderError, match=r"'\.\[cuda\]'.*--provider cpu"):
        providers.taken(session(providers.CPU), "cuda")
    with pytest.raises(ProviderError, match="CoreML"):
        providers.taken(session(providers.CPU), "CoreML")
    with pytest.raises(ProviderError, match=r"cannot be had here \(too few registers\); expected"):
        providers.taken(session(providers.CPU), "cuda", "too few registers")
