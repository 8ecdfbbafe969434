# table.awk compile_time.csv: medians with their range, ratios to the bare include, and the headline. -v symbol=LENGTH.
function median(key,   n, i, j, x, sorted) {
  n = split(values[key], sorted, " ")
  for (i = 2; i <= n; ++i)
    for (j = i; j > 1 && sorted[j] + 0 < sorted[j - 1] + 0; --j) { x = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = x }
  lowest = sorted[1]; highest = sorted[n]
  return (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2
}
function time_of(compiler, name, n) {
  key = compiler "," name "," n
  return key in values ? median(key) : -1
}
function cell(compiler, name, n,   m) {
  m = time_of(compiler, name, n)
  if (m < 0) return "stopped"
  return sprintf("%.2f [%.2f-%.2f]", m, lowest, highest)
}
function ratio(compiler, name, n,   m) {
  m = time_of(compiler, name, n)
  return m < 0 ? "-" : sprintf("%.1f", m / time_of(compiler, "include", 0))
}
function mb(compiler, name, n) {
  key = compiler "," name "," n
  return key in memory ? memory[key] : "-"
}
NR > 1 {
  key = $1 "," $2 "," $3
  values[key] = values[key] " " $5
  if ($6 > memory[key]) memory[key] = $6
  if (!($1 in seen)) { seen[$1] = 1; compilers[++count] = $1 }
  if (!($2 in order)) { order[$2] = ++names; name_of[names] = $2 }
}
END {
  for (c = 1; c <= count; ++c) {
    k = compilers[c]
    print "\n### " k "\n\n| source | user s, median [range] | ratio to the include | memory, MB |\n|---|---|---|---|"
    printf "| bare file | %s | %s | %s |\n", cell(k, "bare", 0), ratio(k, "bare", 0), mb(k, "bare", 0)
    printf "| `#include <espalier/dsl.hpp>` | %s | %s | %s |\n", cell(k, "include", 0), ratio(k, "include", 0), mb(k, "include", 0)
    for (i = 1; i <= names; ++i)
      if (name_of[i] !~ /^(bare|include|ours|types|hana|reflected|adapted)$/)
        printf "| `spaces/%s.hpp` | %s | %s | %s |\n", name_of[i], cell(k, name_of[i], 0), ratio(k, name_of[i], 0), mb(k, name_of[i], 0)
    print "\n| n edges of 8 operations | this language | ratio | MB | a type per operation | ratio | MB | nested `hana::tuple` | ratio | MB |\n|---|---|---|---|---|---|---|---|---|---|"
    split("14 56 112 224 448", sizes, " ")
    for (i = 1; i <= 5; ++i) {
      n = sizes[i]
      printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", n, cell(k, "ours", n), ratio(k, "ours", n), mb(k, "ours", n), \
             cell(k, "types", n), ratio(k, "types", n), mb(k, "types", n), cell(k, "hana", n), ratio(k, "hana", n), mb(k, "hana", n)
    }
    printf "\nn = 224 over n = 56: %.2f. 60 operations declared by `reflect()` cost %.2f s over their headers, as structs that Boost.Hana adapts %.2f s (and its headers %.2f s).\n", \
           time_of(k, "ours", 224) / time_of(k, "ours", 56), time_of(k, "reflected", 60) - time_of(k, "reflected", 0), \
           time_of(k, "adapted", 60) - time_of(k, "adapted", 0), time_of(k, "adapted", 0) - time_of(k, "reflected", 0)
  }
  print "\nThe longest symbol has " symbol " characters."
  printf "headline compile_time %.2f ratio\n", time_of(compilers[1], "ours", 224) / time_of(compilers[1], "ours", 56)
}
