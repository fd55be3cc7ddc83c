#!/bin/sh
# labels: cli
# The frame that all commands share: exit codes, one-line errors, suggestions, origins of values, output
# that cannot be written, colours.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"
unset COUPLET_THREADS COUPLET_ISA COUPLET_CONFIG NO_COLOR CLICOLOR_FORCE FORCE_COLOR

expect 2 'did you mean doctor?' doctr
expect 2 'did you mean corpus build?' corpus biuld
expect 2 'one of build, show must follow' corpus
expect 2 'unknown command; see couplet --help' xyzzy
expect 2 'options stand behind the command' --json doctor
expect 2 'did you mean --threads?' doctor --thraeds 2
expect 2 '"3x" is not a whole number from 0 to 4096' doctor --threads 3x
expect 2 'needs a value' doctor --threads
expect 2 'one argument too many' doctor extra
expect 2 'is none of' doctor --isa sse9
expect 2 'not an option of this command' doctor --steps 3
expect 2 'an argument is missing; usage: couplet evaluate' evaluate
expect 4 'No such file or directory' doctor --config "$work/none.yaml"
expect 0 '' doctor
expect 0 '' --version
expect 0 '' version --json

# A value: flag, then environment, then file, then default; the origin is shown.
printf 'threads: 3\nisa: c\n' >"$work/c.yaml"
shown() { sed -n "s/^$1: *\([^ ]*\) *# \(.*\)/\1 \2/p" out; }
COUPLET_THREADS=2 "$COUPLET" doctor --config "$work/c.yaml" --show-config >out
[ "$(shown threads)" = '2 environment' ] || fail "threads: $(shown threads)"
[ "$(shown isa)" = 'c configuration file' ] || fail "isa: $(shown isa)"
[ "$(shown dtype)" = 'auto default' ] || fail "dtype: $(shown dtype)"
COUPLET_THREADS=2 "$COUPLET" doctor --threads 1 --show-config >out
[ "$(shown threads)" = '1 flag' ] || fail "threads: $(shown threads)"
printf 'threads: 3\nthread: 4\n' >"$work/c.yaml"
expect 2 "$work/c.yaml: line 2: thread: unknown option; did you mean threads?" doctor --config "$work/c.yaml"

# Threads that wait do not spin for long, unless it is said how they shall wait.
if ldd "$COUPLET" | grep -q libgomp; then
    unset OMP_WAIT_POLICY GOMP_SPINCOUNT
    spins() { OMP_DISPLAY_ENV=verbose "$COUPLET" version 2>&1 >out | sed -n "s/.*GOMP_SPINCOUNT = '\(.*\)'/\1/p" | tail -1; }
    [ "$(spins)" = 2000 ] || fail "threads spin $(spins) times"
    [ "$(GOMP_SPINCOUNT=77 spins)" = 77 ] || fail "GOMP_SPINCOUNT is not kept"
    [ "$(OMP_WAIT_POLICY=passive spins)" = 0 ] || fail "OMP_WAIT_POLICY is not kept"
fi

# Help: examples first, fewer than 60 lines, for every command there is.
"$COUPLET" help >"$work/help"
sed -n 's/^  \([a-z]*\( [a-z]*\)\{0,1\}\)  .*/\1/p' "$work/help" >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 15 ] || fail "only $(wc -l <"$work/commands") commands in help"
while read -r name; do
    # shellcheck disable=SC2086  # "corpus build" is two words
    "$COUPLET" $name --help >out 2>err || fail "couplet $name --help failed"
    lines=$(wc -l <out)
    [ "$lines" -lt 60 ] || fail "couplet $name --help has $lines lines"
    grep -q "^Usage: couplet $name" out || fail "couplet $name --help shows no usage"
done <"$work/commands"

# Results that cannot be written are an error.
if [ -e /dev/full ]; then
    "$COUPLET" help options >/dev/full 2>err
    [ $? -eq 4 ] || fail "a full disk was not noticed"
fi
"$COUPLET" help options >&- 2>err
[ $? -eq 4 ] || fail "a closed standard output was not noticed"
mkfifo "$work/pipe"
{
    exec 3<"$work/pipe"
    exec 3<&-
    : >"$work/reader_gone"
} &
{
    while [ ! -e "$work/reader_gone" ]; do sleep 0.05; done
    "$COUPLET" help options
    echo $? >"$work/status"
} >"$work/pipe" 2>err
wait
[ "$(cat "$work/status")" -eq 4 ] || fail "a closed pipe gave $(cat "$work/status")"

# Colours only when asked for, as the output here is no terminal.
escape=$(printf '\033')
has_colour() { "$COUPLET" doctor "$@" | grep -q "$escape"; }
has_colour && fail "colours without a terminal"
has_colour --color always || fail "--color always gave none"
CLICOLOR_FORCE=1 has_colour || fail "CLICOLOR_FORCE gave none"
CLICOLOR_FORCE=1 NO_COLOR=1 has_colour && fail "NO_COLOR did not win"
CLICOLOR_FORCE=1 has_colour --color never && fail "--color never did not win"

finish
