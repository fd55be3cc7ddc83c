#!/usr/bin/env python3
"""Writes tests/golden/bpe/: small byte pair encodings and what Hugging Face's `tokenizers` makes of ordinary
and of hostile texts.

    python3 tools/reference/make_bpe_goldens.py tests/golden/bpe

Each NAME/ holds tokenizer.json and expected.jsonl with {"text", "ids", "offsets"}; gpt2_files/ holds
vocab.json, merges.txt and tokenizer_config.json instead, as GPT2Tokenizer of transformers reads them.
"""
import json
import os
import random
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
from tokenizers import pre_tokenizers as pre
from transformers import GPT2Tokenizer

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
MARK = "\u2581"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LEARN = [
    "The miller's daughter sold two sacks of flour at the market and walked home along the river.",
    "When the river rises, the mill stands still; when it falls, the wheel turns again.",
    "They're walking, she's singing, we've heard it, I'd stay, it'll rain, don't go, I'm here.",
    "In 1987 there were 120 mills along the river, in 2024 only 3 of them were turning.",
    "磨坊主的女儿在市场上卖了两袋面粉，然后沿着河边走回家。", "河水上涨的时候，磨坊停了；河水下降的时候，水车又转起来了。",
    "我们在河边听见她唱歌，天快要下雨了。", "一九八七年河边有一百二十座磨坊，现在只有三座还在转。",
    "int main(void) {\n    return 0;\n}\n\n\n", "naïve café, señor Ångström, über die Mühle", "река и мельница, мельник",
    "aaaaaaaa aaaa bbbbbb ababababab",
]
TEXTS = [
    "", " ", "  ", "\n", "\n\n\n", " \n \n", "a", " a", "the river", " the river", "the  river", "the river ",
    "the river  \n", "The miller's daughter", "they'RE we'Ve it'\u017f don't' ''s 's", "1 12 123 1234 12345 １２３ ½ \u0660",
    "磨坊主的女儿在市场上", "河水，river。河", "\u3000全角　空格", "tab\tand\r\nreturn\rcr", "a\u00a0b\u2028c\u0085d",
    "e\u0301 é \u0301x \u2126 각 \u1100\u1161 \u0958", "\U0001f469\u200d\U0001f4bb \U00020000 \ufffd \U0010ffff",
    "a" * 60, "ab" * 50, "=" * 33 + "!" * 9, " " * 20 + "x", "<s>the<s> river <s>", "<|end|>river<|end|>\n",
    f"a{MARK}b {MARK}{MARK} c{MARK}", f"{MARK}the river", "<0x41> <unk>", "x\x00y\x01\x7f", "wheel!!!\n\n!?\nturns",
    "...--- #include <stdio.h>", "日本語 の かな カナ 한국어", "   ", "河" * 40, "ÿ\u0100þ ýÿ",
]


