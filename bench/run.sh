#!/bin/sh
# Measures training steps on this machine and writes bench/results/PROCESSOR.md.  `./dev bench`
# calls it with
#   COUPLET  the program                                     (default build/couplet)
#   PYTHON   with --peers: a Python with torch, transformers (default python3)
# usage: bench/run.sh [--peers] [--rounds N] [--steps N] [--size NAME] [--vocab-size N]
#                     [--sequences N] [--length N] [--threads N] [--out FILE]
# The speed of a machine drifts, so everything that is compared takes turns: in each round
# Couplet runs, then every peer; ratios are taken within a round and their median is shown.
# shellcheck disable=SC2046,SC2086  # lists of words are split on purpose
set -eu
here=$(cd "$(dirname "$0")" && pwd)
COUPLET=${COUPLET:-$here/../build/couplet}
PYTHON=${PYTHON:-python3}
peers='' rounds=5 steps=5 size=mini vocab_size=21128 sequences=32 length=128 threads=$(nproc) out=''
while [ $# -gt 0 ]; do
    case $1 in
    --peers) peers='plain best' ;;
    --rounds | --steps | --size | --vocab-size | --sequences | --length | --threads | --out)
        [ $# -ge 2 ] || { echo "bench: $1 needs a value" >&2; exit 2; }
        eval "$(echo "${1#--}" | tr - _)=\$2"
        shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done
[ -x "$COUPLET" ] || { echo "bench: no program at $COUPLET; ./dev build makes it" >&2; exit 4; }

processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
[ -n "$processor" ] || processor=$(uname -m)
# Virtual machines often hide the name; the model number tells generations apart.
model=$(sed -n 's/^model[[:space:]]*: *//p' /proc/cpuinfo | head -n 1)
slug=$(echo "$processor${model:+ model $model}" | sed 's/([RTM]*)//g' | tr '[:upper:]' '[:lower:]' |
    tr -cs 'a-z0-9\n' '-' | sed 's/^-*//; s/-*$//')
[ -n "$out" ] || out=$here/results/$slug.md
dtypes=f32
grep -qw avx512_bf16 /proc/cpuinfo && dtypes='f32 bf16'

work=$(mktemp -d)
children=''
trap '[ -z "$children" ] || kill $children 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# One number of a one-line JSON object on standard input.
field() { sed -n 's/.*"'"$1"'": *\([-+0-9.eE]*\).*/\1/p'; }
# Median, least and most of the numbers on standard input.
spread() {
    sort -g | awk '{ v[NR] = $1 }
        END { print NR % 2 ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2, v[1], v[NR] }'
}
median() { spread | cut -d' ' -f1; }
shape() { # dtype
    echo --size "$size" --vocab-size "$vocab_size" --sequences "$sequences" \
        --length "$length" --steps "$steps" --threads "$threads" --dtype "$1"
}

start_peers() { # family dtype: one waiting process a peer, fed through pipes
    for how in $peers; do
        mkfifo "$work/go.$how" "$work/said.$how"
        OMP_PROC_BIND=close OMP_PLACES=cores MALLOC_MMAP_THRESHOLD_=4294967296 \
            MALLOC_TRIM_THRESHOLD_=68719476736 MALLOC_TOP_PAD_=1073741824 \
            "$PYTHON" "$here/peers/torch_train.py" "$1" --how "$how" $(shape "$2") \
            <"$work/go.$how" >"$work/said.$how" 2>"$work/log.$how" &
        children="$children $!"
        case $how in
        plain) exec 3>"$work/go.plain" 4<"$work/said.plain" ;;
        best) exec 5>"$work/go.best" 6<"$work/said.best" ;;
        esac
        hear "$how" >>"$work/versions"
    done
}
hear() { # how: the next line that a peer says
    case $1 in
    plain) read -r line <&4 ;;
    best) read -r line <&6 ;;
    esac || { echo "bench: the $1 peer stopped:" >&2; tail -n 5 "$work/log.$1" >&2; exit 1; }
    echo "$line"
}
ask() { # how: one round of a peer
    case $1 in
    plain) echo go >&3 ;;
    best) echo go >&5 ;;
    esac
    hear "$1"
}
stop_peers() {
    exec 3>&- 4<&- 5>&- 6<&-
    [ -z "$children" ] || wait $children
    children=''
    rm -f "$work"/go.* "$work"/said.*
}

