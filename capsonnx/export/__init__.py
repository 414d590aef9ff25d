"""Export to ONNX through the parity gate, and the checks on any exported file."""

from capsonnx.export.checks import Check
from capsonnx.export.exporter import InputType, contract_of, to_onnx, with_routings
from capsonnx.export.gate import Inspection, check_file, export, report_path
from capsonnx.export.parity import ParityReport, measure_parity

__all__ = [
    "Check",
    "InputType",
    "Inspection",
    "ParityReport",
    "check_file",
    "contract_of",
    "export",
    "measure_parity",
    "report_path",
    "to_onnx",
    "with_routings",
]
