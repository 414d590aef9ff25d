"""Run OpenVINO through its plug-in for ONNX Runtime, the package onnxruntime-ep-openvino, if it is installed.

The plug-in offers a device on Intel processors only. In float32 it is about as fast as ONNX Runtime's own CPU provider.
On processors with AMX, bfloat16 is three times as fast, but scores are then off by some thousandths, so it has to be
asked for.
"""

from __future__ import annotations

import functools
import json
from importlib import import_module, util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["NAMES", "OPENVINO", "devices", "options"]

OPENVINO = "OpenVINOExecutionProvider"
NAMES = {"openvino": "f32", "openvino-bf16": "bf16"}
"""The names by which this provider can be asked for, and the precision in which each computes."""

PACKAGE = "onnxruntime_ep_openvino"


@functools.cache
def devices() -> tuple[onnxruntime.OrtEpDevice, ...]:
    """Return the plug-in's CPU device; none if the plug-in is not installed or does not support the processor.

    The plug-in is registered with ONNX Runtime once per process.
    """
    if util.find_spec(PACKAGE) is None:
        return ()
    import onnxruntime  # noqa: PLC0415 - see providers.check_installation

    onnxruntime.register_execution_provider_library(OPENVINO, import_module(PACKAGE).get_library_path())
    cpu = onnxruntime.OrtHardwareDeviceType.CPU
    return tuple(one for one in onnxruntime.get_ep_devices() if one.ep_name == OPENVINO and one.device.type == cpu)[:1]


def options(name: str) -> dict[str, Any]:
    """Return the provider's options for one of :data:`NAMES`.

    >>> options("openvino")
    {'load_config': '{"CPU": {"INFERENCE_PRECISION_HINT": "f32"}}'}
    """
    return {"load_config": json.dumps({"CPU": {"INFERENCE_PRECISION_HINT": NAMES[name]}})}
