# saae verify: exit codes, the table, the JSON others rely on, and that a failure says how to repeat
# itself.
expect_exit 2 "$SAAE" verify --nonsense
expect_exit 2 "$SAAE" verify --device reference
expect_error 'the reference is what devices are verified against'

if ! "$SAAE" devices --json - | grep -Eq '"usable":[[:space:]]*true'; then
    expect_exit 4 "$SAAE" verify
    if "$SAAE" version | grep -q 'with OpenCL'; then skip_all 'OpenCL: no device'; fi
    expect_error 'this build has no OpenCL'
    exit 0
fi

expect_exit 2 "$SAAE" verify --op conv3d
expect_error "no op 'conv3d'"
expect_exit 2 "$SAAE" verify --op add.forward --case 100000
expect_error "no case '100000'"

expect_exit 0 "$SAAE" verify --op add.forward --case 0 --verbose
expect_output_matching '^ok +add\.forward case 0 \(direct\): '
expect_output_matching '^add\.forward +1 +0 +0 '
expect_output_matching '^all +1 +0 +0 '
expect_exit 0 "$SAAE" verify --op max_pool.forward --case '1x2x3x1 -> 1x1x1x1'
expect_exit 0 "$SAAE" verify --op sigmoid --budget 1e-9
expect_output_matching '^sigmoid\.forward +0 +0 +[1-9][0-9]* '
expect_exit 0 "$SAAE" verify --step --budget 1 --verbose
expect_output_matching '^ok +step adversarial, preset tiny: '
expect_output_matching '^skipped step autoencoder, preset small'
expect_output_matching '^all +6 +0 +9 '
expect_exit 0 "$SAAE" verify --op add.forward --case 3 --vector-width 2
expect_output 'vectors of 2 floats'
expect_exit 2 "$SAAE" verify --vector-width 3

# With a fault in a kernel.
cp -r "$ROOT/cl" "$TEMP/cl"
sed -i 's/VECTOR value = tanh(/VECTOR value = -tanh(/' "$TEMP/cl/tanh.cl"
expect_exit 1 env SAAE_CL_DIR="$TEMP/cl" "$SAAE" verify --op tanh.forward --case 3 --json -
expect_error_matching '^FAILED +tanh\.forward case 3 '
expect_error_matching '^ +saae verify --device [0-9]+:[0-9]+ --op tanh\.forward --case 3$'
expect_error 'checks failed on'
for field in device cases passed failed skipped failures op pass case error bound repeat; do
    expect_output "\"$field\":"
done
expect_output_matching '"failed":[[:space:]]*1,'
expect_exit 1 env SAAE_CL_DIR="$TEMP/cl" "$SAAE" verify --op tanh.forward --case 3 --vector-width 4
expect_output_matching '^ +saae verify --device .* --op tanh\.forward --case 3 --vector-width 4$'

expect_exit 0 "$SAAE" verify --op tanh.forward --case 3 --json "$TEMP/result.json"
expect_file "$TEMP/result.json"
expect 'no failures' grep -Eq '"failures":[[:space:]]*\[\]' "$TEMP/result.json"
expect_exit 5 "$SAAE" verify --op tanh.forward --case 3 --json "$TEMP/none/result.json"
