#!/usr/bin/env python3
"""SentencePiece models against sentencepiece; Unigram, WordLevel and Precompiled against tokenizers.

    COUPLET=build/couplet python3 tests/interop/check_sentencepiece.py [DATA]

Small models are trained here on generated text; with DATA (default ../shared/data) the models and the
lines of real text that lie there are taken, too.  Ids, offsets in characters and decoded text must be
equal for all of them.
"""
import json
import os
import pathlib
import random
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import sentencepiece
import tokenizers
from check_tokenizer import encode, real_lines
from interop import ROOT, couplet
from sentencepiece import sentencepiece_model_pb2, sentencepiece_pb2
from tokenizers import models, normalizers, pre_tokenizers, trainers

MODELS = {"Llama 2": "llama2/tokenizer.model", "XLNet zh": "xlnet_zh/spiece.model",
          "CLUE": "cluecorpussmall_spm.model"}
PART = 400000  # texts at a time


# ---- texts ----

def code_points():
    """Each code point alone and between letters."""
    codes = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    return codes + [f"a{c}b" for c in codes]


def hostile(count, extra):
    draw = random.Random(11)
    marks = ["\u0301", "\u0308", "\u3099", "\u200d", "\ufe0f", "\u0327", "\u11a8", "\u1161"]
    spaces = [" ", "  ", "   ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2581", "\u2581\u2581", "\u200b"]

    def one():
        kind = draw.random()
        if kind < 0.25:
            return draw.choice("abcdefghijklmnopqrstuvwxyzABCXYZ,.#[]<>|'-0123456789")
        if kind < 0.4:
            return draw.choice(spaces)
        if kind < 0.6:
            return chr(draw.randint(0x4E00, 0x9FFF))
        if kind < 0.65:
            return chr(draw.randint(0x3040, 0x30FF))
        if kind < 0.75:
            return draw.choice("abeuoAEka한かがカ①ｱｶﾞ") + draw.choice(marks) * draw.randint(0, 2)
        if kind < 0.85:
            return chr(draw.choice([draw.randint(0x80, 0x8CF), draw.randint(0xFF00, 0xFFEF),
                                    draw.randint(0x1F300, 0x1F9FF), draw.randint(0xAC00, 0xD7A3),
                                    draw.randint(0x2000, 0x2BFF), draw.randint(0x20000, 0x2A6DF),
                                    draw.randint(0x900, 0xDFF), draw.randint(0xE000, 0xF8FF)]))
        if kind < 0.95:
            return draw.choice(extra)
        return draw.choice("ab中的 ") * draw.randint(2, 40)
    return ["".join(one() for _ in range(draw.randint(1, 40))) for _ in range(count)]


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

def report(what, texts, rows, expected, show=4):
    wrong = 0
    for text, row, (ids, offsets) in zip(texts, rows, expected):
        found = [tuple(o) for o in row["offsets"]]
        if row["ids"] == ids and (offsets is None or found == offsets):
            continue
        wrong += 1
        if wrong <= show:
            print(f"{what}: {ascii(text)[:300]}\n  found    {row['ids']} {found}\n  expected {ids} {offsets}")
    assert wrong == 0, f"{what}: {wrong} of {len(texts)} texts differ"
    print(f"ok  {what}: {len(texts)} texts, ids and offsets equal", flush=True)


def characters_before(text):
    """For each byte of the text and its end, the number of characters that begin before it."""
    place = [0]
    for i, character in enumerate(text):
        place += [i] * (len(character.encode()) - 1) + [i + 1]
    return place


def check_model(what, path, texts):
    """A .model file: ids and offsets of its pieces."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    expected = []
    for text, proto in zip(texts, processor.encode(texts, out_type="serialized_proto")):
        pieces = sentencepiece_pb2.SentencePieceText.FromString(proto).pieces
        place = characters_before(text)
        expected.append(([p.id for p in pieces], [(place[p.begin], place[p.end]) for p in pieces]))
    report(what, texts, encode(path, texts), expected)
    check_decoding(what, path, processor, [ids for ids, _ in expected])


def check_decoding(what, path, processor, encoded):
    """Text of what was encoded, and of ids in any order."""
    draw, size = random.Random(3), processor.get_piece_size()
    lists = encoded[::3] + [[draw.randrange(size if draw.random() < 0.3 else min(size, 400))
                             for _ in range(draw.randint(1, 30))] for _ in range(3000)]
    lines = "".join(json.dumps(ids) + "\n" for ids in lists)
    out = couplet("tokenizer", "decode", path, "--skip-special", input=lines)
    wrong = [(ids, json.loads(line), expected) for ids, line, expected
             in zip(lists, out.split("\n"), processor.decode(lists)) if json.loads(line) != expected]
    assert not wrong, f"{what}: {len(wrong)} of {len(lists)} texts decode differently, as {ascii(wrong[0])[:600]}"
    print(f"ok  {what}: {len(lists)} lists of ids, text equal", flush=True)


def check_json(what, tokenizer, folder, texts):
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    expected = [(e.ids, e.offsets) for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
    report(what, texts, encode(folder, texts), expected)


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

def check_trained(work, lines, texts):
    corpus = work / "corpus.txt"
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for what, path in train_models(work, corpus):
        check_model(what, path, texts)
        if what in ("bpe", "bpe, byte fallback"):
            check_model(what + ", unused pieces", make_unused(path, work / f"unused-{path.name}"), texts)


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "../shared/data")
    extra = ["[MASK]", "<b>", " x ", "的的", "<s>", "</s>", "<unk>", "<pad>", "<0x0A>", "<cls>", "the", "ing"]
    strings = hostile(20000, extra)
    every = code_points()
    lines = training_text()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        check_trained(work, lines, lines + strings[:6000] + every[::37])
        processor = sentencepiece.SentencePieceProcessor(model_file=str(work / "unigram.model"))
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(processor.serialized_model_proto())
        charsmap = model.normalizer_spec.precompiled_charsmap
        for what, tokenizer in unigram_tokenizers(lines, charsmap):
            check_json(f"Unigram, {what}", tokenizer, work / f"json-{what}", lines + strings[:6000] + every[::37])
            if what == "precompiled":
                check_json("Unigram, every code point", tokenizer, work / "every", every + strings)
                check_json("Unigram, byte fallback", with_bytes(tokenizer), work / "bytes",
                           lines + strings[:6000] + every[::37])
        check_json("WordLevel", word_level(lines), work / "words", lines + strings[:6000])
    if not data.is_dir():
        print(f"skipped: the models of others, as there is no {data}")
        return
    real = real_lines(data)
    long = ["a" * 400000, "的" * 200000, " ".join(real)[:900000], "\u4e02a" * 100000]
    texts = strings + real + long + every
    for what, path in MODELS.items():
        for i in range(0, len(texts), PART):
            check_model(f"{what} from text {i}", data / "tokenizers" / path, texts[i:i + PART])


if __name__ == "__main__":
    main()
