"""From the exporter's graph to one that every runtime loads: no shape arithmetic, no unfolded constants, no residue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass
from onnxscript.optimizer import fold_constants
from onnxscript.rewriter import RewriteRuleClassBase, RewriteRuleSet, rewrite

if TYPE_CHECKING:
    from onnxscript.rewriter import MatchResult

__all__ = ["clean_up"]

LARGEST_WEIGHT = 1 << 20
"""The number of elements in the largest tensor that is folded; the largest weight of the source's stem has 147,456."""


class ConstantReshape(RewriteRuleClassBase):
    """Replace a Reshape to a computed shape by a Reshape to a constant one, for example ``[0, 128, -1]``.

    The exporter writes "flatten rows and cols" as shape arithmetic: Shape, Gather or Squeeze, Mul, Concat. In the
    constant target, 0 keeps the batch, static sizes stay as they are, and -1 stands for one remaining size.
    """

    def pattern(self, op: Any, x: ir.Value, shape: ir.Value) -> Any:
        """Match any Reshape."""
        return op.Reshape(x, shape, _outputs=["reshaped"])

    def check(self, context: Any, x: ir.Value, shape: ir.Value, reshaped: ir.Value) -> bool | MatchResult:  # type: ignore[override]
        """Apply the rule if the target is computed and at most one size of the result is unknown."""
        return shape.const_value is None and self._target(x, reshaped) is not None

    def rewrite(self, op: Any, x: ir.Value, shape: ir.Value, reshaped: ir.Value) -> Any:
        """The same Reshape with its target as a constant."""
        target = self._target(x, reshaped)
        return op.Reshape(x, op.initializer(ir.tensor(np.array(target, np.int64)), name=f"{reshaped.name}_target"))

    @staticmethod
    def _target(x: ir.Value, reshaped: ir.Value) -> list[int] | None:
        """The constant target, or None if there is none."""
        if x.shape is None or reshaped.shape is None:
            return None
        keeps_batch = x.shape[0] == reshaped.shape[0]
        sizes = [size if isinstance(size, int) else -1 for size in reshaped.shape]
        target = [0, *sizes[1:]] if keeps_batch else sizes
        return target if target.count(-1) <= 1 else None


def clean_up(model: ir.Model) -> ir.Model:
    """Apply the rules, drop what they leave unused, and strip what only the exporter understands.

    Returns:
        The model, without the tracer's notes and node names.
    """
    model = rewrite(model, RewriteRuleSet([ConstantReshape.rule()], commute=False))  # type: ignore[no-untyped-call]
    # What depends only on weights becomes a weight: some runtimes take only constants as kernels and second factors.
    fold_constants(model, input_size_limit=LARGEST_WEIGHT, output_size_limit=LARGEST_WEIGHT)
    RemoveUnusedNodesPass()(model)
    model.metadata_props.clear()
    model.graph.metadata_props.clear()
    for value in (*model.graph.inputs, *model.graph.outputs, *model.graph.initializers.values()):
        value.metadata_props.clear()
    for number, node in enumerate(model.graph):
        node.metadata_props.clear()
        node.doc_string = None
        if node.op_type == "Reshape":
            # With allowzero, a 0 in the target means a size of zero instead of "as it is". The tracer's targets have no
            # 0, and a 0 in ours means "as it is".
            node.attributes.pop("allowzero", None)
        node.name = f"{node.op_type}_{number}"
        for value in node.outputs:
            value.metadata_props.clear()
    return model
