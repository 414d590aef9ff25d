"""Export to ONNX through the parity gate, and the checks on any exported file."""

from capsonnx.export.agreement import AgreementReport, measure_agreement
from capsonnx.export.calibration import Calibration, calibration_of, load_test_split
from capsonnx.export.checks import Check, is_decoder, load_network, load_onnx
from capsonnx.export.decoder import (
    check_decoder,
    decoder_contract_of,
    decoder_to_onnx,
    export_decoder,
    require_decoder,
)
from capsonnx.export.exporter import InputType, Size, contract_of, to_onnx, with_routings
from capsonnx.export.gate import Inspection, check_file, export, report_path
from capsonnx.export.parity import ParityReport, measure_parity
from capsonnx.export.precision import Precision

__all__ = [
    "AgreementReport",
    "Calibration",
    "Check",
    "InputType",
    "Inspection",
    "ParityReport",
    "Precision",
    "Size",
    "calibration_of",
    "check_decoder",
    "check_file",
    "contract_of",
    "decoder_contract_of",
    "decoder_to_onnx",
    "export",
    "export_decoder",
    "is_decoder",
    "load_network",
    "load_onnx",
    "load_test_split",
    "measure_agreement",
    "measure_parity",
    "report_path",
    "require_decoder",
    "to_onnx",
    "with_routings",
]
