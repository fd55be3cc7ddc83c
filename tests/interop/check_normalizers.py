#!/usr/bin/env python3
"""Normalizers: ids and offsets equal to those of Hugging Face's `tokenizers`, text by text.

    COUPLET=build/couplet python3 tests/interop/check_normalizers.py [DATA] [--full ...]

Every normalizer stands in two whole tokenizers (tools/reference/make_normalizer_goldens.py).  Texts are
assigned code points (--full: all), strings made to be hard and lines of real text (texts.py).
"""
import json
import pathlib
import tempfile

import matrix
from make_normalizer_goldens import TOO_MUCH, added_tokenizer, bytes_tokenizer, triples_tokenizer, variants
from texts import Given
from tokenizers import Tokenizer

TOKENIZERS = 200
# Those that look at code points, and of them those that no tokenizer of check_tokenizer.py has.
EVERY_CODE_POINT = {"nfc", "nfd", "nfkc", "nfkd", "lowercase", "strip", "strip_accents", "nmt", "replace_spaces",
                    "bert"}
MAIN = {"nfkd", "lowercase", "strip_accents", "nmt", "replace_spaces"}


def check_added(folder):
    """Random added tokens; texts on which the package panics are left out."""
    check = matrix.Check("added tokens")
    for seed in range(TOKENIZERS):
        file, given = added_tokenizer(seed)
        tokenizer = Tokenizer.from_str(json.dumps(file))
        (folder / "tokenizer.json").write_text(json.dumps(file))
        for text, row in zip(given, matrix.run(["encode", folder, "--offsets"], given)):
            try:
                expected = tokenizer.encode(text, add_special_tokens=False)
            except BaseException:
                continue
            check.texts += 1
            if check.same(f"ids with seed {seed}", text, row["ids"], expected.ids):
                check.same(f"offsets with seed {seed}", text, matrix.pairs(row["offsets"]), expected.offsets)
    check.end()


def main():
    given = Given(lines=300, strings=3000)
    codes, other = given.codes(), given.hostile() + given.real()
    every = EVERY_CODE_POINT if given.every else MAIN
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for variant, normalizer in variants().items():
            if not given.wants(variant):
                continue
            matrix.compare_saved(f"{variant}, triples", folder, triples_tokenizer(normalizer), other)
            if variant not in TOO_MUCH:
                tokenizer = bytes_tokenizer(normalizer)
                texts = other + codes if variant in every else other
                matrix.compare_saved(f"{variant}, bytes", folder, tokenizer, texts)
        if given.wants("added tokens"):
            check_added(folder)
    matrix.finish()


if __name__ == "__main__":
    main()
