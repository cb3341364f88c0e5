# saae train: a short run, stopped and killed runs that go on to the same bits, and bad input.
. "$ROOT/tests/cli/support.sh"

data=/usr/share/datasets/fashion-mnist
[ -d "$data" ] || skip_all 'dataset-fashion-mnist: not installed'
has_opencl || export SAAE_DEVICE=reference

# 25 + 5 + 25 steps of a small model
small=(--data fashion-mnist --preset tiny --limit 200 --batch 8 --epochs '1,0.2,1'
    --log-every 5 --sample-every 20 --checkpoint-every 3)

train() {
    "$SAAE" train "${small[@]}" "$@"
}

# The columns that do not measure time.
metrics() {
    cut -d, -f1-11 "$1/metrics.csv"
}

# The bytes of all tensors: what follows the header, which names the command.
tensors() {
    tail -c +$((9 + $(od -An -t u8 -N 8 "$1/checkpoint.safetensors"))) "$1/checkpoint.safetensors"
}

same_run() {
    cmp <(tensors "$1") <(tensors "$2") && test "$(tensors "$1" | wc -c)" -gt 10000 &&
        diff <(metrics "$1") <(metrics "$2")
}

whole=$TEMP/whole
expect_exit 0 train --out "$whole"
expect_error 'autoencoder'
expect_error 'parameters; device memory'
expect_error 'images/s'
has_opencl && expect_error 'device memory used at most'
for file in checkpoint.safetensors checkpoint.safetensors.previous initial.safetensors \
    metrics.jsonl metrics.csv run.json samples/step-00000020.png samples/step-00000055.png; do
    expect_file "$whole/$file"
done
expect 'a line of metrics every 5 steps and before each save' \
    test "$(tail -n 1 "$whole/metrics.csv" | cut -d, -f1)" = 55

begin=$(date +%s%N)
expect_exit 0 train --out "$TEMP/again"
length=$((($(date +%s%N) - begin) / 1000000)) # ms, all programs being there
expect 'the same seed gives the same bits' same_run "$whole" "$TEMP/again"
expect_exit 0 train --out "$TEMP/other" --seed 2
other_run() {
    ! cmp -s <(tensors "$1") <(tensors "$2")
}
expect 'another seed gives others' other_run "$whole" "$TEMP/other"

# stopped by the step count, then by a signal, and gone on with
expect_exit 0 train --out "$TEMP/parts" --max-steps 17
expect_exit 2 train --out "$TEMP/parts"
expect_error 'holds a run already'
"$SAAE" train --out "$TEMP/parts" --resume --max-steps 50 >"$TEMP/log" 2>&1 &
process=$!
for _ in $(seq 300); do # what a run needs is printed once signals are caught
    grep -q 'device memory' "$TEMP/log" && break
    sleep 0.1
done
kill -TERM "$process" 2>/dev/null
wait "$process"
code=$?
expect "a signal ends it with exit code 8 (or it was done): $code" \
    test "$code" = 8 -o "$code" = 0
expect_exit 0 "$SAAE" train --out "$TEMP/parts" --resume
expect 'a stopped run resumes to the same bits' same_run "$whole" "$TEMP/parts"

# one process a folder
"$SAAE" train --data fashion-mnist --preset tiny --out "$TEMP/busy" >"$TEMP/log" 2>&1 &
process=$!
for _ in $(seq 100); do
    [ -f "$TEMP/busy/checkpoint.safetensors" ] && break
    sleep 0.2
done
expect_exit 2 "$SAAE" train --out "$TEMP/busy" --resume
expect_error 'another process is training'
kill -KILL "$process"
wait "$process" 2>/dev/null

# killed at random moments; begun anew when it came to its end before that
killed=$TEMP/killed
kills=0 tries=0 ends=0 same=0
while [ "$kills" -lt 20 ] && [ "$tries" -lt 100 ]; do
    resume=()
    [ -f "$killed/checkpoint.safetensors" ] && resume=(--resume)
    "$SAAE" train "${small[@]}" --out "$killed" "${resume[@]}" >"$TEMP/log" 2>&1 &
    process=$!
    sleep "$(awk -v r=$RANDOM -v t="$length" 'BEGIN { printf "%.3f", t / 1000 * r / 32768 }')"
    kill -KILL "$process" 2>/dev/null
    wait "$process" 2>/dev/null
    case $? in
    137) kills=$((kills + 1)) ;;
    0)
        ends=$((ends + 1))
        same_run "$whole" "$killed" && same=$((same + 1))
        rm -r "$killed"
        ;;
    esac
    tries=$((tries + 1))
