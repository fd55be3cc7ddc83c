#!/bin/sh
# labels: cli
# couplet segment and bench segment: lines in, lines out, users' dictionaries, one clear line for bad input.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"

# same EXPECTED WHAT: what `out` holds.
same() {
    [ "$(cat out)" = "$1" ] || fail "$2: $(cat out)"
}

# A dictionary of our own: no other is needed.
printf '我 9 r\n喜欢 9 v\n自然语言 9 l\n处理 9 v\n一个 9 m\n个 9 q\n一 9 m\n' >words.txt
COUPLET_DICTIONARY=$work/words.txt
export COUPLET_DICTIONARY

"$COUPLET" segment 我喜欢C++一个3.14% >out || fail "a text"
same '我 / 喜欢 / C++ / 一 / 个 / 3.14%' "a text"
printf '我喜欢\r\n\n  \n处理我' | "$COUPLET" segment >out || fail "standard input"
same '我 / 喜欢


处理 / 我' "standard input"
printf '我喜欢\n\n' >lines.txt
"$COUPLET" segment --input lines.txt --json >out || fail "--input"
same '{"text": "我喜欢", "words": ["我", "喜欢"]}
{"text": "", "words": []}' "--input --json"
"$COUPLET" segment --json - <lines.txt >again || fail "-"
cmp -s out again || fail "- and --input differ"
: | "$COUPLET" segment - >out || fail "nothing"
[ -s out ] && fail "nothing gave something: $(cat out)"

# Words come while standard input is still open: line by line.
mkfifo pipe
"$COUPLET" segment --input pipe >out &
program=$!
exec 3>pipe
i=0
while [ $i -lt 1000 ]; do
    echo 我喜欢 >&3
    i=$((i + 1))
done
i=0
while [ ! -s out ] && [ $i -lt 100 ]; do
    sleep 0.1
    i=$((i + 1))
done
[ -s out ] || fail "no words before the end of the input"
exec 3>&-
wait $program || fail "reading a pipe"
[ "$(wc -l <out)" -eq 1000 ] || fail "$(wc -l <out) lines of 1000"

# Dictionaries of the user's.
echo 自然语言处理 >mine.txt
"$COUPLET" segment --dict mine.txt 我喜欢自然语言处理 >out || fail "--dict"
same '我 / 喜欢 / 自然语言处理' "--dict"
printf '一个 nz\n喜欢 0\n' >mine.txt
"$COUPLET" segment --dict mine.txt 一个喜欢 >out || fail "--dict with a tag and a 0"
same '一个 / 喜 / 欢' "--dict with a tag and a 0"

# Errors.
printf '我\n喜 欢 处 理\n' >bad.txt
expect 3 'bad.txt:2: expected "word count tag", found more than three fields' segment --dict bad.txt 我
printf '我 5x\n' >bad.txt
expect 3 'bad.txt:1: expected a count' segment --dict bad.txt 我
expect 4 'none.txt' segment --dict none.txt 我
expect 4 'none.txt' segment --input none.txt
expect 2 'either TEXT or --input' segment --input lines.txt 我
printf '我\n\377喜\n' >bad.txt
expect 3 'bad.txt:2: not UTF-8' segment --input bad.txt
[ "$(cat out)" = 我 ] || fail "lines before the bad one"
printf '我\n喜\0欢\n' >bad.txt
expect 3 'bad.txt:2: it holds a NUL byte' segment --input bad.txt
COUPLET_DICTIONARY=$work/none.txt expect 4 'none.txt' segment 我

# Speed.
"$COUPLET" bench segment lines.txt words.txt >out || fail "bench"
grep -q 'MB/s: 83 bytes' out || fail "bench: $(cat out)"
"$COUPLET" bench segment lines.txt --json >out || fail "bench --json"
grep -q '"mb_per_s": .*"bytes": 10, "words": 2' out || fail "bench --json: $(cat out)"
expect 4 'none.txt' bench segment none.txt

"$COUPLET" segment --help >out || fail "--help"
sed -n 2p out | grep -q '^Examples' || fail "--help does not begin with examples"

finish
