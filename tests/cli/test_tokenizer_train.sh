#!/bin/sh
# labels: cli
# couplet tokenizer train: every kind, its files, the same for any number of threads, and what it refuses.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"
unset COUPLET_DICTIONARY

cat >"$work/one.txt" <<'END'
我喜欢自然语言处理。今天天气很好，我们去公园吧！
The player plays a new game. The players are playing the games again.
床前明月光，疑是地上霜。
举头望明月，低头思故乡。
The player plays; the game is new. 今天我喜欢玩。
END
cat "$work/one.txt" "$work/one.txt" "$work/one.txt" >"$work/text.txt"
printf '喜欢 50 v\n今天 40 t\n天气 40 n\n明月 30 n\n' >"$work/words.txt"
COUPLET_DICTIONARY=$work/words.txt
export COUPLET_DICTIONARY

# train FOLDER ARGUMENT...
train() {
    folder=$1
    shift
    "$COUPLET" tokenizer train "$work/text.txt" --out "$work/$folder" -q "$@" || fail "train $*"
}

# kind TYPE VOCABULARY ARGUMENT...: one and two threads, then a round trip.
kind() {
    type=$1 size=$2
    shift 2
    train first --type "$type" --vocab-size "$size" --threads 1 "$@"
    train second --type "$type" --vocab-size "$size" --threads 2 "$@"
    cmp -s "$work/first/tokenizer.json" "$work/second/tokenizer.json" || fail "$type $*: threads matter"
    printf '"今天天气\\n\\nthe player"\n' >"$work/in.jsonl"
    "$COUPLET" tokenizer encode "$work/first" --input "$work/in.jsonl" >"$work/ids" || fail "$type: encode"
    "$COUPLET" tokenizer decode "$work/first" --input "$work/ids" >"$work/back" || fail "$type: decode"
    [ "$(grep -o '\\n' "$work/back" | wc -l)" -eq 2 ] || fail "$type $*: line breaks are lost: $(cat "$work/back")"
    rm -rf "$work/first" "$work/second"
}
kind wordpiece 120
kind bpe 320
kind bpe 320 --pattern qwen2 --normalize nfc
kind char-bpe 150
kind char-bpe 400 --byte-fallback --alphabet 40
kind char-bpe 150 --chinese-pieces word
kind unigram 150 --special-token '<a>' --special-token '<b>'
kind unigram 400 --byte-fallback --prefix-space first --lowercase

train few --type unigram --vocab-size 150 --special-token '<a>' --special-token '<b>'
for token in '<a>' '<b>' '<mask>'; do
    grep -qF "\"$token\"" "$work/few/tokenizer.json" || fail "no $token"
done
"$COUPLET" tokenizer train "$work/text.txt" --type bpe --vocab-size 300 --out "$work/json" --json >out ||
    fail "train --json"
grep -q '"vocab_size": 300' out || fail "train --json: $(cat out)"
grep -q '"share": 1' out || fail "train --json: $(cat out)"

# Pieces of bytes are shown as the text they stand for.
"$COUPLET" tokenizer inspect "$work/json" >out || fail "inspect"
grep -q '^Latin .*␣' out || fail "inspect shows no readable pieces: $(cat out)"

expect 2 'is none of wordpiece|bpe|char-bpe|unigram' tokenizer train "$work/text.txt" --type sentence --out "$work/x"
expect 2 'did you mean "llama3"?' tokenizer train "$work/text.txt" --type bpe --pattern lama3 --out "$work/x"
expect 2 'only bpe takes it' tokenizer train "$work/text.txt" --pattern gpt2 --out "$work/x"
expect 2 'different characters' tokenizer train "$work/text.txt" -q --type unigram --vocab-size 30 --out "$work/x"
expect 2 '256 bytes' tokenizer train "$work/text.txt" -q --type bpe --vocab-size 100 --out "$work/x"
expect 2 'is there already' tokenizer train "$work/text.txt" --type bpe --special-token '<s>' --out "$work/x"
[ ! -e "$work/x" ] || fail "something was written"

finish
