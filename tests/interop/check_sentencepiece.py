#!/usr/bin/env python3
"""SentencePiece models against sentencepiece; Unigram, WordLevel and Precompiled against tokenizers.

    COUPLET=build/couplet python3 tests/interop/check_sentencepiece.py [DATA] [--full ...]

Models of others that lie in DATA get every code point, 20,000 strings made to be hard and 200,000 lines of
real text, as check_tokenizer.py gives its tokenizers; ids, offsets in characters and decoded text must be
equal.  Small models of every kind are trained here on generated text, and get less (--full: more).
"""
import json
import os
import pathlib
import random
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import matrix
import numpy
import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2, sentencepiece_pb2
from texts import ASSIGNED, Given, every_code_point
from tokenizers import models, normalizers, pre_tokenizers, trainers

MODELS = {"Llama 2": "llama2/tokenizer.model", "XLNet zh": "xlnet_zh/spiece.model",
          "CLUE": "cluecorpussmall_spm.model"}
DECODED = 20000  # texts
SHARE = 8  # of the hard texts, an eighth for the small models


def training_text():
    """Sentences of made-up words and of Chinese characters, the same every time."""
    draw = random.Random(5)
    syllables = ["ka", "lo", "mi", "ren", "sta", "ing", "tion", "ver", "un", "the", "qu", "é", "ße"]
    words = ["".join(draw.choice(syllables) for _ in range(draw.randint(1, 4))) for _ in range(900)]
    signs = [chr(draw.randint(0x4E00, 0x4FFF)) for _ in range(400)]
    pairs = ["".join(draw.choice(signs) for _ in range(draw.randint(1, 3))) for _ in range(600)]
    lines = []
    for i in range(4000):
        if i % 2:
            lines.append("".join(draw.choice(pairs) for _ in range(draw.randint(3, 20))) + "。")
        else:
            line = " ".join(draw.choice(words) for _ in range(draw.randint(3, 12)))
            lines.append(line.capitalize() + draw.choice([".", "!", "?", " 12", ", 3.5"]))
    return lines


# ---- comparing ----

def characters_before(text):
    """For each byte of the text and its end, the character it is of."""
    data = numpy.frombuffer(text.encode(), numpy.uint8)
    return (numpy.cumsum((data & 0xC0) != 0x80) - 1).tolist() + [len(text)]


class Pieces:
    """The sentencepiece package as a reference."""
    skips = (True,)  # its text has no control symbols

    def __init__(self, path):
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def encode(self, texts, _):
        answers = []
        for text, proto in zip(texts, self.processor.encode(texts, out_type="serialized_proto")):
            pieces = sentencepiece_pb2.SentencePieceText.FromString(proto).pieces
            place = characters_before(text)
            answers.append(([p.id for p in pieces], [(place[p.begin], place[p.end]) for p in pieces]))
        return answers

    def decode(self, lists, _):
        return self.processor.decode(lists)


def check_model(what, path, texts, decode=None):
    """A .model file: ids, offsets, text of those ids; and text of ids in any order."""
    reference, check = Pieces(path), matrix.Check(f"{what}, ids in any order")
    matrix.compare(what, path, reference, texts, decode=decode)
    draw, size = random.Random(3), reference.processor.get_piece_size()
    lists = [[draw.randrange(size if draw.random() < 0.3 else min(size, 400)) for _ in range(draw.randint(1, 30))]
             for _ in range(3000)]
    check.texts = len(lists)
    check.decoded(path, reference, lists)
    check.end()


# ---- models made here ----

def train_models(work, corpus):
    """Small models of all kinds, by what is special about them."""
    base = {"vocab_size": 700, "character_coverage": 0.995, "minloglevel": 2, "num_threads": 1}
    variants = {
        "unigram": {},
        "unigram, identity": {"normalization_rule_name": "identity"},
        "unigram, nfkc_cf": {"normalization_rule_name": "nfkc_cf"},
        "unigram, byte fallback": {"byte_fallback": True, "vocab_size": 900},
        "unigram, own symbols": {"user_defined_symbols": "[MASK],<b>, x ,的的,é", "control_symbols": "<sep>,<cls>"},
        "unigram, suffix": {"treat_whitespace_as_suffix": True},
        "unigram, spaces kept": {"remove_extra_whitespaces": False, "add_dummy_prefix": False},
        "unigram, across words": {"split_by_whitespace": False},
        "unigram, other ids": {"pad_id": 0, "unk_id": 3, "bos_id": 1, "eos_id": 2},
        "bpe": {"model_type": "bpe"},
        "bpe, byte fallback": {"model_type": "bpe", "byte_fallback": True, "vocab_size": 1000,
                               "normalization_rule_name": "identity", "remove_extra_whitespaces": False},
        "bpe, own symbols": {"model_type": "bpe", "user_defined_symbols": "[MASK],<b>, x ,的的,é"},
        "bpe, across words": {"model_type": "bpe", "split_by_whitespace": False},
        "bpe, suffix": {"model_type": "bpe", "treat_whitespace_as_suffix": True},
        "char": {"model_type": "char"},
        "word": {"model_type": "word", "use_all_vocab": True},
    }
    for what, options in variants.items():
        prefix = work / what.replace(" ", "_").replace(",", "")
        sentencepiece.SentencePieceTrainer.train(input=str(corpus), model_prefix=str(prefix),
                                                 **{**base, **options})
        yield what, prefix.with_suffix(".model")


