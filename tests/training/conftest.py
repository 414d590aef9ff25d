"""A training small enough for every test: 200 real digits, batches of 20."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from capsonnx import datasets
from capsonnx.training import TrainingConfig, make_config

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def digits() -> datasets.Dataset:
    return datasets.load("mnist", "test").take(np.arange(200))


@pytest.fixture(scope="session")
def config(digits: datasets.Dataset) -> TrainingConfig:
    config = make_config("mnist", digits, CPU, epochs=3, held_out=40)
    return dataclasses.replace(config, recipe=dataclasses.replace(config.recipe, batch_size=20, canvas=4))
