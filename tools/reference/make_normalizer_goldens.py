#!/usr/bin/env python3
"""Writes tests/golden/normalizers/*.jsonl: what Hugging Face's `tokenizers` makes of
hostile texts with each of its normalizers, and what its regular expressions match.

    python3 tools/reference/make_normalizer_goldens.py tests/golden/normalizers

FILE.jsonl holds a line a tokenizer: {"name", "tokenizer", "texts": [[text, ids, offsets]]}.  In bytes.jsonl
it has a token for every byte of the normalised text, so ids are that text and offsets say where each byte
is from; in triples.jsonl one for three characters; added.jsonl is about added tokens.
"""
import json
import random
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE, WordLevel

TEXTS = [
    "", " ", "a", "é", "e\u0301", "e\u0301\u0327", "e\u0327\u0301", "\u0301e", "\u0344", "a\u0345\u0301b",
    "\u1e9b\u0323", "\u0958\u0929\u093c", "각", "\u1100\u1161\u11a8", "가\u11a8", "\u1161\u11a8", "\ufb01n", "ﷺ",
    "Å\u212b\u2126", "㍻ ㌕ ㏁", "½ ² Ⓐ", "ＡＢｃ　ｶﾞ", "İıIß ẞ ΑΣ", "  a b  ", "\u3000a\u00a0\n", "\t\r\n", "\x00\x01\x0b",
    "a\u200bb\u200dc\ufeff", "▁a▁", "\u302e\u302f\U0001d165\U0001d16d", "\U0001d15e", "\U00011938\U00011935\U00011930",
    "\u32ff\ua7f2", "\u0d4a\u0d46\u0d3e", "\u09c7\u09be\u09d7", "aaaa", "aXbXXc", "12 345", "x" * 40, "北京\u3099が",
    "👩‍👩‍👧", "\U0002f800豈", "q\u0307\u0323", "q\u0323\u0307", "a" + "\u0301\u0327" * 20, "\u0b47\u0300\u0b3e",
    "\u0cc6\u0cc2\u0cd5", "\u1b06\u1b35", "\u2adc", "<s> a<s>", "Tok tok", "\U0001109a\U0001133b",
]


def sequence(*parts):
    return normalizers.Sequence(list(parts))


def variants():
    """{name: normalizer}."""
    n = normalizers
    return {
        "nfc": n.NFC(), "nfd": n.NFD(), "nfkc": n.NFKC(), "nfkd": n.NFKD(), "lowercase": n.Lowercase(),
        "strip": n.Strip(), "strip_left": n.Strip(True, False), "strip_right": n.Strip(False, True),
        "strip_accents": n.StripAccents(), "nmt": n.Nmt(), "byte_level": n.ByteLevel(),
        "prepend": n.Prepend("▁x"), "prepend_nothing": n.Prepend(""),
        "replace_longer": n.Replace("a", "<ä>"), "replace_shorter": n.Replace("aa", "b"),
        "replace_spaces": n.Replace(Regex(r"\s+"), " "), "replace_nothing": n.Replace(Regex(r"\s*$"), ""),
        "replace_boundary": n.Replace(Regex(r"(?<=\p{L})(?=\p{L})"), "-"), "replace_all": n.Replace("", "|"),
        "replace_special": n.Replace("[^a].", "!"), "accents": sequence(n.NFD(), n.StripAccents()),
        "bert": n.BertNormalizer(), "bert_accents": n.BertNormalizer(lowercase=False, strip_accents=True),
        "llama": sequence(n.Prepend("▁"), n.Replace(" ", "▁")),
        "albert": sequence(n.Replace("``", '"'), n.NFKD(), n.StripAccents(), n.Lowercase()),
        "xlnet": sequence(n.Strip(), n.Replace(Regex(" {2,}"), " "), n.NFKC(), n.Nmt()),
        "mixed": sequence(n.NFKC(), n.Replace(Regex(r"\p{Mn}"), ""), n.Lowercase(), n.Strip(), n.ByteLevel()),
    }


# Characters without a place at the start of a text, on which the package's next stage panics.
TOO_MUCH = {"prepend_nothing", "replace_all"}