done
expect "killed 20 times ($tries runs)" test "$kills" -eq 20
expect "the $ends that ended have the same bits" test "$same" -eq "$ends"
resume=()
[ -f "$killed/checkpoint.safetensors" ] && resume=(--resume)
mkdir -p "$killed/samples"
touch "$killed/run.json.part1" "$killed/samples/step-00000020.png.part1" # of one killed before
expect_exit 0 train --out "$killed" "${resume[@]}"
expect 'a killed run resumes to the same bits' same_run "$whole" "$killed"
expect 'no temporary file stays behind' \
    bash -c "! ls '$killed' '$killed/samples' | grep -q part"

# another device makes other bits: it has to be asked for
expect_exit 0 train --out "$TEMP/moved" --max-steps 3
if has_opencl; then
    expect_exit 2 "$SAAE" train --out "$TEMP/moved" --resume --max-steps 4 --device reference
    expect_error '--allow-different-bits'
    expect_exit 0 "$SAAE" train --out "$TEMP/moved" --resume --max-steps 4 --device reference \
        --allow-different-bits
fi

# the reference trains too, and repeats
expect_exit 0 train --out "$TEMP/reference" --max-steps 4 --device reference
expect_exit 0 train --out "$TEMP/reference2" --max-steps 2 --device reference
expect_exit 0 train --out "$TEMP/reference2" --resume --max-steps 4 --device reference
expect 'the reference resumes to the same bits' same_run "$TEMP/reference" "$TEMP/reference2"

# each content picture once in a step: the run's own choice, which resuming keeps
expect_exit 0 train --out "$TEMP/once" --max-steps 28 --encode-contents once
expect 'run.json says how contents are encoded' grep -q '"encode_contents":.*1' "$TEMP/once/run.json"
expect_exit 0 train --out "$TEMP/once2" --max-steps 26 --encode-contents once
expect_exit 0 "$SAAE" train --out "$TEMP/once2" --resume --max-steps 28
expect 'contents encoded once resume to the same bits' same_run "$TEMP/once" "$TEMP/once2"

# micro-batches: the run's own choice, said, and kept when it goes on
expect_exit 0 train --out "$TEMP/micro" --max-steps 32 --micro-batch 2
expect_error 'micro-batches of 2: batch-norm works with the statistics of 2 images'
expect 'run.json says the micro-batch' grep -q '"micro_batch":.*2' "$TEMP/micro/run.json"
expect_exit 0 train --out "$TEMP/micro2" --max-steps 28 --micro-batch 2
expect_exit 0 "$SAAE" train --out "$TEMP/micro2" --resume --max-steps 32
expect_error 'micro-batches of 2'
expect 'micro-batches resume to the same bits' same_run "$TEMP/micro" "$TEMP/micro2"
expect_exit 2 "$SAAE" train --out "$TEMP/micro2" --resume --micro-batch 4 --max-steps 33
expect_error 'began with --micro-batch 2'
expect_exit 2 train --out "$TEMP/x" --micro-batch 3
expect_error 'no whole number of micro-batches'
expect_exit 0 train --out "$TEMP/dry" --micro-batch 4 --dry-run
expect_error 'micro-batches of 4'
if "$SAAE" devices 2>/dev/null | grep -q 'Portable Computing Language'; then # a memory of 1 GiB
    export POCL_MEMORY_LIMIT=1
    paper=(train --data fashion-mnist --limit 200 --preset paper --batch 240 --device Portable)
    expect_exit 7 "$SAAE" "${paper[@]}" --out "$TEMP/x"
    expect_error_matching '[0-9.]+ MiB are needed at the peak, and .* has 1024.0 MiB; --micro-batch'
    expect_exit 7 "$SAAE" "${paper[@]}" --out "$TEMP/x" --dry-run
    expect_error 'parameters; device memory'
    expect_exit 0 "$SAAE" "${paper[@]}" --out "$TEMP/x" --dry-run --micro-batch 16
    unset POCL_MEMORY_LIMIT
fi

# plans and profiles leave nothing behind
expect_exit 0 train --out "$TEMP/dry" --dry-run
expect_error 'GFLOP/step'
expect_exit 0 train --out "$TEMP/dry" --profile
expect_output 'conv2d.backward_weights'
expect 'no folder from a dry run' test ! -e "$TEMP/dry"

# bad input
expect_exit 6 train --out "$TEMP/nan" --rates 1e30,1e30,1e30
if has_opencl; then
    expect_error 'is not finite'
    expect_error 'last good checkpoint'
else # doubles get as far as the first checkpoint, whose values do not fit a float
    expect_error 'training has diverged'
