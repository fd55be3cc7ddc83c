#!/bin/sh
# All checks that need no run of the program; `./dev lint` calls it.  --tidy: clang-tidy too, which
# takes minutes.
# shellcheck disable=SC2317  # the checks are called by name
set -eu
cd "$(dirname "$0")/.."
failed=0

check() {
    name=$1
    shift
    if "$@"; then
        echo "lint: $name ok"
    else
        echo "lint: $name FAILED"
        failed=1
    fi
}

sources() { find include src cli tests -name '*.[ch]' | sort; }
scripts() { find dev .ci/run tools tests bench -type f \( -name '*.sh' -o -name dev -o -name run \) | sort; }

format() { sources | xargs clang-format --dry-run -Werror; }
shell() { scripts | xargs shellcheck -x -S warning; }
tidy() { find src cli -name '*.c' | sort | xargs clang-tidy -p build --quiet; }

check format format
check includes sh tools/check_includes.sh
check names sh tools/check_names.sh
check shell shell
[ "${1:-}" != --tidy ] || check tidy tidy
exit "$failed"
