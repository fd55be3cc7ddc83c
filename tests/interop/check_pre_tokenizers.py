#!/usr/bin/env python3
"""Pre-tokenizers: ids and offsets equal to those of Hugging Face's `tokenizers`, text by text.

    python3 tests/interop/check_pre_tokenizers.py [DATA]

Every pre-tokenizer stands in a whole tokenizer whose WordPiece model spells out ASCII, the byte alphabet
and the meta space, and takes any other word as one unknown token: so ids show what a word became and
offsets where it is from.  Texts are every code point alone and between letters, generated hostile strings
(scripts, marks, joiners, spaces, controls, line ends, added tokens) and lines of the texts in DATA (default
../shared/data), if there are such.
"""
import json
import pathlib
import random
import sys
import tempfile

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers as pre

from check_tokenizer import every_code_point, real_lines
from interop import COUPLET, ROOT  # noqa: F401 (the program is found there)
from interop import couplet

STRINGS, LINES = 20000, 4000
BEHAVIORS = "removed isolated merged_with_previous merged_with_next contiguous".split()
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{ENDINGS}"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
            r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def split(pattern, behavior="isolated", invert=False):
    return pre.Split(pattern, behavior, invert=invert)


def pre_tokenizers_alone():
    """Each in its main forms: they get every code point, too."""
    yield "Whitespace", pre.Whitespace()
    yield "WhitespaceSplit", pre.WhitespaceSplit()
    yield "Punctuation", pre.Punctuation()
    yield "Digits", pre.Digits(individual_digits=True)
    yield "UnicodeScripts", pre.UnicodeScripts()
    yield "Metaspace", pre.Metaspace()
    yield "ByteLevel", pre.ByteLevel(add_prefix_space=True)
    for name, pattern in (("GPT-2", GPT2), ("Llama 3", LLAMA3), ("Qwen2", QWEN2), ("o200k", O200K),
                          ("DeepSeek", DEEPSEEK)):
        yield name, split(Regex(pattern))


def variants():
    """Behaviours, options, and pre-tokenizers behind one another."""
    for behavior in BEHAVIORS:
        yield f"Punctuation, {behavior}", pre.Punctuation(behavior)
        for invert in (False, True):
            for name, pattern in (("-", "-"), ("ab", "ab"), ("", ""), (r"\d*", Regex(r"\d*")),
                                  (r"\s+", Regex(r"\s+")), ("(?=b)", Regex("(?=b)")),
                                  (r"\w+|[^\w\s]", Regex(r"\w+|[^\w\s]"))):
                yield f"Split {name!r} {behavior}, invert {invert}", split(pattern, behavior, invert)
    yield "Digits together", pre.Digits(individual_digits=False)
    for delimiter in "a。 ":
        yield f"CharDelimiterSplit {delimiter!r}", pre.CharDelimiterSplit(delimiter)
    for length in (1, 3, 1000):
        yield f"FixedLength {length}", pre.FixedLength(length=length)
    for scheme in ("always", "first", "never"):
        for cut in (False, True):
            space = pre.Metaspace(prepend_scheme=scheme, split=cut)
            yield f"Metaspace {scheme}, split {cut}", space
            yield f"WhitespaceSplit, Metaspace {scheme}", pre.Sequence([pre.WhitespaceSplit(), space])
            yield f"Scripts, Metaspace {scheme}, Digits", pre.Sequence(
                [pre.UnicodeScripts(), space, pre.Digits(individual_digits=cut)])
    yield "Metaspace with _", pre.Metaspace(replacement="_", prepend_scheme="first")
    for prefix in (False, True):
        for regex in (False, True):
            bytes_ = pre.ByteLevel(add_prefix_space=prefix, use_regex=regex)
            yield f"ByteLevel prefix {prefix}, regex {regex}", bytes_
            yield f"Digits, ByteLevel {prefix} {regex}", pre.Sequence([pre.Digits(), bytes_])
            yield f"ByteLevel {prefix} {regex}, Digits", pre.Sequence([bytes_, pre.Digits(True)])
            yield f"Whitespace, ByteLevel {prefix} {regex}", pre.Sequence([pre.Whitespace(), bytes_])
            yield f"ByteLevel {prefix} {regex}, Metaspace first", pre.Sequence(
                [bytes_, pre.Metaspace(prepend_scheme="first")])
    yield "ByteLevel twice", pre.Sequence([pre.ByteLevel(False), pre.ByteLevel(True)])
    yield "Llama 3", pre.Sequence([split(Regex(LLAMA3)), pre.ByteLevel(False, use_regex=False)])
    yield "DeepSeek 3", pre.Sequence(
        [split(Regex(r"\p{N}{1,3}")), split(Regex("[一-龥\u3040-ゟ゠-ヿ]+")), split(Regex(DEEPSEEK)),
         pre.ByteLevel(False, use_regex=False)])
    yield "Gemma", split(" ", "merged_with_previous")
    yield "Falcon", pre.Sequence([pre.Punctuation("contiguous"), pre.ByteLevel(False),
                                  pre.Digits(), split(Regex("[0-9][0-9][0-9]"))])
    yield "StarCoder", pre.Sequence([pre.Digits(True), pre.ByteLevel(False)])
    yield "BLOOM", pre.Sequence([split(Regex(" ?[^(\\s|[.,!?…。，、।۔،])]+")),
                                 pre.ByteLevel(False, use_regex=False)])


def make(pre_tokenizer, normalizer=None):
    """A tokenizer around it, with added tokens of all kinds."""
    letters = [chr(c) for c in range(0x21, 0x7F)] + sorted(pre.ByteLevel.alphabet()) + ["▁"]
    pieces = ["[UNK]"] + list(dict.fromkeys(letters + ["##" + letter for letter in letters]))
    model = models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.add_special_tokens([AddedToken("<s>"), AddedToken("<m>", lstrip=True),
                                  AddedToken("<r>", rstrip=True)])
    tokenizer.add_tokens([AddedToken("new word"), AddedToken("xyz", single_word=False),
                          AddedToken("É", normalized=True)])
    return tokenizer


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
        codes = Texts(work / "codes", every_code_point() + [
            " ".join(text.split("a")) for text in every_code_point()[:800]])
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
