"""Prepare scans, forms and photos: turn ink on uneven, noisy or ruled paper into bright ink on exact black."""

from capsonnx.preparation.batch import prepare_all
from capsonnx.preparation.clean import needs_preparation
from capsonnx.preparation.page import Preparation, Prepared, check_choices, prepare

__all__ = ["Preparation", "Prepared", "check_choices", "needs_preparation", "prepare", "prepare_all"]
