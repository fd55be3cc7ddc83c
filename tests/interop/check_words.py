#!/usr/bin/env python3
"""Masked training and filling with tokenizers of every kind, which `tokenizers` trains here.

    COUPLET=build/couplet python3 tests/interop/check_words.py CORPUS_JSONL CORPUS WORK

CORPUS_JSONL is the text of which CORPUS was built.  What `pretrain --show-batches` hides is looked up in the
documents by means of the package's own offsets: no word of `couplet segment` may be hidden in part.
"""
import json
import pathlib
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers as pre, trainers

from interop import couplet, json_lines
from make_pre_tokenizer_goldens import LLAMA3

SPECIAL = ["<unk>", "<s>", "</s>", "<mask>"]
TEXT = "我<mask>自然语言处理。"


def bpe(pre_tokenizer, decoder, texts, size=400, alphabet=None, **options):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", **options))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoder
    more = {key: options[key] for key in ("end_of_word_suffix",) if key in options}
    extra = [f"<0x{byte:02X}>" for byte in range(256)] if options.get("byte_fallback") else []
    if extra:  # so that some characters have to be bytes
        more["limit_alphabet"] = 60
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL + extra, show_progress=False,
                                  initial_alphabet=alphabet or [], **more)
    tokenizer.train_from_iterator(texts, trainer)
    if extra:  # bytes are pieces of the model, not texts to look for
        made = json.loads(tokenizer.to_str())
        made["added_tokens"] = [token for token in made["added_tokens"] if token["content"] in SPECIAL]
        tokenizer = Tokenizer.from_str(json.dumps(made))
    return tokenizer


def byte_level(texts, cut):
    before = pre.ByteLevel(add_prefix_space=False)
    if cut:
        before = pre.Sequence([pre.Split(Regex(cut), "isolated"), pre.ByteLevel(False, use_regex=False)])
    return bpe(before, decoders.ByteLevel(), texts, alphabet=pre.ByteLevel.alphabet())


def unigram(texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre.Metaspace(), decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=400, special_tokens=SPECIAL, unk_token="<unk>",
                                      show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def word_level(texts):
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre.Sequence([pre.Whitespace(), pre.FixedLength(length=3)])
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=SPECIAL, vocab_size=500,
                                                                   show_progress=False))
    return tokenizer


KINDS = {
    "byte-level BPE": lambda texts: byte_level(texts, None),
    "byte-level BPE, Llama 3's cuts": lambda texts: byte_level(texts, LLAMA3),
    "BPE with byte fallback": lambda texts: bpe(
        pre.Metaspace(prepend_scheme="first", split=False), decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]),
        texts, size=600, byte_fallback=True, fuse_unk=True),
    "BPE with word ends": lambda texts: bpe(pre.BertPreTokenizer(), decoders.BPEDecoder(suffix="</w>"),
                                            texts, end_of_word_suffix="</w>"),
    "Unigram": unigram,
    "WordLevel": word_level,
}


def find_run(wanted, documents):
    """Which document has the ids one behind the other, and from where on."""
    for number, document in enumerate(documents):
        ids = document.ids
        for at in range(len(ids) - len(wanted) + 1):
            if ids[at:at + len(wanted)] == wanted:
                return number, at
    raise AssertionError(f"no document has the tokens {wanted[:20]}")


def hidden_words(rows, documents, words):
    """How many words are hidden; none may be in part."""
    hidden = 0
    for row in rows:
        labels = row["labels"][1:-1]
        original = [i if label == -100 else label for i, label in zip(row["input_ids"][1:-1], labels)]
        number, first = find_run(original, documents)
        spans = documents[number].offsets[first:first + len(original)]
        for begin, end in words[number]:
            of_word = {label != -100 for (a, b), label in zip(spans, labels) if a < end and b > begin}
            assert len(of_word) < 2, f"word {begin}-{end} of document {number} is hidden in part"
            hidden += of_word == {True}
    return hidden


def find_words(texts):
    out = couplet("segment", "-", "--json", input="".join(text.replace("\n", " ") + "\n" for text in texts))
    found = []
    for text, row in zip(texts, json_lines(out), strict=True):
        spans, at = [], 0
        for word in row["words"]:
            at = text.replace("\n", " ").index(word, at)
            spans.append((at, at + len(word)))
            at += len(word)
        found.append(spans)
    return found


def check(name, tokenizer, texts, words, corpus, work):
    folder, run = work / "tokenizer", work / "run"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))
    documents = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    base = ["pretrain", "--corpus", corpus, "--tokenizer", folder, "--family", "bert", "--size", "tiny",
            "--batch-tokens", 1024]
    out = couplet(*base, "--show-batches", 4, "--json", "--out", run)
    hidden = hidden_words(json_lines(out), documents, words)
    assert hidden > 20, f"{name}: only {hidden} words hidden"
    couplet(*base, "--steps", 3, "--dtype", "f32", "--out", run, "--force", "-q")
    filled = couplet("fill", run, TEXT, "--words", "--json")
    assert "\ufffd" not in filled, f"{name}: {filled}"
    print(f"ok  {name}: {hidden} words hidden, none in part; {len(filled)} bytes of fillings", flush=True)


def main():
    source, corpus, work = map(pathlib.Path, sys.argv[1:4])
    texts = [row["text"] for row in json_lines(source.read_text(encoding="utf-8"))]
    words = find_words(texts)
    for name, make in KINDS.items():
        check(name, make(texts), texts, words, corpus, work / "words")


if __name__ == "__main__":
    main()
