"""Check the shipped model on this machine's GPU, and measure it there beside its peers: one Markdown table and JSON.

Run: scripts/gpu_check [--output exported/gpu]; with --dry-run on a CPU, which only tries out this script and says
nothing about a GPU. Without CUDA it refuses to run. The most important parts come first, and the report is written
after each part, so that a failure or the end of borrowed time loses only the current part. The exit code is 1 if the
GPU does not compute what the CPU does, or if a part failed. It takes about four minutes, most of them for
torch.compile.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import onnxruntime
import torch
from provider_table import to_markdown

from capsonnx import datasets, exam
from capsonnx.benchmark import (
    OURS,
    Request,
    System,
    build_system,
    cores,
    measure,
    multiply_adds,
    processor,
    profile,
)
from capsonnx.benchmark.images import digits
from capsonnx.contract import LENGTHS
from capsonnx.errors import CapsonnxError, ParityError
from capsonnx.export.parity import ParityReport, grid_of, measure_parity
from capsonnx.export.precision import to_half
from capsonnx.files import write_text
from capsonnx.runtime import Cuda, default_model_path, load_model
from capsonnx.training import choose_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOLERANCE = 1e-4
"""The tolerance in float32 without TF32: a GPU sums in a different order than a CPU."""

TF32_TOLERANCE = 2e-2
"""The tolerance with TF32, which rounds the factors to ten bits. It only has to reveal a broken path; the table gives
the actual difference."""

REDUCED_TOLERANCE = 2e-2
"""With fewer bits, the tolerance of the mean difference of the lengths; those of broken digits may be anywhere."""

EXAMS = ("pairs-vertical", "pairs-horizontal")

PROFILED = 10
"""The number of calls to average kernel times over: in a single call, a copy may take several times as long."""


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much of everything to measure."""

    batches: tuple[int, ...] = (1, 4, 16, 64, 256, 1024, 4096)
    sizes: tuple[tuple[int, int], ...] = ((28, 28), (28, 56))
    peers: tuple[str, ...] = ("torch",)
    compiled: tuple[str, ...] = ("torch-compile", "torch-graphs")
    compiled_for: tuple[int, ...] = (1, 1024)  # batches: each takes some seconds to compile, in two layouts
    seconds: float = 0.5
    digits: int = 10_000
    cases: int | None = None
    matrix: int = 8192
    copied: int = 1 << 28


DRY = Scale((1, 4), ((28, 28),), ("torch",), (), (), 0.05, 60, 3, 256, 1 << 20)


@click.command()
@click.option("--output", type=click.Path(path_type=Path), help="Write NAME.md and NAME.json, besides printing.")
@click.option("--dry-run", is_flag=True, help="Try this script out on the CPU, on little.")
def main(output: Path | None, dry_run: bool) -> None:
    """Check and measure the shipped model on a GPU."""

    def save(report: dict[str, Any]) -> None:
        if output is not None:
            for suffix, content in ((".md", to_markdown(report)), (".json", json.dumps(report, indent=2))):
                write_text(output.with_suffix(suffix), content + "\n")

    try:
        report = check("cpu" if dry_run else "cuda", DRY if dry_run else Scale(), save)
    except CapsonnxError as error:
        raise click.ClickException(str(error)) from None
    click.echo(to_markdown(report))
    if not report.get("parity", {}).get("TF32 off", {}).get("passed"):
        raise click.ClickException(
            "parity failed; expected the CPU's answers; do not use this provider, or try with NVIDIA_TF32_OVERRIDE=0"
        )
    if failed := list(report["failed"]):
        raise click.ClickException(f"failed: {', '.join(failed)}; expected all parts; see the report")


