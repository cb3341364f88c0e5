# bench/peer.sh and the ratios of results that are already there; PyTorch itself is not needed.
expect_exit 0 bench/peer.sh --help
expect_output '--peer-device'
expect_exit 2 bench/peer.sh --quickly
expect_error 'unknown option --quickly'
expect_exit 2 bench/peer.sh --turns
expect_error '--turns needs a value'
expect_exit 3 env PYTHON=false bench/peer.sh
expect_error 'has no torch'

command -v python3 >/dev/null || exit 0
result() { # MS NAME EXTRA: a result of one part
    printf '{"device": "D", "driver": "1", "preset": "tiny", "batch": 8, "peak_rss_bytes": 1048576,
        "1": {"ms": %s, "variant": "eager"}, %s}' "$1" "$3" >"$TEMP/$2"
}
ours='"version": "1", "revision": "a"' theirs='"threads": 2'
result 1 ours-1 "$ours"
result 3 ours-2 "$ours"
result 7 theirs-1 "$theirs"
result 9 theirs-2 "$theirs"
expect_exit 0 python3 bench/peers/ratios.py "$TEMP"/ours-* -- "$TEMP"/theirs-*
expect_output_matching '^step 1 +2\.00 \( +1\.00 \.\. +3\.00\) +8\.00 \( +7\.00 \.\. +9\.00\) +4\.00x +eager$'
expect_output_matching '^memory +1 MiB +1 MiB +1\.00x'

# One by one: the call that is made most often stands for its shape; thin layers by themselves.
layers() { # KEY MS MS-OF-THIN NAME EXTRA
    printf '{"device": "D", "driver": "1", "preset": "tiny", "batch": 8, %s, "%s": [
        {"pass": "forward", "case": "8x4x4x16->16 3x3", "ms": %s},
        {"pass": "forward", "case": "8x4x4x16->16 3x3", "ms": 100, "chosen": false},
        {"pass": "forward", "case": "8x4x4x1->16 3x3", "ms": %s}]}' "$5" "$1" "$2" "$3" >"$TEMP/$4"
}
layers ops 2 1 ours-1 "$ours"
layers ops 2 1 ours-2 "$ours"
layers convolutions 8 0.5 theirs-1 "$theirs"
layers convolutions 8 0.5 theirs-2 "$theirs"
expect_exit 0 python3 bench/peers/ratios.py "$TEMP"/ours-* -- "$TEMP"/theirs-*
expect_output_matching '^layers: geometric mean 4\.00x, smallest 4\.00x$'
expect_output_matching '^thin layers: geometric mean 0\.50x, smallest 0\.50x$'