def bytes_tokenizer(normalizer):
    """A token for every byte of the normalised text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(BPE({letter: i for i, letter in enumerate(letters)}, []))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return tokenizer


def triples_tokenizer(normalizer):
    """A token, known or not, for every three characters."""
    tokenizer = Tokenizer(WordLevel({"<unk>": 0, "abc": 1, "  a": 2}, "<unk>"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.FixedLength(3)
    tokenizer.add_tokens([AddedToken("<s>", normalized=False, special=True), AddedToken("Tok"),
                          AddedToken("é", lstrip=True), AddedToken("x y", single_word=True)])
    return tokenizer


CONTENTS = ["a", "ab", "abc", "b c", " b", "c ", "  ", "Ab", "É", "e\u0301", "x", "xx", "<s>", "<s> ", "[M]", "\n", "_",
            "q\0r", "²", "你好", "你", "", "aB", "ABC", "\u00a0", "-", "x-"]
NORMALIZERS = [None, normalizers.Lowercase(), normalizers.NFC(), normalizers.NFKD(), normalizers.Prepend("x"),
               normalizers.Replace("b", "ab"), normalizers.StripAccents(), normalizers.Strip()]


def added_tokenizer(seed):
    """Random added tokens before a model of single characters, and texts made of them; the same content
    may come twice, one that is in the vocabulary, ids that are out of order."""
    draw = random.Random(seed)
    normalizer = NORMALIZERS[seed % len(NORMALIZERS)]
    vocabulary = {letter: i for i, letter in enumerate(["<unk>", *"abcxyz é-_", "xx", "ab"])}
    tokenizer = Tokenizer(WordLevel(vocabulary, "<unk>"))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(?m)."), "isolated")
    file, taken = json.loads(tokenizer.to_str()), {}
    for _ in range(draw.randint(1, 9)):
        content = draw.choice(CONTENTS)
        entry = {"id": draw.randint(0, 40), "content": content,
                 **{flag: draw.random() < 0.35 for flag in ("single_word", "lstrip", "rstrip", "special")},
                 "normalized": draw.random() < 0.5}
        normal = normalizer.normalize_str(content) if normalizer else content
        # Of two with one normal form either may be found; one that is nothing hangs the package.
        if taken.setdefault(normal, content) == content and (normal or not content):
            file["added_tokens"].append(entry)
    parts = [entry["content"] for entry in file["added_tokens"]] + [" ", "  ", "a", "b", "x", "É", ".", "1", "\n"]
    texts = ["".join(draw.choice(parts) for _ in range(draw.randint(0, 12))) for _ in range(60)]
    return file, texts


def hostile(count, seed=5):
    draw = random.Random(seed)
    marks = "\u0300\u0301\u0302\u0303\u0307\u0323\u0327\u0328\u0334\u0338\u0345\u0346\u05b0\u05bc\u0651\u064b\u093c" \
            "\u094d\u0e38\u0f71\u0f72\u302a\u302e\u3099\u309a\u1dce\U0001d165\U0001d16d\u08d4\u1abf\U00011a99"
    parts = ["<s>", "Tok", "tok", "x y", " é ", "\r\n", "  ", "각", "가\u11a8", "\u1100\u1161", "\u11a8", "ﬁ", "ﷺ", "½",
             "\u0958", "\u0929", "\u0d46\u0d3e", "\u0344", "\u1e9b", "㍻", "ｶﾞ", "\u200d", "▁", "İ", "ß", "``"]

    def one():
        kind = draw.random()
        if kind < 0.3:
            return draw.choice("aAbcxX Z.,-09\n\t")
        if kind < 0.5:
            return draw.choice(marks)
        if kind < 0.65:
            return chr(draw.randint(0x80, 0x24FF))
        if kind < 0.7:
            return chr(draw.randint(0xAC00, 0xD7A3))
        if kind < 0.75:
            code = draw.randrange(0x30000)
            return chr(code) if not 0xD800 <= code < 0xE000 else "x"
        return draw.choice(parts)
    return ["".join(one() for _ in range(draw.randint(0, 20))) for _ in range(count)]


PATTERNS = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+",
    r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+|[\p{Han}]+",
    "[一-龥\u3040-ゟ゠-ヿ]+", r"\w+|[^\w\s]+", r"\b", r"\B", r"\s+$", r"^\s+", r"(?<=\p{L})(?=\p{N})", "[[:punct:]]",
    r"\p{Punct}", "(?i)[a-zé]+", r"\R", "x*", "", r"[^\p{Lu}]", r"\P{M}\p{M}*", r"\d{2}+", "a{,2}", "a{2}?", "a**",
    r"(?:a|b\s?)+", "a(?i)b|c", "(?m)a.b", "a.b", r"(a|b)\1", r"(?<n>a+)-\k<n>", r"\h+", r"(?x) a b # c",
    r"(?>a+)a", r"a++b", r"[]a]+", r"[a-c-e]+", r"[^\W\d]+", r"\x41\u0042\x{43}", r"[[:^alpha:]]+", "a{1", r"\p{^L}+",
    r"(?#no)a", r"(?i)\p{Lu}+", r"(?i)[\p{Lu}]+", r"\N+", r"\O", r"\A.", r".\z", r".$",
]


def write_regex(path):
    texts = ["", "ab 12 C\u0301'LL don't\n\n  x", "aab-aa aXbb abAB aB C c\n", "一二 ab\u3000カ１２ ²³ ½Ⓐ", "x\r\n\r\n  \u2028\x85 x",
             "ABC {1 a{1 a\nb", "]a-ce eé É ſ K", "\u0301a\u0301 _x- --"] + hostile(4, 9)
    rows = []
    for pattern in PATTERNS:
        regex = Regex(pattern)
        for text in texts:
            if text:
                rows.append([pattern, text, normalizers.Replace(regex, "☃").normalize_str(text)])
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def row_of(name, tokenizer, texts, file=None):
    rows = []
    for text in texts:
        try:
            encoding = tokenizer.encode(text, add_special_tokens=False)
        except BaseException:  # the package panics
            continue
        rows.append([text, encoding.ids, [place for pair in encoding.offsets for place in pair]])
    return {"name": name, "tokenizer": file or json.loads(tokenizer.to_str()), "texts": rows}


def write(path, rows):
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))


def main():
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    texts = TEXTS + hostile(12)
    write(target / "bytes.jsonl", (row_of(name, bytes_tokenizer(normalizer), texts)
                                   for name, normalizer in variants().items() if name not in TOO_MUCH))
    write(target / "triples.jsonl", (row_of(name, triples_tokenizer(normalizer), texts)
                                     for name, normalizer in variants().items()))
    added = [added_tokenizer(seed) for seed in range(24)]
    write(target / "added.jsonl", (row_of(f"added {seed}", Tokenizer.from_str(json.dumps(file)), texts[:12], file)
                                   for seed, (file, texts) in enumerate(added)))
    write_regex(target / "regex.jsonl")


if __name__ == "__main__":
    main()
