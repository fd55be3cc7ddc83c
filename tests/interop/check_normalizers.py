#!/usr/bin/env python3
"""Normalizers: ids and offsets equal to those of Hugging Face's `tokenizers`, text by text.

    python3 tests/interop/check_normalizers.py [DATA]

Every normalizer stands in two whole tokenizers (tools/reference/make_normalizer_goldens.py).  Texts are
every code point alone and between letters, generated hostile strings (marks in wrong order, Hangul,
joiners, controls, spaces, added tokens) and lines of the texts in DATA (default ../shared/data).
"""
import pathlib
import random
import sys
import tempfile

from check_pre_tokenizers import Texts, check, hostile as mixed
from check_tokenizer import every_code_point, real_lines
from interop import ROOT
from make_normalizer_goldens import bytes_tokenizer, hostile, triples_tokenizer, variants

STRINGS, LINES = 20000, 2000


def alone():
    """Code points as texts of their own; of the large planes of one kind only some."""
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or (code >= 0x20000 and code % 17 and not 0x2F800 <= code < 0x2FA20):
            continue
        yield chr(code)


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
            for kind, make in (("bytes", bytes_tokenizer), ("triples", triples_tokenizer)):
                check(f"{variant}, {kind}", work / f"{variant}-{kind}", make(normalizer), other)
            check(f"{variant}, every code point", work / variant, bytes_tokenizer(normalizer), codes)


if __name__ == "__main__":
    main()
