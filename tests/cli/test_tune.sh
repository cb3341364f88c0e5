# saae tune: the search within its time, the table, what is kept, and what it refuses.
expect_exit 2 "$SAAE" tune --nonsense
expect_exit 2 "$SAAE" tune --preset huge
expect_exit 2 "$SAAE" tune --budget 0
expect_exit 0 "$SAAE" tune --help
expect_output '--budget SECONDS'

if ! "$SAAE" devices --json - | grep -Eq '"usable":[[:space:]]*true'; then
    if "$SAAE" version | grep -q 'with OpenCL'; then skip_all 'OpenCL: no device'; fi
    expect_exit 4 "$SAAE" tune --preset tiny
    exit 0
fi

expect_exit 2 "$SAAE" tune --device reference
expect_error 'nothing to tune'

tiny=(--preset tiny --batch 2 --size 8x8)
SAAE_CACHE_DIR='' expect_exit 2 "$SAAE" tune "${tiny[@]}" --budget 1
expect_error 'cache folder'

export SAAE_CACHE_DIR=$TEMP/cache
expect_exit 0 "$SAAE" tune "${tiny[@]}" --budget 3
expect_output 'usual ms'
expect_output_matching 'conv2d\.forward 2x8x8x4->4 3x3: direct'
expect_file "$TEMP/cache/algorithms.json"
expect_exit 0 "$SAAE" tune "${tiny[@]}" --budget 1 --json -
for field in device driver preset batch calls call uses usual chosen usual_ms ms tuned; do
    expect_output "\"$field\":"
done
