"""The networks in torch: squash, routing, layers, loss. Nothing here knows of files, data or ONNX."""

from capsonnx.model.field import APART, ORIGIN, PEAK, STRIDE, WINDOW, slide
from capsonnx.model.loss import NOTHING, margin_loss, window_loss
from capsonnx.model.networks import (
    SOURCE_WIDTHS,
    CapsuleNetwork,
    Network,
    NetworkConfig,
    NetworkKind,
    PooledNetwork,
    Stem,
    StemBias,
    build,
)
from capsonnx.model.routing import explain, normalise, route, squash
from capsonnx.model.scorer import scorer

__all__ = [
    "APART",
    "NOTHING",
    "ORIGIN",
    "PEAK",
    "SOURCE_WIDTHS",
    "STRIDE",
    "WINDOW",
    "CapsuleNetwork",
    "Network",
    "NetworkConfig",
    "NetworkKind",
    "PooledNetwork",
    "Stem",
    "StemBias",
    "build",
    "explain",
    "margin_loss",
    "normalise",
    "route",
    "scorer",
    "slide",
    "squash",
    "window_loss",
]
