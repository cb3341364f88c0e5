# The list of devices: always an answer, with or without drivers, and a cache that may be anywhere.

export SAAE_CACHE_DIR=$TEMP/cache
expect_exit 0 "$SAAE" devices
expect_output 'reference'
expect_exit 0 "$SAAE" devices --json -
expect_output_matching '^\['
expect_exit 0 "$SAAE" devices --json "$TEMP/devices.json"
expect_no_output
expect_file "$TEMP/devices.json"
expect_exit 5 "$SAAE" devices --json "$TEMP/absent/devices.json"
expect_error "$TEMP/absent/devices.json"
expect_exit 2 "$SAAE" devices --fast
expect_error 'unknown option --fast'

case $("$SAAE" --version) in *'without OpenCL'*)
    expect_exit 0 "$SAAE" devices
    expect_output 'this build has no OpenCL'
    exit 0
    ;;
esac

# An empty folder of drivers: nothing is found, the note says what to install.
mkdir "$TEMP/drivers"
expect_exit 0 env OCL_ICD_VENDORS="$TEMP/drivers" "$SAAE" devices
expect_output 'pocl-opencl-icd'
expect_output 'reference'
expect_exit 0 env OCL_ICD_VENDORS="$TEMP/drivers" "$SAAE" devices --json -
expect_output '[]'

grep -q '"default":[[:space:]]*true' "$TEMP/devices.json" || skip_all 'OpenCL: no usable device'
expect 'one device is the default' \
    test "$(grep -c '"default":[[:space:]]*true' "$TEMP/devices.json")" -eq 1
expect_exit 0 "$SAAE" devices
expect_output_matching '^\* [0-9]+:[0-9]+ '
expect_exit 0 "$SAAE" devices --measure
expect_output_matching 'measured: [0-9.e+-]+ GFLOP/s, [0-9.e+-]+ GB/s'
expect_file "$TEMP/cache/devices.json"
expect_exit 0 "$SAAE" devices
expect_output 'measured:'
expect_exit 0 env SAAE_CACHE_DIR= "$SAAE" devices
expect 'without a cache nothing is remembered' \
    test -z "$(SAAE_CACHE_DIR='' "$SAAE" devices | grep 'measured:')"

# In a jail without /sys PoCL would end the process. Only root may hide it, and not everywhere.
if unshare -m true 2>/dev/null; then
    expect_exit 0 unshare -m sh -c "mount -t tmpfs none /sys && '$SAAE' devices"
    expect_output_matching '^\* [0-9]+:[0-9]+ '
fi
