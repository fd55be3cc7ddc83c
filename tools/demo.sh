#!/bin/sh
# The demo: from raw Chinese text to both model families and their comparison.
#
#     COUPLET=build/couplet tools/demo.sh TEXT_FOLDER OUT_FOLDER
#
# TEXT_FOLDER holds unpacked text packages (manual pages, help pages, fortunes); `./dev demo` fetches
# them. Everything made lies in OUT_FOLDER. DEMO_STEPS sets the encoder's steps (the decoder gets as much
# arithmetic), DEMO_SIZE the size of both models.
set -eu

couplet=${COUPLET:-build/couplet}
text=${1:?folder with the text}
out=${2:?folder for what is made}
steps=${DEMO_STEPS:-1200}
size=${DEMO_SIZE:-tiny}
vocabulary=${DEMO_VOCABULARY:-8000}

say() {
    printf '\n== %s\n' "$*"
}

show() {
    printf '$ couplet'
    printf ' %s' "$@"
    printf '\n'
    "$couplet" "$@"
}

mkdir -p "$out"

say 'Text: manual pages, help pages and poems become clean documents'
show corpus build "$text/manpages-zh/usr/share/man/zh_CN" \
    "$text/libreoffice-help-zh-cn/usr/share/libreoffice/help/zh-CN" \
    "$text/fortunes-zh/usr/share/games/fortunes" \
    --out "$out/corpus" --chinese-only --split 96/2/2
show corpus show "$out/corpus"

say "Tokenizer: $vocabulary pieces, one token a Chinese character"
show tokenizer train "$out/corpus" --type wordpiece --vocab-size "$vocabulary" --out "$out/tokenizer"

say 'What the encoder is asked: whole words are hidden'
show pretrain --family bert --size "$size" --corpus "$out/corpus" --tokenizer "$out/tokenizer" \
    --out "$out/none" --show-batches 1 | head -n 24

say "Training and comparison: an encoder and a decoder ($size), equal in size, text and arithmetic"
show compare --corpus "$out/corpus" --tokenizer "$out/tokenizer" --size "$size" --steps "$steps" \
    --out "$out/comparison"

say 'Blanks: one token a mask, then a word a mask'
show fill "$out/comparison/encoder" '我[MASK]自然[MASK]处理'
show fill "$out/comparison/encoder" --words '我[MASK]自然[MASK]处理'

say 'A verse, and a paragraph of help'
show generate "$out/comparison/decoder" --prompt '床前明月光，' --max-tokens 48 --temperature 0.8 \
    --top-k 40 --repetition-penalty 1.1
show generate "$out/comparison/decoder" --prompt '要打开文件，' --max-tokens 80 --temperature 0.8 \
    --top-k 40 --repetition-penalty 1.1

say "Done. The whole comparison, with curves: $out/comparison/compare.html"