fi
expect_file "$TEMP/nan/checkpoint.safetensors"
expect_exit 2 train
expect_error '--out'
expect_exit 2 "$SAAE" train --out "$TEMP/x" --preset huge
expect_error 'tiny|small|paper'
expect_exit 2 "$SAAE" train --out "$TEMP/x" --epochs 1,2
expect_error 'three numbers'
expect_exit 2 train --out "$TEMP/x" --filter 4
expect_error 'odd'
expect_exit 3 "$SAAE" train --out "$TEMP/x" --data "idx:$TEMP/nowhere"
expect_error "$TEMP/nowhere"
expect_exit 4 train --out "$TEMP/x" --device no-such-device
expect_error "$(has_opencl && echo no-such-device || echo 'no OpenCL')"
expect_exit 3 "$SAAE" train --out "$TEMP/x" --resume
expect_error 'holds no run to resume'
expect 'nothing is left of a run that could not begin' test ! -e "$TEMP/x"
printf 'no checkpoint' >"$TEMP/moved/checkpoint.safetensors"
expect_exit 3 "$SAAE" train --out "$TEMP/moved" --resume
expect_error 'checkpoint.safetensors'
touch "$TEMP/file"
expect_exit 5 train --out "$TEMP/file/run"

has_opencl || exit 0 # the reference has one algorithm only

# A run keeps the algorithms it began with, whatever the cache holds when it goes on. The cache is
# written by hand, so that a tuning is chosen on any device. Features enough for two algorithms.
wide() {
    train --features 16 "$@"
}
expect_exit 2 train --out "$TEMP/x" --no-tune --retune
expect_error 'contradict'
expect_exit 0 wide --out "$TEMP/plain" --max-steps 8 --no-tune
export SAAE_CACHE_DIR=$TEMP/cache
expect_exit 0 wide --out "$TEMP/tuned" --max-steps 1
[ -f "$SAAE_CACHE_DIR/algorithms.json" ] || skip_all 'OpenCL: nothing is measured on this device'
expect_error 'measuring which algorithms are the fastest'
expect_exit 0 wide --out "$TEMP/tuned2" --max-steps 1
expect 'measured once' bash -c "! grep measuring '$TEMP/.last/error'"

# Exact runs know no other sums than the formulas', whatever was measured, and go on so.
only_direct() {
    ! grep -E '"(winograd|fft)' "$1/run.json"
}
expect_exit 2 train --out "$TEMP/x" --exact --retune
expect_error 'contradict'
expect_exit 0 wide --out "$TEMP/exact" --max-steps 4 --exact
expect_error 'batch 8, exact'
expect 'run.json says that the run is exact' grep -q '"exact":.*1' "$TEMP/exact/run.json"
expect 'an exact run knows direct algorithms only' only_direct "$TEMP/exact"
expect_exit 0 wide --out "$TEMP/exact2" --max-steps 2 --exact
expect_exit 0 "$SAAE" train --out "$TEMP/exact2" --resume --max-steps 3
expect_exit 0 "$SAAE" train --out "$TEMP/exact2" --resume --exact --max-steps 4
expect 'an exact run resumes to the same bits' same_run "$TEMP/exact" "$TEMP/exact2"
expect_exit 2 "$SAAE" train --out "$TEMP/plain" --resume --exact --max-steps 9
expect_error 'began without it'

faster='{"direct": [2, 0, 0], "winograd": [9, 0, 0], "direct groups=3": [1, 0, 0]}'
{
    sed '/"calls"/q' "$SAAE_CACHE_DIR/algorithms.json"
    sed -nE "s/^.*\"(conv2d.backward_weights[^\"]+)\":.*/\"\\1\": $faster,/p" "$TEMP/plain/run.json"
    echo '"none": {}}}}}'
} >"$TEMP/algorithms.json"
cp "$TEMP/algorithms.json" "$SAAE_CACHE_DIR"
algorithms() {
    "$SAAE" info --json - "$1/checkpoint.safetensors" | sed -n '/"algorithms"/,/}/p'
}
same_algorithms() {
    algorithms "$1" | grep 'direct groups=3' >/dev/null && diff <(algorithms "$1") <(algorithms "$2")
}
expect_exit 0 wide --out "$TEMP/tuning" --max-steps 8
expect_exit 0 wide --out "$TEMP/tuning2" --max-steps 3
rm -r "$SAAE_CACHE_DIR"
expect_exit 0 "$SAAE" train --out "$TEMP/tuning2" --resume --max-steps 8
expect 'a run resumes to the same bits without the cache' \
    same_run "$TEMP/tuning" "$TEMP/tuning2"
expect 'and keeps its list of algorithms' same_algorithms "$TEMP/tuning" "$TEMP/tuning2"
expect 'a tuning makes other bits' other_run "$TEMP/tuning" "$TEMP/plain"
expect_exit 2 "$SAAE" train --out "$TEMP/tuning" --resume --retune --max-steps 9
expect_error '--allow-different-bits'
mkdir -p "$SAAE_CACHE_DIR"
cp "$TEMP/algorithms.json" "$SAAE_CACHE_DIR"
expect_exit 0 "$SAAE" train --out "$TEMP/tuning" --resume --retune --allow-different-bits \
    --max-steps 9
expect_error 'measuring which algorithms are the fastest'
expect 'what was kept is forgotten' \
    bash -c "! grep -qE '\"direct\":[[:space:]]*\[2,' '$SAAE_CACHE_DIR/algorithms.json'"
