#!/usr/bin/env python3
"""Writes tests/golden/decoding/: one vocabulary, decoders of every kind, and what Hugging Face's
`tokenizers` and `transformers` make of lists of ids.

    python3 tools/reference/make_decoder_goldens.py tests/golden/decoding

tokenizer.json has no decoder; each line of expected.jsonl is {"decoder", "cleanup", "rows"}: the section
to put there, transformers' clean_up_tokenization_spaces, and rows [ids, skip_special, text].
"""
import json
import random
import sys
import tempfile
from pathlib import Path

from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from transformers import PreTrainedTokenizerFast

PIECES = (
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "##ing", "##", "a", "##s", " ", "▁", "▁the", "▁▁", "▁a▁", "x▁y",
     "中", "##国", "\n", "é", "</w>", "the</w>", "a</w>b</w>", "<pad>", "|", "th|e", "a<pad>b", "do", "not",
     "do not", " do not", "n't", "'", "'m", "'s", "'ve", "'re", ".", ",", "?", "!", " .", " ' ", "a . b ,c", "x n't",
     "<0x", "<0xZZ>", "<0x+5>", "<0x1>", "<0x041>", "Ġ", "Ġthe", "ĠĠ", "Ċ", "ab", "abab", "aba", "cab", "  a  ", "a ", " b",
     "##.", "##'s", "𠀀", "Ġ中", "Ā", "ŀ", "ň", "­"]
    + [f"<0x{b:02X}>" for b in (0x00, 0x41, 0x7F, 0x80, 0xA0, 0xAD, 0xB8, 0xBF, 0xC0, 0xC3, 0xE4, 0xED, 0xEF,
                                0xF0, 0x9F, 0x98, 0x80 - 1, 0xFF)] + ["<0xe4>", "<0xaD>"]
    + list("ä¸Ńåľ½ðŁĺĢÃ©ÿíłĢÀ¯ô")
)
METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
FUSE, BYTES = {"type": "Fuse"}, {"type": "ByteFallback"}


def replace(pattern, content):
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


def strip(content, start, stop):
    return {"type": "Strip", "content": content, "start": start, "stop": stop}


def sequence(*members):
    return {"type": "Sequence", "decoders": list(members)}


DECODERS = [
    None,
    {"type": "WordPiece", "prefix": "##", "cleanup": True},
    {"type": "WordPiece", "prefix": "##", "cleanup": False},
    {"type": "WordPiece", "prefix": "", "cleanup": True},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    METASPACE,
    dict(METASPACE, prepend_scheme="never"),
    dict(METASPACE, prepend_scheme="first", replacement="a"),
    {"type": "BPEDecoder", "suffix": "</w>"},
    {"type": "BPEDecoder", "suffix": ""},
    BYTES,
    FUSE,
    {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True},
    {"type": "CTC", "pad_token": "a", "word_delimiter_token": "|", "cleanup": False},
    replace("▁", " "),
    replace("ab", "中"),
    sequence(replace("▁", " "), BYTES, FUSE, strip(" ", 1, 0)),
    sequence(FUSE, replace("aba", "<>")),
    sequence(FUSE, replace("▁▁", "_"), METASPACE),
    sequence(BYTES, METASPACE),
    sequence(FUSE, strip("a", 3, 0), {"type": "WordPiece", "prefix": "##", "cleanup": True}),
    sequence({"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, replace(" ", "▁")),
    sequence(sequence(FUSE, {"type": "BPEDecoder", "suffix": "</w>"})),
    sequence(replace("##", ""), strip("t", 1, 0)),
]


def build():
    pieces = {}
    for piece in PIECES:
        pieces.setdefault(piece, len(pieces))
    tokenizer = Tokenizer(WordPiece(pieces, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    tokenizer.add_special_tokens([AddedToken("<s>", normalized=False)])
    tokenizer.add_tokens([AddedToken("added word", normalized=False), AddedToken("▁own", normalized=False)])
    return tokenizer


def id_lists(draw, size):
    lists = [[], [4], [0], [4, 5, 6], [2, 4, 3]] + [[i, i] for i in range(size)]
    while len(lists) < 190:
        low = draw.randrange(size)
        pool = range(size) if draw.random() < 0.4 else range(low, min(low + draw.randint(3, 30), size))
        lists.append([draw.choice(pool) for _ in range(draw.randint(1, 14))])
    return lists


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    base = build()
    base.save(str(folder / "tokenizer.json"))
    file = json.loads((folder / "tokenizer.json").read_text())
    lists = id_lists(random.Random(5), base.get_vocab_size())
    with (folder / "expected.jsonl").open("w", encoding="ascii") as out, tempfile.TemporaryDirectory() as name:
        for decoder in DECODERS:
            for cleanup in (False, True):
                path = Path(name) / "tokenizer.json"
                path.write_text(json.dumps(dict(file, decoder=decoder)))
                loaded = PreTrainedTokenizerFast(tokenizer_file=str(path), clean_up_tokenization_spaces=cleanup)
                kept = lists if not cleanup else lists[::4]
                rows = [[ids, skip, loaded.decode(ids, skip_special_tokens=skip)]
                        for ids in kept for skip in ((False, True) if set(ids) & {0, 1, 2, 3} else (False,))]
                line = {"decoder": decoder, "cleanup": cleanup, "rows": rows}
                out.write(json.dumps(line, separators=(",", ":")) + "\n")


main()
