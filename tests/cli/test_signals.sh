#!/bin/sh
# labels: cli
# A signal while nothing is to be saved: one line, 130 for SIGINT and 143 for SIGTERM.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"
mkfifo never

for signal in INT:130 TERM:143; do
    sleep 20 >never & # keeps the pipe open and says nothing
    writer=$!
    "$COUPLET" segment - <never >out 2>err &
    program=$!
    # The program sleeps once it reads and nothing has come.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.1
        grep -qs '^State:.*S' "/proc/$program/status" && break
    done
    kill -s "${signal%:*}" "$program"
    wait "$program"
    got=$?
    kill "$writer" 2>/dev/null
    wait "$writer" 2>/dev/null
    if [ "$got" -ne "${signal#*:}" ] || ! grep -q '^couplet: stopped' err; then
        fail "SIG${signal%:*} gave $got: $(cat err)"
    fi
done
finish
