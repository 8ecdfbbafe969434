#!/usr/bin/env bash
# Output that cannot be written, or is not this run's.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
espalier sample tiny.hpp --smallest -o a.json
train=(train tiny.hpp a.json --data data --batch 32 --epochs 1 --out)

# A full disk, as a file system where that can be mounted, and as a limit on the size of files.
mkdir full
if mount -t tmpfs -o size=16k none full 2>/dev/null; then
  refused "full/run" "No space left" "free space" -- "${train[@]}" full/run
  umount full
fi
(ulimit -f 4 && refused "File too large" "ulimit -f" -- "${train[@]}" limited && ((failures == 0))) || fail "a limit on the size of files"
"$ESPALIER" spaces >/dev/full 2>complaint
(($? == 2)) && grep -q "No space left" complaint || fail "a full disk behind standard output: $(<complaint)"

touch file
refused "cannot create output folder file" -- "${train[@]}" file
mkdir taken && touch taken/letter.txt
refused taken letter.txt -- "${train[@]}" taken
refused taken "--force" -- emit tiny.hpp a.json -o taken
[[ $(ls taken) == letter.txt ]] || fail "someone else's folder now holds $(ls taken)"

mkdir used
exec 9>used/.lock
flock 9
refused "used is in use" -- "${train[@]}" used
exec 9>&-

espalier "${train[@]}" run
espalier "${train[@]}" run
refused "holds another run" "options.batch: recorded 32, now 16" -- train tiny.hpp a.json --data data --epochs 1 --batch 16 --out run
espalier sample tiny.hpp --largest -o b.json
refused "holds another run" "architecture: recorded" -- train tiny.hpp b.json --data data --epochs 1 --batch 32 --out run
sed 's/conv(3, channels(4)/conv(5, channels(4)/' tiny.hpp >other.hpp
refused "holds another run" "space.fingerprint" "kernel = 5" -- train other.hpp a.json --data data --epochs 1 --batch 32 --out run
labels data/train-labels-idx1-ubyte 160 && printf '\x05' | dd of=data/train-labels-idx1-ubyte bs=1 seek=8 conv=notrunc 2>/dev/null
refused "holds another run" "data.fingerprint" -- "${train[@]}" run

finish
