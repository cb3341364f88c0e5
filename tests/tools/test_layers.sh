# tools/layers.sh: passes a good tree and names each kind of offence in a bad one.

make_tree() {
    rm -rf "$TEMP/tree"
    mkdir -p "$TEMP"/tree/{src/base,src/runtime,src/ops,src/reference,src/cli,include/saae,tests/ops}
    cd "$TEMP/tree" || exit 1
    echo '#include "saae/status.h"' >src/base/status.h
    printf '%s\n' '#include <CL/cl.h>' '#include "base/status.h"' >src/runtime/device.c
    printf '%s\n' '#include "runtime/device.h"' '#include "reference/op.h"' \
        '/* calls printf( nowhere' '   nor exit(1) */' 'const char *x = "getenv(\"A\")";' \
        'int y = snprintf(0, 0, "");' 'void log_exit(void);' >src/ops/op.c
    printf '%s\n' '#include "ops/op.h"' 'int main(void) { printf(""); exit(1); }' >src/cli/main.c
    echo 'const struct CMUnitTest op_tests[] = {' >tests/ops/test_op.c
    echo 'SUITE(op)' >tests/suites.def
}

expect_offence() { # TEXT FILE LINE: the line, added to the file, gives the message
    make_tree
    printf '%s\n' "$3" >>"$2"
    cd "$ROOT" || exit 1
    expect_exit 1 tools/layers.sh "$TEMP/tree"
    expect_error "$1"
    expect_error 'layers: 1 offences'
}

make_tree
cd "$ROOT" || exit 1
expect_exit 0 tools/layers.sh "$TEMP/tree"

only_cli='only src/cli prints, exits or reads the environment'
expect_offence 'src/base must not include "ops/op.h"' src/base/status.h '#include "ops/op.h"'
expect_offence 'src/runtime must not include "ops/op.h"' src/runtime/device.c '# include "ops/op.h"'
expect_offence 'src/reference must not include "runtime/' src/reference/op.c '#include "runtime/device.h"'
expect_offence 'src/ops must not include "cli/' src/ops/op.c '#include "cli/options.h"'
expect_offence 'src/ops must not include "op.h"' src/ops/op.c '#include "op.h"'
expect_offence 'in src/runtime only' src/ops/op.c '#include <CL/cl.h>'
expect_offence 'in src/runtime only' src/cli/main.c '#include <clblast_c.h>'
expect_offence "src/ops/op.c:8: printf(\"\"); : $only_cli" src/ops/op.c ' printf("a"); /* b */'
expect_offence "$only_cli" src/ops/op.c 'void f(void) { exit(1); }'
expect_offence "$only_cli" src/ops/op.c 'void f(void) { fprintf(stderr, "x"); }'
expect_offence "$only_cli" src/runtime/device.c 'char *d = getenv("X");'
expect_offence 'public headers include saae/' include/saae/a.h '#include "base/status.h"'
expect_offence '401 lines' src/base/long.c "$(yes '/* */' | head -n 401)"
expect_offence 'add SUITE(other)' tests/ops/test_b.c 'const struct CMUnitTest other_tests[] = {'
mkdir -p "$TEMP/tree" && make_tree && mkdir src/attic && echo 'int x;' >src/attic/a.c
cd "$ROOT" || exit 1
expect_exit 1 tools/layers.sh "$TEMP/tree"
expect_error 'src/attic is no room'
