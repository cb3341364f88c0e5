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
