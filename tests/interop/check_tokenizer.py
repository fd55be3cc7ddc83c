#!/usr/bin/env python3
"""Token ids and offsets against transformers and tokenizers.

    COUPLET=build/couplet python3 tests/interop/check_tokenizer.py [DATA]

Generated texts (every code point, random mixtures) through vocabularies made here; a vocabulary that
`couplet tokenizer train` learns, loaded by AutoTokenizer; and with DATA (default ../shared/data) the
vocabularies and lines of real text that lie there.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
from interop import ROOT, couplet, write_lines
from transformers import AutoTokenizer, BertTokenizer

LINES = 20000


def encode(tokenizer, texts, *options):
    """ids and offsets of each text, as the program gives them."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(text) + "\n" for text in texts)
        file.flush()
        out = couplet("tokenizer", "encode", tokenizer, "--input", file.name, "--offsets", *options)
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == len(texts), "a line is missing"
    return rows


def check(what, folder, reference, texts, offsets=True):
    rows = encode(folder, texts, "--special")
    wrong = 0
    for text, row in zip(texts, rows):
        expected = reference(text, return_offsets_mapping=True)
        same = row["ids"] == expected["input_ids"]
        if offsets and same:
            same = [tuple(o) for o in row["offsets"]] == expected["offset_mapping"]
        if not same and wrong < 3:
            print(f"{what}: {ascii(text)}\n  found    {row['ids']} {row['offsets']}\n  expected "
                  f"{expected['input_ids']} {expected['offset_mapping']}")
        wrong += not same
    assert wrong == 0, f"{what}: {wrong} of {len(texts)} texts differ"
    print(f"ok  {what}: {len(texts)} texts, ids{' and offsets' if offsets else ''} equal", flush=True)


def every_code_point():
    """Each between letters, 64 to a text."""
    codes = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    return [" ".join(f"a{chr(c)}b" for c in codes[i:i + 64]) for i in range(0, len(codes), 64)]


def random_texts(count):
    draw = random.Random(7)

    def one():
        kind = draw.random()
        if kind < 0.4:
            return draw.choice("abcxyz ABZ,.#[]'-0 9\n\t\r")
        if kind < 0.6:
            return chr(draw.randint(0x4E00, 0x9FFF))
        if kind < 0.85:
            return chr(draw.randint(0x80, 0x08CF))
        return draw.choice(["[MASK]", "[CLS] ", "\n", "é", "각", "≠", "e\u0301", "\u200b", "ing", "x" * 101])
    return ["".join(one() for _ in range(draw.randint(1, 40))) for _ in range(count)]


def reference(folder, vocabulary, **options):
    """A BertTokenizer of the vocabulary, saved where the program reads it."""
    tokenizer = BertTokenizer(vocab=str(vocabulary), **options)
    tokenizer.save_pretrained(folder)
    return tokenizer


def check_vocabularies(work, vocabularies, texts):
    for name, vocabulary in vocabularies.items():
        for lower in (False, True):
            folder = work / f"{name}-{lower}"
            tokenizer = reference(folder, vocabulary, do_lower_case=lower)
            check(f"{name}, lower case {lower}", folder, tokenizer, texts)


def check_bare(work, vocabulary, texts):
    """vocab.txt alone is cased; with tokenizer_config.json beside it, as that says."""
    folder = work / "bare"
    folder.mkdir()
    (folder / "vocab.txt").write_bytes(vocabulary.read_bytes())
    check("vocab.txt alone", folder, BertTokenizer(vocab=str(vocabulary), do_lower_case=False), texts)
    for options in ({"do_lower_case": True}, {"strip_accents": True, "do_lower_case": False},
                    {"tokenize_chinese_chars": False}, {}):
        (folder / "tokenizer_config.json").write_text(json.dumps(options))
        check(f"vocab.txt with {options}", folder, BertTokenizer(vocab=str(vocabulary), **options), texts)


def check_trained(work, texts, size):
    write_lines(work / "train.jsonl", [{"text": text} for text in texts])
    for lower in ([], ["--lowercase"]):
        folder = work / f"trained{''.join(lower)}"
        couplet("tokenizer", "train", work / "train.jsonl", "--vocab-size", size, "--out", folder, "-q",
                *lower)
        loaded = AutoTokenizer.from_pretrained(folder)
        newline = loaded.convert_tokens_to_ids("\n")
        assert newline == len(loaded) - 1, "the line break is not the last id"
        joined = ["\n".join(texts[i:i + 4]) + "\n\n" * (i % 2) for i in range(0, len(texts), 4)]
        check(f"trained{''.join(lower)}, V = {len(loaded)}", folder, loaded, joined)
        check_decoding(folder, loaded, joined[:500])


def check_decoding(folder, loaded, texts):
    """Text that was decoded has the same ids again, but where a piece of a word stands alone."""
    rows = encode(folder, texts)
    lines = "".join(json.dumps({"ids": row["ids"]}) + "\n" for row in rows)
    out = couplet("tokenizer", "decode", folder, input=lines)
    decoded = [json.loads(line) for line in out.splitlines()]
    same = sum(row["ids"] == loaded(text, add_special_tokens=False)["input_ids"]
               for row, text in zip(rows, decoded))
    assert same >= 0.9 * len(texts), f"only {same} of {len(texts)} texts survive decoding"
    print(f"ok  decoding: {same} of {len(texts)} texts have the same ids again", flush=True)


def real_lines(data):
    """Lines of several kinds of text, long and short."""
    lines = []
    for pattern in ("zh_lm_small/*.txt", "en_lm_small/wikitext-2/*.txt", "en_lm_small/*.txt",
                    "zh_news*/*.txt", "zh_en_translation/*.txt", "zh_en_translation/*.tsv",
                    "zh_sentiment*/**/*.tsv", "zh_classical_parallel/*"):
        for path in sorted(data.glob(pattern))[:3]:
            if path.suffix in (".txt", ".tsv"):
                text = path.read_text(encoding="utf-8", errors="replace")
                lines += text.split("\n")[:8000]
    return lines


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "../shared/data")
    generated = random_texts(5000)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        small = work / "vocab.txt"
        pieces = json.loads((ROOT / "tests/golden/tokenizer/cased/tokenizer.json").read_text())
        by_id = sorted(pieces["model"]["vocab"].items(), key=lambda item: item[1])
        small.write_text("".join(piece + "\n" for piece, _ in by_id), encoding="utf-8")
        check_vocabularies(work, {"small": small}, generated + every_code_point())
        check_bare(work, small, generated[:1000])
        lines = real_lines(data) if data.is_dir() else []
        if not lines:
            print(f"skipped: no real text in {data}")
            check_trained(work, generated, 2000)
            return
        random.Random(1).shuffle(lines)
        assert len(lines) >= LINES, f"only {len(lines)} lines of text"
        check_vocabularies(work, {n: data / "tokenizers" / n / "vocab.txt" for n in
                                  ("bert-base-chinese", "bert-base-uncased", "bert-base-cased")},
                           lines[:LINES])
        check_trained(work, lines[:LINES], 8000)


if __name__ == "__main__":
    main()
