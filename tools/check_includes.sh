#!/bin/sh
# Checks every #include below src/ against src/INCLUDES, and that the program uses nothing but
# <couplet/...>.  Prints each breach as file:line and exits 1 if there is one.
set -eu
cd "$(dirname "$0")/.."
find src cli server -name '*.[ch]' -o -name '*.def' 2>/dev/null | sort |
    xargs grep -nE '^[[:space:]]*#[[:space:]]*include' |
    awk '
    function breach(text) { print place ": " text; failed = 1 }

    # The rules: allowed[room, room or room/file.h], owner[public header].
    FILENAME == "src/INCLUDES" {
        sub(/#.*/, "")
        colon = index($0, ":")
        if (!colon)
            next
        name = substr($0, 1, colon - 1)
        count = split(substr($0, colon + 1), words, " ")
        if (name ~ /^public /) {
            sub(/^public /, "", name)
            for (i = 1; i <= count; i++)
                owner[words[i]] = name
            next
        }
        for (i = 1; i <= count; i++) {
            target = words[i]
            sub(/\/.*/, "", target)
            place = "src/INCLUDES"
            if (!(target in known))
                breach(name " names " target ", which does not stand above it")
            allowed[name, words[i]] = 1
        }
        known[name] = 1
        allowed[name, name] = 1
        next
    }

    {
        split($0, parts, ":")
        file = parts[1]
        place = file ":" parts[2]
        split(file, folders, "/")
        header = $0
        sub(/^[^"<]*["<]/, "", header)
        sub(/[">].*/, "", header)
        public = header ~ /^couplet\//
        sub(/^couplet\//, "", header)
    }

    folders[1] != "src" {
        if (!public && $0 ~ /"/ && header ~ /\//)
            breach("the program uses only <couplet/...>, not " header)
        if (header ~ /^(jansson|yaml|utf8proc|zstd|zlib|lzma|xxhash)\.h$/)
            breach("the program leaves " header " to the library")
        next
    }

    {
        room = folders[2]
        if (!(room in known)) {
            breach("src/INCLUDES does not know the room " room)
            next
        }
        if (public) {
            sub(/\.(h|def)$/, "", header)
            if (!(header in owner))
                breach("src/INCLUDES does not say whose <couplet/" header "> is")
            else if (!((room, owner[header]) in allowed))
                breach(room " must not include <couplet/" header "> of " owner[header])
            next
        }
        if ($0 ~ /</)
            next
        target = header
        sub(/\/.*/, "", target)
        if (target == header)
            breach("write the room: \"" room "/" header "\"")
        else if (!((room, target) in allowed) && !((room, header) in allowed))
            breach(room " must not include " header)
    }

    END { exit failed }' src/INCLUDES -
