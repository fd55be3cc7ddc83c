#!/bin/sh
# labels: cli
# couplet tokenizer train, encode, decode: what they write, and what they refuse.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"
unset COUPLET_DICTIONARY

# equal WHAT EXPECTED FOUND
equal() {
    [ "$2" = "$3" ] || fail "$1: expected $2, found $3"
}

cat >"$work/text.txt" <<'END'
我喜欢自然语言处理。今天天气很好，我们去公园吧！
The player plays a new game. The players are playing the games again.
床前明月光，疑是地上霜。
举头望明月，低头思故乡。
The player plays; the game is new. 今天我喜欢玩。
END
cat "$work/text.txt" "$work/text.txt" "$work/text.txt" >"$work/more.txt"
printf '喜欢 50 v\n今天 40 t\n天气 40 n\n明月 30 n\n' >"$work/words.txt"

"$COUPLET" tokenizer train "$work/more.txt" --type wordpiece --vocab-size 100 --out "$work/tok" -q ||
    fail "train"
for name in tokenizer.json tokenizer_config.json vocab.txt; do
    [ -s "$work/tok/$name" ] || fail "no $name"
done
"$COUPLET" corpus build "$work/more.txt" --out "$work/corpus" --split 1/0/0 -q || fail "corpus build"
"$COUPLET" tokenizer train "$work/corpus" --vocab-size 100 --out "$work/two" --json >out ||
    fail "train on a corpus"
grep -q '"vocab_size": 100' out || fail "train --json: $(cat out)"

# Round trip, line breaks and special tokens among them.
cat >"$work/in.jsonl" <<'END'
"今天天气很好！\n\n我喜欢[MASK]。"
"the player"

""
END
"$COUPLET" tokenizer encode "$work/tok" --input "$work/in.jsonl" >"$work/ids" || fail "encode"
equal "lines" 3 "$(wc -l <"$work/ids")"
equal "nothing" '{"ids": []}' "$(sed -n 3p "$work/ids")"
"$COUPLET" tokenizer decode "$work/tok" --join <"$work/ids" >"$work/back" || fail "decode"
equal "first line" '"今天天气很好！\n\n我喜欢[MASK]。"' "$(sed -n 1p "$work/back")"
equal "second line" '"the player"' "$(sed -n 2p "$work/back")"
"$COUPLET" tokenizer decode "$work/tok" --skip-special <"$work/ids" | grep -q MASK && fail "MASK is shown"
equal "exact" '"今 天 天 气 很 好 ！ \n \n 我 喜 欢 [MASK] 。"' \
    "$("$COUPLET" tokenizer decode "$work/tok" <"$work/ids" | sed -n 1p)"
equal "exact, skipping" '"the player"' \
    "$("$COUPLET" tokenizer decode "$work/tok" --skip-special <"$work/ids" | sed -n 2p)"

# Any number of threads and windows gives the same lines.
cp "$work/in.jsonl" "$work/long.jsonl"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    cat "$work/long.jsonl" "$work/long.jsonl" >"$work/twice"
    mv "$work/twice" "$work/long.jsonl"
done
"$COUPLET" tokenizer encode "$work/tok" --special --threads 1 --input "$work/long.jsonl" >"$work/one" || fail "one thread"
"$COUPLET" tokenizer encode "$work/tok" --special --threads 3 --input "$work/long.jsonl" >"$work/three" || fail "three threads"
cmp -s "$work/one" "$work/three" || fail "threads change ids"
equal "lines of the long file" 12288 "$(wc -l <"$work/one")"

# Truncation.
equal "right" '{"ids": [2, 3]}' "$(echo '"今天天气"' | "$COUPLET" tokenizer encode "$work/tok" --special --max-length 2)"
right=$(echo '["今天天气很好", "the"]' | "$COUPLET" tokenizer encode "$work/tok" --pairs --special --max-length 6 --offsets)
case $right in
*'"type_ids": [0, 0, 0, 0, 1, 1], "offsets": [[0, 0], [0, 1], [1, 2], [0, 0], [0, 3], [0, 0]]'*) ;;
*) fail "truncated pair: $right" ;;
esac
left=$(echo '"今天天气喜欢"' | COUPLET_DICTIONARY="$work/words.txt" "$COUPLET" tokenizer encode "$work/tok" --special \
    --max-length 5 --truncate left --offsets --words)
case $left in
*'"offsets": [[0, 0], [3, 4], [4, 5], [5, 6], [0, 0]], "words": [[1, 2], [2, 4]]'*) ;;
*) fail "truncated from the left: $left" ;;
esac
expect 2 'leave no room for the 2 special ones' tokenizer encode "$work/tok" --special --max-length 1 --input "$work/in.jsonl"

# Offsets in characters, words in tokens, special tokens around.
COUPLET_DICTIONARY="$work/words.txt" "$COUPLET" tokenizer encode "$work/tok" --offsets --words --special \
    >out <<'END'
