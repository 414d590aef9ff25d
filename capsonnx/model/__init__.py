"""The networks in torch: squash, routing, layers, loss. Nothing here knows of files, data or ONNX."""

from capsonnx.model.loss import margin_loss
from capsonnx.model.networks import CapsuleNetwork, Network, NetworkConfig, NetworkKind, PooledNetwork, Stem, build
from capsonnx.model.routing import normalise, route, squash
from capsonnx.model.scorer import scorer

__all__ = [
    "CapsuleNetwork",
    "Network",
    "NetworkConfig",
    "NetworkKind",
    "PooledNetwork",
    "Stem",
    "build",
    "margin_loss",
    "normalise",
    "route",
    "scorer",
    "squash",
]
