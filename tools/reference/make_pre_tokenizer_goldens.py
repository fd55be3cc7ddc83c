#!/usr/bin/env python3
"""Writes tests/golden/pre_tokenizers/: what every pre-tokenizer of Hugging Face's `tokenizers` makes of a
few texts inside a whole tokenizer.

    python3 tools/reference/make_pre_tokenizer_goldens.py tests/golden/pre_tokenizers

tokenizer.json   a tokenizer without pre-tokenizer
texts.json       the texts
expected.jsonl   a line a pre-tokenizer: {"name", "pre_tokenizer", "lowercase", "ids": [a list a text],
                 "offsets": [a list begin, end, begin, end … a text, in characters]}; "lowercase": behind a
                 BertNormalizer that lower-cases and strips accents

The WordPiece model spells out ASCII, the byte alphabet and the meta space, and takes any other word as
one unknown token: so ids show what a word became and offsets where it is from.
"""
import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers as pre

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
    tokenizer.add_tokens([AddedToken("new word"), AddedToken("xyz", single_word=True),
                          AddedToken("É", normalized=True)])
    return tokenizer


TEXTS = [
    "", " ", "a", "-", "--", " a", "a  b ", "the-final--countdown", "ab-abab", "Hey 12 3456!", "汉字 かなーカナ,x",
    "<s>a<m> b <r> -c", "xÉy new word", "xyz xyzⒶ", "It's  I'LL 'ſ", "\n\r\n a\tb", "e\u0301É½²٣", "▁a ▁▁b_",
    "👩\u200d👧\u3000x", "αβ абв\u180e。…", "1000000", "HTMLParser camelCase", "a\u00a0b\u2028c\x85d",
]


def small(name):
    """Not every combination: behaviours, options, and one of each sequence."""
    return not (name.startswith(("Scripts, Metaspace", "Digits, ByteLevel", "Whitespace, ByteLevel"))
                or "(?=b)" in name or "ab" in name)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    make(None).save(str(folder / "tokenizer.json"))
    (folder / "texts.json").write_text(json.dumps(TEXTS) + "\n", encoding="utf-8")
    lowercase = normalizers.BertNormalizer(lowercase=True)
    with (folder / "expected.jsonl").open("w", encoding="utf-8") as out:
        cases = [*pre_tokenizers_alone(), *((n, p) for n, p in variants() if small(n))]
        for number, (name, pre_tokenizer) in enumerate(cases):
            lower = number % 3 == 2
            tokenizer = make(pre_tokenizer, lowercase if lower else None)
            found = [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS]
            line = {"name": name, "pre_tokenizer": json.loads(tokenizer.to_str())["pre_tokenizer"],
                    "lowercase": lower, "ids": [e.ids for e in found],
                    "offsets": [[at for pair in e.offsets for at in pair] for e in found]}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
