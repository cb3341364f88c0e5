# A user's own pictures from end to end: a folder of classes, training, a grid, a labelled set, a
# raw array; and training on a few pictures until it knows them by heart.
. "$ROOT/tests/cli/support.sh"

[ -d /usr/share/datasets/fashion-mnist ] || skip_all 'dataset-fashion-mnist: not installed'
has_opencl || export SAAE_DEVICE=reference

# pictures to begin with: a labelled set of an untrained model, sorted into folders by its labels
expect_exit 0 "$SAAE" train --data fashion-mnist --limit 100 --preset tiny --max-steps 1 \
    --out "$TEMP/first"
expect_exit 0 "$SAAE" generate --checkpoint "$TEMP/first/checkpoint.safetensors" \
    --style fashion-mnist:test --content Bag,Sandal,Coat --per-class 12 --out "$TEMP/set"
expect 'a label for each picture' test "$(wc -l <"$TEMP/set/labels.txt")" = 36
while read -r name label; do
    mkdir -p "$TEMP/own/$label"
    cp "$TEMP/set/$name" "$TEMP/own/$label/"
done <"$TEMP/set/labels.txt"

expect_exit 0 "$SAAE" train --data "folder:$TEMP/own" --preset tiny --batch 8 --epochs 2,1,1 \
    --out "$TEMP/run"
expect_error '3 classes'
checkpoint=$TEMP/run/checkpoint.safetensors
expect_exit 0 "$SAAE" info "$checkpoint"
expect_output 'Sandal'
expect_exit 0 "$SAAE" generate --checkpoint "$checkpoint" --style "$TEMP/own/Bag" --count 4 \
    --out "$TEMP/grid.png"
expect_file "$TEMP/grid.png"
expect_exit 0 "$SAAE" generate --checkpoint "$checkpoint" --style "$TEMP/own/Coat" \
    --content Bag,Coat --per-class 5 --out "$TEMP/new"
expect_file "$TEMP/new/labels.txt"
expect_file "$TEMP/new/provenance.jsonl"
expect 'five pictures of each' test "$(cut -d' ' -f2 "$TEMP/new/labels.txt" | sort | uniq -c |
    tr -s ' ')" = "$(printf ' 5 Bag\n 5 Coat')"
expect_exit 0 "$SAAE" generate --checkpoint "$checkpoint" --style "$TEMP/own/Coat" \
    --content Bag --count 3 --out "$TEMP/raw.npy"
expect 'float32 [3,1,28,28] behind the header' \
    test "$(stat -c %s "$TEMP/raw.npy")" = $((128 + 3 * 28 * 28 * 4))

# the pictures of a class are missing, or of one class only
mkdir "$TEMP/own/empty"
expect_exit 3 "$SAAE" train --data "folder:$TEMP/own" --preset tiny --out "$TEMP/no"
expect_error 'empty'
rmdir "$TEMP/own/empty"
mkdir "$TEMP/single"
cp -r "$TEMP/own/Bag" "$TEMP/single/"
expect_exit 3 "$SAAE" train --data "folder:$TEMP/single" --preset tiny --out "$TEMP/no"

# a full disk: one message, and what was there stays (the reference: PoCL writes files of its own)
cp "$checkpoint" "$TEMP/kept"
limited() { # BLOCKS COMMAND...: may write files of so many KiB
    local blocks=$1
    shift
    (
        trap '' XFSZ
        ulimit -f "$blocks"
        SAAE_DEVICE=reference exec "$@"
    )
}
expect_exit 5 limited 60 "$SAAE" train --data "folder:$TEMP/own" --preset tiny --batch 8 \
    --epochs 1,0,0 --out "$TEMP/full"
expect_error 'cannot write'
expect_exit 5 limited 1 "$SAAE" generate --checkpoint "$checkpoint" --style "$TEMP/own/Bag" \
    --count 1 --out "$TEMP/grid.png"
expect_error 'grid.png'
expect 'the old checkpoint is as it was' cmp "$checkpoint" "$TEMP/kept"
expect 'no temporary file stays behind' bash -c "! find '$TEMP' -name '*.part*' | grep -q ."

has_opencl || exit 0 # what follows would take the reference an hour

# forty pictures by heart
expect_exit 0 "$SAAE" train --data fashion-mnist --limit 40 --batch 40 --preset small \
    --epochs 150,0,0 --log-every 10 --out "$TEMP/heart"
first=$(sed -n 2p "$TEMP/heart/metrics.csv" | cut -d, -f3)
last=$(tail -n 1 "$TEMP/heart/metrics.csv" | cut -d, -f3)
expect "reconstruction fell from $first to $last: below a tenth" \
    awk -v a="$first" -v b="$last" 'BEGIN { exit !(a > 0 && b > 0 && b < a / 10) }'
