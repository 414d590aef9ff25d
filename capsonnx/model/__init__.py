"""The networks in torch: squash, routing, layers, loss, decoder. Nothing here knows of files, data or ONNX."""

from capsonnx.model.decoder import Decoder, DecoderConfig, mask, reconstruction_loss
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
    "Decoder",
    "DecoderConfig",
    "Network",
    "NetworkConfig",
    "NetworkKind",
    "PooledNetwork",
    "Stem",
    "StemBias",
    "build",
    "explain",
    "margin_loss",
    "mask",
    "normalise",
    "reconstruction_loss",
    "route",
    "scorer",
    "slide",
    "squash",
    "window_loss",
]
