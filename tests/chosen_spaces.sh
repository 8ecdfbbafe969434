#!/usr/bin/env bash
# chosen_spaces.sh GROUPS <SPACES: of the names on standard input, a line each, those of the group that the commit chooses.
set -euo pipefail
groups=$1
mapfile -t every
commit=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse HEAD)
group=$((16#${commit:0:8} % groups))
for ((i = group; i < ${#every[@]}; i += groups)); do echo "${every[i]}"; done
echo "commit ${commit:0:8} chooses group $group of $groups" >&2
