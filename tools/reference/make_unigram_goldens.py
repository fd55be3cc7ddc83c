#!/usr/bin/env python3
"""Writes tests/golden/sentencepiece/: small SentencePiece models, small tokenizer.json of type Unigram and
WordLevel, and what the packages sentencepiece and tokenizers make of ordinary and of hostile texts.

    python3 tools/reference/make_unigram_goldens.py tests/golden/sentencepiece

NAME.model or NAME/tokenizer.json, with NAME.jsonl: {"text", "ids", "offsets" in characters, "decoded"}
a line (decoded: of .model files only).  The map of characters is a small one of our own.
"""
import json
import random
import sys
import tempfile
from pathlib import Path

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2, sentencepiece_pb2
from tokenizers import models, normalizers, pre_tokenizers

WORDS = "the sea and sky are blue again today we sing of moon light over old hills water runs down".split()
SIGNS = ["明月", "光", "故乡", "天气", "很", "好", "我们", "去", "公园", "吧", "自然", "语言", "处理", "的"]
RULES = [("Ａ", "A"), ("ａ", "a"), ("，", ","), ("\u3000", " "), ("\t", " "), ("①", "1"), ("㎏", "kg"), ("e\u0301", "é"),
         ("か\u3099", "が"), ("\u200b", ""), ("…", " . "), ("ﬁ", "fi"), ("x\u0327y", "z")]
TEXTS = [
    "", " ", "   ", "the sea", " the  sea ", "明月光，故乡", "the　sea\tand\u200b sky…", "①㎏ e\u0301 か\u3099 x\u0327y ﬁ ＡＡ",
    "▁", "▁▁the▁", "<s>the</s> <unk> <0x0A> [M]", "[M]the[M]明月", "q", "qqq 猫猫 the", "emoji \U0001f600\U0001f468\u200d\U0001f469!",
    "a\u0000b", "\u200b\u200b", "\u200bthe", "the\n\nsea", "的的的", "a b", "of[M] moon", "…", "明 月", "e\u0301e\u0301", "sing" * 30,
]


def training_text():
    draw = random.Random(2)
    lines = []
    for i in range(600):
        if i % 2:
            lines.append("".join(draw.choice(SIGNS) for _ in range(draw.randint(2, 9))) + "，")
        else:
            lines.append(" ".join(draw.choice(WORDS) for _ in range(draw.randint(2, 9))) + ".")
    return lines


def random_texts(count):
    draw = random.Random(9)
    parts = WORDS + SIGNS + [old for old, _ in RULES] + [" ", "  ", "▁", "[M]", "的的", "é", "q", "猫", "\U0001f600", "\n", ".", "S"]
    return ["".join(draw.choice(parts) for _ in range(draw.randint(1, 12))) for _ in range(count)]


def characters_before(text):
    place = [0]
    for i, character in enumerate(text):
        place += [i] * (len(character.encode()) - 1) + [i + 1]
    return place


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_model(out, name, texts, work, lines, unused=False, **options):
    (work / "text").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (work / "rules").write_text("".join(" ".join(f"{ord(c):X}" for c in old) + "\t" +
                                        " ".join(f"{ord(c):X}" for c in new) + "\n" for old, new in RULES))
    if options.pop("rules", True):
        options["normalization_rule_tsv"] = str(work / "rules")
    else:
        options["normalization_rule_name"] = "identity"
    sentencepiece.SentencePieceTrainer.train(input=str(work / "text"), model_prefix=str(work / "m"), minloglevel=2,
                                             num_threads=1, hard_vocab_limit=False, **{"vocab_size": 120, **options})
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((work / "m.model").read_bytes())
    for field in ("input", "model_prefix"):
        model.trainer_spec.ClearField(field)
    model.normalizer_spec.ClearField("normalization_rule_tsv")
    for i, piece in enumerate(model.pieces):
        if unused and piece.type == 1 and len(piece.piece) > 1 and i % 3 == 0:
            piece.type = 5
    (out / f"{name}.model").write_bytes(model.SerializeToString())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    rows = []
    for text in texts:
        pieces = sentencepiece_pb2.SentencePieceText.FromString(processor.encode(text, out_type="serialized_proto")).pieces
        place = characters_before(text)
        ids = [p.id for p in pieces]
        rows.append({"text": text, "ids": ids, "offsets": [[place[p.begin], place[p.end]] for p in pieces],
                     "decoded": processor.decode(ids)})
    write_rows(out / f"{name}.jsonl", rows)
    return model


def write_json(out, name, tokenizer, texts):
    folder = out / name
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = []
    for text in texts:
        encoded = tokenizer.encode(text, add_special_tokens=False)
        rows.append({"text": text, "ids": encoded.ids, "offsets": [list(o) for o in encoded.offsets]})
    write_rows(out / f"{name}.jsonl", rows)


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    lines, texts = training_text(), TEXTS + random_texts(80)
    own = {"user_defined_symbols": "[M],的的, b", "control_symbols": "<sep>"}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        base = write_model(out, "unigram", texts, work, lines)
        write_model(out, "unigram_bytes", texts, work, lines, byte_fallback=True, vocab_size=380, rules=False)
        write_model(out, "unigram_own", texts, work, lines, **own)
        write_model(out, "unigram_suffix", texts, work, lines, treat_whitespace_as_suffix=True)
        write_model(out, "unigram_spaces", texts, work, lines, remove_extra_whitespaces=False, split_by_whitespace=False)
        write_model(out, "bpe", texts, work, lines, model_type="bpe")
        write_model(out, "bpe_bytes", texts, work, lines, model_type="bpe", byte_fallback=True, vocab_size=380,
                    remove_extra_whitespaces=False, rules=False, allow_whitespace_only_pieces=True)
        write_model(out, "bpe_own", texts, work, lines, model_type="bpe", **own)
        write_model(out, "bpe_unused", texts, work, lines, model_type="bpe", unused=True)
        write_model(out, "char", texts, work, lines, model_type="char")
        write_model(out, "word", texts, work, lines, model_type="word")
    charsmap = normalizers.Precompiled(base.normalizer_spec.precompiled_charsmap)
    vocabulary = [(p.piece, p.score) for p in base.pieces]
    tokenizer = tokenizers.Tokenizer(models.Unigram(vocabulary, unk_id=0))
    write_json(out, "json_bare", tokenizer, texts)
    tokenizer.normalizer = charsmap
    write_json(out, "json_precompiled", tokenizer, texts)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    write_json(out, "json_metaspace", tokenizer, texts)
    byte_pieces = [(f"<0x{i:02X}>", -30.0 - i / 7) for i in range(256)]
    tokenizer.model = models.Unigram(vocabulary + byte_pieces, unk_id=0, byte_fallback=True)
    write_json(out, "json_bytes", tokenizer, texts)
    words = tokenizers.Tokenizer(models.WordLevel({"<unk>": 0, **{w: i + 1 for i, w in enumerate(WORDS)}}, "<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    write_json(out, "json_words", words, texts)


main()