each() { # function: called with every family and dtype
    for dtype in $dtypes; do for family in bert gpt2; do "$1" "$family" "$dtype"; done; done
}
measure() { # family dtype: rounds in turn, a file of JSON lines for each of couplet and peers
    start_peers "$1" "$2"
    for round in $(seq "$rounds"); do
        "$COUPLET" bench step --family "$1" $(shape "$2") --json >"$work/step"
        tr -d '\n' <"$work/step" >>"$work/$1.$2.couplet"
        echo >>"$work/$1.$2.couplet"
        for how in $peers; do
            ask "$how" >>"$work/$1.$2.$how"
        done
        echo "bench: $1 $size $2: round $round of $rounds" >&2
    done
    stop_peers
}

own_row() { # family dtype
    lines=$work/$1.$2.couplet
    rate=$(field tokens_per_s <"$lines" | median)
    needed=$(field needed_gflops <"$lines" | median)
    peak=$(field peak_gflops <"$lines" | median)
    share=$(field share <"$lines" | median)
    memory=$(field peak_memory_bytes <"$lines" | sort -g | tail -n 1)
    echo "$1 $size $2 $rate $needed $peak $share $memory" | awk '{
        printf "| %s %s | %s | %.0f | %.1f | %.1f | %.1f %% | %.0f MB |\n",
            $1, $2, $3, $4, $5, $6, 100 * $7, $8 / 1e6 }'
}
peer_rows() { # family dtype
    for how in $peers; do peer_row "$1" "$2" "$how"; done
}
peer_row() { # family dtype how
    field tokens_per_s <"$work/$1.$2.couplet" >"$work/ours"
    field tokens_per_s <"$work/$1.$2.$3" >"$work/theirs"
    rate=$(median <"$work/theirs")
    ratio=$(paste "$work/ours" "$work/theirs" | awk '{ print $1 / $2 }' | spread)
    memory=$(field peak_memory_bytes <"$work/$1.$2.$3" | sort -g | tail -n 1)
    echo "$1 $size $2 $3 $rate $memory $ratio" | awk '{
        printf "| %s %s | %s | %s | %.0f | %.0f MB | %.2f (%.2f to %.2f) |\n",
               $1, $2, $3, $4, $5, $6 / 1e6, $7, $8, $9 }'
}
report() {
    echo "# Training steps on $processor${model:+ (model $model)}"
    echo
    version=$("$COUPLET" version | head -n 1 | sed 's/^[Cc]ouplet *//')
    echo "Couplet $version, $threads threads, vocabulary $vocab_size, $sequences sequences of" \
        "$length; made by \`./dev bench${peers:+ --peers}\`."
    echo "Medians of $rounds rounds of $steps steps. Needed arithmetic only (see bench/README.md);" \
        "the peak is measured in the same run."
    echo
    echo '```'
    cat "$work/machine"
    echo '```'
    echo
    echo '| model | dtype | tokens/s | needed GFLOP/s | peak GFLOP/s | share | peak memory |'
    echo '| --- | --- | ---: | ---: | ---: | ---: | ---: |'
    each own_row
    [ -n "$peers" ] || return 0
    echo
    versions=$(sed -n 's/.*"ready": *"\(.*\), [a-z]*".*/\1/p' "$work/versions" | head -n 1)
    echo "## Against $versions"
    echo
    echo 'plain: the model as transformers gives it. best: predicted rows only, fused AdamW,'
    echo 'torch.compile, allocator and thread placement tuned. Ratio: tokens/s of Couplet over'
    echo 'theirs, in turns (range).'
    echo
    echo '| model | dtype | peer | tokens/s | peak memory | ratio |'
    echo '| --- | --- | --- | ---: | ---: | ---: |'
    each peer_rows
}

"$COUPLET" bench machine --threads "$threads" >"$work/machine"
each measure
mkdir -p "$(dirname "$out")"
report >"$work/report"
mv "$work/report" "$out"
cat "$out"
echo "bench: written to $out" >&2
