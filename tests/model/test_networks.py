"""The networks: their sizes, their numbers of parameters, what black does."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch

from capsonnx.errors import InputError
from capsonnx.model import STRIDE, Network, NetworkConfig, build, columns

STEMS = [(8, 8, 16), (8, 8, 16, 16), (8, 8, 16, 16, 16), (8, 8, 16, 16, 16, 16)]


def fresh(**config) -> Network:
    torch.manual_seed(0)
    return build(NetworkConfig(**config)).eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        ({"kind": "capsule", "stem_bias": "free"}, 279_488),
        ({"kind": "pooled", "stem_bias": "free"}, 276_810),
        ({"kind": "capsule"}, 279_488 - 384),
        ({"kind": "capsule", "classes": 26}, 279_488 - 384 + 16 * 128 * 16),
    ],
)
def test_parameter_counts(config: dict, parameters: int) -> None:
    assert sum(weight.numel() for weight in fresh(**config).parameters()) == parameters


@pytest.mark.parametrize("widths", STEMS)
def test_every_size_from_the_receptive_field_has_its_feature_columns(widths: tuple[int, ...]) -> None:
    network = fresh(widths=widths)
    least = network.config.receptive_field
    for size in [(least, least), (least + 1, least), (28, 28), (28, 56), (31, 44), (99, least)]:
        assert network.features(noise(2, *size)).shape == (2, widths[-1], *columns(size, least))
    with pytest.raises(RuntimeError):
        network.features(noise(1, least - 1, 28))


@pytest.mark.parametrize("widths", STEMS)
@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5)])
def test_a_column_sees_its_square_and_no_more(widths: tuple[int, ...], corner: tuple[float, float]) -> None:
    network = fresh(widths=widths)
    side = network.config.receptive_field
    row, col = (14 + int((side - 1) * share) for share in corner)
    image = torch.zeros(1, 64, 64, dtype=torch.uint8)
    image[0, row, col] = 255
    features = network.features(image)[0]
    assert features[:, 7, 7].any()  # its square starts at pixel 14, so each corner pixel is inside
    for top, left in (features.any(dim=0).nonzero() * STRIDE).tolist():
        assert top <= row < top + side
        assert left <= col < left + side


@pytest.mark.parametrize("widths", [(8, 8), (8, 8, 8, 8, 8, 8, 8)])
def test_a_stem_too_shallow_or_too_deep_is_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="3 to 6"):
        NetworkConfig(widths=widths)


@pytest.mark.parametrize("kind", ["capsule", "pooled", "summed"])
def test_uint8_and_float_images_are_the_same(kind: str) -> None:
    network, images = fresh(kind=kind), noise(3, 20, 33)
    for found, expected in zip(network(images.float()), network(images), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_lengths_are_the_norms_of_the_poses() -> None:
    lengths, poses = fresh()(noise(3, 28, 28))
    assert lengths.shape == (3, 10)
    assert poses.shape == (3, 10, 16)
    torch.testing.assert_close(poses.square().sum(dim=2).sqrt(), lengths)


def test_a_blank_image_has_no_class_without_biases() -> None:
    lengths, poses = fresh()(torch.zeros(2, 28, 30, dtype=torch.uint8))
    assert not lengths.any()
    assert not poses.any()


@pytest.mark.parametrize("pad", [2, 14, 42])
def test_black_surroundings_change_nothing_without_biases(pad: int) -> None:
    images = torch.nn.functional.pad(noise(2, 28, 28), (14, 14, 14, 14))
    wider = torch.nn.functional.pad(images, (pad, pad, pad, pad))
    for found, expected in zip(fresh()(wider), fresh()(images), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_black_surroundings_do_count_with_biases() -> None:
    network = fresh(stem_bias="free")
    with torch.no_grad():
        network.stem[0].bias.fill_(0.1)
    images = noise(2, 28, 28)
    wider = torch.nn.functional.pad(images, (14, 14, 14, 14))
    assert (network(wider)[0] - network(images)[0]).abs().max() > 1e-3


def test_silent_biases_leave_black_silent() -> None:
    network = fresh(stem_bias="silent")
    with torch.no_grad():
        for layer in network.stem:
            if isinstance(layer, torch.nn.Conv2d):
                layer.bias.normal_(0, 0.1, generator=torch.Generator().manual_seed(2))
        assert network(torch.zeros(1, 28, 30, dtype=torch.uint8))[0].any()
        network.stem.silence()
    assert not network(torch.zeros(1, 28, 30, dtype=torch.uint8))[0].any()
    assert network(noise(1, 28, 30))[0].any()


def test_a_summed_network_sums_and_on_training_digits_averages() -> None:
    pooled, summed = fresh(kind="pooled"), fresh(kind="summed")
    summed.load_state_dict(pooled.state_dict())
    images = noise(2, 28, 28)
    torch.testing.assert_close(summed(images)[0], pooled(images)[0])
    wider = torch.nn.functional.pad(images, (14, 14, 14, 14))
    taller = torch.nn.functional.pad(wider, (0, 0, 0, 28))
    torch.testing.assert_close(summed(taller)[0], summed(wider)[0])
    assert (pooled(taller)[0] - pooled(wider)[0]).abs().max() > 1e-3


VARIANTS = [
    {"routing": "su"},
    {"routing": "hinton", "squash": "hinton"},
    {"routing": "em"},
    {"routing": "uniform", "routings": 1},
    {"routing": "su", "squash": "last"},
    *({"squash": name} for name in ("tanh", "exponential", "ratio", "learnable")),
    {"coupling_axis": "input"},
    {"sharing": "full", "size": (28, 28)},
    {"sharing": "full", "size": (28, 28), "routing": "em"},
]


@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_every_variant_has_lengths_below_one_and_finite_gradients(config: dict) -> None:
    network = fresh(**config)
    images = torch.cat([noise(2, 28, 28), torch.zeros(1, 28, 28, dtype=torch.uint8)])
    found = network.outputs(network.features(images), network.output_names)
    assert list(found) == list(network.output_names)
    assert ((found["lengths"] >= 0) & (found["lengths"] < 1)).all()
    assert not found["lengths"][2].any()
    sum(output.sum() for output in found.values()).backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_matrices_for_each_place_are_as_many_as_places_and_take_one_size() -> None:
    network = fresh(sharing="full", size=(28, 28))
    assert network.capsules.weight.shape == (10, 64 * 128, 16)
    with pytest.raises(InputError, match=r"120 places.*shared"):
        network(noise(1, 28, 42))


@pytest.mark.parametrize(
    "config",
    [
        {"kind": "pooled", "routing": "su"},
        {"squash": "last"},
        {"routing": "em", "squash": "tanh"},
        {"routing": "em", "coupling_axis": "input"},
        {"sharing": "full"},
        {"size": (28, 28)},
    ],
    ids=str,
)
def test_choices_that_do_not_go_together_are_refused(config: dict) -> None:
    with pytest.raises(InputError, match=r"pass (another )?--"):
        NetworkConfig(**config)


def test_black_counts_where_input_capsules_share_the_coupling() -> None:
    assert not NetworkConfig(coupling_axis="input").is_silent
    assert NetworkConfig().is_silent


def test_a_config_survives_json_and_older_files() -> None:
    config = NetworkConfig(stem_bias="silent", widths=(8, 8, 16, 16), sharing="full", size=(28, 28))
    assert NetworkConfig.from_json(json.loads(json.dumps(dataclasses.asdict(config)))) == config
    assert NetworkConfig.from_json({"stem_bias": False}) == NetworkConfig(stem_bias="none")
    with pytest.raises(TypeError):
        NetworkConfig.from_json({"unknown": 1})


def test_gradients_are_finite_on_blank_and_white_images() -> None:
    network = fresh()
    images = torch.stack([torch.zeros(28, 28), torch.full((28, 28), 255.0)])
    network(images)[0].sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_outputs_come_as_named_and_in_this_order() -> None:
    network, images = fresh(), noise(2, 31, 44)
    features = network.features(images)
    found = network.outputs(features, ["field", "lengths", "evidence"])
    assert list(found) == ["field", "lengths", "evidence"]
    assert found["evidence"].shape == (2, 10, *features.shape[2:])
    assert found["field"].shape == (2, 10, features.shape[2] + 1, features.shape[3])
    torch.testing.assert_close(found["lengths"], network(images)[0])


def test_a_pooled_network_has_lengths_only() -> None:
    network = fresh(kind="pooled")
    features = network.features(noise(1, 20, 20))
    assert list(network.outputs(features, ["lengths"])) == ["lengths"]
    with pytest.raises(KeyError):
        network.outputs(features, ["evidence"])
