#!/bin/sh
# couplet forward and couplet inspect as a user would type them: what they write, and what they say to
# input that cannot be.  The numbers themselves are compared in test_model_golden.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"
models=$COUPLET_SOURCE/tests/golden/models
bert=$models/bert-gelu
gpt2=$models/gpt2-relu

expect 0 "" forward "$bert" --input "$bert/input.jsonl" --output "$work/bert.safetensors" --gradients
"$COUPLET" inspect "$work/bert.safetensors" >"$work/text"
for name in logits.0 hidden.4 loss grad.bert.embeddings.word_embeddings.weight; do
    grep -qF "$name" "$work/text" || fail "the output has no $name"
done
expect 0 "" forward "$gpt2" --input "$gpt2/input.jsonl" --output "$work/whole" --dtype f32
expect 0 "" forward "$gpt2" --input "$gpt2/input.jsonl" --output "$work/cached" --dtype f32 --cached
cmp "$work/whole" "$work/cached" || fail "token by token differs from all at once"
expect 0 "" forward "$gpt2" --input "$gpt2/input.jsonl" --output "$work/one" --dtype f32 --threads 1
cmp "$work/whole" "$work/one" || fail "one thread differs from all"

expect 2 "no key/value cache" forward "$bert" --input "$bert/input.jsonl" --output "$work/o" --cached
expect 2 "input" forward "$bert" --output "$work/o"
expect 4 "none.jsonl" forward "$bert" --input "$work/none.jsonl" --output "$work/o"
expect 4 "no-model" forward "$work/no-model" --input "$bert/input.jsonl" --output "$work/o"

# refused WORD LINE: the line is refused with a message that names file, line and reason.
refused()
{
    printf '{"input_ids": [1, 2]}\n%s\n' "$2" >"$work/bad.jsonl"
    expect 3 "bad.jsonl:2" forward "$bert" --input "$work/bad.jsonl" --output "$work/o"
    grep -qF "$1" err || fail "no '$1' in: $(cat err)"
    [ ! -e "$work/o" ] || fail "an output was left behind"
}
refused "input_ids" '{"labels": [1]}'
refused "input_ids" '{"input_ids": []}'
refused "input_ids[1]" '{"input_ids": [1, 37]}'
refused "input_ids[0]" '{"input_ids": [-1]}'
refused "input_ids[0]" '{"input_ids": ["a"]}'
refused "labels" '{"input_ids": [1, 2], "labels": [1]}'
refused "labels[1]" '{"input_ids": [1, 2], "labels": [1, -7]}'
refused "token_type_ids[0]" '{"input_ids": [1], "token_type_ids": [2]}'
refused "decoder_input_ids" '{"input_ids": [1], "decoder_input_ids": [1]}'
refused "object" '[1, 2]'
refused "bad.jsonl" '{"input_ids": [1'
ids=$(seq -s, 41 | sed 's/[0-9]*/1/g')
refused "1 to 40 tokens" "{\"input_ids\": [$ids]}"
: >"$work/empty.jsonl"
expect 3 "no lines" forward "$bert" --input "$work/empty.jsonl" --output "$work/o"

expect 0 "" inspect "$bert" --json
grep -qF '"kind": "model"' out || fail "inspect --json does not say that it is a model"
expect 0 "" inspect "$bert/config.json"
grep -qx 'kind: configuration' out || fail "inspect does not know a config.json"
expect 4 "no such" inspect "$work/none"
expect 3 "$work" inspect "$work"
expect 3 "empty.jsonl" inspect "$work/empty.jsonl"
finish
