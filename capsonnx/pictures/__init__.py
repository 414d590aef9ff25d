"""Pictures of what a model read in an image, from where, and what it would draw. Matplotlib is imported on demand."""

from __future__ import annotations

from capsonnx.pictures.explanation import Explanation, HeatMap, Seen, explanation_of, require_maps
from capsonnx.pictures.files import explain, explain_images, perturb, perturb_images, targets
from capsonnx.pictures.perturbation import STEPS, Perturbation, PerturbedClass, perturbed

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
