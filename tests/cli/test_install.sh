#!/bin/sh
# labels: cli
# What `cmake --install` leaves is complete: the program runs from there, and a small C program builds
# against the library by pkg-config and by CMake.
# shellcheck source=tests/cli/lib.sh
. "$COUPLET_SOURCE/tests/cli/lib.sh"
set -e
cmake --install "$COUPLET_BUILD" --prefix "$work/first" >"$work/log" || {
    cat "$work/log"
    exit 1
}
mv "$work/first" "$work/prefix" # nothing may depend on where it was installed

"$work/prefix/bin/couplet" version

cat >"$work/user.c" <<'END'
#include <couplet/couplet.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    struct cpl_error error = {0};
    cpl_error_set(&error, CPL_ERROR_INPUT, "user.c", "%d cores", cpl_machine_cores());
    printf("library %s, headers %s, %s\n", cpl_version(), CPL_VERSION, error.message);
    return strcmp(cpl_version(), CPL_VERSION) != 0;
}
END

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name couplet.pc)")
export PKG_CONFIG_PATH
libraries=$(pkg-config --variable=libdir couplet)
# shellcheck disable=SC2046  # a list of flags
${CC:-cc} -std=c11 "$work/user.c" -o "$work/by_pkg_config" $(pkg-config --cflags --libs couplet)
LD_LIBRARY_PATH=$libraries "$work/by_pkg_config"

cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.20)
project(user LANGUAGES C)
find_package(couplet 0.1 CONFIG REQUIRED)
add_executable(by_cmake user.c)
target_link_libraries(by_cmake PRIVATE couplet::couplet)
END
cmake -S "$work" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log"
cmake --build "$work/build" >>"$work/log" || {
    cat "$work/log"
    exit 1
}
"$work/build/by_cmake"

# The library gives out what its headers declare and nothing else.
nm -D --defined-only "$libraries/libcouplet.so" | awk '$2 ~ /[TDBR]/ { print $3 }' |
    sed 's/@.*//' | grep -v '^COUPLET_' | sort >"$work/exported"
if grep -v '^cpl_' "$work/exported"; then
    echo "the names above should not be exported"
    exit 1
fi
while read -r name; do
    grep -rqw "$name" "$work/prefix/include/couplet" || {
        echo "$name is exported but in no installed header"
        exit 1
    }
done <"$work/exported"
echo "$(wc -l <"$work/exported") functions, all declared"
