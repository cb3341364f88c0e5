# tools/embed.c: the text in the made C source is the file's, whatever it holds.

mkdir "$TEMP/cl" "$TEMP/src" && mkdir "$TEMP/src/runtime"
# quotes, backslashes, trigraphs, bytes above 127, carriage returns, no newline at the end
printf 'a "quoted" \\n %%d ??/\n\t\303\251 \377\r\n/* */ \047x\047 end' >"$TEMP/cl/odd.cl"
seq 1 3000 >"$TEMP/cl/long.clh" # beyond the 4095 characters of a portable literal
: >"$TEMP/cl/empty.cl"
cat >"$TEMP/main.c" <<'END'
#include <stdio.h>
#include <string.h>
#include "runtime/embedded.h"
int main(int argc, char **argv)
{
    if (embedded_kernels[embedded_kernel_count].name) return 2;
    for (int i = 0; i < embedded_kernel_count; i++) {
        if (argc == 1) puts(embedded_kernels[i].name);
        if (argc > 1 && !strcmp(argv[1], embedded_kernels[i].name)) {
            fputs(embedded_kernels[i].text, stdout);
        }
    }
    return 0;
}
END
expect_exit 0 "$BUILD/tools/embed" "$TEMP/cl/odd.cl" "$TEMP/cl/long.clh" "$TEMP/cl/empty.cl"
cp "$TEMP/.last/output" "$TEMP/made.c"
expect 'the made source compiles without warnings' cc -std=c11 -Wall -Wextra -Wconversion \
    -pedantic-errors -Werror -I"$ROOT/src" -o "$TEMP/show" "$TEMP/made.c" "$TEMP/main.c"
expect_exit 0 "$TEMP/show"
expect 'names are sorted' test "$(tr '\n' ' ' <"$TEMP/.last/output")" = 'empty.cl long.clh odd.cl '
for file in "$TEMP"/cl/*; do
    "$TEMP/show" "$(basename "$file")" >"$TEMP/again"
    expect "$(basename "$file") comes back" cmp "$file" "$TEMP/again"
done

expect_exit 1 "$BUILD/tools/embed" "$TEMP/cl/none.cl"
expect_error 'none.cl: No such file'
printf 'a\0b' >"$TEMP/cl/zero.cl"
expect_exit 1 "$BUILD/tools/embed" "$TEMP/cl/zero.cl"
expect_error 'holds a zero byte'
expect_exit 1 bash -c "'$BUILD/tools/embed' '$TEMP/cl/odd.cl' >/dev/full"
