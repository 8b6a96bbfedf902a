# shellcheck shell=bash disable=SC2034  # its variables are for the scripts that source it
# Shared by the scripts beside it: installing what is missing and building. Sourced, never run.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${MEMSHIM_BUILD:-$repository/build}
export MEMSHIM_BUILD=$build
export DEBIAN_FRONTEND=noninteractive

# Debian's own interpreter: a version manager's python3 earlier in PATH has no pytest of apt.
python=/usr/bin/python3

packages_to_build=(g++ gcc libc6-dev meson ninja-build pkg-config libunwind-dev libabsl-dev libre2-dev
  libsimdjson-dev rapidjson-dev libtomlplusplus-dev libprotobuf-dev protobuf-compiler libdw-dev libelf-dev
  libdeflate-dev libbz2-dev libiberty-dev libgtest-dev libgmock-dev libbenchmark-dev python3 rustc)
packages_to_demonstrate=(jq)
packages_to_measure=(heaptrack valgrind sqlite3 perl jq clang redis-server redis-tools git)
packages_to_test=(python3-pytest python3-jsonschema python3-protobuf cmark-gfm less valgrind heaptrack chromium
  musl-tools libc6-i386 luajit fakeroot
  libjemalloc2
  libtcmalloc-minimal4 libmimalloc2.0 strace util-linux redis-server redis-tools sqlite3 jq perl git
  gawk xz-utils clang libclang-rt-14-dev lld llvm clang-tidy clang-format gdb binutils dwz libc6-dbg
  procps man-db mandoc zsh fish debian-archive-keyring g++-aarch64-linux-gnu qemu-user-static)

packages_for_macos=(clang-14 lld-14 llvm-14 meson ninja-build openssl)

# install_missing PACKAGE...: asks apt only when something is missing.
install_missing() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  # Another source's node and npm (a newer version) will do.
  if [ "${want_node:-0}" = 1 ] && ! { command -v node && command -v npm; } >/dev/null; then
    missing+=(nodejs npm)
  fi
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "these packages of Debian's are needed, and apt-get is not there to install them: ${missing[*]}" >&2
    return 1
  fi
  echo "installing: ${missing[*]}"
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q >/dev/null &&
    "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

# build_all: configures once, and again by itself when a meson.build changes. Without debug information of
# memshim itself, which takes a quarter of the time ("meson configure build -Ddebug=true"); test programs have theirs.
build_all() {
  if [ ! -f "$build/build.ninja" ]; then
    /usr/bin/meson setup -Ddebug=false "$build" "$repository" || return 1
  fi
  /usr/bin/ninja -C "$build"
}
