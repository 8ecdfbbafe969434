#!/usr/bin/env bash
# Installs the Debian packages that Espalier needs, and those that are named as arguments, where they are missing.
set -euo pipefail

packages=(
  g++ cmake make ninja-build
  libtorch-dev libopenblas-dev
  libfmt-dev librange-v3-dev libboost-dev libcli11-dev nlohmann-json3-dev libspdlog-dev zlib1g-dev
  libsqlitecpp-dev libsqlite3-dev libeigen3-dev
  libonnx-dev libprotobuf-dev
  catch2 clang-format time
  graphviz dataset-fashion-mnist
  "$@"
)

refuse() {
  printf '%s\n' "$@" >&2
  exit 2
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  refuse "install_packages.sh: this machine has no apt-get; install what these Debian packages hold, then build with CMake:" \
    "  ${packages[*]}"

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=(env DEBIAN_FRONTEND=noninteractive)
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    refuse "install_packages.sh: packages are missing, and installing them needs root or sudo. As root, run:" \
      "  apt-get update && apt-get install ${missing[*]}"
  as_root=(sudo "${as_root[@]}")
fi

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1; }
if ! apt update || ! apt install -y --no-install-recommends "${missing[@]}"; then
  tail -n 20 "$log" >&2
  refuse "install_packages.sh: apt-get failed (its last lines are above)."
fi