def make_unused(path, target):
    """The same BPE model with a third of its longer pieces unused."""
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(path.read_bytes())
    for i, piece in enumerate(model.pieces):
        if piece.type == 1 and len(piece.piece) > 1 and i % 3 == 0:
            piece.type = 5
    target.write_bytes(model.SerializeToString())
    return target


def unigram_tokenizers(lines, charsmap):
    """tokenizers' own Unigram models in their usual surroundings."""
    meta = {"always": pre_tokenizers.Metaspace(prepend_scheme="always"),
            "first": pre_tokenizers.Metaspace(prepend_scheme="first"),
            "never": pre_tokenizers.Metaspace(prepend_scheme="never"),
            "whole": pre_tokenizers.Metaspace(prepend_scheme="always", split=False)}
    spaces = normalizers.Replace(tokenizers.Regex(" {2,}"), " ")
    forms = {
        "bare": (None, None),
        "precompiled, bare": (normalizers.Precompiled(charsmap), None),
        "always": (None, meta["always"]),
        "first": (None, meta["first"]),
        "never": (None, meta["never"]),
        "whole": (None, meta["whole"]),
        "precompiled": (normalizers.Precompiled(charsmap), meta["always"]),
        "precompiled, spaces": (normalizers.Sequence([normalizers.Precompiled(charsmap), spaces]), meta["always"]),
        "sentencepiece's": (normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces]), meta["always"]),
        "t5": (normalizers.Precompiled(charsmap),
               pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), meta["always"]])),
    }
    trainer = trainers.UnigramTrainer(vocab_size=900, show_progress=False, unk_token="<unk>",
                                      special_tokens=["<unk>", "<pad>"])
    for what, (normalizer, pre_tokenizer) in forms.items():
        tokenizer = tokenizers.Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizer or meta["always"]
        tokenizer.train_from_iterator(lines[:1500], trainer)
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre_tokenizer is None:
            tokenizer.pre_tokenizer = None
        yield what, tokenizer


def with_bytes(tokenizer):
    """A Unigram model with byte fallback and all bytes."""
    state = json.loads(tokenizer.to_str())
    state["model"]["byte_fallback"] = True
    state["model"]["vocab"] += [[f"<0x{i:02X}>", -20.0 - i / 256] for i in range(256)]
    return tokenizers.Tokenizer.from_str(json.dumps(state))


def word_level(lines):
    tokenizer = tokenizers.Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator(lines, trainers.WordLevelTrainer(vocab_size=500, special_tokens=["<unk>"],
                                                                   show_progress=False))
    return tokenizer


# ---- all of it ----

def check_trained(work, lines, texts, wants):
    corpus = work / "corpus.txt"
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for what, path in train_models(work, corpus):
        if not wants(what):
            continue
        check_model(what, path, texts)
        if what in ("bpe", "bpe, byte fallback"):
            check_model(what + ", unused pieces", make_unused(path, work / f"unused-{path.name}"), texts)


def check_packages(work, lines, texts, many, wants):
    """tokenizers' models; `many` texts for one of them."""
    model = sentencepiece_model_pb2.ModelProto.FromString((work / "unigram.model").read_bytes())
    folder = work / "json"
    for what, tokenizer in unigram_tokenizers(lines, model.normalizer_spec.precompiled_charsmap):
        if not wants(f"Unigram, {what}"):
            continue
        matrix.compare_saved(f"Unigram, {what}", folder, tokenizer, many if what == "precompiled" else texts)
        if what == "precompiled":
            matrix.compare_saved("Unigram, byte fallback", folder, with_bytes(tokenizer), texts)
    if wants("WordLevel"):
        matrix.compare_saved("WordLevel", folder, word_level(lines), texts)


def check_others(given, strings, codes):
    real = given.real()
    long = ["a" * 400000, "的" * 200000, " ".join(real)[:900000], "\u4e02a" * 100000]
    for what, path in MODELS.items():
        if given.wants(what):
            path = given.data / "tokenizers" / path
            check_model(f"{what}, hard texts", path, strings + codes, decode=DECODED)
            check_model(f"{what}, real lines", path, real, decode=DECODED)
            matrix.compare(f"{what}, long texts", path, Pieces(path), long)


def main():
    given = Given(lines=200000, strings=20000, every=True)
    strings, codes, lines = given.hostile(), given.codes(), training_text()
    assigned = every_code_point(ASSIGNED[::given.options.step], alone=given.options.full)
    share = 1 if given.options.full else SHARE
    texts = lines[::share] + strings[::share] + assigned[::share]
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        check_trained(work, lines, texts, given.wants)
        check_packages(work, lines, texts, texts + assigned, given.wants)
    if given.data:
        check_others(given, strings, codes)
    matrix.finish()


if __name__ == "__main__":
    main()
