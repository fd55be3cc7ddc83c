#!/bin/sh
# labels: cli
# couplet corpus build, corpus show, segment: what they print, exit codes, one clear line for bad input.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"

# Ten documents, one of them twice, packed three ways.
mkdir texts
for i in 1 2 3 4 5 6 7 8 9; do printf '第%d篇。\nLine without Chinese.\n' "$i" >"texts/$i.txt"; done
cp texts/1.txt texts/again.txt
printf '静夜思\n床前明月光。\n' | gzip -n >texts/poem.txt.gz

"$COUPLET" corpus build texts --chinese-only --out corpus >out 2>err || fail "build: $(cat err)"
grep -q 'documents that were read before' out || fail "nothing said about duplicates: $(cat out)"
[ "$("$COUPLET" corpus build texts --out json --json -q | grep -c '"documents_duplicate": 1')" -eq 1 ] ||
    fail "corpus build --json"
"$COUPLET" corpus show corpus --json >out || fail "show --json"
grep -q '"chinese_only": true' out || fail "show --json does not hold the options"
cmp -s out corpus/corpus.json || fail "show --json is not corpus.json"
"$COUPLET" corpus show corpus --sample 100 >out || fail "show --sample"
grep -q '第.篇。' out || fail "no sample shown"
grep -q 'Line without' out && fail "lines without Chinese were kept"
[ "$("$COUPLET" corpus show corpus --sample 3 --json | grep -c '^{"document": ')" -eq 3 ] ||
    fail "three samples as JSON lines"

# The same again gives the same bytes, whatever way the files were packed.
"$COUPLET" corpus build texts --chinese-only --out again -q || fail "second build"
for file in corpus.json train.jsonl.zst valid.jsonl.zst test.jsonl.zst; do
    cmp -s "corpus/$file" "again/$file" || fail "$file differs between equal builds"
done
printf '{"text": "甲"}\n{"text": "乙"}\n{"text": "丙"}\n' >plain.jsonl
gzip -nk plain.jsonl
"$COUPLET" corpus build plain.jsonl --out p -q || fail "jsonl"
"$COUPLET" corpus build plain.jsonl.gz --out g -q || fail "jsonl.gz"
cmp -s p/train.jsonl.zst g/train.jsonl.zst || fail "gz reads differently"
"$COUPLET" corpus build - --format lines --out i -q <texts/1.txt || fail "standard input"

# Errors.
expect 4 'nowhere: cannot read' corpus build nowhere --out x
expect 2 '--out' corpus build texts
expect 2 'expected three shares' corpus build texts --out x --split 98/2
expect 2 'zero' corpus build texts --out x --split 0/0/0
expect 2 'is none of' corpus build texts --out x --dedup near
printf '好\n\377坏\n' >bad.txt
expect 3 'bad.txt:2: not UTF-8' corpus build bad.txt --out x --on-bad-text error
: >empty.txt
expect 3 'empty corpus' corpus build empty.txt --out x
expect 3 'not valid JSON' corpus build texts --format jsonl --out x
expect 5 'is not a corpus' corpus build texts --out texts
expect 4 'no such corpus' corpus show nowhere
expect 3 'not a corpus' corpus show texts
[ -e x ] && fail "a failed build left something behind"
[ -e x.partial ] && fail "a failed build left its partial directory behind"
head -c 40 corpus/train.jsonl.zst >short && mv short corpus/train.jsonl.zst
expect 3 'train.jsonl.zst: zstd data are cut off' corpus show corpus --sample 1

# Words, with a dictionary of our own: no other is needed.
printf '我 9 r\n喜欢 9 v\n自然语言 9 l\n处理 9 v\n' >words.txt
COUPLET_DICTIONARY=$work/words.txt
export COUPLET_DICTIONARY
got=$("$COUPLET" segment 我喜欢自然语言处理)
[ "$got" = '我 / 喜欢 / 自然语言 / 处理' ] || fail "segment: $got"
got=$(echo 我喜欢 | "$COUPLET" segment --json)
[ "$got" = '{"text": "我喜欢", "words": ["我", "喜欢"]}' ] || fail "segment --json: $got"
echo 自然语言处理 >mine.txt
got=$("$COUPLET" segment --dict mine.txt 我喜欢自然语言处理)
[ "$got" = '我 / 喜欢 / 自然语言处理' ] || fail "segment --dict: $got"
expect 4 'none.txt' segment --dict none.txt 我
COUPLET_DICTIONARY=$work/none.txt
expect 4 'none.txt' segment 我

finish
