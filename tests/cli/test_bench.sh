# saae bench: what is timed, the table, the JSON others rely on, and results of several machines.
expect_exit 2 "$SAAE" bench --nonsense
expect_exit 2 "$SAAE" bench --no-verify
expect_error 'unknown option --no-verify'
expect_exit 2 "$SAAE" bench --preset huge
expect_exit 2 "$SAAE" bench --batch 0
expect_exit 2 "$SAAE" bench --device reference
expect_error 'it is not timed'
expect_exit 2 "$SAAE" bench results.json
expect_error 'follow --compare'
expect_exit 3 "$SAAE" bench --compare "$TEMP/none.json"
expect_error "$TEMP/none.json"
expect_exit 0 "$SAAE" bench --help
expect_output '--compare FILE'

if ! "$SAAE" devices --json - | grep -Eq '"usable":[[:space:]]*true'; then
    expect_exit 4 "$SAAE" bench
    if "$SAAE" version | grep -q 'with OpenCL'; then skip_all 'OpenCL: no device'; fi
    expect_error 'this build has no OpenCL'
    exit 0
fi

tiny=(--preset tiny --batch 2 --rounds 1)

expect_exit 0 "$SAAE" bench "${tiny[@]}" --step --generate --json -
for field in device driver preset batch verified peak_device_bytes peak_rss_bytes 1 2 3 generate \
    ms ms_min ms_max images_per_s peak gflops gbs ops op pass case algorithm; do
    expect_output "\"$field\":"
done
expect_output_matching '"verified":[[:space:]]*true'
expect_output_matching '"case":[[:space:]]*"2x28x28x4->4 3x3"'
expect_output_matching '^\{'

expect_exit 0 "$SAAE" bench --preset small --batch 8 --rounds 1 --exact --op conv2d --json -
expect_output_matching '"exact":[[:space:]]*true'
expect 'exact: no other sums than the formulas' \
    bash -c "! grep -E '\"algorithm\":.*\"(winograd|fft)' '$TEMP/.last/output'"

expect_exit 0 "$SAAE" bench "${tiny[@]}" --op conv2d.forward --json "$TEMP/one.json"
expect_file "$TEMP/one.json"
expect_output_matching '^preset tiny, batch 2; medians of 1 rounds$'
expect_output_matching '% direct +\| conv2d\.forward 2x28x28x4->1 3x3, 1 1 2 1 1$'
expect 'only what --op names' test "$(grep -c '"op":' "$TEMP/one.json")" = \
    "$(grep -c '"pass":.*"forward"' "$TEMP/one.json")"
expect 'no step without --step' test -z "$(grep '"images_per_s"' "$TEMP/one.json")"
expect_exit 2 "$SAAE" bench "${tiny[@]}" --op conv3d
expect_error "no op 'conv3d'"

device=$("$SAAE" devices --json - | sed -nE 's/.*"id":[[:space:]]*"([0-9:]+)".*/\1/p; /"default":[[:space:]]*true/q' |
    tail -n 1)
expect_exit 0 "$SAAE" bench "${tiny[@]}" --op none --generate --device "$device" --device "$device" \
    --json "$TEMP/two.json"
expect_output_matching '^generate +[0-9.]+ \(.*\) +[0-9.]+ +[0-9.]+ \(.*\) +[0-9.]+ +[0-9.]+x$'
expect 'a list of two' test "$(grep -c '"driver":' "$TEMP/two.json")" = 2

# Results of other runs, beside each other and beside a new one.
expect_exit 0 "$SAAE" bench --compare "$TEMP/one.json" "$TEMP/two.json"
expect_output_matching '^\[3\] '
expect_output 'conv2d.forward'
expect_exit 0 "$SAAE" bench "${tiny[@]}" --op none --generate --compare "$TEMP/two.json"
expect_output_matching '^\[3\] '
expect_exit 2 "$SAAE" bench --preset tiny --batch 3 --rounds 1 --op none --generate \
    --compare "$TEMP/one.json"
expect_error 'compare like with like'
expect_exit 2 "$SAAE" bench --compare "$TEMP/one.json" --json -
expect_exit 3 "$SAAE" bench --compare "$ROOT/README.md"
expect_error "was not written by 'saae bench --json'"
expect_exit 5 "$SAAE" bench "${tiny[@]}" --op fill --json "$TEMP/none/result.json"

# With a fault in a kernel there are no figures.
cp -r "$ROOT/cl" "$TEMP/cl"
sed -i 's|1.0f / (1.0f + exp|1.001f / (1.0f + exp|' "$TEMP/cl/sigmoid.cl"
expect_exit 1 env SAAE_CL_DIR="$TEMP/cl" "$SAAE" bench "${tiny[@]}" --step
expect_error 'sigmoid.forward'
expect_no_output
