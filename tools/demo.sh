#!/usr/bin/env bash
# tools/demo.sh [BUILD]: trains the preset "small" on Fashion-MNIST, has a recogniser that saw real
# images only judge what it draws, and draws a grid: styles in the first column, contents in the
# first row. Run again after an interruption, it goes on where it stopped.
set -euo pipefail

cd "$(dirname "$0")/.."
build=${1:-build}
saae=$build/saae

# The schedule: made for at most ten minutes on two CPU cores, the judge's training included.
data=${DEMO_DATA:-fashion-mnist}
preset=${DEMO_PRESET:-small}
epochs=${DEMO_EPOCHS:-1,0.2,1.5}       # passes over the images in steps 1, 2 and 3
rates=${DEMO_RATES:-1e-3,5e-4,5e-4}    # of G in step 1, of D, of G in step 3
adversarial=${DEMO_ADVERSARIAL:-0.004} # the adversarial term's weight a pixel
judge_epochs=${DEMO_JUDGE_EPOCHS:-3}
reconstruct=${DEMO_RECONSTRUCT:-2000} # test images
seed=${DEMO_SEED:-1}

out=$build/demo
run=$out/run
checkpoint=$run/checkpoint.safetensors
mkdir -p "$out"

if [ -f "$checkpoint" ]; then
    "$saae" train --out "$run" --resume
else
    "$saae" train --data "$data" --content medoids --preset "$preset" --epochs "$epochs" \
        --rates "$rates" --adversarial "$adversarial" --seed "$seed" --out "$run"
fi
"$saae" evaluate --checkpoint "$checkpoint" --judge "$out/judge.safetensors" \
    --judge-epochs "$judge_epochs" --reconstruct "$reconstruct" --seed "$seed" --out "$out"
"$saae" generate --checkpoint "$checkpoint" --style "$data:test" --content all --seed "$seed" \
    --out "$out/grid.png"
echo
echo "the picture: $out/grid.png"
