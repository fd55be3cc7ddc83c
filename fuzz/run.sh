#!/bin/sh
# Builds the libFuzzer targets with clang, ASan and UBSan and runs each for a while:
#
#     fuzz/run.sh [--seconds N] [NAME...]        60 seconds each; NAME as in fuzz/fuzz_NAME.c
#
# Inputs begin with fuzz/corpus/NAME/, words of fuzz/NAME.dict are tried if that file is there, found
# inputs are kept in build-fuzz/corpus/NAME/ and failures in build-fuzz/failures/.  A line a target at the
# end; exit 6 when one failed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
seconds=60
names=''
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        [ $# -ge 2 ] || { echo "fuzz: --seconds needs a number" >&2; exit 2; }
        seconds=$2
        shift
        ;;
    -*)
        echo "fuzz: unknown option $1; usage: fuzz/run.sh [--seconds N] [NAME...]" >&2
        exit 2
        ;;
    *) names="$names $1" ;;
    esac
    shift
done
case $seconds in
'' | *[!0-9]*)
    echo "fuzz: --seconds $seconds is not a number" >&2
    exit 2
    ;;
esac
if [ -z "$names" ]; then
    for source in fuzz/fuzz_*.c; do
        name=${source#fuzz/fuzz_}
        names="$names ${name%.c}"
    done
fi
targets=''
for name in $names; do
    [ -f "fuzz/fuzz_$name.c" ] || { echo "fuzz: there is no fuzz/fuzz_$name.c" >&2; exit 2; }
    targets="$targets fuzz_$name"
done

cmake --preset fuzz >build-fuzz.log 2>&1 || { cat build-fuzz.log >&2; exit 1; }
rm -f build-fuzz.log
# shellcheck disable=SC2086  # a list of names
ninja -C build-fuzz $targets >&2

report=''
failed=0
for name in $names; do
    found=build-fuzz/corpus/$name
    log=build-fuzz/$name.log
    mkdir -p "$found" build-fuzz/failures
    set -- "$found"
    [ ! -d "fuzz/corpus/$name" ] || set -- "$@" "fuzz/corpus/$name"
    [ ! -f "fuzz/$name.dict" ] || set -- "-dict=fuzz/$name.dict" "$@"
    echo "fuzz: $name, $seconds s" >&2
    if build-fuzz/fuzz/fuzz_"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="build-fuzz/failures/$name-" -print_final_stats=1 "$@" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        report="$report$(printf '%-20s ok      %s inputs' "$name" "${runs:-?}")
"
    else
        failed=1
        tail -n 40 "$log" >&2
        report="$report$(printf '%-20s FAILED  see %s' "$name" "$log")
"
    fi
done
printf '%s' "$report"
[ "$failed" -eq 0 ] || exit 6
