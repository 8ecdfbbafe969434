#!/usr/bin/env bash
# spaces.sh BUILD SPACE...: runs every strategy with every evaluator on shipped spaces, and compares what ran and what was
# refused with docs/strategies.md. `all` stands for every space, `rotating` for one that the commit chooses.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
search_matrix=$1/tests/search_matrix/search_matrix
shift
export OMP_NUM_THREADS=1

spaces=("$@")
[[ ${1:-} != rotating ]] || mapfile -t spaces < <("$search_matrix" | bash "$source_dir/../chosen_spaces.sh" 39)
"$search_matrix" --check "$source_dir/../../docs/strategies.md" "${spaces[@]}"
