# What the scripts of this folder share: options, commands side by side, and statistics of what runs wrote.
# shellcheck shell=bash disable=SC2016,SC2034
script=$(basename "$0")
espalier=build/release/espalier

refuse() { echo "$script: $*" >&2; exit 2; }

read_options() { # SUBJECT [--fast] [--seeds N] [--out DIR]: sets subject, fast, seeds and out
  subject=${1:-} fast=no seeds=3 out=build/results/${script%.sh}
  (($# == 0)) || shift
  while (($#)); do
    case $1 in
      --fast) fast=yes ;;
      --seeds) seeds=${2:?--seeds needs a number}; shift ;;
      --out) out=${2:?--out needs a folder}; shift ;;
      *) refuse "unknown option $1 (known: --fast, --seeds N, --out DIR)" ;;
    esac
    shift
  done
}

begin() { # makes out the folder of the subject; from here on, a command uses one thread
  jobs=$(env -u OMP_NUM_THREADS nproc)
  export OMP_NUM_THREADS=1
  [[ -x $espalier ]] || refuse "build first: bash examples/quickstart.sh --fast"
  mkdir -p "$out/$subject"
  out=$(realpath --relative-base="$PWD" "$out/$subject")
}

in_parallel() { xargs -P "$jobs" -d '\n' -n 1 bash -c '$0 >/dev/null || exit 255'; } # a command a line

values() { grep -o "\"$2\": *[^],}]*" "$1" | sed 's/^[^:]*: *//; s/"//g'; } # FILE KEY: of JSON, a line each
results() { # KEY FOLDER...: from each folder's result.json
  local key=$1 folder
  shift
  for folder in "$@"; do values "$folder/result.json" "$key"; done
}
mean() { awk -v scale="$1" -v format="$2" '{ sum += $1 } END { printf format, scale * sum / NR }'; } # SCALE FORMAT
statistics() { # SCALE: two cells, the mean ± deviation of the numbers that are read, and each of them
  awk -v scale="$1" '
    { x[NR] = scale * $1; sum += x[NR]; list = list (NR > 1 ? " " : "") sprintf("%.2f", x[NR]) }
    END {
      for (i = 1; i <= NR; i++) square += (x[i] - sum / NR) ^ 2
      deviation = (NR > 1) ? sprintf(" ± %.2f", sqrt(square / (NR - 1))) : ""
      printf "%.2f%s | %s", sum / NR, deviation, list
    }'
}
