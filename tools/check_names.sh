#!/bin/sh
# Checks what no compiler does: base names of sources are unique (they share one archive), options stand
# in alphabetical order in their groups, and no unfinished work is left in the text.
set -eu
cd "$(dirname "$0")/.."
failed=0

twice=$(find src -name '*.c' | sed 's,.*/,,' | sort | uniq -d)
[ -z "$twice" ] || {
    echo "base names used twice below src/: $twice"
    failed=1
}

awk '/^OPTION_GROUP/ { last = "" }
    /^OPTION\(/ {
        name = substr($0, 8)
        sub(/,.*/, "", name)
        if (name <= last) {
            print FILENAME ":" FNR ": " name " stands behind " last
            failed = 1
        }
        last = name
    }
    END { exit failed }' include/couplet/options.def || failed=1

soft='TO''DO|FIX''ME|\bXX''X\b|HA''CK|[Nn]ot imple''mented|[Pp]lace''holder|[Ff]or n''ow\b'
if grep -rnE "$soft" include src cli tests bench tools cmake CMakeLists.txt dev --include='*.[ch]' \
    --include='*.def' --include='*.sh' --include='*.py' --include='*.txt' --include='*.cmake'; then
    echo "unfinished work is left in the lines above"
    failed=1
fi
exit "$failed"
