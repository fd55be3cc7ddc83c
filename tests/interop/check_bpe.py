#!/usr/bin/env python3
"""Byte pair encoding: ids and offsets equal to those of Hugging Face's `tokenizers` and transformers.

    python3 tests/interop/check_bpe.py [DATA]

Tokenizers with Llama 3's and Qwen 2's patterns, in SentencePiece's manner with byte fallback (Llama 2) and
with every option of the model are trained here on generated and, with DATA (default ../shared/data), on
real text; GPT-2 is read from there, also as vocab.json with merges.txt.  Texts are every code point alone
and between letters, generated hostile strings and lines of real text.
"""
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
from check_tokenizer import every_code_point, real_lines
from interop import ROOT, couplet, write_lines
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
from tokenizers import pre_tokenizers as pre
from transformers import AutoTokenizer, GPT2Tokenizer

LINES, STRINGS = 30000, 20000
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def check(what, folder, tokenizer, texts, special=False):
    """`special`: with what the template puts around."""
    write_lines(folder / "texts.jsonl", texts)
    options = ["--special"] if special else []
    out = couplet("tokenizer", "encode", folder, "--input", folder / "texts.jsonl", "--offsets", *options)
    rows = out.splitlines()
    assert len(rows) == len(texts), "a line is missing"
    wrong = 0
    for begin in range(0, len(texts), 10000):
        part = texts[begin:begin + 10000]
        expected = tokenizer.encode_batch(part, add_special_tokens=special)
        for text, row, one in zip(part, rows[begin:begin + 10000], expected):
            found = json.loads(row)
            if found["ids"] == one.ids and [tuple(o) for o in found["offsets"]] == one.offsets:
                continue
            if wrong < 3:
                print(f"{what}: {ascii(text)}\n  found    {found['ids']} {found['offsets']}\n"
                      f"  expected {one.ids} {one.offsets}")
            wrong += 1
    assert wrong == 0, f"{what}: {wrong} of {len(texts)} texts differ"
    print(f"ok  {what}: {len(texts)} texts, ids and offsets equal", flush=True)


def alone():
    return [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]


def hostile(count):
    draw = random.Random(11)
    parts = ["'s", "'S", "'\u017f", "'re", "'ll", "'LL", "''", "\u2581", " \u2581", "\n", "\r\n", " \n ", "\t",
             "\u00a0", "\u3000", "\u0085", "\u200b", "e\u0301", "\u0301", "\u1161", "각", "\u0958", "\u2126", "½",
             "１２", "123456", "１", "\u0660", "<s>", "<|end|>", "<0x41>", "<unk>", "the ", " and", "ing", "我们",
             "的", "，", "。", "\U0001f469\u200d\U0001f4bb", "\U00020000", "a" * 70, "=" * 40, " " * 9, "\ufffd",
             "\x7f", "\x01", "İ", "ß", "naïve", "don't", "I'm", "we'Ve", "x'd", "--", "...", "!?\n\n"]

    def one():
        kind = draw.random()
        if kind < 0.35:
            return draw.choice(parts)
        if kind < 0.6:
            return draw.choice("abcdexyz ABZ,.#[]'-0 9\n\t")
        if kind < 0.75:
            return chr(draw.randint(0x4E00, 0x9FFF))
        if kind < 0.95:
            return chr(draw.randint(0x80, 0x24FF))
        code = draw.randrange(1, 0x110000)
        return chr(code) if not 0xD800 <= code < 0xE000 else "x"
    return ["".join(one() for _ in range(draw.randint(1, 40))) for _ in range(count)]


# ---- tokenizers ---------------------------------------------------------------------------------------------

def train_bytes(lines, pre_tokenizer, normalizer=None, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=12000, show_progress=False, initial_alphabet=pre.ByteLevel.alphabet()))
    tokenizer.add_special_tokens([AddedToken("<|end|>", normalized=False, special=True)])
    tokenizer.add_tokens([AddedToken("we'Ve", normalized=True)])
    return tokenizer


def split(pattern):
    return pre.Sequence([pre.Split(Regex(pattern), "isolated"),
                         pre.ByteLevel(add_prefix_space=False, use_regex=False)])


def byte_level(lines):
    yield "GPT-2's pattern, space before", train_bytes(lines, pre.ByteLevel(add_prefix_space=True))
    yield "Llama 3's pattern", train_bytes(lines, split(LLAMA3), ignore_merges=True)
    yield "Qwen 2's pattern, NFC", train_bytes(lines, split(QWEN2), normalizers.NFC())
    yield "GPT-2's pattern as Split", train_bytes(lines, split(GPT2))


