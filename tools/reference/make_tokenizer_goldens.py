#!/usr/bin/env python3
"""Writes tests/golden/tokenizer/: small WordPiece tokenizers and what Hugging Face's `tokenizers`
makes of ordinary and of hostile texts.

    python3 tools/reference/make_tokenizer_goldens.py tests/golden/tokenizer

Each NAME/ holds tokenizer.json and expected.jsonl with {"text", "ids", "offsets", "pair_ids",
"pair_types"}; offsets are null for texts in which marks change places (there the package counts
places, not characters).
"""
import json
import random
import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = (
    [chr(c) for c in range(0x21, 0x7F)]
    + ["##" + c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
    + list("我喜欢自然语言处理今天气很好不错中国人民北京大学生活来到一二三四五六七八九十的是了在有和这个")
    + list("，。！？；：、“”‘’《》（）…—·￥") + list("ａＡ１がカ한")
    + ["豈", "更", "㐀", "𠀀", "𫠠", "ß", "é", "##é", "è", "ñ", "##ñ", "ı", "İ", "ﬁ", "##ﬁ", "ä", "##ä"]
    + ["ᄒ", "##ᅡ", "##ᆫ", "ᄀ", "##ᆨ", "α", "##α", "Ω", "##Ω", "д", "##а", "क", "##ा", "##्", "〮", "##〮"]
    + ["the", "play", "##ing", "##ed", "token", "##izer", "##ization", "hello", "world", "Hello",
       "World", "un", "##able", "##aff", "new", "cafe", "naive", "##ive", "na", "##ï", "re", "##use",
       "don", "##t", "US", "##A", "12", "##34", "3", "14", "今天", "##天", "  ", "##", "a b", ""]
)
CONFIGURATIONS = {
    "cased": dict(lowercase=False, strip_accents=None, handle_chinese_chars=True, clean_text=True),
    "uncased": dict(lowercase=True, strip_accents=None, handle_chinese_chars=True, clean_text=True),
    "accents": dict(lowercase=True, strip_accents=False, handle_chinese_chars=False,
                    clean_text=False),
    "stripped": dict(lowercase=False, strip_accents=True, handle_chinese_chars=True,
                     clean_text=True),
}
ORDERED = "\u302e\u302f\U0001d165\U0001d16d\U0001d15e\u08d4\u1b44"
TEXTS = [
    "", " ", "\n", "\n\n\n", "我喜欢自然语言处理", "今天天气很好，不错！\n第二行\n", "Hello, world!",
    "unaffable tokenization", "don't re-use US$3.14 (or 12,345)", "[MASK]气[SEP]", "a[MASK]b [CLS]",
    "[mask] [UNK]", "[MASK", "\t tab\r\nreturn\rcr", "zero\u200bwidth\ufeff\u00adsoft", "\x00\x01a\x7fb",
    "a\x0bb\x0cc\x85d", "\u3000全角　空格\u00a0nbsp\u2028x\u2029y", "ＡＢＣ１２３ａ", "café cafe\u0301 CAFÉ naïve",
    "İstanbul ıI ẞß ŒŁ", "한국 각한", "がカ゛カ\u3099", "\ufb01n ﬁﬁ", "豈更\uf900\U0002f800㐀𠀀𫠠\U0002b820\U0002b920",
    "≠ ≮ \u037e \u2329 \u212a\u2126", "क्ाकि", "〮a〮", "a\u0301\u0327\u0345b", "\u0301start", "𝅗𝅥 " + ORDERED,
    "a\u302e\u0301\u302f", "x" * 100, "x" * 101, "é" * 100 + " " + "é" * 101, "a" * 99 + "\u0301" * 9 + "b",
    "今" * 300, "##ing ## play##ing", "𝕳𝖊𝖑𝖑𝖔 \U0001f600\U0001f468\u200d\U0001f469", "\ud7fb\ue000\ufffd\uffff\U0010ffff",
    "новый да Да", "αΩ ΑΩ \u1fef \u0340\u0341", "  many   spaces  ", "中a国b人12民", "“你好”——（2024）《书》…·",
    "next\u0085line", "\u2e4f\u2e53 \u166d\U000111c9 `|~^<=>$+", "<tag> addtoken ADDTOKEN 今天 x今天y end",
]


def build(options, vocabulary):
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])])
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in SPECIAL])
    return tokenizer


def random_text(draw):
    text = ""
    for _ in range(draw.randint(1, 30)):
        kind = draw.random()
        if kind < 0.35:
            text += draw.choice("abc ABZ,.#[]'-0 9\n\t\r")
        elif kind < 0.55:
            text += draw.choice("我喜欢自然语言处理今天气很好。，")
        elif kind < 0.8:
            text += chr(draw.randint(0x80, 0x24FF))
        elif kind < 0.9:
            text += draw.choice(["[MASK]", "[CLS]", "é", "한", "≠", "\u0301", "\u200b", "token"])
        else:
            code = draw.randrange(0x110000)
            text += chr(code) if not 0xD800 <= code < 0xE000 else "x"
    return text


def main():
    target = Path(sys.argv[1])
    vocabulary = {}
    for piece in SPECIAL + PIECES:
        vocabulary.setdefault(piece, len(vocabulary))
    for number, (name, options) in enumerate(CONFIGURATIONS.items()):
        tokenizer = build(options, vocabulary)
        if name != "uncased":
            tokenizer.add_tokens([AddedToken("\n", normalized=False)])
        if name in ("stripped", "accents"):
            tokenizer.add_tokens([AddedToken("addtoken", single_word=True), AddedToken("今天"),
                                  AddedToken("<tag>", lstrip=True, rstrip=True, normalized=False)])
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        draw = random.Random(number)
        texts = [t for t in TEXTS] + [random_text(draw) for _ in range(150)]
        with open(folder / "expected.jsonl", "w", encoding="utf-8") as out:
            for text in texts:
                one = tokenizer.encode(text, add_special_tokens=False)
                pair = tokenizer.encode(text, "自然 play", add_special_tokens=True)
                ordered = any(c in text for c in ORDERED + "〮")
                row = {"text": text, "ids": one.ids,
                       "offsets": None if ordered else [list(o) for o in one.offsets],
                       "pair_ids": pair.ids, "pair_types": pair.type_ids}
                out.write(json.dumps(row, ensure_ascii=True) + "\n")


main()
