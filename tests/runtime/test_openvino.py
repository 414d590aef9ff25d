"""OpenVINO's plug-in: what is asked of it, with a stand-in for it, since it is for Intel's processors alone."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from capsonnx.errors import ProviderError
from capsonnx.runtime import load_model, opening, openvino, providers


@pytest.fixture
def plugged(monkeypatch) -> SimpleNamespace:
    """A device as the plug-in offers it."""
    device = SimpleNamespace(ep_name=openvino.OPENVINO)
    monkeypatch.setattr(openvino, "devices", lambda: (device,))
    return device


@pytest.fixture
def unplugged(monkeypatch) -> None:
    monkeypatch.setattr(openvino, "devices", lambda: ())


def test_without_the_package_there_is_no_device(monkeypatch) -> None:
    monkeypatch.setattr(openvino.util, "find_spec", lambda _: None)
    assert openvino.devices.__wrapped__() == ()


def test_the_plug_in_is_registered_and_offers_the_processor(monkeypatch) -> None:
    import onnxruntime

    cpu, gpu = (SimpleNamespace(type=getattr(onnxruntime.OrtHardwareDeviceType, kind)) for kind in ("CPU", "GPU"))
    offered = [
        SimpleNamespace(ep_name=name, device=device)
        for name, device in (("other", cpu), (openvino.OPENVINO, gpu), (openvino.OPENVINO, cpu))
    ]
    registered = []
    monkeypatch.setattr(openvino.util, "find_spec", lambda name: name)
    monkeypatch.setattr(openvino, "import_module", lambda _: SimpleNamespace(get_library_path=lambda: "plug-in.so"))
    monkeypatch.setattr(onnxruntime, "register_execution_provider_library", lambda *given: registered.append(given))
    monkeypatch.setattr(onnxruntime, "get_ep_devices", lambda: offered)
    assert openvino.devices.__wrapped__() == (offered[2],)
    assert registered == [(openvino.OPENVINO, "plug-in.so")]


@pytest.mark.usefixtures("plugged")
@pytest.mark.parametrize(
    ("name", "precision"), [("openvino", "f32"), ("OpenVINOExecutionProvider", "f32"), ("openvino-bf16", "bf16")]
)
def test_what_it_computes_in_is_by_its_name(name: str, precision: str) -> None:
    (first, options), second = providers.resolve(name)
    assert (first, second) == (openvino.OPENVINO, (providers.CPU, {}))
    assert json.loads(options["load_config"]) == {"CPU": {"INFERENCE_PRECISION_HINT": precision}}
    session = SimpleNamespace(get_providers=lambda: [openvino.OPENVINO, providers.CPU])
    assert providers.taken(session, name) == openvino.OPENVINO


@pytest.mark.usefixtures("unplugged")
@pytest.mark.parametrize("name", ["openvino", "openvino-bf16"])
def test_where_it_is_absent_the_way_out_is_told(name: str, tiny_model) -> None:
    with pytest.raises(
        ProviderError, match=f"provider {name}: cannot be had here.*pip install onnxruntime-ep-openvino"
    ):
        load_model(tiny_model, provider=name)


def test_the_session_is_made_with_its_device_and_its_options(plugged, tiny_model, monkeypatch) -> None:
    import onnxruntime

    given = []
    options = SimpleNamespace(add_provider_for_devices=lambda *choices: given.append(choices))
    monkeypatch.setattr(opening, "_options", lambda *_: options)
    session = SimpleNamespace(get_providers=lambda: [openvino.OPENVINO])
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda content, chosen: session if chosen is options else None)
    found = opening.open_session(tiny_model.read_bytes(), tiny_model, provider="openvino-bf16")
    assert found == (session, openvino.OPENVINO)
    assert given == [([plugged], openvino.options("openvino-bf16"))]


@pytest.mark.usefixtures("plugged")
def test_int8_files_are_refused() -> None:
    path = providers.__file__.partition("capsonnx/runtime")[0] + "exported/mnist.int8.onnx"
    with pytest.raises(ProviderError, match=r"provider openvino: not for .*an int8 file; expected a file of float32"):
        load_model(path, provider="openvino")
