#!/usr/bin/env python3
"""Pre-tokenizers: ids and offsets equal to those of Hugging Face's `tokenizers`, text by text.

    python3 tests/interop/check_pre_tokenizers.py [DATA]

Every pre-tokenizer stands in a whole tokenizer (tools/reference/make_pre_tokenizer_goldens.py).  Texts are
every code point alone and between letters, generated hostile strings (scripts, marks, joiners, spaces,
controls, line ends, added tokens) and lines of the texts in DATA (default ../shared/data), if there are such.
"""
import json
import pathlib
import random
import sys
import tempfile

from tokenizers import normalizers

from check_tokenizer import every_code_point, real_lines
from interop import ROOT, couplet
from make_pre_tokenizer_goldens import make, pre_tokenizers_alone, variants

STRINGS, LINES = 20000, 4000


def hostile(count):
    draw = random.Random(11)
    special = ["<s>", "<m>", " <m> ", "<r>", "<r>  ", "new word", "xyz", "É", "'s", "'LL", "'ſ", "ab", "--",
               "\r\n", "\n\n", "\u200d", "\u00a0", "\u3000", "▁", "▁▁", "123", "٣٤", "½", "e\u0301", "각",
               "👩‍👩‍👧", "Ⓐ", "²", "_", "…", "  ", "\u2028", "\x85", "\u180e", "\ufeff", "𠮷", "ｶﾞ", "ーカ"]

    def one():
        kind = draw.random()
        if kind < 0.4:
            return draw.choice("abcxyz ABZ,.#'-_0 9\n\t\r ")
        if kind < 0.5:
            return chr(draw.randint(0x4E00, 0x9FFF))
        if kind < 0.65:
            return chr(draw.randint(0x80, 0x1FFF))
        if kind < 0.68:
            return chr(draw.choice([draw.randint(0x2000, 0xD7FF), draw.randint(0xE000, 0x2FFFF)]))
        return draw.choice(special)
    return ["".join(one() for _ in range(draw.randint(0, 30))) for _ in range(count)]


class Texts:
    """Texts in a file, for both sides."""

    def __init__(self, path, texts):
        self.path, self.texts = path, texts
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in texts)


def check(what, folder, tokenizer, texts):
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    out = couplet("tokenizer", "encode", folder, "--input", texts.path, "--offsets")
    wrong, rows = 0, out.splitlines()
    assert len(rows) == len(texts.texts), "a line is missing"
    for text, row, expected in zip(texts.texts, map(json.loads, rows),
                                   tokenizer.encode_batch(texts.texts, add_special_tokens=False)):
        found = [tuple(offsets) for offsets in row["offsets"]]
        if row["ids"] == expected.ids and found == expected.offsets:
            continue
        wrong += 1
        if wrong < 3:
            print(f"{what}: {ascii(text)}\n  found    {row['ids']} {found}\n  expected {expected.ids} "
                  f"{expected.offsets}\n  {ascii(expected.tokens)}")
    assert wrong == 0, f"{what}: {wrong} of {len(texts.texts)} texts differ"
    print(f"ok  {what}: {len(texts.texts)} texts, ids and offsets equal", flush=True)


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "../shared/data")
    lines = real_lines(data) if data.is_dir() else []
    random.Random(1).shuffle(lines)
    if not lines:
        print(f"skipped: no real text in {data}")
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        between = every_code_point()
        alone = [" ".join(text[1::4]) for text in between]
        codes = Texts(work / "codes", between + alone)
        strings = Texts(work / "strings", hostile(STRINGS) + lines[:LINES])
        few = Texts(work / "few", hostile(STRINGS // 10) + lines[:LINES // 10])
        change = normalizers.BertNormalizer(lowercase=True)
        for what, pre_tokenizer in pre_tokenizers_alone():
            check(what, work / "tokenizer", make(pre_tokenizer), codes)
            check(what, work / "tokenizer", make(pre_tokenizer), strings)
        for what, pre_tokenizer in variants():
            check(what, work / "tokenizer", make(pre_tokenizer), few)
            check(f"{what} behind a normalizer", work / "tokenizer", make(pre_tokenizer, change), few)


if __name__ == "__main__":
    main()
