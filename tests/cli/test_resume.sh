#!/bin/sh
# A training killed with -9 at random points and resumed ends in the same bytes as one that was not, for
# 1, 2 and 3 threads; SIGTERM and SIGINT end it with a checkpoint and 75, or with 143 and 130 where there
# was nothing to save.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"

tiny_corpus
common="--corpus corpus --tokenizer tokenizer --size tiny --length 32 --batch-tokens 256 -q"

# Numbers below $1 from a seed that is printed, so that a failure can be looked into.
seed=$(date +%s)
echo "seed $seed"
random_below() {
    seed=$((($seed * 1103515245 + 12345) % 2147483648))
    echo $((seed / 65536 % $1))
}

# kill_in_run RUN: -9 once a few more lines stand in its metrics, and a moment later.
kill_in_run() {
    lines=$(cat "$1/metrics.jsonl" 2>/dev/null | wc -l)
    target=$((lines + 1 + $(random_below 7)))
    while kill -0 $process 2>/dev/null; do
        [ "$(cat "$1/metrics.jsonl" 2>/dev/null | wc -l)" -ge $target ] && break
        sleep 0.02
    done
    sleep "0.0$(random_below 9)"
    kill -9 $process 2>/dev/null
    wait $process 2>/dev/null
    [ $? -eq 137 ] && landed=$((landed + 1))
}

# same RUN OTHER: the latest checkpoints are the same bytes.
same() {
    for file in model.safetensors training.safetensors training.json config.json; do
        cmp -s "$1/latest/$file" "$2/latest/$file" || fail "$1 and $2 differ in $file"
    done
}

# check FAMILY DTYPE
check() {
    options="$common --family $1 --dtype $2 --steps 40 --save-every 4 --evaluate-every 10 --log-every 1"
    name=$1-$2
    "$COUPLET" pretrain $options --threads 1 --out "$name" || fail "$name"
    for threads in 2 3; do
        "$COUPLET" pretrain $options --threads $threads --out "$name-$threads" || fail "$name-$threads"
        same "$name" "$name-$threads"
    done
    kills=0
    landed=0
    while [ $kills -lt 4 ]; do
        kills=$((kills + 1))
        "$COUPLET" pretrain $options --threads $((kills % 3 + 1)) --out "$name-killed" --resume &
        process=$!
        kill_in_run "$name-killed"
    done
    echo "$name: $landed of $kills kills hit the running training"
    [ $landed -gt 0 ] || fail "$name: every kill came too late"
    "$COUPLET" pretrain --resume --out "$name-killed" $options || fail "$name-killed"
    same "$name" "$name-killed"
    [ "$(grep -c '"eval_loss"' "$name-killed/metrics.jsonl")" -eq 4 ] || fail "$name-killed: evaluations"
}

check bert f32 2>/dev/null
check gpt2 f32 2>/dev/null
if "$COUPLET" pretrain $common --steps 1 --isa auto --out best >/dev/null 2>&1 &&
    grep -q 'dtype: bf16' best/config.yaml; then
    check bert bf16 2>/dev/null
    check gpt2 bf16 2>/dev/null
fi

# ---- signals -------------------------------------------------------------------------------------
# stopped SIGNAL: a long run, ended when its first step is on record.
stopped() {
    rm -rf long
    "$COUPLET" pretrain $common --steps 100000 --log-every 1 --out long 2>err &
    process=$!
    wait_for long/metrics.jsonl
    kill "-$1" $process
    wait $process
    status=$?
    [ $status -eq 75 ] || fail "SIG$1 ended it with $status: $(cat err)"
    [ -f long/latest/model.safetensors ] || fail "SIG$1: no checkpoint"
}
stopped TERM
# Without job control a shell starts background processes with SIGINT ignored; env -i cannot undo that,
# but a process that installs its own handler, as this one does, hears it.
stopped INT
before=$(readlink long/latest)
"$COUPLET" pretrain --resume --out long >/dev/null 2>&1 &
process=$!
sleep 2
kill -TERM $process
wait $process
[ $? -eq 75 ] || fail "a resumed run stopped"
[ "$(readlink long/latest)" != "$before" ] || echo "note: stopped before its first step"

finish
