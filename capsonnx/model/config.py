"""The frozen config that determines a network except for its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from capsonnx.errors import InputError
from capsonnx.require import require_choice, require_count

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SOURCE_WIDTHS",
    "CouplingAxis",
    "NetworkConfig",
    "NetworkKind",
    "RoutingName",
    "Sharing",
    "SquashName",
    "StemBias",
]

NetworkKind: TypeAlias = Literal["capsule", "pooled", "summed"]
StemBias: TypeAlias = Literal["none", "free", "silent"]
RoutingName: TypeAlias = Literal["su-normalised", "su", "hinton", "em", "uniform"]
SquashName: TypeAlias = Literal["half", "hinton", "tanh", "exponential", "ratio", "learnable", "last"]
Sharing: TypeAlias = Literal["shared", "full"]
CouplingAxis: TypeAlias = Literal["output", "input"]

CHOICES = {
    "kind": NetworkKind,
    "stem_bias": StemBias,
    "routing": RoutingName,
    "squash": SquashName,
    "sharing": Sharing,
    "coupling_axis": CouplingAxis,
}
"""The possible values of a :class:`NetworkConfig`, by attribute."""

SOURCE_WIDTHS = (64, 64, 128, 128)
"""The widths of the stem in bojone/Capsule."""

DEPTHS = range(3, 7)
"""The numbers of convolutions that a stem may have. The deeper the stem, the larger its receptive field, and a feature
column must not see a whole symbol."""


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that determines a network except its weights; saved in the checkpoint and in the ONNX metadata.

    The attributes after ``hidden`` are variants from the article and its comments, for comparison; ``capsule`` only.

    Attributes:
        kind: ``capsule``; ``pooled``, the baseline: a CNN with global average pooling on the same stem; or ``summed``,
            the same CNN with a sum instead of the average.
        classes: the number of classes J.
        stem_bias: the biases of the stem's convolutions: ``none``; ``free``, as in the source; or ``silent``, at most
            zero. With ``none`` and ``silent``, black pixels give zero features, since relu(0 + b) = 0 for b ≤ 0, and
            the answer of a capsule network does not depend on how much black surrounds the ink.
        widths: the channels of the stem's convolutions, two before its pool and the others after it; the last is C, the
            dimension of an input capsule.
        dimension: the dimension D of an output capsule (``capsule`` only).
        routings: the number of routing iterations (``capsule`` only).
        hidden: the width of the layer between pooling and scores (``pooled`` and ``summed`` only).
        routing: see :mod:`capsonnx.model.routing`, or :mod:`capsonnx.model.em` for ``em``.
        squash: see :mod:`capsonnx.model.squash`.
        sharing: ``shared``, one matrix W_j for all input capsules; or ``full``, one W_ji for each place i, which ties
            the network to one image size.
        coupling_axis: the capsules over which coupling coefficients sum to one: all ``output`` capsules for each input
            capsule, or all ``input`` capsules for each output capsule.
        size: the height and width of the images in pixels, for ``full`` sharing; None: any.
    """

    kind: NetworkKind = "capsule"
    classes: int = 10
    stem_bias: StemBias = "none"
    widths: tuple[int, ...] = SOURCE_WIDTHS
    dimension: int = 16
    routings: int = 3
    hidden: int = 128
    routing: RoutingName = "su-normalised"
    squash: SquashName = "half"
    sharing: Sharing = "shared"
    coupling_axis: CouplingAxis = "output"
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse invalid choices, and choices that do not go together.

        Raises:
            InputError: there is no such network.
        """
        for name, known in CHOICES.items():
            require_choice(name, getattr(self, name), known)
        require_count("routings", self.routings)
        plain = (self.routing, self.squash, self.sharing, self.coupling_axis) == (
            "su-normalised",
            "half",
            "shared",
            "output",
        )
        if self.kind != "capsule" and not plain:
            raise _unfit(f"a {self.kind} network", "no choice of routing, squash, sharing or axis", "--network capsule")
        if self.squash == "last" and self.routing not in ("su", "hinton"):
            raise _unfit(
                f"squash 'last' with routing '{self.routing}'",
                "a routing that squashes between its iterations",
                "--routing su or --routing hinton",
            )
        if self.routing == "em" and self.coupling_axis != "output":
            raise _unfit(
                f"routing 'em' with the coupling over the {self.coupling_axis} capsules",
                "the coupling over the output capsules",
                "--coupling-axis output, or another --routing",
            )
        if self.routing == "em" and self.squash != "half":
            raise _unfit(
                f"routing 'em' with squash '{self.squash}'",
                "no squash, as EM has none",
                "another --routing, or no --squash",
            )
        if len(self.widths) not in DEPTHS:
            raise InputError(
                f"a stem of {len(self.widths)} convolutions",
                expected=f"{DEPTHS.start} to {DEPTHS.stop - 1}, two of them before the pool",
                remedy="give as many widths",
            )
        if (self.sharing == "full") != (self.size is not None):
            raise _unfit(
                f"sharing '{self.sharing}' with images of {'any size' if self.size is None else 'one size'}",
                "one size of images for full, any size for shared",
                "--sharing shared",
            )

    @property
    def receptive_field(self) -> int:
        """The side in pixels of the square that a feature column sees: 6 up to the pool, 4 more per layer after it.

        >>> NetworkConfig().receptive_field
        14
        """
        return 6 + 4 * (len(self.widths) - 2)

    @property
    def is_silent(self) -> bool:
        """Whether black gives zero features, so that more of it does not change the answer of a capsule network."""
        return self.stem_bias != "free" and self.coupling_axis == "output"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> NetworkConfig:
        """Rebuild a config from the JSON of its :func:`dataclasses.asdict`; in older files the bias is true or false.

        Raises:
            TypeError: a value does not belong to a config.
            InputError: the values do not go together.

        >>> NetworkConfig.from_json({"kind": "capsule", "stem_bias": True}).stem_bias
        'free'
        """
        bias, size = values.get("stem_bias", "none"), values.get("size")
        return cls(
            **{
                **values,
                "stem_bias": ("free" if bias else "none") if isinstance(bias, bool) else bias,
                "widths": tuple(values.get("widths", SOURCE_WIDTHS)),
                "size": None if size is None else tuple(size),
            }
        )


def _unfit(given: str, expected: str, remedy: str) -> InputError:
    return InputError(given, expected=expected, remedy=f"pass {remedy}")
