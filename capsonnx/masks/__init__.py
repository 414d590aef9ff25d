"""Operations on masks, (height, width) bool: connected components, morphology, runs and bounding boxes. NumPy only.

>>> import numpy as np
>>> from capsonnx import masks
>>> len(masks.find_components(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0]], dtype=bool)))
1
"""

from __future__ import annotations

from capsonnx.masks.components import Components, Edges, find_components
from capsonnx.masks.morphology import dilated, eroded, opened
from capsonnx.masks.stretches import Stretches, below, bounding_box, counts, ends

__all__ = [
    "Components",
    "Edges",
    "Stretches",
    "below",
    "bounding_box",
    "counts",
    "dilated",
    "ends",
    "eroded",
    "find_components",
    "opened",
]