def check(provider: str, scale: Scale, save: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Run all parts and return the report as JSON values, saved after each part."""
    path = default_model_path()
    model = load_model(path, provider=provider)
    device = choose_device("cuda" if provider == "cuda" else "cpu")
    report: dict[str, Any] = {
        "dry_run": provider == "cpu",
        "provider": model.provider,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else processor(),
        "cores": cores(),
        "versions": {"onnxruntime": onnxruntime.__version__, "torch": torch.__version__},
        "failed": {},
        "throughput": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        files = precisions(path, Path(folder))
        parts: dict[str, Callable[[], Any]] = {
            "parity": lambda: parities(path, provider, scale),
            "nodes": lambda: {name: nodes(file, provider) for name, file in files.items()},
            "exams": lambda: two_digits(files, provider, scale),
            "roofs": lambda: measure_roofs(device, scale),
            "kernels": lambda: kernels(files, device, scale),
        }
        for name, part in parts.items():
            try:
                report[name] = part()
            except Exception as error:  # noqa: BLE001 - of torch, too: one part less, not the end
                report["failed"][name] = one_line(error)
            save(report)
        for rows in throughput(files, provider, scale, report.get("roofs", {})):
            report["throughput"] += rows
            save(report)
    return report


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def precisions(path: Path, folder: Path) -> dict[str, Path]:
    """The float32 file, a float16 file made from it, and the shipped int8 file."""
    half = folder / "mnist.fp16.onnx"
    half.write_bytes(to_half(path.read_bytes()))
    files = {"fp32": path, "fp16": half, "int8": path.with_name("mnist.int8.onnx")}
    return {name: file for name, file in files.items() if file.is_file()}


def parities(path: Path, provider: str, scale: Scale) -> dict[str, Any]:
    """Compare every output of the provider with the CPU's, without and with TF32."""
    choices = {"TF32 off": (Cuda(), TOLERANCE), "TF32 on": (Cuda(tf32=True), TF32_TOLERANCE)}
    found = {}
    for name, (cuda, tolerance) in choices.items():
        model, reference = load_model(path, provider=provider, cuda=cuda), load_model(path, provider="cpu")
        report: ParityReport = measure_parity(
            partial(reference, outputs=reference.outputs),
            partial(model, outputs=model.outputs),
            tolerance=tolerance,
            grid=grid_of(model.contract.smallest)[: scale.cases],
        )
        found[name] = {key: value for key, value in report.to_json().items() if key != "cases"}
    return found


def nodes(path: Path, provider: str) -> dict[str, Any]:
    """Count the nodes that each provider actually ran, and list those not on the GPU. (Only their launch is timed.)"""
    ran = profile(path, (64, 28, 56), provider=provider)
    return {
        "count": Counter(node.provider for node in ran),
        "on_the_cpu": sorted({node.operator for node in ran if node.provider.startswith("CPU")}),
    }


def kernels(files: dict[str, Path], device: torch.device, scale: Scale) -> dict[str, Any]:
    """What one batch costs on the device, by kind of kernel; torch's profiler sees all that the process launches."""
    if device.type != "cuda":
        return {}
    images, found = digits(1024, 28, 56), {}
    choices = {"fp32": ("fp32", Cuda()), "fp32, TF32": ("fp32", Cuda(tf32=True)), "fp16": ("fp16", Cuda())}
    for name, (precision, cuda) in choices.items():
        model = load_model(files[precision], provider="cuda", cuda=cuda)
        call = partial(model, images, model.outputs)
        wall = measure({name: call}, seconds=scale.seconds)[name]
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as run:
            for _ in range(PROFILED):
                call()
            torch.cuda.synchronize()
        rows = [
            (event.key, event.self_device_time_total / PROFILED, event.count / PROFILED) for event in run.key_averages()
        ]
        found[name] = {"batch": list(images.shape), "wall_microseconds": 1e6 * wall.median, **by_kind(rows)}
    return found


KINDS = {
    "copies between device and main memory": ("Memcpy",),
    "biases, added apart": ("op_generic_tensor_kernel<4",),
    "Relu": ("OP_Relu",),
    "pooling": ("pooling",),
    "other layouts": ("ranspose", "nchwToNhwc", "nhwcToNchw"),
    "convolutions": ("fprop", "convol", "conv2d", "fft2d", "gemm_cf32"),
    "products of matrices": ("gemm", "gemv"),
}
"""What a kernel does, by a part of its name; the first match applies."""


def by_kind(rows: list[tuple[str, float, float]]) -> dict[str, Any]:
    """The microseconds of each kind of kernel, and the launches, from rows of name, microseconds and number."""
    spent = dict.fromkeys([*KINDS, "the rest"], 0.0)
    for name, microseconds, _ in rows:
        kind = next((kind for kind, parts in KINDS.items() if any(part in name for part in parts)), "the rest")
        spent[kind] += microseconds
    return {"launches": sum(count for *_, count in rows), "microseconds": spent}


def measure_roofs(device: torch.device, scale: Scale) -> dict[str, float]:
    """Measure multiply-adds per second of square matrix products, and bytes per second from pinned memory to device."""
    calls: dict[str, Callable[[], object]] = {}
    kinds = {"fp32": (torch.float32, False), "tf32": (torch.float32, True), "fp16": (torch.half, False)}
    for name, (dtype, tf32) in kinds.items():
        matrix = torch.randn(scale.matrix, scale.matrix, device=device, dtype=dtype)
        calls[name] = product(matrix, device, tf32=tf32)
    source = torch.zeros(scale.copied, dtype=torch.uint8, pin_memory=device.type == "cuda")
    target = torch.empty_like(source, device=device, pin_memory=False)

    def copy() -> None:
        target.copy_(source)
        wait(device)

    found = {name: timing.median for name, timing in measure({**calls, "copy": copy}, seconds=scale.seconds).items()}
    work = scale.matrix**3
    return {name: (scale.copied if name == "copy" else work) / seconds for name, seconds in found.items()}


def product(matrix: torch.Tensor, device: torch.device, *, tf32: bool) -> Callable[[], object]:
    def call() -> None:
        torch.backends.cuda.matmul.allow_tf32 = tf32
        matrix @ matrix
        wait(device)

    return call


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def throughput(
    files: dict[str, Path], provider: str, scale: Scale, roofs: dict[str, float]
) -> Iterator[list[dict[str, Any]]]:
    """Measure every system at every size and batch; those of one size and batch take turns. A failure becomes a row."""
    reference = load_model(files["fp32"], provider="cpu")
    ready: dict[Request, System] = {}
    for height, width in scale.sizes:
        work = multiply_adds(files["fp32"], (1, height, width))
        for batch in scale.batches:
            torch._dynamo.reset()  # otherwise each call would search what was compiled for other shapes
            images = digits(batch, height, width)
            expected = reference(images).lengths
            rows: list[dict[str, Any]] = []
            running: dict[Request, Callable[[], object]] = {}
            differences: dict[Request, float | None] = {}
            for request in requests(files, provider, scale, batch):
                place = {"system": request.name, "size": [height, width], "batch": batch}
                try:
                    run = system_for(request, images, ready).run
                    differences[request] = difference(request, run(images), expected)
                except Exception as error:  # noqa: BLE001 - of torch, too: one choice less, not the end
                    rows.append({**place, "error": one_line(error)})
                else:
                    running[request] = partial(run, images)
            try:
                found = measure(running, seconds=scale.seconds)
            except Exception as error:  # noqa: BLE001
                rows.append({"system": "all", "size": [height, width], "batch": batch, "error": one_line(error)})
                found = {}
            for request, timing in found.items():
                rate = batch / timing.median
                roof = roofs.get("fp16" if "fp16" in request.path else "tf32" if request.cuda.tf32 else "fp32")
                rows.append(
                    {
                        "system": request.name,
                        "size": [height, width],
                        "batch": batch,
                        "images_per_second": rate,
                        "milliseconds": {str(share): 1000 * timing.at(share) for share in (0.25, 0.5, 0.75, 0.99)},
                        "of_matrix_roof": roof and rate * work / roof,
                        "of_copy_roof": roofs and rate * height * width / roofs["copy"],
                        "difference": differences[request],
                    }
                )
            yield rows


def system_for(request: Request, images: np.ndarray, ready: dict[Request, System]) -> System:
    """A system for a request. One of ours is opened once and takes every shape; a peer is built for each."""
    if request not in ready:
        built = build_system(request, images)
        if request.system != OURS:
            return built
        ready[request] = built
    return ready[request]


def difference(request: Request, found: Any, expected: np.ndarray) -> float | None:
    """How far our lengths are from the CPU's in float32: at most or, with fewer bits, on average. A peer: None.

    Raises:
        ParityError: the difference is more than rounding.
    """
    if request.system != OURS:
        return None
    is_reduced = Path(request.path).stem.endswith((".fp16", ".int8"))
    off = np.abs(getattr(found, LENGTHS) - expected)
    value = float(off.mean() if is_reduced else off.max())
    allowed = REDUCED_TOLERANCE if is_reduced else TF32_TOLERANCE if request.cuda.tf32 else TOLERANCE
    if not value <= allowed:
        raise ParityError(
            f"lengths off by {value:.1e}", expected=f"at most {allowed:.0e}", remedy="do not use this choice"
        )
    return value


def requests(files: dict[str, Path], provider: str, scale: Scale, batch: int) -> list[Request]:
    """Requests for each precision, for float32 and float16 with the options for a GPU, and for the peers."""
    fp32, on_gpu = str(files["fp32"]), provider == "cuda"
    asked = [(fp32, Cuda(tf32=True))] if on_gpu else []
    if on_gpu and batch <= 1024:  # above that, little is saved, and all systems hold their memory at once
        asked += [(fp32, Cuda(prefer_nhwc=True)), (fp32, Cuda(graphs=True)), (fp32, Cuda(tf32=True, graphs=True))]
        asked.append((str(files["fp16"]), Cuda(prefer_nhwc=True, graphs=True)))
    ours = [Request(OURS, str(file), provider) for file in files.values()]
    ours += [Request(OURS, file, provider, cuda=choice) for file, choice in asked]
    compiled = scale.compiled * (batch in scale.compiled_for)
    peers = [Request(name, fp32, provider) for name in scale.peers + compiled]
    if compiled and on_gpu:
        peers.append(Request(compiled[0], fp32, provider, cuda=Cuda(tf32=True)))
    return ours + peers


def two_digits(files: dict[str, Path], provider: str, scale: Scale) -> list[dict[str, Any]]:
    """Run the two-digit exams, from images in main memory to scores there."""
    test = datasets.load("mnist", "test").take(np.arange(scale.digits))
    exams = exam.build_exams(test, list(EXAMS))
    rows = []
    choices = {name: (file, Cuda()) for name, file in files.items()}
    if provider == "cuda":
        choices |= {f"{name}, graphs": (files[name], Cuda(graphs=True)) for name in ("fp32", "fp16")}
    for name, (file, cuda) in choices.items():
        model = load_model(file, provider=provider, cuda=cuda)
        sit = partial(exam.sit, model, batch_size=1024, threshold=model.contract.threshold)
        for built in exams:
            sit(built)  # warms up every shape, including that of the last batch
            rows.append({"precision": name, **dataclasses.asdict(sit(built))})
    return rows


if __name__ == "__main__":
    main()
