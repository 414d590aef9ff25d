"""Compare models and their peers in one run: images per second, latency, memory, and how near they are to the roof."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from capsonnx.benchmark.files import FirstRow, FolderResult, measure_first_row, measure_folder
from capsonnx.benchmark.images import digits
from capsonnx.benchmark.machine import gemm, gemm_multiply_adds, processor
from capsonnx.benchmark.requests import OURS, PEERS, Request
from capsonnx.benchmark.systems import build_system, check_peers
from capsonnx.benchmark.timing import Ratio, Timing, measure, ratio
from capsonnx.benchmark.work import multiply_adds, profile, time_by_operator
from capsonnx.benchmark.worker import Alone, run_alone
from capsonnx.errors import InputError, ModelError
from capsonnx.runtime import DEFAULT_CUDA, Cuda, load_model
from capsonnx.runtime.parallel import cores
from capsonnx.runtime.providers import CPU, CUDA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Comparison", "Measured", "Settings", "compare"]

ROOF = "roof"

PROFILED = 16
"""The number of images profiled at once, by one thread: on a CPU, batches are processed in pieces as well."""


@dataclass(frozen=True)
class Settings:
    """What to measure.

    Attributes:
        batch: images per batch, for throughput; latency is measured with one image.
        size: height and width in pixels.
        provider: the execution provider of the models.
        threads: the threads that one batch may use on a CPU, or None for one on every core.
        against: names of peers in :data:`capsonnx.benchmark.requests.PEERS`.
        seconds: how long to measure each system for throughput, and again for latency.
        files: how many image files to read for the end-to-end figures, or 0 to skip them.
        cuda: the options for a GPU.
    """

    batch: int = 128
    size: tuple[int, int] = (28, 56)
    provider: str = "auto"
    threads: int | None = None
    against: tuple[str, ...] = ()
    seconds: float = 5.0
    files: int = 1024
    cuda: Cuda = DEFAULT_CUDA


@dataclass(frozen=True)
class Measured:
    """The measurements of one system.

    Attributes:
        request: what was run.
        version: the version of the package that ran it.
        settings: the best settings for the batch and for one image; for our own runtime, the provider actually used.
        throughput: the seconds per batch.
        latency: the seconds per single image.
        memory: the memory for the batch, in a process of its own.
        multiply_adds: the multiply-adds per image, from the graph of the file.
    """

    request: Request
    version: str
    settings: tuple[str, str]
    throughput: Timing
    latency: Timing
    memory: Alone
    multiply_adds: int


@dataclass(frozen=True)
class Comparison:
    """All systems of one run.

    Attributes:
        settings: what was requested.
        processor: the name of the processor.
        cores: how many cores this process may use.
        roof: the seconds per product of square float32 matrices, measured in turns with the batches.
        measured: the systems, models first.
        folders: for each model, in order, files against memory; empty if no files were requested.
        first_rows: for each model, the start of ``capsonnx infer``; empty if no files were requested.
        profiles: for each model, the share of each operator in its time on a CPU; empty for any other provider, where
            ONNX Runtime only times the launching of nodes.
    """

    settings: Settings
    processor: str
    cores: int
    roof: Timing
    measured: tuple[Measured, ...]
    folders: tuple[FolderResult, ...]
    first_rows: tuple[FirstRow, ...]
    profiles: tuple[dict[str, float], ...]

    @property
    def roof_rate(self) -> float:
        """The multiply-adds per second of the matrix product."""
        return gemm_multiply_adds() / self.roof.median

    def images_per_second(self, one: Measured, share: float = 0.5) -> float:
        """The quantile ``share``, in 0..1, of the images per second of the batch: 0.25 and 0.75 are the quartiles."""
        return self.settings.batch / one.throughput.at(1 - share)

    def fraction(self, one: Measured) -> float:
        """A system's multiply-adds per second as a fraction of the roof; more than 1 is possible in int8."""
        return self.images_per_second(one) * one.multiply_adds / self.roof_rate

    def ratios(self) -> list[tuple[Measured, Measured, Ratio, Ratio]]:
        """How many times as fast each model is as each peer and as each model before it: throughput, and latency."""
        ours = [one for one in self.measured if one.request.system == OURS]
        peers = [one for one in self.measured if one.request.system != OURS]
        pairs = [*itertools.product(ours, peers), *itertools.combinations(reversed(ours), 2)]
        return [
            (one, other, ratio(one.throughput, other.throughput), ratio(one.latency, other.latency))
            for one, other in pairs
        ]


