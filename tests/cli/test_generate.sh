# saae generate and saae info, on a model that a step of training made, and the library from outside.

export SAAE_DEVICE=reference SAAE_CACHE_DIR=
cd "$TEMP" || exit 1

picture() { # FILE SEED [SIDE]: a grey pattern
    local side=${3:-8} i
    {
        echo "P2 $side $side 255"
        for ((i = 0; i < side * side; i++)); do echo $(((i * $2 * 37 + (i / side) * 11 + $2) % 256)); done
    } >"$1"
}

# Classes whose names are characters, so that contents come from a font.
mkdir -p data/0 data/1 data/A styles
for ((i = 1; i <= 10; i++)); do
    picture data/0/$i.pgm $i
    picture data/1/$i.pgm $((i + 20))
    picture data/A/$i.pgm $((i + 40))
    picture styles/s$i.pgm $((i + 60))
done
expect_exit 0 "$SAAE" train --data folder:data --preset tiny --epochs 1,0,0 --max-steps 1 --batch 4 \
    --out run
checkpoint=run/checkpoint.safetensors
expect_file "$checkpoint"
generate=("$SAAE" generate --checkpoint "$checkpoint")

# ---- info ----------------------------------------------------------------------------------------

expect_exit 0 "$SAAE" info "$checkpoint"
expect_output 'model          tiny: F 4'
expect_output 'classes        3: 0, 1, A'
expect_output '  F32 generator.enc_content.0.conv.weight [4, 1, 3, 3]'
expect_exit 0 "$SAAE" info --json info.json "$checkpoint"
expect_no_output
for field in '"format":	1,' '"preset":	"tiny",' '"step":	1,' '"seed":' '"features":	4,' \
    '"classes":	["0", "1", "A"],' '"generator.decoder.2.conv.bias":	[1]'; do
    expect "info's JSON has $field" grep -qF "$field" info.json
done
expect_exit 3 "$SAAE" info none
expect_error "cannot open 'none'"
head -c 5000 "$checkpoint" >cut.safetensors
expect_exit 3 "$SAAE" info cut.safetensors
expect_error "'cut.safetensors'"
expect_exit 2 "$SAAE" info
expect_error 'an argument is missing'

# ---- A grid --------------------------------------------------------------------------------------

expect_exit 0 "${generate[@]}" --style styles --out grid.png
expect_output 'grid.png: a grid of 3 contents in 8 styles'
expect_file grid.png
expect_exit 0 "${generate[@]}" --style styles --out again.png --batch 5
expect 'the same grid in other batches' cmp grid.png again.png
expect_exit 0 "${generate[@]}" --style styles --out exact.png --exact
expect 'the reference is exact anyway' cmp grid.png exact.png
expect_exit 0 "${generate[@]}" --style styles --out other.png --seed 1
expect 'another seed, other styles' test "$(cksum <grid.png)" != "$(cksum <other.png)"
expect_exit 0 "${generate[@]}" --content A1 --style styles/s3.pgm --out pair.png --batch-statistics
expect_output 'pair.png: a grid of 2 contents in 1 styles'
expect_exit 0 "${generate[@]}" --content 1,A --style folder:data:train --count 2 --out two.png
expect_output 'two.png: a grid of 2 contents in 2 styles'

# ---- A labelled set ------------------------------------------------------------------------------

expect_exit 0 "${generate[@]}" --content 0A --style styles --per-class 3 --out set
printf '%06d.png %s\n' 0 0 1 0 2 0 3 A 4 A 5 A >expected
expect 'labels' cmp set/labels.txt expected
expect 'a line of provenance each' test "$(wc -l <set/provenance.jsonl)" -eq 6
expect 'provenance names the style, the content and the checkpoint' grep -qE \
    '"image":"000003.png","label":"A","content":"A","style":"styles/s[0-9]+.pgm","seed":0,"checkpoint":"run/checkpoint.safetensors","checkpoint_fnv1a64":"[0-9a-f]{16}","device":"reference"' \
    set/provenance.jsonl
