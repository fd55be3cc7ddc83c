#!/usr/bin/env python3
"""Normalizers: ids and offsets equal to those of Hugging Face's `tokenizers`, text by text.

    python3 tests/interop/check_normalizers.py [DATA]

Every normalizer stands in two whole tokenizers (tools/reference/make_normalizer_goldens.py).  Texts are
every code point alone and between letters, generated hostile strings (marks in wrong order, Hangul,
joiners, controls, spaces, added tokens) and lines of the texts in DATA (default ../shared/data).
"""
import json
import pathlib
import random
import sys
import tempfile

from tokenizers import Tokenizer

from check_pre_tokenizers import Texts, check, hostile as mixed
from check_tokenizer import every_code_point, real_lines
from interop import ROOT, couplet
from make_normalizer_goldens import (TOO_MUCH, added_tokenizer, bytes_tokenizer, hostile, triples_tokenizer,
                                     variants)

STRINGS, LINES, TOKENIZERS = 20000, 2000, 200


def alone():
    """Code points as texts of their own; of the large planes of one kind only some."""
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or (code >= 0x20000 and code % 17 and not 0x2F800 <= code < 0x2FA20):
            continue
        yield chr(code)


def check_added(work):
    """Random added tokens; texts on which the package panics are left out."""
    compared = 0
    for seed in range(TOKENIZERS):
        file, texts = added_tokenizer(seed)
        tokenizer = Tokenizer.from_str(json.dumps(file))
        (work / "tokenizer" / "tokenizer.json").write_text(json.dumps(file))
        kept = Texts(work / "added.jsonl", texts)
        out = couplet("tokenizer", "encode", work / "tokenizer", "--input", kept.path, "--offsets")
        for text, row in zip(texts, map(json.loads, out.splitlines())):
            try:
                expected = tokenizer.encode(text, add_special_tokens=False)
            except BaseException:
                continue
            found = [tuple(offsets) for offsets in row["offsets"]]
            assert row["ids"] == expected.ids and found == expected.offsets, \
                f"added tokens, seed {seed}: {ascii(text)}\n  found    {row['ids']} {found}\n  expected " \
                f"{expected.ids} {expected.offsets}\n  {ascii(file['added_tokens'])}"
            compared += 1
    print(f"ok  added tokens: {TOKENIZERS} tokenizers, {compared} texts, ids and offsets equal", flush=True)


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "../shared/data")
    lines = real_lines(data) if data.is_dir() else []
    random.Random(1).shuffle(lines)
    if not lines:
        print(f"skipped: no real text in {data}")
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        codes = Texts(work / "codes.jsonl", list(alone()) + every_code_point())
        other = Texts(work / "other.jsonl", hostile(STRINGS // 2) + mixed(STRINGS // 2) + lines[:LINES])
        for variant, normalizer in variants().items():
            check(f"{variant}, triples", work / "tokenizer", triples_tokenizer(normalizer), other)
            if variant not in TOO_MUCH:
                check(f"{variant}, bytes", work / "tokenizer", bytes_tokenizer(normalizer), other)
                check(f"{variant}, every code point", work / "tokenizer", bytes_tokenizer(normalizer), codes)
        check_added(work)


if __name__ == "__main__":
    main()
