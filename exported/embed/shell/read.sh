#!/usr/bin/env bash
# Print the labels that an exported file sees in an image: read.sh MODEL IMAGE. Needs capsonnx and jq.
set -euo pipefail
capsonnx infer --model "$1" --format jsonl "$2" | jq --raw-output '
  def two: "00\(. * 100 | round)" | .[-3:-2] + "." + .[-2:];
  .scores as $scores | .error // ([.labels[] | "\(.) \($scores[.] | two)"] | join("  "))'
