"""A decoder beside the network: trained by one loss, kept in one folder, resumed bit for bit, and never required."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch

from capsonnx.errors import CheckpointError, InputError
from capsonnx.model import NOTHING, DecoderConfig
from capsonnx.training import load_trained, make_config, train
from capsonnx.training.augmentation import augment, cut_out
from capsonnx.training.checkpoint import CHECKPOINT, CONFIG, METRICS, load_config, load_state, save_config
from capsonnx.training.run import Run

pytestmark = pytest.mark.usefixtures("few_pages")

CPU = torch.device("cpu")


@pytest.fixture
def with_decoder(config):
    return dataclasses.replace(config, decoder=DecoderConfig(10, 16, (28, 28), hidden=(32,)))


@pytest.fixture
def averaging(request, with_decoder):
    """Both kinds of checkpoints: with the averages of the weights beside them, and with the weights alone."""
    recipe = dataclasses.replace(with_decoder.recipe, averaging=request.param)
    return dataclasses.replace(with_decoder, recipe=recipe)


def test_a_config_has_a_decoder_of_the_images_size_if_asked(digits) -> None:
    assert make_config("mnist", digits, CPU).decoder is None
    small = dataclasses.replace(digits, images=digits.images[:, :22, :24])
    found = make_config("mnist", small, CPU, decoder=True).decoder
    assert found == DecoderConfig(10, 16, (22, 24), (512, 1024), 0.0005)


def test_a_weight_asks_for_a_decoder(digits) -> None:
    config = make_config("mnist", digits, CPU, decoder_weight=0.002)
    assert config.decoder == DecoderConfig(10, 16, weight=0.002)


@pytest.mark.parametrize("kind", ["pooled", "summed"])
def test_a_network_without_capsules_has_no_decoder(digits, kind) -> None:
    with pytest.raises(InputError, match=f"--decoder with a {kind} network; expected a capsule network"):
        make_config("mnist", digits, CPU, network=kind, decoder=True)


@pytest.mark.parametrize("decoder", [False, True])
def test_the_config_comes_back(tmp_path, config, with_decoder, decoder) -> None:
    wanted = with_decoder if decoder else config
    save_config(tmp_path, wanted)
    assert load_config(tmp_path) == wanted


def test_a_run_from_before_decoders_loads(tmp_path, digits, config) -> None:
    train(dataclasses.replace(config, epochs=1), digits, tmp_path, device=CPU)
    values = json.loads((tmp_path / CONFIG).read_text())
    del values["decoder"]
    (tmp_path / CONFIG).write_text(json.dumps(values))
    rows = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    older = [{key: value for key, value in row.items() if key != "reconstruction"} for row in rows]
    (tmp_path / METRICS).write_text("".join(json.dumps(row) + "\n" for row in older))
    trained = load_trained(tmp_path)
    assert trained.decoder is None
    assert trained.metrics[0].reconstruction is None
    assert len(train(dataclasses.replace(config, epochs=1), digits, tmp_path, device=CPU, resume=True)) == 1


def test_a_malformed_decoder_is_refused(tmp_path, with_decoder) -> None:
    save_config(tmp_path, with_decoder)
    values = json.loads((tmp_path / CONFIG).read_text())
    values["decoder"] = {"colour": 3}
    (tmp_path / CONFIG).write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="not a training config"):
        load_config(tmp_path)


@pytest.mark.parametrize("averaging", [0.0, 0.9], indirect=True)
def test_a_decoder_is_trained_kept_and_resumed_bit_for_bit(tmp_path, digits, averaging) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    metrics = train(averaging, digits, whole, device=CPU)
    assert metrics[-1].reconstruction < metrics[0].reconstruction
    original = Run.epoch

    def stop(run, advance):
        if run.step:
            raise KeyboardInterrupt
        return original(run, advance)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "epoch", stop)
        with pytest.raises(KeyboardInterrupt):
            train(averaging, digits, stopped, device=CPU)
    resumed = train(averaging, digits, stopped, device=CPU, resume=True)
    assert (whole / CHECKPOINT).read_bytes() == (stopped / CHECKPOINT).read_bytes()
    assert [row.reconstruction for row in resumed] == [row.reconstruction for row in metrics]
    decoder = load_trained(whole).decoder
    assert decoder.config == averaging.decoder
    kept = load_state(whole)
    assert ("training_decoder.layers.0.weight" in kept.tensors) == bool(averaging.recipe.averaging)
    torch.testing.assert_close(decoder.state_dict(), kept.named("decoder."), rtol=0, atol=0)


def test_a_decoder_beside_it_starts_the_network_from_the_same_weights(digits, config, with_decoder) -> None:
    networks = [Run(one, digits, CPU).network.state_dict() for one in (config, with_decoder)]
    torch.testing.assert_close(*networks, rtol=0, atol=0)


def test_the_reconstruction_counts_in_the_networks_training(digits, with_decoder) -> None:
    changed = []
    for weight in (0.0, 0.0005):
        decoder = dataclasses.replace(with_decoder.decoder, weight=weight)
        run = Run(dataclasses.replace(with_decoder, decoder=decoder), digits, CPU)
        before = {name: value.clone() for name, value in run.decoder.state_dict().items()}
        run._train_step(run.images[:20], run.targets[:20])
        changed.append(run.network.capsules.weight.grad)
        moved = any(not torch.equal(before[name], value) for name, value in run.decoder.state_dict().items())
        assert moved == bool(weight)
    assert not torch.equal(*changed)


def test_weights_of_another_decoder_are_refused(tmp_path, digits, with_decoder) -> None:
    train(dataclasses.replace(with_decoder, epochs=1), digits, tmp_path, device=CPU)
    values = json.loads((tmp_path / CONFIG).read_text())
    values["decoder"]["hidden"] = [33]
    (tmp_path / CONFIG).write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="weights do not fit"):
        load_trained(tmp_path)


def test_resuming_without_the_decoder_is_refused(tmp_path, digits, config, with_decoder) -> None:
    train(dataclasses.replace(with_decoder, epochs=1), digits, tmp_path, device=CPU)
    with pytest.raises(InputError, match="trained with decoder="):
        train(dataclasses.replace(config, epochs=1), digits, tmp_path, device=CPU, resume=True)


@pytest.mark.parametrize("canvas", [0, 1, 5, 8])
def test_digits_are_cut_out_where_they_were_put(digits, config, canvas) -> None:
    recipe = dataclasses.replace(config.recipe.deforming(0), canvas=canvas)
    images = torch.from_numpy(digits.images[:50])
    generator = torch.Generator().manual_seed(canvas)
    for _ in range(5):  # canvases of odd and even sides
        canvases, centres = augment(images, recipe, generator)
        torch.testing.assert_close(cut_out(canvases, centres, (28, 28)).float(), images.float(), atol=0.01, rtol=0)


def test_what_is_drawn_is_the_digit_as_it_was_deformed(digits, with_decoder, monkeypatch) -> None:
    run = Run(with_decoder, digits, CPU)
    seen = []
    monkeypatch.setattr(Run, "_reconstruction_loss", lambda run, poses, images, targets: seen.append(images) or 0.0)
    run._canvas_loss(run.images[:20], torch.full((20,), NOTHING), run.recipe)
    [wanted] = seen
    assert wanted.shape == (20, 28, 28)
    difference = (wanted - run.images[:20]).abs().mean(dim=(1, 2))
    assert difference.min() > 1  # deformed
    overlap = torch.minimum(wanted, run.images[:20].float()).sum() / run.images[:20].sum()
    assert overlap > 0.6  # and not moved