def train_spaces(lines):
    """Vocabulary and merges in SentencePiece's manner: byte tokens first, few characters, so that others
    are unknown."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre.Metaspace(prepend_scheme="always", split=True)
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=9000, limit_alphabet=1500, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>"] + BYTES))
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def with_spaces(lines):
    vocabulary, merges = train_spaces(lines)
    llama = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])

    def make(normalizer, pre_tokenizer, vocab, **options):
        tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", **options))
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre_tokenizer:
            tokenizer.pre_tokenizer = pre_tokenizer
        tokenizer.add_special_tokens([AddedToken("<s>", normalized=False, special=True)])
        return tokenizer
    yield "Llama 2's normalizers", make(llama, None, vocabulary, byte_fallback=True, fuse_unk=True)
    yield "Replace alone", make(normalizers.Replace(" ", "\u2581"), None, vocabulary, byte_fallback=True)
    for scheme in ("always", "first", "never"):
        for cut in (False, True):
            yield (f"Metaspace, {scheme}{', cut' if cut else ''}",
                   make(None, pre.Metaspace("\u2581", scheme, cut), vocabulary, byte_fallback=True))
    known = {piece: number for number, piece in
             enumerate(piece for piece in vocabulary if piece not in BYTES)}
    yield "unknown tokens fused", make(None, pre.Metaspace("\u2581", "always", False), known, fuse_unk=True)
    yield "unknown tokens one by one", make(None, pre.Metaspace("\u2581", "always", False), known)


def with_marks(lines):
    """Pieces that say where in a word they stand; unknown characters in every way."""
    short = [line[:200] for line in lines[:4000]]
    for name, options in {
            "prefix": {"continuing_subword_prefix": "##"}, "suffix": {"end_of_word_suffix": "</w>"},
            "prefix and suffix": {"continuing_subword_prefix": "@", "end_of_word_suffix": "</w>"}}.items():
        for more in ({"unk_token": "<unk>"}, {"unk_token": "<unk>", "fuse_unk": True}, {}):
            tokenizer = Tokenizer(models.BPE(**options, **more))
            tokenizer.pre_tokenizer = pre.WhitespaceSplit()
            tokenizer.train_from_iterator(short, trainers.BpeTrainer(
                vocab_size=2000, limit_alphabet=300, show_progress=False, special_tokens=["<unk>"], **options))
            yield f"{name}, {more}", tokenizer


# ---- checks -------------------------------------------------------------------------------------------------

def save(work, name, tokenizer):
    folder = work / "".join(letter if letter.isalnum() else "-" for letter in name)
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def check_gpt2(work, source, texts):
    """Saved by transformers, and as the files that lie there, by all their names."""
    files = {"vocab.json": source / "encoder.json", "merges.txt": source / "vocab.bpe"}
    configurations = {
        "GPT-2": {"tokenizer_class": "GPT2Tokenizer"},
        "GPT-2, space before": {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True,
                                "pad_token": "<pad>", "add_bos_token": True},
        "GPT-2, tokens": {"tokenizer_class": "GPT2Tokenizer", "additional_special_tokens": ["<s>", "<|end|>"],
                          "unk_token": {"content": "<unk>", "lstrip": False, "rstrip": True,
                                        "normalized": True, "single_word": False, "__type": "AddedToken"}},
        "RoBERTa": {"tokenizer_class": "RobertaTokenizer"},
        "RoBERTa, space before": {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True,
                                  "trim_offsets": False,
                                  "mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False,
                                                 "normalized": False, "single_word": False,
                                                 "__type": "AddedToken"}}}
    for name, configuration in configurations.items():
        folder = work / name
        folder.mkdir()
        for file, path in files.items():
            shutil.copyfile(path, folder / file)
        (folder / "tokenizer_config.json").write_text(json.dumps(configuration))
        loaded = AutoTokenizer.from_pretrained(folder)
        check(f"{name}, vocab.json and merges.txt", folder, loaded.backend_tokenizer, texts[:5000], True)
        saved = work / f"{name}, saved"
        loaded.save_pretrained(saved)
        many = len(texts) if name == "GPT-2" else 5000
        check(f"{name}, tokenizer.json", saved, loaded.backend_tokenizer, texts[:many], True)
    bare = work / "bare"
    bare.mkdir()
    shutil.copyfile(source / "encoder.json", bare / "encoder.json")
    shutil.copyfile(source / "vocab.bpe", bare / "vocab.bpe")
    loaded = GPT2Tokenizer(str(bare / "encoder.json"), str(bare / "vocab.bpe"))
    check("encoder.json and vocab.bpe", bare, loaded.backend_tokenizer, texts[:5000])


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "../shared/data")
    strings, codes = hostile(STRINGS), every_code_point()
    lines = real_lines(data) if data.is_dir() else []
    random.Random(2).shuffle(lines)
    lines = lines[:LINES]
    if not lines:
        print(f"skipped: no real text in {data}")
    texts = strings + lines + codes
    learn = lines or strings
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        if lines:
            check_gpt2(work, data / "tokenizers/gpt2_bpe", texts)
        for maker in (byte_level, with_spaces, with_marks):
            for what, tokenizer in maker(learn):
                more = alone() if what in ("Llama 3's pattern", "Qwen 2's pattern, NFC", "Llama 2's normalizers") else []
                check(what, save(work, what, tokenizer), tokenizer, texts + more)


if __name__ == "__main__":
    main()
