"""``--tf32`` reaches the session."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from PIL import Image

from capsonnx import runtime
from capsonnx.cli import main
from capsonnx.errors import ProviderError


@pytest.mark.parametrize("arguments", [["infer", "."], ["evaluate"]])
@pytest.mark.parametrize("flags", [[], ["--tf32"]])
def test_tf32_is_off_unless_asked_for(arguments, flags, monkeypatch, tmp_path) -> None:
    seen = []

    def load(*_, **options):
        seen.append(options["cuda"])
        raise ProviderError("enough", expected="seen", remedy="stop")

    monkeypatch.setattr(runtime, "load_model", load)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "1.png").touch()
    result = CliRunner().invoke(main, [*arguments, *flags])
    assert "enough" in result.output
    assert seen == [runtime.Cuda(tf32=bool(flags))]


@pytest.mark.parametrize("flags", [[], ["--tf32"]])
def test_where_there_is_none_it_is_said(flags, tiny_model, tmp_path) -> None:
    Image.new("L", (28, 28)).save(tmp_path / "1.png")
    result = CliRunner().invoke(main, ["infer", str(tmp_path), "-m", str(tiny_model), "--provider", "cpu", *flags])
    assert result.exit_code == 0
    said = "--tf32 is for CUDA: on CPUExecutionProvider it changes nothing"
    assert (said in result.stderr) == bool(flags)


def test_bench_passes_it_on(monkeypatch) -> None:
    from capsonnx import benchmark

    seen = []

    def compare(_, settings, **__):
        seen.append(settings.cuda)
        raise ProviderError("enough", expected="seen", remedy="stop")

    monkeypatch.setattr(benchmark, "compare", compare)
    assert "enough" in CliRunner().invoke(main, ["bench", "--tf32"]).output
    assert seen == [runtime.Cuda(tf32=True)]
