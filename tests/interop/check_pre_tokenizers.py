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

import texts
from interop import ROOT, couplet
from make_pre_tokenizer_goldens import make, pre_tokenizers_alone, variants

STRINGS, LINES = 20000, 4000
BLOCK = 64  # code points in a text


def every_code_point():
    blocks = [texts.CODES[i:i + BLOCK] for i in range(0, len(texts.CODES), BLOCK)]
    return [" ".join(f"a{chr(c)}b" for c in block) for block in blocks] + [
        " ".join(map(chr, block)) for block in blocks]


def hostile(count):
    """Texts made to be hard, some with added tokens and with what patterns ask for."""
    draw = random.Random(11)
    pieces = ["<s>", "<m>", " <m> ", "<r>", "<r>  ", "new word", "xyz", "É", "'LL", "'ſ", "ab", "--", "▁", "Ⓐ", "²",
              "_", "ーカ", "𠮷", " "]
    made = texts.hostile(count, 11)
    for i in range(0, count, 2):
        for _ in range(draw.randint(1, 6)):
            at = draw.randint(0, len(made[i]))
            made[i] = made[i][:at] + draw.choice(pieces) + made[i][at:]
    return made


class Texts:
    """Texts in a file, for both sides."""

    def __init__(self, path, lines):
        self.path, self.lines = path, lines
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in lines)


def check(what, folder, tokenizer, given):
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    out = couplet("tokenizer", "encode", folder, "--input", given.path, "--offsets")
    wrong, rows = 0, out.splitlines()
    assert len(rows) == len(given.lines), "a line is missing"
    for text, row, expected in zip(given.lines, map(json.loads, rows),
                                   tokenizer.encode_batch(given.lines, add_special_tokens=False)):
        found = [tuple(offsets) for offsets in row["offsets"]]
        if row["ids"] == expected.ids and found == expected.offsets:
            continue
        wrong += 1
        if wrong < 3:
            print(f"{what}: {ascii(text)}\n  found    {row['ids']} {found}\n  expected {expected.ids} "
                  f"{expected.offsets}\n  {ascii(expected.tokens)}")
    assert wrong == 0, f"{what}: {wrong} of {len(given.lines)} texts differ"
    print(f"ok  {what}: {len(given.lines)} texts, ids and offsets equal", flush=True)


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "../shared/data")
    lines = texts.real(data, LINES) if data.is_dir() else []
    if not lines:
        print(f"skipped: no real text in {data}")
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        codes = Texts(work / "codes", every_code_point())
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
