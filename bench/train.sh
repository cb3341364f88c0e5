#!/usr/bin/env bash
# bench/train.sh [OPTION...]: pictures a second of `saae train` and of the same steps in `saae
# bench`, in turn, and what of the one is left in the other.
#
#   bench/train.sh --preset small --steps 100 --turns 3
#
#   --preset P, --batch N, --device D   as of both (small, 64, the default device)
#   --data DATA    as of train (fashion-mnist)
#   --steps N      of each kind in a turn, a multiple of 10 (60)
#   --turns N      how often each has its turn, bench first (3)
#
# A step is timed as the run's metrics.csv has it: over ten steps with their batches, the reading of
# their losses and the lines of metrics, but not the first ones, which build kernels, nor samples
# and checkpoints. Both take their algorithms by the rule, from an empty cache folder. The machine
# must have nothing else to do. BUILD=DIR takes another build than build/.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
SAAE=${BUILD:-$ROOT/build}/saae
preset=small batch=64 steps=60 turns=3 data=fashion-mnist device=''

usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
    exit "$1"
}

while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage 0 ;;
    --preset | --batch | --steps | --turns | --data | --device)
        [ $# -gt 1 ] || { echo "train.sh: $1 needs a value" >&2; exit 2; }
        printf -v "${1#--}" '%s' "$2"
        shift 2
        ;;
    *)
        echo "train.sh: unknown option $1" >&2
        usage 2 >&2
        ;;
    esac
done
[ -x "$SAAE" ] || { echo "train.sh: $SAAE is not there: run 'make'" >&2; exit 3; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SAAE_CACHE_DIR=$folder/cache
common=(--preset "$preset" --batch "$batch")
[ -z "$device" ] || common+=(--device "$device")

# Progress is not of interest, unless it fails.
quietly() {
    local code=0
    "$@" 2>"$folder/messages" || code=$?
    [ "$code" -eq 0 ] || cat "$folder/messages" >&2
    return "$code"
}

# Lines "bench|train KIND PICTURES_A_SECOND".
for turn in $(seq "$turns"); do
    echo "turn $turn of $turns" >&2
    quietly "$SAAE" bench --step --op none --rounds 5 "${common[@]}" |
        awk '$1 == "step" { print "bench", $2, $NF }' >>"$folder/figures"
    quietly "$SAAE" train --no-tune "${common[@]}" --data "$data" --limit $((batch * steps)) \
        --epochs 1,1,1 --out "$folder/run-$turn"
    awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == "images_per_s") column = i; next }
        !($2 in kind) { kind[$2] = ++kinds; next }
        $column != "" { print "train", kind[$2], $column }' "$folder/run-$turn/metrics.csv" \
        >>"$folder/figures"
    rm -r "$folder/run-$turn"
done

echo "preset $preset, batch $batch: pictures a second, medians of $turns turns"
sort -k1,1 -k2,2n -k3,3g "$folder/figures" | awk '
    { key = $1 " " $2; value[key, ++count[key]] = $3; if ($2 > kinds) kinds = $2 }
    function median(key,  n) {
        n = count[key]
        return (value[key, int((n + 1) / 2)] + value[key, int((n + 2) / 2)]) / 2
    }
    END {
        printf "%-8s %10s %10s  train / bench\n", "", "bench", "train"
        for (k = 1; k <= kinds; k++) {
            bench = median("bench " k)
            train = median("train " k)
            printf "step %-3d %10.1f %10.1f  %.3f\n", k, bench, train, train / bench
        }
    }'
