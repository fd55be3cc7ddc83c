#!/bin/sh
# labels: cli
# fill and generate as a user runs them: texts, pipes, JSON, seeds and threads, and what cannot be.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect STATUS WORDS ARGUMENT...: exit status, nothing on stdout, words on stderr in one line.
expect() {
    status=$1 words=$2
    shift 2
    "$COUPLET" "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$status" ] || fail "couplet $* ended with $got, not $status: $(cat err)"
    grep -qF -- "$words" err || fail "couplet $* did not say '$words': $(cat err)"
    [ "$(wc -l <err)" -le 1 ] || fail "couplet $* said more than one line: $(cat err)"
    [ -s out ] && fail "couplet $* printed: $(cat out)"
}

# couplet ARGUMENT... into the file out; it must succeed.
run() {
    "$COUPLET" "$@" >out 2>err || fail "couplet $*: $(cat err)"
}

printf '天地 9 n\n日月 9 n\n玄黄 5 n\n' >words.txt
COUPLET_DICTIONARY=$work/words.txt
OMP_WAIT_POLICY=passive
export COUPLET_DICTIONARY OMP_WAIT_POLICY
awk 'BEGIN {
    n = split("天 地 玄 黄 宇 宙 洪 荒 日 月 盈 昃 辰 宿 列 张", c, " ")
    for (d = 1; d <= 60; d++) {
        text = ""
        for (i = 0; i < 80; i++) text = text c[(d * 7 + i * i + (i * d) % 5) % n + 1] (i % 16 == 15 ? "。" : "")
        printf "{\"text\": \"%s\"}\n", text
    }
}' >docs.jsonl
mkdir tokenizer
printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' 。 天 地 玄 黄 宇 宙 洪 荒 日 月 盈 昃 辰 宿 列 张 >tokenizer/vocab.txt
run corpus build docs.jsonl --split 70/15/15 --out corpus -q
common="--corpus corpus --tokenizer tokenizer --size tiny --length 32 --batch-tokens 256 --max-positions 32 -q"
run pretrain $common --steps 6 --out encoder
run pretrain $common --family gpt2 --steps 6 --out decoder

# ---- fill ----------------------------------------------------------------------------------------
run fill encoder '天[MASK]玄[MASK]'
[ "$(wc -l <out)" -eq 3 ] || fail "fill: a line a mask and one for all: $(cat out)"
grep -q '^1\.  .* %$' out || fail "fill: $(cat out)"
tail -n 1 out | grep -q '^天.*玄' || fail "fill: the filled text: $(cat out)"
grep -q 'MASK' out && fail "fill left a mask"
run fill encoder --top 3 --json '天[MASK]玄黄'
grep -q '"filled": *"天.*玄黄"' out || fail "fill --json: $(cat out)"
[ "$(grep -o '"probability"' out | wc -l)" -eq 3 ] || fail "fill --top 3: $(cat out)"
run fill encoder --words --json --top 20 '天[MASK]玄黄'
grep -q '"text": *"。"' out && fail "--words offered a full stop"
grep -q '天地\|日月\|玄黄' out || fail "--words offered no word of the dictionary: $(cat out)"
printf '天[MASK]\n\n地[MASK]\r\n' >lines
"$COUPLET" fill encoder - <lines >out 2>err || fail "fill -: $(cat err)"
[ "$(wc -l <out)" -eq 4 ] || fail "fill - of two lines: $(cat out)"
printf '天[MASK]\n天地\n' | "$COUPLET" fill encoder >out 2>err
[ $? -eq 3 ] || fail "a line without a mask"
grep -q 'standard input:2' err || fail "which line has no mask: $(cat err)"
printf '天[MASK]\000地' | "$COUPLET" fill encoder - >out 2>err
[ $? -eq 3 ] || fail "a NUL byte: $(cat err)"
grep -q 'NUL' err || fail "a NUL byte: $(cat err)"
expect 2 "encoder" fill decoder '天[MASK]'
expect 3 "[MASK]" fill encoder 天地
expect 3 "33 tokens" fill encoder '[MASK]天天天天天天天天天天天天天天天天天天天天天天天天天天天天天天'
expect 2 "100" fill encoder --top 100 '天[MASK]'
expect 4 "nowhere" fill nowhere '天[MASK]'

# ---- generate ------------------------------------------------------------------------------------
for threads in 1 2 3; do
    run generate decoder --prompt 天地 --n 3 --seed 5 --threads $threads --dtype f32
    mv out text-$threads
done
cmp -s text-1 text-2 && cmp -s text-1 text-3 || fail "other threads, another text"
[ "$(grep -c '^天地' text-1)" -eq 3 ] || fail "three texts with their prompt: $(cat text-1)"
[ "$(sort -u text-1 | wc -l)" -eq 3 ] || fail "the same text three times: $(cat text-1)"
run generate decoder --prompt 天地 --n 3 --seed 6 --dtype f32
cmp -s text-1 out && fail "another seed, the same text"
run generate decoder --prompt 天地 --greedy
mv out greedy
for option in "--temperature 0" "--top-k 1" "--top-p 0.0001"; do
    run generate decoder --prompt 天地 $option
    cmp -s greedy out || fail "$option is not greedy"
done
printf '"天"\n\n{"prompt": "地玄", "id": 7}\n' >prompts.jsonl
run generate decoder --input prompts.jsonl --json --max-tokens 5
[ "$(wc -l <out)" -eq 2 ] || fail "--input: $(cat out)"
tail -n 1 out | grep -q '"prompt": *"地玄".*"text".*"new_tokens"' || fail "--input --json: $(cat out)"
run generate decoder --max-tokens 5
run generate decoder --prompt 天地 --max-tokens 100 --json # beyond the model's positions
run generate decoder --prompt 天地玄黄 --stop 。 --max-tokens 60 --temperature 2
sed 's/^天地玄黄//' out | grep -q 。 && fail "--stop: $(cat out)"
expect 2 "decoder" generate encoder --prompt 天
expect 2 "cannot be given together" generate decoder --prompt 天 --input prompts.jsonl
expect 4 "nothing.jsonl" generate decoder --input nothing.jsonl
printf '{"prompt": 3}\n' >bad.jsonl
expect 3 "bad.jsonl:1" generate decoder --input bad.jsonl
printf '"天"\n{"prompt"\n' >bad.jsonl
"$COUPLET" generate decoder --input bad.jsonl --max-tokens 3 >out 2>err
[ $? -eq 3 ] || fail "broken JSON"
grep -q 'bad.jsonl:2' err || fail "which line is broken: $(cat err)"
expect 2 "temperature" generate decoder --prompt 天 --temperature -1

# A signal ends it with 130 or 143: there is nothing to save.
"$COUPLET" generate decoder --prompt 天 --max-tokens 1000000 --n 1000 >out 2>err &
process=$!
tries=0
until [ -s out ] || [ $tries -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -TERM $process
wait $process
got=$?
[ $got -eq 143 ] || fail "SIGTERM gave $got: $(cat err)"

[ "$failures" -eq 0 ] || exit 1
echo "ok"
