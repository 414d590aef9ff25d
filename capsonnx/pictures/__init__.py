"""Pictures of what a model read in an image, where it took that from, and what it would draw. By matplotlib, late."""

from __future__ import annotations

from capsonnx.pictures.explanation import (
    Explanation,
    HeatMap,
    Seen,
    explain,
    explain_images,
    explanation_of,
    require_maps,
)
from capsonnx.pictures.files import targets
from capsonnx.pictures.perturbation import (
    STEPS,
    Perturbation,
    PerturbedClass,
    perturb,
    perturb_images,
    perturbed,
)

__all__ = [
    "STEPS",
    "Explanation",
    "HeatMap",
    "Perturbation",
    "PerturbedClass",
    "Seen",
    "explain",
    "explain_images",
    "explanation_of",
    "perturb",
    "perturb_images",
    "perturbed",
    "require_maps",
    "targets",
]
