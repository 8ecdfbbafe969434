#!/usr/bin/env bash
# recipe.sh PAGE SOURCE: the code of PAGE is that of SOURCE between lines "// [NAME]".
set -euo pipefail
diff <(awk '/^```/ { inside = /^```cpp/; next } inside' "$1") \
     <(awk '/^\/\/ \[.*\]$/ { inside = !inside; next } inside' "$2")