def bytes_model(pre_tokenizer, normalizer=None, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(LEARN * 3, trainers.BpeTrainer(
        vocab_size=420, show_progress=False, initial_alphabet=pre.ByteLevel.alphabet()))
    tokenizer.add_special_tokens([AddedToken("<|end|>", normalized=False, special=True)])
    tokenizer.add_tokens([AddedToken("wheel", normalized=True)])
    return tokenizer


def split(pattern):
    return pre.Sequence([pre.Split(Regex(pattern), "isolated"),
                         pre.ByteLevel(add_prefix_space=False, use_regex=False)])


def unmade(tokenizer):
    """With pieces that no merges make: ignore_merges takes them."""
    file = json.loads(tokenizer.to_str())
    for piece in ("Ġdaughter", "zzz", "ĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠ"):
        if piece not in file["model"]["vocab"]:
            file["model"]["vocab"][piece] = max(file["model"]["vocab"].values()) + 1
    for number, token in enumerate(file["added_tokens"]):
        token["id"] = len(file["model"]["vocab"]) + number
    return Tokenizer.from_str(json.dumps(file))


def space_pieces():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre.Metaspace(prepend_scheme="always", split=True)
    tokenizer.train_from_iterator(LEARN * 3, trainers.BpeTrainer(
        vocab_size=480, limit_alphabet=90, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>"] + BYTES))
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def space_model(pieces, pre_tokenizer=None, normalizer=None, bytes_too=True, **options):
    vocabulary, merges = pieces
    if not bytes_too:
        vocabulary = {piece: number for number, piece in
                      enumerate(piece for piece in vocabulary if piece not in BYTES)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=bytes_too, **options))
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.add_special_tokens([AddedToken("<s>", normalized=False, special=True)])
    return tokenizer


def over_spaces(pieces):
    """A piece that goes over a space: the text must not be cut there."""
    vocabulary, merges = dict(pieces[0]), list(pieces[1])
    for left, right in (("e", MARK), ("e" + MARK, "r")):
        vocabulary[left + right] = len(vocabulary)
        merges.insert(len(merges) // 2, (left, right))
    return vocabulary, merges


def some_bytes(pieces):
    """Byte tokens for a few bytes only: other characters are unknown."""
    kept = BYTES[0x60:0xA0] + BYTES[0xE0:0xE5]
    names = [piece for piece in pieces[0] if piece not in BYTES or piece in kept]
    return {piece: number for number, piece in enumerate(names)}, pieces[1]


def marks(**options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre.WhitespaceSplit()
    words = {k: v for k, v in options.items() if k in ("continuing_subword_prefix", "end_of_word_suffix")}
    tokenizer.train_from_iterator(LEARN, trainers.BpeTrainer(
        vocab_size=260, limit_alphabet=60, show_progress=False, special_tokens=["<unk>"], **words))
    return tokenizer


def tokenizers():
    pieces = space_pieces()
    llama = normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)])
    yield "gpt2", bytes_model(pre.ByteLevel(add_prefix_space=False))
    yield "gpt2_prefix", bytes_model(pre.ByteLevel(add_prefix_space=True))
    yield "llama3", unmade(bytes_model(split(LLAMA3), ignore_merges=True))
    yield "qwen2", bytes_model(split(QWEN2), normalizers.NFC())
    yield "gpt2_split", bytes_model(split(GPT2))
    yield "llama2", space_model(pieces, normalizer=llama, fuse_unk=True)
    yield "metaspace_first", space_model(pieces, pre.Metaspace(MARK, "first", False))
    yield "metaspace_cut", space_model(pieces, pre.Metaspace(MARK, "always", True))
    yield "over_spaces", space_model(over_spaces(pieces), pre.Metaspace(MARK, "never", False))
    yield "unknown_fused", space_model(pieces, pre.Metaspace(MARK, "always", False), bytes_too=False, fuse_unk=True)
    yield "unknown_apart", space_model(pieces, pre.Metaspace(MARK, "always", False), bytes_too=False)
    yield "some_bytes", space_model(some_bytes(pieces), pre.Metaspace(MARK, "always", False), fuse_unk=True)
    yield "marks", marks(continuing_subword_prefix="@@", end_of_word_suffix="</w>", unk_token="<unk>")
    yield "marks_dropped", marks(continuing_subword_prefix="@@")


def random_text(draw):
    text = ""
    for _ in range(draw.randint(1, 25)):
        kind = draw.random()
        if kind < 0.3:
            text += draw.choice(["the", " river", "mill", " ", "  ", "\n", "'s", "ing", "12", "磨坊", "河水", "，", "<s>", "wheel"])
        elif kind < 0.6:
            text += draw.choice("abcdefghij ABZ,.#[]'-0 9\n\t\r")
        elif kind < 0.75:
            text += draw.choice("磨坊主的女儿在市场上河水涨停了一二三天人")
        elif kind < 0.95:
            text += chr(draw.randint(0x80, 0x24FF))
        else:
            code = draw.randrange(0x110000)
            text += chr(code) if not 0xD800 <= code < 0xE000 else "x"
    return text


def write(folder, tokenizer, texts):
    with open(folder / "expected.jsonl", "w", encoding="utf-8") as out:
        for text in texts:
            one = tokenizer.encode(text, add_special_tokens=False)
            row = {"text": text, "ids": one.ids, "offsets": [list(offset) for offset in one.offsets]}
            out.write(json.dumps(row, ensure_ascii=True, separators=(",", ":")) + "\n")


def write_files(folder, tokenizer, texts):
    """vocab.json and merges.txt, and what transformers makes of them."""
    model = json.loads(tokenizer.to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in model["merges"]),
                                       encoding="utf-8")
    options = {"add_prefix_space": True, "bos_token": "<|end|>", "eos_token": "<|end|>", "unk_token": "<|end|>",
               "pad_token": "<pad>", "additional_special_tokens": ["<s>"]}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer", **options}))
    loaded = GPT2Tokenizer.from_pretrained(folder)
    write(folder, loaded.backend_tokenizer, texts)


def main():
    target = Path(sys.argv[1])
    first = None
    for number, (name, tokenizer) in enumerate(tokenizers()):
        first = first or tokenizer
        draw = random.Random(number)
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        write(folder, tokenizer, TEXTS + [random_text(draw) for _ in range(60)])
    folder = target / "gpt2_files"
    folder.mkdir(exist_ok=True)
    write_files(folder, first, TEXTS)


main()