expect 'no style twice for a content' test \
    "$(head -n 3 set/provenance.jsonl | grep -oE '"style":"[^"]*"' | sort -u | wc -l)" -eq 3
expect 'nothing else' test "$(find set | wc -l)" -eq 9
mkdir -p empty
expect_exit 0 "${generate[@]}" --content 1 --style styles --out empty/
expect 'ten of each as usual' test "$(wc -l <empty/labels.txt)" -eq 10
expect_exit 0 "${generate[@]}" --content set --style styles/s1.pgm --out own
expect 'own contents are labelled by their files' grep -qx '000004.png 000004' own/labels.txt

# ---- An array ------------------------------------------------------------------------------------

expect_exit 0 "${generate[@]}" --content 01 --style styles --per-class 2 --out a.npy
expect 'shape' grep -qaF "'shape': (4, 1, 8, 8)" a.npy
expect 'size' test "$(stat -c %s a.npy)" -eq $((128 + 4 * 4 * 64))

# ---- Refusals ------------------------------------------------------------------------------------

expect_exit 2 "${generate[@]}" --style styles
expect_error '--out is missing'
expect_exit 2 "${generate[@]}" --content 01x --style styles --out bad.png
expect_error "'x' is no class of the checkpoint"
expect_error 'the classes are 0, 1, A'
expect_exit 2 "${generate[@]}" --content 0,zero --style styles --out bad.png
expect_error "'zero' is no class"
expect_exit 2 "${generate[@]}" --content $'0\xff' --style styles --out bad.png
picture large.pgm 3 12
expect_exit 3 "${generate[@]}" --content large.pgm --style styles --out bad.png
expect_error "'large.pgm' is 12x12 grey (height x width), the checkpoint takes 8x8 grey: --resize"
expect_exit 3 "${generate[@]}" --style large.pgm --out bad.png
expect_error "'large.pgm' is 12x12"
expect_exit 0 "${generate[@]}" --content large.pgm --style large.pgm --resize --out fits.png
expect_exit 2 "${generate[@]}" --style nonsense --out bad.png
expect_error "--style 'nonsense', no picture or folder: "
expect_error "'nonsense' is no data set"
expect_exit 2 "${generate[@]}" --style styles --count 11 --out bad.png
expect_error "--count 11: 'styles' has 10"
expect_exit 2 "${generate[@]}" --style styles --per-class 11 --out bad
expect_error '--per-class 11: there are 10 styles'
expect_exit 2 "${generate[@]}" --style styles --per-class 2 --out bad.png
expect_error '--per-class is for sets'
expect_exit 5 "${generate[@]}" --content 0 --style styles --out set
expect_error "'set' is not empty"
expect_exit 5 "${generate[@]}" --content 0 --style styles --out grid.png/set
expect_exit 5 "${generate[@]}" --content 0 --style styles --out /proc/set
expect_exit 5 "${generate[@]}" --content 0 --style styles --out /proc/a.npy
expect_exit 5 "${generate[@]}" --content 0 --style styles --out none/bad.png
expect_error "cannot write 'none/bad.png'"

# A limit on the size of files stands in for a full disk. labels.txt of a large set exceeds it.
limited() { (trap '' XFSZ && ulimit -f 1 && exec "$@"); }
expect_exit 5 limited "${generate[@]}" --style styles --out bad.png --content 01A01A01A01A01A
expect_error "cannot write 'bad.png'"
expect_exit 5 limited "${generate[@]}" --style styles --per-class 10 --out bad --content 01A
expect_error 'cannot write'
expect 'no partial file of a failure' test -z "$(find . -name 'bad*' -o -name '*.part*')"

# ---- The library from outside ------------------------------------------------------------------------

line=$(head -n 1 "$BUILD/flags")
IFS='|' read -r compile link libraries <<<"$line"
read -ra compiler <<<"${compile%% -std=*}"
read -ra link <<<"$link"
read -ra libraries <<<"$libraries"
expect 'example.c compiles with the public headers alone' "${compiler[@]}" -std=c11 -Wall -Wextra \
    -Wconversion -Werror -I"$ROOT/include" -c -o example.o "$ROOT/tests/api/example.c"
expect 'example.c links' "${link[@]}" -o example example.o "$BUILD/libsaae.a" "${libraries[@]}"
expect_exit 0 ./example "$checkpoint" A styles/s1.pgm a.png reference
expect_file a.png
expect_exit 0 "${generate[@]}" --content A --style styles/s1.pgm --per-class 1 --out one
expect 'the picture that generate makes' cmp a.png one/000000.png
expect_exit 3 ./example none A styles/s1.pgm b.png reference
expect_error "cannot open 'none'"
expect_exit 2 ./example "$checkpoint" B styles/s1.pgm b.png reference
expect_error 'no class -1: there are 0 to 2'
expect_exit 3 ./example "$checkpoint" A styles/none.pgm b.png reference
expect_exit 5 ./example "$checkpoint" A styles/s1.pgm /proc/b.png reference
