#!/usr/bin/env bash
# spaces.sh BUILD [--own-project] SPACE...: emits networks of shipped spaces, builds them as a project of their own without
# warnings, and compares them with the supernet's paths that they came from, within 1e-6. `all` stands for every space,
# `rotating` for some that the commit chooses. With --own-project, one network of each space is built as it was emitted,
# by its own CMakeLists.txt, and checks itself. CXX names another compiler than CMake's, CXXFLAGS what it needs.
set -euo pipefail
build=$(realpath "$1")
shift
own_project=
if [[ ${1:-} == --own-project ]]; then
  own_project=yes
  shift
fi
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
record_paths=$build/tests/emission/record_paths
folder=$build/emitted_spaces
jobs=$(env -u OMP_NUM_THREADS nproc) # which would heed it
export OMP_NUM_THREADS=1

groups=12 # of three spaces: two or three minutes on two cores
case ${1:?a space is missing} in
  all) mapfile -t spaces < <("$record_paths") ;;
  rotating) mapfile -t spaces < <("$record_paths" | bash "$source_dir/../chosen_spaces.sh" "$groups") ;;
  *) spaces=("$@") ;;
esac

style=$(command -v clang-format-14 || true) # other versions lay out otherwise
[[ -n $style ]] || echo "skipped: the layout, no clang-format 14 here"
for space in "${spaces[@]}"; do
  echo "$space"
  "$record_paths" "$folder/$space" "$space"
  [[ -z $style ]] || "$style" --dry-run -Werror "$folder/$space"/*/{network.hpp,main.cpp}
done

project=$folder/build-$(basename "${CXX:-default}")
cmake -S "$source_dir/spaces" -B "$project" -G Ninja -D FOLDER="$folder" -D "SPACES=$(IFS=';' && echo "${spaces[*]}")" >/dev/null
cmake --build "$project" -j "$jobs" | tail -n 1

failed=()
for space in "${spaces[@]}"; do
  echo "$space"
  (cd "$folder/$space" && "$project/$space") || failed+=("$space")
  if [[ -n $own_project ]]; then
    cmake -S "$folder/$space/0" -B "$folder/$space/0/build" -G Ninja -D CMAKE_CXX_FLAGS="${CXXFLAGS:-} -Wall -Wextra -Werror" >/dev/null
    cmake --build "$folder/$space/0/build" | tail -n 1
    (cd "$folder/$space/0" && build/network check) || failed+=("$space by its own project")
  fi
done
((${#failed[@]} == 0)) || { echo "differ: ${failed[*]}" >&2; exit 1; }
echo "${#spaces[@]} spaces agree with their supernets"
