"""Training on single symbols: recipes, augmentation, the loop, and the folder that a run writes."""

from capsonnx.training.checkpoint import EpochMetrics, Trained, load_config, load_trained
from capsonnx.training.config import TrainingConfig, fitted, make_config
from capsonnx.training.device import Device, Precision, choose_device, choose_precision
from capsonnx.training.loop import train
from capsonnx.training.recipes import RECIPES, Recipe, recipe_named
from capsonnx.training.resuming import require_run

__all__ = [
    "RECIPES",
    "Device",
    "EpochMetrics",
    "Precision",
    "Recipe",
    "Trained",
    "TrainingConfig",
    "choose_device",
    "choose_precision",
    "fitted",
    "load_config",
    "load_trained",
    "make_config",
    "recipe_named",
    "require_run",
    "train",
]
