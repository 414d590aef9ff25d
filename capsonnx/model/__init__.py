"""The networks in torch: squash, routing, layers, loss, decoder. Nothing here knows about files, data or ONNX."""

from capsonnx.model.capsules import CapsuleLayer
from capsonnx.model.config import (
    SOURCE_WIDTHS,
    CouplingAxis,
    NetworkConfig,
    NetworkKind,
    RoutingName,
    Sharing,
    SquashName,
    StemBias,
)
from capsonnx.model.decoder import Decoder, DecoderConfig, mask, reconstruction_loss
from capsonnx.model.field import APART, PEAK, STRIDE, SURE, TOUCHING, VIEW, columns, origin_of, slide, window_of
from capsonnx.model.loss import NOTHING, margin_loss, window_loss
from capsonnx.model.networks import CapsuleNetwork, Network, PooledNetwork, build
from capsonnx.model.routing import Routed, couple, explain, route
from capsonnx.model.scorer import scorer
from capsonnx.model.squash import Squash, normalise, squash
from capsonnx.model.votes import FullVotes, SharedVotes, Votes

__all__ = [
    "APART",
    "NOTHING",
    "PEAK",
    "SOURCE_WIDTHS",
    "STRIDE",
    "SURE",
    "TOUCHING",
    "VIEW",
    "CapsuleLayer",
    "CapsuleNetwork",
    "CouplingAxis",
    "Decoder",
    "DecoderConfig",
    "FullVotes",
    "Network",
    "NetworkConfig",
    "NetworkKind",
    "PooledNetwork",
    "Routed",
    "RoutingName",
    "SharedVotes",
    "Sharing",
    "Squash",
    "SquashName",
    "StemBias",
    "Votes",
    "build",
    "columns",
    "couple",
    "explain",
    "margin_loss",
    "mask",
    "normalise",
    "origin_of",
    "reconstruction_loss",
    "route",
    "scorer",
    "slide",
    "squash",
    "window_loss",
    "window_of",
]
