#!/usr/bin/env python3
"""Writes src/tokenizer/unicode_classes_table.c: which classes every code point belongs to, found by
asking Hugging Face's `tokenizers` package, whose parts (a regular expression engine, a second one, the
standard library of its language, a list of punctuation) are of several Unicode versions.

    python3 tools/make_unicode_classes.py > src/tokenizer/unicode_classes_table.c
"""
from tokenizers import Regex, pre_tokenizers

from unicode_tables import CODES, print_array, print_head, rows

BLOCK, ASKED = 256, 4096


def matching(pattern):
    """The code points that a regular expression for one character matches."""
    split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True).pre_tokenize_str
    found = set()
    for i in range(0, len(CODES), ASKED):
        text = "".join(map(chr, CODES[i:i + ASKED]))
        for _, (begin, end) in split(text):
            found.update(CODES[i + begin:i + end])
    return found


def standing(pre_tokenizer, pieces):
    """The code points that cut so many pieces when they stand between letters."""
    split = pre_tokenizer.pre_tokenize_str
    return {c for c in CODES if len(split("a" + chr(c) + "b")) == pieces}


def ask():
    """{flag: code points}, in the order of enum cpl_code_flag."""
    assert standing(pre_tokenizers.WhitespaceSplit(), 2) == matching(r"\s")
    assert standing(pre_tokenizers.Whitespace(), 2) == matching(r"\s")
    return {
        "LETTER": matching(r"\p{L}"),
        "NUMBER": matching(r"\p{N}"),
        "SPACE": matching(r"\s"),
        "MARK": matching(r"\p{M}"),
        "WORD": standing(pre_tokenizers.Whitespace(), 1),
        "REGEX_WORD": matching(r"\w"),
        "PUNCTUATION": standing(pre_tokenizers.Punctuation(), 3),
        "REGEX_PUNCTUATION": matching(r"\p{P}"),
        "SYMBOL": matching(r"\p{S}"),
        "NUMERIC": standing(pre_tokenizers.Digits(), 3),
        "DIGIT": matching(r"\d"),
        "UPPER": matching(r"[\p{Lu}\p{Lt}]"),
        "LOWER": matching(r"\p{Ll}"),
        "CASELESS": matching(r"[\p{Lm}\p{Lo}]"),
        "HAN": matching(r"\p{Han}"),
    }


def main():
    flags = [0] * 0x110000
    for bit, codes in enumerate(ask().values()):
        for code in codes:
            flags[code] |= 1 << bit
    classes = sorted(set(flags))
    number = {value: i for i, value in enumerate(classes)}
    blocks, first = {}, []
    for i in range(0, 0x110000, BLOCK):
        block = tuple(number[value] for value in flags[i:i + BLOCK])
        first.append(blocks.setdefault(block, len(blocks)))
    assert len(classes) <= 256 and len(blocks) <= 256
    print_head("make_unicode_classes.py", "unicode_classes.h")
    print_array("const uint16_t", "cpl_code_class_flags", map(hex, classes))
    print(f"const uint8_t cpl_code_class_block[0x{0x110000 // BLOCK:X}] = {{")
    print("\n".join(rows(map(str, first))))
    print(f"}};\nconst uint8_t cpl_code_class_index[][{BLOCK}] = {{")
    for block in blocks:
        print("    {\n" + "\n".join(rows(map(str, block))) + "\n    },")
    print("};")


if __name__ == "__main__":
    main()
