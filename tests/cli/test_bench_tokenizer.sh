#!/bin/sh
# labels: cli
# couplet bench tokenizer: the same tokens on one thread and on two, and what it refuses.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"

tokenizer=$COUPLET_SOURCE/tests/golden/bpe/gpt2
i=0
while [ $i -lt 500 ]; do
    echo "The miller's daughter walked along the river. 磨坊主的女儿沿着河边走回家。 $i"
    i=$((i + 1))
done >"$work/text.txt"

for threads in 1 2; do
    "$COUPLET" bench tokenizer "$tokenizer" "$work/text.txt" --offsets --threads $threads --json >"$work/$threads" ||
        fail "$threads threads"
    grep -q '"mb_per_s": [0-9.]*[1-9]' "$work/$threads" || fail "no speed: $(cat "$work/$threads")"
    grep '"tokens"\|"bytes"' "$work/$threads" >"$work/$threads.counts"
done
cmp -s "$work/1.counts" "$work/2.counts" || fail "threads change what is encoded"
bytes=$(wc -c <"$work/text.txt")
grep -q "\"bytes\": $bytes" "$work/1" || fail "bytes: $(cat "$work/1")"

"$COUPLET" bench tokenizer "$tokenizer" >/dev/null 2>&1
[ $? -eq 2 ] || fail "no file is a usage error"
"$COUPLET" bench tokenizer "$tokenizer" "$work/none.txt" >/dev/null 2>&1
[ $? -eq 4 ] || fail "a missing file is a system error"
"$COUPLET" bench tokenizer "$work" "$work/text.txt" >/dev/null 2>&1
[ $? -eq 3 ] || fail "a missing tokenizer is bad input"
finish
