#!/usr/bin/env bash
# Completion scripts: what bash offers, and that the other shells can read theirs where they are installed.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

espalier completion bash
eval "$output"
# offers WORDS...: what is offered for the last of these words.
offers() {
  COMP_WORDS=(espalier "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _espalier
  echo "${COMPREPLY[*]}"
}
[[ $(offers sea) == search ]] || fail "for 'sea': $(offers sea)"
[[ $(offers describe darts-c) == darts-cifar10 ]] || fail "for a space: $(offers describe darts-c)"
[[ $(offers search x --strategy single) == single-path ]] || fail "for a strategy: $(offers search x --strategy single)"
[[ $(offers train --weight) == --weight-decay ]] || fail "for a flag: $(offers train --weight)"
[[ $(offers describe tin) == tiny.hpp ]] || fail "for a file: $(offers describe tin)"

for shell in zsh fish; do
  espalier completion $shell
  says describe strategy
  printf '%s\n' "$output" >script
  if command -v $shell >/dev/null; then $shell -n script || fail "$shell cannot read its script"; fi
done

espalier --help
says "describe" "search" "Begin with"
for command in spaces strategies describe ir graph sample import cost search trials export select train evaluate emit extract results completion; do
  espalier $command --help
  says "Example:" "espalier $command"
done
espalier --version
says "espalier "

finish
