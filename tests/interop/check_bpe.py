#!/usr/bin/env python3
"""Byte pair encoding: ids and offsets equal to those of Hugging Face's `tokenizers` and transformers.

    COUPLET=build/couplet python3 tests/interop/check_bpe.py [DATA] [--full ...]

Tokenizers with Llama 3's and Qwen 2's patterns, in SentencePiece's manner with byte fallback (Llama 2) and
with every option of the model are trained here on strings made to be hard or, with DATA, on real text;
GPT-2 is read from there, also as vocab.json with merges.txt.  Texts are assigned code points (--full: all),
strings made to be hard and lines of real text (texts.py).
"""
import json
import os
import pathlib
import shutil
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import matrix
from make_pre_tokenizer_goldens import GPT2, LLAMA3, QWEN2
from texts import Given
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
from tokenizers import pre_tokenizers as pre
from transformers import AutoTokenizer, GPT2Tokenizer

FEW = 2000  # texts for other files of the same tokenizer
LEARN = 10000  # lines to learn from
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
# These get every code point; of the others each is like one of them.
MAIN = {"GPT-2, tokenizer.json", "GPT-2's pattern, space before", "Llama 3's pattern", "Llama 2's normalizers",
        "unknown tokens fused", "prefix and suffix, {}"}


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

CONFIGURATIONS = {
    "GPT-2": {"tokenizer_class": "GPT2Tokenizer"},
    "GPT-2, space before": {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True,
                            "pad_token": "<pad>", "add_bos_token": True},
    "GPT-2, tokens": {"tokenizer_class": "GPT2Tokenizer", "additional_special_tokens": ["<s>", "<|end|>"],
                      "unk_token": {"content": "<unk>", "lstrip": False, "rstrip": True, "normalized": True,
                                    "single_word": False, "__type": "AddedToken"}},
    "RoBERTa": {"tokenizer_class": "RobertaTokenizer"},
    "RoBERTa, space before": {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "trim_offsets": False,
                              "mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False,
                                             "single_word": False, "__type": "AddedToken"}}}


def check_gpt2(work, source, texts, given):
    """Saved by transformers, and as the files that lie there, by all their names."""
    for name, configuration in CONFIGURATIONS.items():
        if not given.wants(name):
            continue
        folder = work / name
        folder.mkdir()
        shutil.copyfile(source / "encoder.json", folder / "vocab.json")
        shutil.copyfile(source / "vocab.bpe", folder / "merges.txt")
        (folder / "tokenizer_config.json").write_text(json.dumps(configuration))
        loaded = AutoTokenizer.from_pretrained(folder)
        matrix.compare(f"{name}, vocab.json and merges.txt", folder, loaded.backend_tokenizer, texts[:FEW], special=True,
                       decode=0)
        saved, what = work / f"{name}, saved", f"{name}, tokenizer.json"
        loaded.save_pretrained(saved)
        matrix.compare(what, saved, loaded.backend_tokenizer, texts + given.codes() if what in MAIN else texts[:FEW],
                       special=True, decode=0)
    if given.wants("encoder.json and vocab.bpe"):
        bare = work / "bare"
        bare.mkdir()
        shutil.copyfile(source / "encoder.json", bare / "encoder.json")
        shutil.copyfile(source / "vocab.bpe", bare / "vocab.bpe")
        loaded = GPT2Tokenizer(str(bare / "encoder.json"), str(bare / "vocab.bpe"))
        matrix.compare("encoder.json and vocab.bpe", bare, loaded.backend_tokenizer, texts[:FEW], decode=0)


def main():
    given = Given(lines=2000, strings=5000)
    strings, lines, codes = given.hostile(), given.real(), given.codes()
    texts, learn = strings + lines, (lines or strings)[:LEARN]
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        if given.data:
            check_gpt2(work, given.data / "tokenizers/gpt2_bpe", texts, given)
        for maker in (byte_level, with_spaces, with_marks):
            for what, tokenizer in maker(learn):
                if given.wants(what):
                    many = texts + codes if given.every or what in MAIN else texts
                    matrix.compare_saved(what, work / "tokenizer", tokenizer, many)
    matrix.finish()


if __name__ == "__main__":
    main()
