#!/bin/sh
# couplet pretrain, plan, evaluate and bench step as a user would type them: what they print and leave
# behind, exit codes, and one clear line for what cannot be.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"

tiny_corpus

common="--corpus corpus --tokenizer tokenizer --size tiny --length 32 --batch-tokens 128 --max-positions 32"

# ---- a run ---------------------------------------------------------------------------------------
"$COUPLET" pretrain $common --steps 4 --save-every 2 --log-every 1 --out run --json >out 2>err ||
    fail "pretrain: $(cat err)"
grep -q '"step": 4' out || fail "pretrain --json: $(cat out)"
grep -q 'held-out loss' err || fail "no evaluation at the end: $(cat err)"
for file in config.yaml metrics.jsonl log.txt latest/config.json latest/model.safetensors \
    latest/tokenizer.json latest/vocab.txt latest/training.json latest/training.safetensors \
    best/model.safetensors checkpoints/step-000002/model.safetensors; do
    [ -f "run/$file" ] || fail "run/$file is missing"
done
[ "$(grep -c '"loss"' run/metrics.jsonl)" -eq 4 ] || fail "lines of metrics.jsonl"
for key in step loss lr grad_norm tokens tokens_per_s time_s; do
    head -n 1 run/metrics.jsonl | grep -q "\"$key\":" || fail "metrics.jsonl has no $key"
done
for key in eval_loss eval_accuracy eval_perplexity; do
    grep -q "\"$key\":" run/metrics.jsonl || fail "metrics.jsonl has no $key"
done
expect 5 "--resume" pretrain $common --steps 4 --out run
"$COUPLET" pretrain $common --steps 1 --out run --force -q || fail "--force"
[ -d run/checkpoints/step-000004 ] && fail "--force left the old run"
"$COUPLET" pretrain --config run/config.yaml --out again -q || fail "config.yaml as --config"
cmp -s run/latest/model.safetensors again/latest/model.safetensors || fail "the same run twice differs"

# ---- looking, planning, measuring ----------------------------------------------------------------
"$COUPLET" pretrain $common --show-batches 1 --json >out 2>err || fail "--show-batches: $(cat err)"
head -n 1 out | grep -q '"tokens".*"input_ids".*"labels".*"words"' || fail "--show-batches --json"
"$COUPLET" pretrain $common --family gpt2 --show-batches 1 >out 2>err || fail "--show-batches gpt2"
grep -q '\[MASK\]' out && fail "a decoder's batch has masks"
"$COUPLET" plan $common --steps 10 --json >out 2>err || fail "plan: $(cat err)"
for key in parameters activation_bytes optimizer_bytes flops_per_step seconds; do
    grep -q "\"$key\"" out || fail "plan has no $key"
done
"$COUPLET" pretrain $common --steps 10 --dry-run --out dry >out 2>err || fail "--dry-run: $(cat err)"
[ -e dry ] && fail "--dry-run wrote something"
"$COUPLET" evaluate run corpus --json >out 2>err || fail "evaluate: $(cat err)"
grep -q '"most_frequent_accuracy"' out || fail "evaluate --json: $(cat out)"
"$COUPLET" pretrain $common --family gpt2 --steps 1 --out decoder -q || fail "gpt2"
printf '天地玄黄。宇宙洪荒。\n' >held-out.txt
"$COUPLET" evaluate decoder held-out.txt >out 2>err || fail "evaluate FILE: $(cat err)"
grep -q 'bits per character' out || fail "evaluate FILE: $(cat out)"
"$COUPLET" bench step --size tiny --vocab-size 100 --sequences 2 --length 16 --steps 2 --json --profile \
    >out 2>err || fail "bench step: $(cat err)"
for key in tokens_per_s tokens_per_s_best needed_gflops peak_gflops share peak_memory_bytes dtype; do
    grep -q "\"$key\"" out || fail "bench step has no $key"
done

# ---- what cannot be ------------------------------------------------------------------------------
expect 2 "--corpus" pretrain --tokenizer tokenizer --steps 1 --out bad
expect 2 "--tokenizer" pretrain --corpus corpus --steps 1 --out bad
expect 2 "--out" pretrain $common --steps 1
expect 2 "--steps" pretrain $common --out bad
expect 2 "--learning" pretrain $common --steps 1 --out bad --learning 3
expect 2 "at most 32" pretrain $common --steps 1 --out bad --length 64
expect 2 "both sides" pretrain $common --steps 1 --out bad --objective clm
expect 4 "nowhere" pretrain --corpus nowhere --tokenizer tokenizer --steps 1 --out bad
expect 4 "nothing" pretrain --corpus corpus --tokenizer nothing --steps 1 --out bad
expect 3 "batch" pretrain $common --batch-tokens 100k --steps 1 --out bad
expect 6 "not finite" pretrain $common --steps 100 --warmup 0 --lr 1e9 --adamw-lr 1e9 --out nan -q
ls nan/bad-batch-step-*.json >/dev/null 2>&1 || fail "the bad batch was not saved"
[ -e nan/latest ] && fail "a checkpoint of a run that broke"
expect 4 "no-such" evaluate run no-such
mkdir full && : >full/lock
if (exec 9>full/lock && flock -n 9) 2>/dev/null; then
    flock full/lock "$COUPLET" pretrain $common --steps 1 --out full >out 2>err
    [ $? -eq 5 ] || fail "a run in use: $(cat err)"
    grep -q 'in use' err || fail "a run in use: $(cat err)"
fi

finish
