# The positive control of the search for data races: with any one barrier taken out of the kernels,
# Oclgrind must report a race or `saae verify` must fail; with all of them in, neither.
if ! "$SAAE" version | grep -q 'with OpenCL'; then
    expect_exit 4 "$SAAE" verify --device Oclgrind
    exit 0
fi
command -v oclgrind >/dev/null || skip_all 'Oclgrind: not installed'
# Oclgrind and AddressSanitizer both want to be loaded first.
if nm "$SAAE" 2>/dev/null | grep __asan_init >/dev/null; then # all of it is read: no SIGPIPE
    passed 'not with AddressSanitizer: barriers are in kernels only'
    exit 0
fi

cp -r "$ROOT/cl" "$TEMP/cl"
races=$TEMP/races

# Squared error sums over a group once, batch_norm.backward twice in a row; the products of
# convolutions and of Winograd's points take several slabs; neighbours share a thin layer's sums.
one='1x5x7x1,1x5x7x1 -> 1x1x1x1 scale 1'
two='2x3x5x3,1x1x1x3,1x1x1x3,1x1x1x3,1x1x1x3,2x3x5x3 -> 2x3x5x3,1x1x1x3,1x1x1x3 training slope 0.2'
forward='2x4x5x15,3x3x15x5 -> 2x4x5x5'
thin='2x4x5x16,3x3x16x3 -> 2x4x5x3'
weights='2x4x5x3,2x4x5x5 -> 3x3x3x5'
verify_in_oclgrind() {
    : >"$races"
    SAAE_CL_DIR=$TEMP/cl oclgrind --data-races --log "$races" "$SAAE" verify --device Oclgrind \
        --op "$1" --case "$2"
}
find_fault() {
    verify_in_oclgrind squared_error.forward "$one" || return 0
    grep -q 'data race' "$races" && return 0
    verify_in_oclgrind batch_norm.backward "$two" || return 0
    grep -q 'data race' "$races" && return 0
    verify_in_oclgrind conv2d.forward "$forward" || return 0
    grep -q 'data race' "$races" && return 0
    verify_in_oclgrind conv2d.forward "$thin" || return 0
    grep -q 'data race' "$races" && return 0
    verify_in_oclgrind conv2d.backward_weights "$weights" || return 0
    grep -q 'data race' "$races"
}

expect 'all barriers: squared_error.forward passes' \
    verify_in_oclgrind squared_error.forward "$one"
expect 'all barriers: no report' test ! -s "$races"
expect 'all barriers: batch_norm.backward passes' verify_in_oclgrind batch_norm.backward "$two"
expect 'all barriers: no report' test ! -s "$races"
expect 'all barriers: conv2d.forward passes' verify_in_oclgrind conv2d.forward "$forward"
expect 'all barriers: no report' test ! -s "$races"
expect 'all barriers: a thin conv2d.forward passes' verify_in_oclgrind conv2d.forward "$thin"
expect 'all barriers: no report' test ! -s "$races"
expect 'all barriers: conv2d.backward_weights passes' \
    verify_in_oclgrind conv2d.backward_weights "$weights"
expect 'all barriers: no report' test ! -s "$races"

for file in "$ROOT"/cl/*.cl "$ROOT"/cl/*.clh; do
    barriers=$(grep -c 'barrier(' "$file")
    for ((number = 1; number <= barriers; number++)); do
        awk -v number="$number" '/barrier\(/ && ++seen == number { next } { print }' "$file" \
            >"$TEMP/cl/$(basename "$file")"
        expect "cl/$(basename "$file"): the loss of barrier $number is noticed" find_fault
    done
    cp "$file" "$TEMP/cl/"
done