"今天喜欢the player"
END
grep -qF '"offsets": [[0, 0], [0, 1], [1, 2], [2, 3], [3, 4], [4, 7], [8, 14], [0, 0]]' out ||
    fail "offsets: $(cat out)"
grep -qF '"words": [[1, 3], [3, 5], [5, 6], [6, 7]]' out || fail "words: $(cat out)"
COUPLET_DICTIONARY="$work/words.txt" "$COUPLET" tokenizer encode "$work/tok" --offsets --words --special \
    --pairs >out <<'END'
["今天", "明月the"]
END
grep -qF '"type_ids": [0, 0, 0, 0, 1, 1, 1, 1]' out || fail "types: $(cat out)"
grep -qF '"offsets": [[0, 0], [0, 1], [1, 2], [0, 0], [0, 1], [1, 2], [2, 5], [0, 0]]' out ||
    fail "offsets of a pair: $(cat out)"
grep -qF '"words": [[1, 3], [4, 6], [6, 7]]' out || fail "words of a pair: $(cat out)"

# A second training gives the same bytes.
"$COUPLET" tokenizer train "$work/more.txt" --vocab-size 100 --out "$work/again" -q
cmp -s "$work/tok/tokenizer.json" "$work/again/tokenizer.json" || fail "two trainings differ"

# A bare vocab.txt is cased unless told.
cp "$work/tok/vocab.txt" "$work/bare.txt"
echo '"THE player"' | "$COUPLET" tokenizer encode "$work/bare.txt" >"$work/cased" || fail "vocab.txt"
echo '"THE player"' | "$COUPLET" tokenizer encode "$work/bare.txt" --lowercase >"$work/lower" || fail "--lowercase"
cmp -s "$work/cased" "$work/lower" && fail "--lowercase changes nothing"
expect 2 'only a vocab.txt with nothing beside it' tokenizer encode "$work/tok" --lowercase --input "$work/in.jsonl"

# Written and written again: the same bytes, the same ids.
"$COUPLET" tokenizer convert "$work/tok" --out "$work/saved" -q || fail "convert"
"$COUPLET" tokenizer convert "$work/saved" --out "$work/again2" -q || fail "convert again"
for name in tokenizer.json tokenizer_config.json vocab.txt; do
    cmp -s "$work/saved/$name" "$work/again2/$name" || fail "$name changes when it is saved again"
done
"$COUPLET" tokenizer encode "$work/saved" --input "$work/in.jsonl" | cmp -s - "$work/ids" || fail "saved: other ids"
expect 2 '--out' tokenizer convert "$work/tok"

# What a tokenizer is, and two of them.
"$COUPLET" tokenizer inspect "$work/tok" >out || fail "inspect"
grep -q '^WordPiece: 100 tokens' out || fail "inspect: $(cat out)"
grep -q '^mask  *4  \[MASK\]$' out || fail "inspect shows no mask"
"$COUPLET" tokenizer inspect "$work/tok" --json >out || fail "inspect --json"
grep -q '"decoder": \[' out || fail "inspect --json: $(cat out)"
"$COUPLET" tokenizer compare "$work/tok" "$work/bare.txt" --lowercase >out || fail "compare"
grep -q 'texts of pieces: .* in both' out || fail "compare: $(cat out)"
"$COUPLET" tokenizer compare "$work/tok" "$work/two" --input "$work/more.txt" --json >out || fail "compare --json"
grep -q '"tokens_per_character"' out || fail "compare --json: $(cat out)"
expect 4 'none.txt' tokenizer compare "$work/tok" "$work/two" --input "$work/none.txt"

printf '"fine"\n"not closed\n' >"$work/bad.jsonl"
printf '[1, 2, 100000]\n' >"$work/high.jsonl"
printf '"one"\n' >"$work/one.jsonl"
expect 3 'bad.jsonl:2' tokenizer encode "$work/tok" --input "$work/bad.jsonl"
expect 3 'expected ["first", "second"]' tokenizer encode "$work/tok" --pairs --input "$work/one.jsonl"
expect 3 'element 2 is not an id in 0..99' tokenizer decode "$work/tok" --input "$work/high.jsonl"
expect 3 'expected {"ids": [...]}' tokenizer decode "$work/tok" --input "$work/one.jsonl"
expect 4 'No such file' tokenizer encode "$work/tok" --input "$work/none.jsonl"
expect 3 'neither tokenizer.json nor vocab.txt' tokenizer encode "$work"
expect 2 '--out' tokenizer train "$work/more.txt"
expect 2 'vocab-size: 3' tokenizer train "$work/more.txt" --vocab-size 3 --out "$work/x"
expect 4 'none.txt' tokenizer train "$work/none.txt" --out "$work/x"
: >"$work/empty.txt"
expect 3 'no text to learn from' tokenizer train "$work/empty.txt" --out "$work/x"
[ ! -e "$work/x" ] || fail "a training that failed left something"

finish
