#!/usr/bin/env python3
"""Writes src/tokenizer/unicode_scripts_table.c: which code points the UnicodeScripts pre-tokenizer takes
for one script, found by asking Hugging Face's `tokenizers` package about pairs of them.

    python3 tools/make_unicode_scripts.py > src/tokenizer/unicode_scripts_table.c

Scripts are numbered in the order of their first code point; 0 is what goes with any script.
"""
from tokenizers import pre_tokenizers

from unicode_tables import CODES, print_counted, print_head

split = pre_tokenizers.UnicodeScripts().pre_tokenize_str


def together(*codes):
    return len(split("".join(map(chr, codes)))) == 1


def find_number(code, known):
    """The number of a code point's script, asking in turn for those that are known."""
    if together(known[1], code) and together(known[2], code):
        return 0
    for number in range(1, len(known)):
        if together(known[number], code):
            return number
    known.append(code)
    return len(known) - 1


def main():
    known = [None, ord("a"), 0x4E00]
    assert not together(known[1], known[2])
    ranges, last = [], None
    for code in CODES:
        # Behind a code point of the same script it is of it, unless either goes with any.
        if last is not None and last[1] > 0 and together(last[0], code) and not (
                together(known[1], code) and together(known[2], code)):
            number = last[1]
        else:
            number = find_number(code, known)
        if ranges and ranges[-1][2] == number and ranges[-1][1] + 1 == code:
            ranges[-1][1] = code
        else:
            ranges.append([code, code, number])
        last = (code, number)
    print_head("make_unicode_scripts.py", "unicode_scripts.h")
    print_counted("cpl_script_range", "cpl_script_ranges",
                  (f"{{0x{a:X}, 0x{b:X}, {n}}}" for a, b, n in ranges if n > 0))


main()
