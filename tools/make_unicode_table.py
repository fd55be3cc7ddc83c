#!/usr/bin/env python3
"""Writes src/tokenizer/bert_unicode_tables.c: what BERT's normalizer and pre-tokenizer do to every
code point, found by asking Hugging Face's `tokenizers` package, because its Unicode tables are
neither of one version nor those of any C library.

    python3 tools/make_unicode_table.py > src/tokenizer/bert_unicode_tables.c
"""
from tokenizers import normalizers, pre_tokenizers

from unicode_tables import CODES, print_counted, print_head, print_ranges

HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic (Unicode Standard, 3.12)


def bert(**options):
    flags = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**flags, **options}).normalize_str


def strides(pairs):
    """[(first, last, step, delta)]: code -> code + delta for first, first + step ... last."""
    found = []
    for code, image in pairs:
        delta = image - code
        if found:
            first, last, step, old = found[-1]
            gap = code - last
            if old == delta and gap <= 2 and (step == 0 or step == gap):
                found[-1] = [first, code, gap, delta]
                continue
        found.append([code, code, 0, delta])
    return [[a, b, max(1, s), d] for a, b, s, d in found]


def ask():
    clean, chinese = bert(clean_text=True), bert(handle_chinese_chars=True)
    strip, lower = bert(strip_accents=True), bert(lowercase=True)
    nfd = normalizers.NFD().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    tables = {name: [] for name in ("removed", "cleaned_space", "chinese", "space", "punctuation")}
    marks, singles, sequences, lowered = [], [], [], []
    for code in CODES:
        char = chr(code)
        cleaned = clean(char)
        if cleaned == "":
            tables["removed"].append(code)
        elif cleaned == " ":
            tables["cleaned_space"].append(code)
        if chinese(char) != char:
            tables["chinese"].append(code)
        pieces = len(split("a" + char + "b"))
        if pieces == 2:
            tables["space"].append(code)
        elif pieces == 3:
            tables["punctuation"].append(code)
        bare = strip(char)
        if bare == "":
            marks.append(code)
        elif bare != char and code not in HANGUL:
            (singles if len(bare) == 1 else sequences).append((code, [ord(c) for c in bare]))
        small = lower(char)
        if small != char and len(small) == 1:
            lowered.append((code, ord(small)))
    tables["mark"] = marks
    # What is reordered: U+1D16D has combining class 226 and U+302E 224, and both are no marks of
    # the kind that is stripped.
    high, low = "\U0001D16D", "\u302E"
    assert nfd("a" + high + low) == "a" + low + high
    tables["starting_mark"] = [c for c in marks if nfd("a" + high + chr(c) + low).index(high) <
                               nfd("a" + high + chr(c) + low).index(low)]
    kept = set(CODES) - set(marks)
    reordered = [c for c in sorted(kept) if nfd("a\u0345" + chr(c))[1] == chr(c)]
    classes = []
    probes = {7: "\U00011446", 9: "\u1B44", 216: "\U0001D165", 224: low, 226: high, 230: "\u08D4"}
    for code in reordered:  # U+0345 has class 240: all of these move before it
        same = [k for k, p in probes.items()
                if nfd("a" + p + chr(code)) == "a" + p + chr(code)
                and nfd("a" + chr(code) + p) == "a" + chr(code) + p]
        assert len(same) == 1, hex(code)
        classes.append((code, same[0]))
    assert [c for c in CODES if len(lower(chr(c))) > 1] == [0x130]
    return tables, singles, sequences, strides(lowered), classes


def main():
    tables, singles, sequences, lowered, classes = ask()
    print_head("make_unicode_table.py", "bert_unicode.h")
    for name, codes in tables.items():
        print_ranges(f"cpl_bert_{name}", codes)
        print()
    stripped = strides((code, image[0]) for code, image in singles)
    for name, kind, items in (
            ("lowercase", "stride", (f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in lowered)),
            ("stripped", "stride", (f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in stripped)),
            ("sequences", "sequence",
             (f"{{0x{c:X}, {{" + ", ".join(f"0x{x:X}" for x in o) + "}}" for c, o in sequences)),
            ("reordered", "class", (f"{{0x{c:X}, {k}}}" for c, k in classes))):
        print_counted(f"cpl_code_{kind}", f"cpl_bert_{name}", items)
        if name != "reordered":
            print()


main()
