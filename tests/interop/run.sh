#!/bin/sh
# What Couplet writes and computes, checked by the Python packages that others use.  `./dev interop`
# calls it with
#   COUPLET  the program                          (default build/couplet)
#   PYTHON   a Python with torch, transformers, tokenizers, safetensors and numpy (default python3)
# It trains a tiny model of each family on generated text and removes what it wrote.  Exit 0 when
# every check held.  Arguments go to the checks of tokenizers and words, each of which runs alone, too:
# [DATA] [--full] [--lines N] [--strings N] [--only WORD] [--skip WORD].
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
COUPLET=$(realpath "${COUPLET:-$root/build/couplet}")
PYTHON=${PYTHON:-python3}
PYTHONDONTWRITEBYTECODE=1
HF_HUB_OFFLINE=1
export COUPLET PYTHON PYTHONDONTWRITEBYTECODE HF_HUB_OFFLINE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"$PYTHON" "$here/check_goldens.py" "$work"

"$PYTHON" "$here/make_text.py" "$work/text.jsonl" "$work/texts"
"$COUPLET" corpus build "$work/text.jsonl" --out "$work/corpus" -q
"$COUPLET" tokenizer train "$work/corpus" --type wordpiece --vocab-size 300 --out "$work/tokenizer" -q
for pair in bert:mlm gpt2:clm; do
    family=${pair%:*}
    "$COUPLET" pretrain --family "$family" --size tiny --objective "${pair#*:}" \
        --corpus "$work/corpus" --tokenizer "$work/tokenizer" --steps 20 --batch-tokens 1024 \
        --optimizer adamw --lr 1e-3 --schedule linear --warmup 5 --dtype f32 --save-every 20 \
        --out "$work/$family" -q
    "$PYTHON" "$here/check_checkpoint.py" "$work/$family/latest" "$work/texts" "$work"
done

"$PYTHON" "$here/check_words.py" "$work/text.jsonl" "$work/corpus" "$work"
for check in tokenizer normalizers pre_tokenizers bpe sentencepiece decoding training segmenter; do
    "$PYTHON" "$here/check_$check.py" "$@"
done
"$PYTHON" "$here/check_chat.py"
echo "interop: all checks held"
