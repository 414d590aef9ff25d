"""Benchmarks: models and their peers in one run, files against memory, and how cost grows."""

from capsonnx.benchmark.compare import Comparison, Measured, Settings, compare
from capsonnx.benchmark.files import FirstRow, FolderResult, measure_first_row, measure_folder
from capsonnx.benchmark.growth import Fit, Point, fit_memory, measure_growth
from capsonnx.benchmark.machine import processor
from capsonnx.benchmark.requests import OURS, PEERS, Request
from capsonnx.benchmark.systems import System, build_system, check_peers
from capsonnx.benchmark.timing import Ratio, Timing, measure, ratio
from capsonnx.benchmark.work import Node, multiply_adds, profile, time_by_operator
from capsonnx.benchmark.worker import Alone, run_alone
from capsonnx.runtime.parallel import cores

__all__ = [
    "OURS",
    "PEERS",
    "Alone",
    "Comparison",
    "FirstRow",
    "Fit",
    "FolderResult",
    "Measured",
    "Node",
    "Point",
    "Ratio",
    "Request",
    "Settings",
    "System",
    "Timing",
    "build_system",
    "check_peers",
    "compare",
    "cores",
    "fit_memory",
    "measure",
    "measure_first_row",
    "measure_folder",
    "measure_growth",
    "multiply_adds",
    "processor",
    "profile",
    "ratio",
    "run_alone",
    "time_by_operator",
]
