#!/bin/sh
# labels: cli
# fill and generate as a user runs them: texts, pipes, JSON, seeds and threads, and what cannot be.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"

# refused STATUS WORDS ARGUMENT...: and nothing is printed.
refused() {
    expect "$@"
    [ -s out ] && fail "couplet $* printed: $(cat out)"
}

tiny_corpus
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
refused 2 "encoder" fill decoder '天[MASK]'
refused 3 "[MASK]" fill encoder 天地
refused 3 "33 tokens" fill encoder '[MASK]天天天天天天天天天天天天天天天天天天天天天天天天天天天天天天'
refused 2 "100" fill encoder --top 100 '天[MASK]'
refused 4 "nowhere" fill nowhere '天[MASK]'

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
refused 2 "decoder" generate encoder --prompt 天
refused 2 "cannot be given together" generate decoder --prompt 天 --input prompts.jsonl
refused 4 "nothing.jsonl" generate decoder --input nothing.jsonl
printf '{"prompt": 3}\n' >bad.jsonl
refused 3 "bad.jsonl:1" generate decoder --input bad.jsonl
printf '"天"\n{"prompt"\n' >bad.jsonl
"$COUPLET" generate decoder --input bad.jsonl --max-tokens 3 >out 2>err
[ $? -eq 3 ] || fail "broken JSON"
grep -q 'bad.jsonl:2' err || fail "which line is broken: $(cat err)"
refused 2 "temperature" generate decoder --prompt 天 --temperature -1

# A signal ends it with 130 or 143: there is nothing to save.
"$COUPLET" generate decoder --prompt 天 --max-tokens 1000000 --n 1000 >out 2>err &
process=$!
wait_for out
kill -TERM $process
wait $process
got=$?
[ $got -eq 143 ] || fail "SIGTERM gave $got: $(cat err)"

finish
