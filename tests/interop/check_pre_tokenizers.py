#!/usr/bin/env python3
"""Pre-tokenizers: ids and offsets equal to those of Hugging Face's `tokenizers`, text by text.

    COUPLET=build/couplet python3 tests/interop/check_pre_tokenizers.py [DATA] [--full ...]

Every pre-tokenizer stands in a whole tokenizer (tools/reference/make_pre_tokenizer_goldens.py).  Texts are
assigned code points (--full: all), strings made to be hard and lines of real text (texts.py).
"""
import pathlib
import tempfile

import matrix
from make_pre_tokenizer_goldens import make, pre_tokenizers_alone, variants
from texts import Given
from tokenizers import normalizers

FEW = 8  # a share of the texts for options and combinations


def main():
    given = Given(lines=1000, strings=6000)
    texts = given.hostile() + given.real()
    few, many = texts[::FEW], texts + given.codes()
    change = normalizers.BertNormalizer(lowercase=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for what, pre_tokenizer in filter(lambda pair: given.wants(pair[0]), pre_tokenizers_alone()):
            matrix.compare_saved(what, folder, make(pre_tokenizer), many)
        for what, pre_tokenizer in filter(lambda pair: given.wants(pair[0]), variants()):
            matrix.compare_saved(what, folder, make(pre_tokenizer), few)
            matrix.compare_saved(f"{what} behind a normalizer", folder, make(pre_tokenizer, change), few)
    matrix.finish()


if __name__ == "__main__":
    main()
