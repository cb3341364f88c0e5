#!/usr/bin/env bash
# tools/demo.sh [BUILD]: trains the smallest preset on Fashion-MNIST for a few minutes and draws a
# grid: each row one content, each column one style.
set -euo pipefail

cd "$(dirname "$0")/.."
BUILD=${1:-build}
out=$BUILD/demo
mkdir -p "$out"
"$BUILD/saae" train --data fashion-mnist --preset tiny --out "$out/run" ${DEMO_FLAGS:-}
"$BUILD/saae" generate --checkpoint "$out/run" --data fashion-mnist --out "$out/grid.png"
echo "the picture: $out/grid.png"
