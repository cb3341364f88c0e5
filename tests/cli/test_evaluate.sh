# saae evaluate: figures with what they were computed from, the judge's file, and what is refused.
# All on the reference device with pictures of 8x8.

# picture FILE CLASS NUMBER [SIDE]: bright rows (class 0) or columns (class 1) on grey.
picture() {
    awk -v class="$2" -v number="$3" -v side="${4:-8}" 'BEGIN {
        printf "P2 %d %d 255\n", side, side
        for (i = 0; i < side * side; i++) {
            stripe = class ? i % side : int(i / side)
            print stripe % 2 ? 150 + 5 * number : 20 + (i * 7 + number) % 10
        }
    }' >"$1"
}

make_data() { # FOLDER NAME-OF-CLASS-1 [SIDE]
    mkdir -p "$1"/{train,test}/{rows,"$2"}
    for i in $(seq 0 11); do
        picture "$1/train/rows/$i.pgm" 0 "$i" "${3:-8}"
        picture "$1/train/$2/$i.pgm" 1 "$i" "${3:-8}"
    done
    for i in $(seq 0 5); do
        picture "$1/test/rows/$i.pgm" 0 "$((i + 12))" "${3:-8}"
        picture "$1/test/$2/$i.pgm" 1 "$((i + 12))" "${3:-8}"
    done
}

evaluate() {
    "$SAAE" evaluate --device reference --judge-epochs 4 --pairs 40 --batch 8 "$@"
}

data=$TEMP/data model=$TEMP/run/checkpoint.safetensors out=$TEMP/out
make_data "$data" columns
expect_exit 0 "$SAAE" train --data "folder:$data" --content medoids --preset tiny --batch 4 \
    --epochs 1,1,1 --max-steps 3 --device reference --out "$TEMP/run"

# The data set is the checkpoint's own, the judge is kept beside the results.
expect_exit 0 evaluate --checkpoint "$model" --out "$out"
expect_output_matching '^checkpoint .*step 3, fnv1a64 [0-9a-f]{16}; running statistics, on the ref'
expect_output_matching '^judge  .* of 12 real test images .*trained on 24 real images .*fnv1a64'
expect_output_matching '^content .* of 40 cross pairs .*styles: test images, seed 1'
expect_output_matching '^ *by class .*columns .*rows'
expect_output_matching '^style  .* the same 40 pairs, 100 shuffles'
expect_output_matching '^reconstruction .* mean of 12 test images'
expect_file "$out/judge.safetensors"
expect_file "$out/evaluation.json"
expect_file "$out/confusion.csv"
expect 'the table has the classes' grep -qx '"wanted","columns","rows"' "$out/confusion.csv"
expect 'the table counts all pairs' \
    awk -F, 'NR > 1 { sum += $2 + $3 } END { exit sum != 40 }' "$out/confusion.csv"

# The same again, the judge now read; the same figures, whoever trained the judge.
cp "$out/evaluation.json" "$TEMP/first.json"
expect_exit 0 evaluate --checkpoint "$model" --out "$out" --json -
expect_output '"right":'
expect_output_matching '"exact":[[:space:]]*false'
expect_output '"fnv1a64":'
cp "$TEMP/.last/error" "$TEMP/error"
expect 'the judge is read, not trained again' \
    bash -c "! grep -q 'training the judge' '$TEMP/error'"
expect 'the same seed gives the same figures' cmp "$TEMP/first.json" "$out/evaluation.json"
expect_exit 0 evaluate --checkpoint "$model" --judge "$out/judge.safetensors" --seed 2 --json - \
    --exact --styles train --reconstruct 5 --batch-statistics
expect_output_matching '"images":[[:space:]]*5'
expect_output_matching '"exact":[[:space:]]*true'
expect_output_matching '"styles":[[:space:]]*"train"'
expect_output_matching '"statistics":[[:space:]]*"batch"'

# Refused, naming the cure; nothing is left behind.
make_data "$TEMP/large" columns 9
make_data "$TEMP/other" stripes
expect_exit 3 evaluate --checkpoint "$model" --data "folder:$TEMP/large" --out "$TEMP/refused"
expect_error 'pictures of 9x9'
expect_error '--resize'
expect_exit 3 evaluate --checkpoint "$model" --data "folder:$TEMP/other" --out "$TEMP/refused"
expect_error "class 0 is 'rows'"
expect 'no folder' test ! -e "$TEMP/refused"
expect_exit 0 evaluate --checkpoint "$model" --data "folder:$TEMP/large" --resize
expect_output 'not kept'
expect_exit 3 evaluate --checkpoint "$model" --judge "$model"
expect_error 'holds no recogniser'
expect_exit 3 evaluate --checkpoint "$out/judge.safetensors"
expect_error 'judge.safetensors'
head -c 1000 "$model" >"$TEMP/cut"
expect_exit 3 evaluate --checkpoint "$TEMP/cut"
expect_exit 2 evaluate
expect_error '--checkpoint'
expect_exit 2 evaluate --checkpoint "$model" --pairs 1
expect_exit 5 evaluate --checkpoint "$model" --judge "$out/judge.safetensors" --out "$model/x"
