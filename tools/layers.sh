#!/usr/bin/env bash
# tools/layers.sh [ROOT]: checks what the compiler does not, and names every offence:
#   - the direction of dependencies between the rooms of src/, over their #include lines
#   - OpenCL and CLBlast headers only in src/runtime
#   - printing, exiting and reading the environment only in src/cli
#   - files of at most 400 lines
#   - each table of tests in tests/ registered in tests/suites.def
set -uo pipefail

cd "${1:-$(dirname "$0")/..}" || exit 1
offences=0

offend() {
    echo "layers: $1" >&2
    offences=$((offences + 1))
}

# What each room may include, itself aside; include/saae is everybody's.
allowed() {
    local below_models="base runtime reference ops graph"
    case $1 in
    base) echo "" ;;
    runtime | reference | data) echo "base" ;;
    ops) echo "base runtime reference" ;;
    graph) echo "base runtime reference ops" ;;
    models) echo "$below_models" ;;
    train | eval | verify) echo "$below_models models data" ;;
    bench) echo "$below_models models data train verify" ;;
    cli) echo "$below_models models data train eval verify bench" ;;
    *) return 1 ;;
    esac
}

# Prints FILE:LINE:TEXT with comments and the insides of strings removed.
code_of() {
    awk '{
        line = $0; out = ""
        while (length(line)) {
            if (inside) {
                at = index(line, "*/")
                if (!at) break
                line = substr(line, at + 2); inside = 0
            } else if (match(line, /^"([^"\\]|\\.)*"/)) {
                out = out "\"\""; line = substr(line, RLENGTH + 1)
            } else if (match(line, /^\047([^\047\\]|\\.)*\047/)) {
                out = out "0"; line = substr(line, RLENGTH + 1)
            } else if (substr(line, 1, 2) == "//") {
                break
            } else if (substr(line, 1, 2) == "/*") {
                inside = 1; line = substr(line, 3)
            } else {
                out = out substr(line, 1, 1); line = substr(line, 2)
            }
        }
        print FILENAME ":" FNR ":" out
    }' "$1"
}

check_includes() {
    local file=$1 room=$2 may included
    if ! may=$(allowed "$room"); then
        offend "$file: src/$room is no room; the rooms are listed in tools/layers.sh"
        return
    fi
    for included in $(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]+)".*/\1/p' "$file"); do
        local target=${included%%/*}
        case " $may $room saae " in *" $target "*) continue ;; esac
        [ "$room" = cli ] && [ "$included" = version.h ] && continue
        offend "$file: src/$room must not include \"$included\" (it may: ${may:-nothing} and itself)"
    done
    if [ "$room" != runtime ] && grep -qiE '#[[:space:]]*include[[:space:]]*<(CL/|OpenCL/|clblast)' "$file"; then
        offend "$file: OpenCL and CLBlast are included in src/runtime only"
    fi
}

check_calls() {
    local line
    while IFS= read -r line; do
        offend "$line: only src/cli prints, exits or reads the environment"
    done < <(code_of "$1" | grep -E \
        '[^[:alnum:]_](printf|vprintf|puts|putchar|perror|exit|_exit|quick_exit|abort|getenv|secure_getenv)[[:space:]]*\(|[^[:alnum:]_]f?(printf|puts|write)[[:space:]]*\([^;]*(stdout|stderr)')
}

while IFS= read -r file; do
    room=${file#src/} room=${room%%/*}
    check_includes "$file" "$room"
    [ "$room" = cli ] || check_calls "$file"
done < <(find src -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort)

while IFS= read -r line; do
    offend "$line: public headers include saae/... only"
done < <(grep -HnE '#[[:space:]]*include[[:space:]]*"' include/saae/*.h 2>/dev/null | grep -v '"saae/')

while IFS= read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || offend "$file: $lines lines; split it, 400 are the limit"
done < <(find src include tests tools cl bench -type f \
    \( -name '*.[ch]' -o -name '*.cl' -o -name '*.clh' -o -name '*.sh' \) 2>/dev/null | LC_ALL=C sort)

while IFS=: read -r file stem; do
    grep -q "^SUITE($stem)" tests/suites.def 2>/dev/null ||
        offend "$file: its tests never run; add SUITE($stem) to tests/suites.def"
done < <(find tests -name '*.c' -exec grep -HoE '^const struct CMUnitTest [a-z0-9_]+_tests\[\]' {} + 2>/dev/null |
    sed -E 's/const struct CMUnitTest (.*)_tests\[\]/\1/')

if [ "$offences" -ne 0 ]; then
    echo "layers: $offences offences" >&2
    exit 1
fi
