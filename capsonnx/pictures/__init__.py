"""Pictures of what a model read in an image, and of where it took that from. Drawn with matplotlib, imported late."""

from __future__ import annotations

from capsonnx.pictures.explanation import (
    Explanation,
    HeatMap,
    explain,
    explain_images,
    explanation_of,
    require_maps,
    targets,
)

__all__ = ["Explanation", "HeatMap", "explain", "explain_images", "explanation_of", "require_maps", "targets"]
