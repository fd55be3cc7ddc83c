#!/usr/bin/env python3
"""Writes src/tokenizer/normalizer_unicode_tables.c: the code points that Hugging Face's `tokenizers`
decomposes or reorders (its tables are of Unicode 9), those that it composes with what stands before
them, and those that its StripAccents removes, found by asking the package about every code point.

    python3 tools/make_normalizer_tables.py > src/tokenizer/normalizer_unicode_tables.c
"""
import tokenizers
from tokenizers import normalizers

CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(codes):
    found = []
    for code in codes:
        if found and found[-1][1] + 1 == code:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def rows(items, width=96):
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > width:
            yield line
            line = "   "
        line += " " + item + ","
    yield line


def main():
    nfd, nfkd = normalizers.NFD().normalize_str, normalizers.NFKD().normalize_str
    nfc, strip = normalizers.NFC().normalize_str, normalizers.StripAccents().normalize_str
    tables = {"active": [], "second": [], "accent": []}
    low, high = "\u0334", "\u0345"  # combining classes 1 and 240, the lowest and the highest
    for code in CODES:
        char = chr(code)
        moves = (nfd("a" + high + char) == "a" + char + high
                 or nfd("a" + char + low) == "a" + low + char)
        if nfkd(char) != char or moves:
            tables["active"].append(code)
        if strip("a" + char) == "a":
            tables["accent"].append(code)
    # What may be composed with what stands before it ends the decomposition of something composed.
    tables["second"] = sorted({ord(nfd(chr(c))[-1]) for c in tables["active"]
                               if nfc(chr(c)) == chr(c) and len(nfd(chr(c))) > 1})
    print("/* Made by tools/make_normalizer_tables.py from the tables of Hugging Face's tokenizers "
          + tokenizers.__version__ + ".\n * Do not edit: see normalizer_unicode.h. */")
    print('#include "tokenizer/normalizer_unicode.h"\n\n/* clang-format off */')
    for name, codes in tables.items():
        print(f"const struct cpl_code_range cpl_normal_{name}[] = {{")
        print("\n".join(rows(f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(codes))))
        print(f"}};\nconst size_t cpl_normal_{name}_count = "
              f"sizeof cpl_normal_{name} / sizeof cpl_normal_{name}[0];\n")


main()
