# The Makefile: help, installation, and what it says when something is missing.

cd "$ROOT" || exit 1
# -o all: install what is built, whatever its compiler and flags were
make_built() { make --no-print-directory -o all BUILD="$BUILD" "$@"; }

expect_exit 0 make help
for target in all deps demo test verify bench install uninstall asan ubsan oclgrind lint format; do
    expect_output_matching "^  make $target +[^ ]"
done

expect_exit 0 make_built install DESTDIR="$TEMP/root" PREFIX=/opt/saae
expect_exit 0 "$TEMP/root/opt/saae/bin/saae" --version
expect_file "$TEMP/root/opt/saae/lib/libsaae.a"
expect_file "$TEMP/root/opt/saae/include/saae/status.h"
expect_exit 0 env PKG_CONFIG_PATH="$TEMP/root/opt/saae/lib/pkgconfig" pkg-config --modversion saae
expect_output_matching '^[0-9]+\.[0-9]+\.[0-9]+$'
expect_exit 0 make_built uninstall DESTDIR="$TEMP/root" PREFIX=/opt/saae
expect 'uninstall leaves no file' test -z "$(find "$TEMP/root" -type f)"

# A package that is missing is named before anything is compiled.
expect_exit 2 make BUILD="$TEMP/none" PKG_CONFIG=false
expect_error "libpng not found: run 'make deps'"
expect 'nothing was compiled' test -z "$(find "$TEMP/none" -name '*.o')"

# `make deps demo`: what deps installs counts in the same run.
mkdir -p "$TEMP/late/tools"
cp "$ROOT/Makefile" "$TEMP/late"
printf '#!/bin/sh\ntouch installed\n' >"$TEMP/late/tools/deps.sh"
printf '#!/bin/sh\n[ -e installed ] && echo -I/installed\n' >"$TEMP/late/pkg-config"
chmod +x "$TEMP/late/tools/deps.sh" "$TEMP/late/pkg-config"
expect_exit 0 make -j4 -C "$TEMP/late" BUILD=build PKG_CONFIG=./pkg-config deps build/flags
expect 'flags of packages that deps installed' \
    grep -q -e '-isystem /installed' "$TEMP/late/build/flags"
