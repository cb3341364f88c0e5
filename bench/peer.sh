#!/usr/bin/env bash
# bench/peer.sh [OPTION...]: `saae bench` and PyTorch on the same work, in turn, and the ratios.
#
#   PYTHON=/path/to/python bench/peer.sh --preset paper --batch 64 --turns 3
#
#   --preset P, --batch N, --rounds N   as of both programs (paper, 64, 7)
#   --turns N      how often each has its turn, ours first (2)
#   --device D     ours, as `saae devices` lists it
#   --peer-device  theirs: cpu or cuda (cpu)
#   --variant V    theirs: eager, channels_last, compile, channels_last+compile or best (best)
#   --threads N    theirs (PyTorch's default)
#   --convolutions each convolution of the preset by itself, instead of steps and generation
#   --keep DIR     the JSON of every turn stays there
#
# Both must have the machine for themselves. BUILD=DIR takes another build than build/.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
PYTHON=${PYTHON:-python3}
SAAE=${BUILD:-$ROOT/build}/saae
preset=paper batch=64 rounds=7 turns=2 device='' peer_device=cpu variant=best threads=0
keep='' convolutions=''

usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
    exit "$1"
}

while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage 0 ;;
    --convolutions)
        convolutions=yes
        shift
        ;;
    --preset | --batch | --rounds | --turns | --device | --peer-device | --variant | --threads | --keep)
        [ $# -gt 1 ] || { echo "peer.sh: $1 needs a value" >&2; exit 2; }
        name=${1#--}
        printf -v "${name//-/_}" '%s' "$2"
        shift 2
        ;;
    *)
        echo "peer.sh: unknown option $1" >&2
        usage 2 >&2
        ;;
    esac
done

[ -x "$SAAE" ] || { echo "peer.sh: $SAAE is not there: run 'make'" >&2; exit 3; }
"$PYTHON" -c 'import torch' 2>/dev/null || {
    echo "peer.sh: $PYTHON has no torch: name another with PYTHON=, or 'pip install torch'" >&2
    exit 3
}

if [ -n "$keep" ]; then
    folder=$keep
    mkdir -p "$folder"
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi

measure_ours() { # JSON
    local parts=(--step --generate --op none)
    [ -z "$convolutions" ] || parts=(--op conv2d)
    "$SAAE" bench "${parts[@]}" --preset "$preset" --batch "$batch" --rounds "$rounds" \
        ${device:+--device "$device"} --json "$1" >/dev/null
}

measure_theirs() { # JSON-OF-OURS JSON
    local shared=(--rounds "$rounds" --device "$peer_device" --threads "$threads" --json "$2")
    if [ -n "$convolutions" ]; then
        "$PYTHON" "$ROOT/bench/peers/torch_conv.py" --cases "$1" "${shared[@]}"
    else
        "$PYTHON" "$ROOT/bench/peers/torch_saae.py" --preset "$preset" --batch "$batch" \
            --variant "$variant" "${shared[@]}"
    fi
}

ours=() theirs=()
for turn in $(seq "$turns"); do
    echo "turn $turn of $turns: saae" >&2
    measure_ours "$folder/saae-$turn.json"
    echo "turn $turn of $turns: PyTorch" >&2
    measure_theirs "$folder/saae-$turn.json" "$folder/torch-$turn.json"
    ours+=("$folder/saae-$turn.json")
    theirs+=("$folder/torch-$turn.json")
done
"$PYTHON" "$ROOT/bench/peers/ratios.py" "${ours[@]}" -- "${theirs[@]}"
