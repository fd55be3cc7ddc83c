# shellcheck shell=sh
# What the scripts here share.  They begin with
#     . "$COUPLET_SOURCE/tests/cli/lib.sh"
# which takes them into a new folder, $work, and end with `finish`.  COUPLET is the program.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

finish() {
    [ "$failures" -eq 0 ] || exit 1
    echo "ok"
    exit 0
}

# expect STATUS WORDS ARGUMENT...: the exit status; the words on stderr, in one line if it is an error and
# in no more than one else.  What was printed is in the files out and err.
expect() {
    status=$1 words=$2
    shift 2
    "$COUPLET" "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$status" ] || fail "couplet $* ended with $got, not $status: $(cat err)"
    [ -z "$words" ] || grep -qF -- "$words" err || fail "couplet $* did not say '$words': $(cat err)"
    lines=$(wc -l <err)
    [ "$lines" -eq 1 ] || { [ "$status" -eq 0 ] && [ "$lines" -eq 0 ]; } ||
        fail "couplet $* said $lines lines: $(cat err)"
}

# run ARGUMENT...: it must succeed; what it printed is in the files out and err.
run() {
    "$COUPLET" "$@" >out 2>err || fail "couplet $*: $(cat err)"
}

# wait_for FILE: until something stands in it, at most a minute.
wait_for() {
    tries=0
    until [ -s "$1" ] || [ $tries -ge 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
}

# tiny_corpus: docs.jsonl, 60 documents that differ, over a few characters; corpus; tokenizer, in which a
# token is a character; and a dictionary, so that no test depends on what is installed.
tiny_corpus() {
    printf '天地 9 n\n日月 9 n\n玄黄 5 n\n洪荒宇宙 5 n\n' >words.txt
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
    printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' 。 天 地 玄 黄 宇 宙 洪 荒 日 月 盈 昃 辰 宿 列 张 \
        >tokenizer/vocab.txt
    run corpus build docs.jsonl --split 70/15/15 --out corpus -q
}