def compare(paths: Sequence[Path], settings: Settings, *, tell: Callable[[str], object] = lambda _: None) -> Comparison:
    """Measure models and their peers in turns.

    Args:
        paths: .onnx files that follow the contract, at least one.
        settings: what to measure.
        tell: called with what is being done.

    Raises:
        InputError: a file or a peer is missing, a file does not take images of this size, torch-graphs is requested on
            a CPU, or torch and no file is a float32 file.
        ModelError: a file breaks the contract, or a system cannot run it.
        ProviderError: the provider is not available.
    """
    check_peers(list(settings.against))
    requests = _requests(paths, settings)
    height, width = settings.size
    tell("counting multiply-adds")
    work = {path: multiply_adds(path, (1, height, width)) for path in paths}
    many, one = digits(settings.batch, height, width), digits(1, height, width)
    # Memory first: these processes must not share the cores with timed calls.
    memory = []
    for request in requests:
        tell(f"memory of {request.name}")
        memory.append(run_alone(request, many.shape))
    tell("throughput")
    batched = {request: build_system(request, many) for request in requests}
    calls: dict[Request | str, Callable[[], object]] = {
        request: partial(system.run, many) for request, system in batched.items()
    }
    throughput = measure({**calls, ROOF: gemm()}, seconds=settings.seconds)
    tell("latency")
    single = {request: build_system(request, one) for request in requests}
    latency = measure(
        {request: partial(system.run, one) for request, system in single.items()}, seconds=settings.seconds
    )
    measured = [
        Measured(
            request,
            batched[request].version,
            (batched[request].setting, single[request].setting),
            throughput[request],
            latency[request],
            alone,
            work[Path(request.path)],
        )
        for request, alone in zip(requests, memory, strict=True)
    ]
    folders, first_rows = _end_to_end(paths, settings, tell) if settings.files else ((), ())
    tell("where the time goes")
    is_on_cpu = all(system.setting == CPU for request, system in batched.items() if request.system == OURS)
    profiles = tuple(_shares(path, settings) for path in paths) if is_on_cpu else ()
    return Comparison(settings, processor(), cores(), throughput[ROOF], tuple(measured), folders, first_rows, profiles)


def _requests(paths: Sequence[Path], settings: Settings) -> list[Request]:
    """Requests for the models, then for each peer: one for every file or, for torch, only for a float32 file."""
    ours = [Request(OURS, str(path), settings.provider, settings.threads, settings.cuda) for path in paths]
    # Load them all, to report any problem with a file or the provider before anything is measured.
    models = [load_model(path, provider=settings.provider) for path in paths]
    smallest = max(model.contract.smallest for model in models)
    if min(settings.size) < smallest:
        raise InputError(
            "images of {}×{} pixels".format(*settings.size),
            expected=f"a height and a width of at least {smallest}",
            remedy="pass a larger --size",
        )
    for model in models:
        if model.size not in (None, settings.size):
            raise InputError(
                "{}: images of {}×{} pixels".format(model.path, *settings.size),
                expected="{}×{}, the only size that it takes".format(*model.size),
                remedy="pass --size {}x{}".format(*model.size),
            )
    device = "cuda" if CUDA in {model.provider for model in models} else "cpu"
    if "torch-graphs" in settings.against and device == "cpu":
        raise InputError(
            "--against torch-graphs on a CPU", expected="a GPU, which has CUDA graphs", remedy="leave torch-graphs out"
        )
    peers = []
    for name in settings.against:
        of_torch = "torch" in PEERS[name]
        chosen = [_float32_file(paths)] if of_torch else paths
        where, cuda = (device, Cuda(tf32=settings.cuda.tf32)) if of_torch else ("cpu", DEFAULT_CUDA)
        peers += [Request(name, str(path), where, settings.threads, cuda) for path in chosen]
    return ours + peers


def _float32_file(paths: Sequence[Path]) -> Path:
    from capsonnx.export import load_network  # noqa: PLC0415 - imports torch, which is there: see check_peers

    for path in paths:
        try:
            load_network(path)
        except ModelError:
            continue
        return path
    raise InputError(
        f"--against torch, and of {', '.join(map(str, paths))} none is a float32 file that 'capsonnx export' made",
        expected="one among the files, whose network torch can run",
        remedy="name it as well, or leave torch out",
    )


def _shares(path: Path, settings: Settings) -> dict[str, float]:
    """The share of the time, in 0..1, that the nodes of each operator take, the largest first."""
    shape = (min(settings.batch, PROFILED), *settings.size)
    times = time_by_operator(profile(path, shape, threads=1, runs=20))
    whole = sum(times.values())
    return {operator: seconds / whole for operator, seconds in times.items()}


def _end_to_end(
    paths: Sequence[Path], settings: Settings, tell: Callable[[str], object]
) -> tuple[tuple[FolderResult, ...], tuple[FirstRow, ...]]:
    folders, first_rows = [], []
    for path in paths:
        model = load_model(path, provider=settings.provider, threads=settings.threads, cuda=settings.cuda)
        tell(f"files and {path.stem}")
        folders.append(measure_folder(model, settings.size, count=settings.files, seconds=settings.seconds))
        tell(f"first row of {path.stem}")
        first_rows.append(measure_first_row(path, provider=settings.provider))
    return tuple(folders), tuple(first_rows)
