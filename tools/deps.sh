#!/usr/bin/env bash
# tools/deps.sh [ci|intel]: installs what the build and the tests need. Nothing is done for what is
# there already; with all there, the network is not touched.
set -euo pipefail

cd "$(dirname "$0")/.."

build_packages=(build-essential pkg-config ocl-icd-opencl-dev opencl-headers libclblast-dev
    libpng-dev libjpeg-dev zlib1g-dev libcjson-dev libcairo2-dev libfreetype-dev librandom123-dev
    libcmocka-dev pocl-opencl-icd dataset-fashion-mnist fonts-dejavu-core)
ci_packages=(clang clang-format clang-tidy cppcheck shellcheck oclgrind mesa-opencl-icd git
    python3-venv)

install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        echo "deps: all $# packages are installed"
        return
    fi
    echo "deps: installing ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "deps: not root and no sudo; as root: apt-get install ${missing[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y update </dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "${missing[@]}" </dev/null
    echo "deps: installed ${#missing[@]} packages"
}

need_apt() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && return
    cat >&2 <<'END'
deps: this system has no apt-get. Install with its own package manager, headers included:
  a C11 compiler, GNU make, pkg-config, an OpenCL 1.2 driver, the OpenCL headers and ICD loader,
  CLBlast, libpng, libjpeg, zlib, cJSON, cairo, FreeType, Random123 (headers only), cmocka.
  Optional: Fashion-MNIST in IDX files, the DejaVu fonts.
END
    exit 1
}

# Intel's wheels carry an .icd file that points nowhere: ours holds the full path.
install_intel() {
    local target=$PWD/build/intel
    local library=$target/lib/libintelocl.so
    if [ ! -e "$target/vendors/intel.icd" ] || [ ! -e "$library" ]; then
        echo "deps: installing Intel's OpenCL runtime for CPUs in build/intel"
        rm -rf "$target"
        python3 -m venv "$target" || {
            echo "deps: python3 with its venv module is needed (Debian: python3-venv)" >&2
            exit 1
        }
        "$target/bin/pip" install -q --disable-pip-version-check intel-opencl-rt \
            intel-cmplr-lib-rt </dev/null
        [ -e "$library" ] || {
            echo "deps: the wheel holds no $library" >&2
            exit 1
        }
        rm -f "$target"/lib/libOpenCL* # the system's loader reads our vendors folder
        mkdir -p "$target/vendors"
        echo "$library" >"$target/vendors/intel.icd"
    fi
    echo "deps: to use it: OCL_ICD_VENDORS=$target/vendors LD_LIBRARY_PATH=$target/lib saae ..."
}

case ${1:-} in
'') need_apt && install_packages "${build_packages[@]}" ;;
ci) need_apt && install_packages "${build_packages[@]}" "${ci_packages[@]}" ;;
intel) install_intel ;;
*)
    echo "usage: tools/deps.sh [ci|intel]" >&2
    exit 2
    ;;
esac
