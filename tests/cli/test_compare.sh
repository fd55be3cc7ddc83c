#!/bin/sh
# labels: cli
# The whole comparison on a tiny corpus: train both, measure, report; stop, go on, not train twice.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"

# state DIR: what training has written.
state() {
    cat "$1"/encoder/latest/model.safetensors "$1"/decoder/latest/model.safetensors | cksum
    cat "$1"/encoder/metrics.jsonl "$1"/decoder/metrics.jsonl | cksum
}

tiny_corpus
common="--corpus corpus --tokenizer tokenizer --length 32 --batch-tokens 128 -q"

# ---- train, measure, report ----------------------------------------------------------------------
"$COUPLET" compare $common --steps 30 --out both >out 2>err || fail "compare: $(cat err)"
for row in 'family .* bert .* gpt2' 'kind .*masked.*autoregressive' 'steps .*30' 'words put back' \
    'pseudo-likelihood  *likelihood' 'bits per character' 'peak memory' 'both/compare.html'; do
    grep -q "$row" out || fail "the table lacks '$row': $(cat out)"
done
grep -qi 'nan' out && fail "the table has NaN: $(cat out)"
for key in parameters_ratio flops_ratio note bits_kind kind steps blanks_recovered training samples; do
    grep -q "\"$key\"" both/compare.json || fail "compare.json has no $key"
done
# With 22 pieces the encoder's head is 4 % of it, so the decoder's feed-forward layers are wider.
awk '/"(parameters|flops)_ratio"/ { gsub(/[^0-9.]/, "", $2); if ($2 < 0.98 || $2 > 1.02) bad = 1; n++ }
    END { exit bad || n != 2 }' both/compare.json || fail "$(grep _ratio both/compare.json)"
grep -q '"note": null' both/compare.json || fail "a note on equal models"
grep -q '"n_inner": 5[2-9][0-9]' both/decoder/latest/config.json || fail "the decoder is as narrow as before"
grep -q 'http\|<script\|src=' both/compare.html && fail "the page is not self-contained"
grep -q '</html>' both/compare.html || fail "the page has no end"

# ---- a finished comparison is not trained again --------------------------------------------------
before=$(state both)
"$COUPLET" compare $common --steps 30 --out both --json >out 2>err || fail "again: $(cat err)"
[ "$(state both)" = "$before" ] || fail "the second call trained again"
head -c 1 out | grep -q '{' || fail "--json: $(head out)"
expect 5 "--steps" compare $common --steps 20 --out both

# ---- runs that are given -------------------------------------------------------------------------
"$COUPLET" compare both/decoder both/encoder --out given -q >out 2>err || fail "two runs: $(cat err)"
[ -e given/encoder ] && fail "a given run was trained"
"$COUPLET" compare both/encoder $common --out half >out 2>err || fail "one run: $(cat err)"
cmp -s half/decoder/latest/model.safetensors both/decoder/latest/model.safetensors ||
    fail "the decoder that was missing differs"
"$COUPLET" pretrain $common --family gpt2 --size tiny --max-positions 32 --steps 3 --out short || fail "short"
"$COUPLET" compare both/encoder short --out unequal -q >out 2>err || fail "unequal runs: $(cat err)"
tr '\n' ' ' <out | grep -q 'less training *arithmetic' || fail "the table does not say that the runs are unequal"
grep -q '"note": "Not of equal' unequal/compare.json || fail "nor does compare.json"
grep -q 'class=warning' unequal/compare.html || fail "nor does the page"

# ---- stopped and gone on with --------------------------------------------------------------------
# The decoder's training of a long comparison is stopped; without --steps it would never end in time.
"$COUPLET" compare $common --steps 400 --out whole >out 2>err || fail "whole: $(cat err)"
"$COUPLET" compare $common --steps 400 --out stopped >out 2>err &
process=$!
wait_for stopped/encoder/metrics.jsonl
kill -TERM $process
wait $process
got=$?
[ $got -eq 75 ] || fail "SIGTERM gave $got: $(cat err)"
[ -f stopped/encoder/latest/model.safetensors ] || fail "no checkpoint"
[ -e stopped/compare.html ] && fail "a report of a comparison that was stopped"
"$COUPLET" compare $common --steps 400 --out stopped >out 2>err || fail "going on: $(cat err)"
for side in encoder decoder; do
    cmp -s stopped/$side/latest/model.safetensors whole/$side/latest/model.safetensors ||
        fail "the $side differs from that of a comparison that was not stopped"
done

# ---- what cannot be ------------------------------------------------------------------------------
expect 2 "--out" compare $common
expect 2 "corpus" compare --tokenizer tokenizer --out bad -q
expect 2 "tokenizer" compare --corpus corpus --out bad -q
expect 2 "both runs are decoders" compare both/decoder short --out bad -q
expect 4 "nowhere" compare nowhere short --out bad -q
expect 2 "16 positions" compare --corpus corpus --tokenizer tokenizer --length 8 --steps 1 \
    --batch-tokens 128 --out bad-length -q
sed 's/天/地/' docs.jsonl >other.jsonl
"$COUPLET" corpus build other.jsonl --split 70/15/15 --out other -q || fail "corpus build other"
"$COUPLET" pretrain --corpus other --tokenizer tokenizer --length 32 --batch-tokens 128 --family gpt2 \
    --size tiny --max-positions 32 --steps 1 --out elsewhere -q || fail "elsewhere"
expect 5 "another text" compare both/encoder elsewhere --out bad -q
mkdir fewer
sed '$d' tokenizer/vocab.txt >fewer/vocab.txt
"$COUPLET" pretrain --corpus corpus --tokenizer fewer --length 32 --batch-tokens 128 --family gpt2 \
    --size tiny --max-positions 32 --steps 1 --out fewer-run -q || fail "fewer"
expect 5 "" compare both/encoder fewer-run --out bad -q

finish
