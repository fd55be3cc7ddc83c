#!/usr/bin/env python3
"""Writes src/tokenizer/normalizer_unicode_tables.c: the code points that Hugging Face's `tokenizers`
decomposes or reorders (its tables are of Unicode 9), those that it composes with what stands before
them, and those that its StripAccents removes, found by asking the package about every code point.

    python3 tools/make_normalizer_tables.py > src/tokenizer/normalizer_unicode_tables.c
"""
from tokenizers import normalizers

from unicode_tables import CODES, print_head, print_ranges


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
    print_head("make_normalizer_tables.py", "normalizer_unicode.h")
    for name, codes in tables.items():
        print_ranges(f"cpl_normal_{name}", codes)
        print()


main()
