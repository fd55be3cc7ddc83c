#!/usr/bin/env python3
"""Writes tests/golden/decoding/: one vocabulary, decoders of every kind, and what Hugging Face's
`tokenizers` and `transformers` make of lists of ids.

    python3 tools/reference/make_decoder_goldens.py tests/golden/decoding

postprocessed.jsonl: {"post_processor", "rows"} with rows [text, second or null, special tokens, max_length or
null, side, strategy, ids, types, offsets].

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
from tokenizers.pre_tokenizers import BertPreTokenizer
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
    dict(replace("", "<>"), pattern={"Regex": r"\w(?=b)|\s+"}),
    sequence(FUSE, dict(replace("", "_"), pattern={"Regex": "a+b|^t|z*"})),
]


def template(single, pair):
    def parts(text):
        for part in text.split():
            name, kind = part.split(":")
            yield ({"Sequence": {"id": name[1], "type_id": int(kind)}} if name[0] == "$" else
                   {"SpecialToken": {"id": name, "type_id": int(kind)}})
    specials = {"[CLS]": [2], "[SEP]": [3], "two": [0, 1]}
    return {"type": "TemplateProcessing", "single": list(parts(single)), "pair": list(parts(pair)),
            "special_tokens": {name: {"id": name, "ids": ids, "tokens": [name] * len(ids)}
                               for name, ids in specials.items()}}


def processors(*members):
    return {"type": "Sequence", "processors": list(members)}


TRIM = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
BERT = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
ROBERTA = dict(BERT, type="RobertaProcessing", trim_offsets=True, add_prefix_space=True)
ODD = template("$A:3 two:1 [SEP]:2", "[CLS]:1 $B:2 $A:0 two:1 $A:4")
POST_PROCESSORS = [
    None, BERT, ROBERTA, dict(ROBERTA, add_prefix_space=False), dict(ROBERTA, trim_offsets=False), TRIM,
    dict(TRIM, add_prefix_space=False), dict(TRIM, trim_offsets=False),
    template("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1"), ODD,
    processors(TRIM, ODD), processors(ODD, dict(TRIM, add_prefix_space=False)), processors(BERT, TRIM),
    processors(TRIM, processors(ROBERTA)), processors(template("$A:1 [SEP]:1", "$A:1 $B:2"), BERT),
]
TEXTS = [
    "", "the", "Ġthe a", "ĠĠ Ġ", "the中国 a . ĠthePAD", "  <m>  the", "a<m> <m>", "中  wide  中 ends  ", "Ġ", " <m>",
    "a a a a a a a a a a", "the a 中 do not x", "Ġ中\u3000<m>\u3000\u3000", "[SEP] a [CLS]",
]


def postprocessed(path, draw):
    """Rows of one tokenizer; what tokenizers refuses (it panics) is left out."""
    rows = []
    for text in TEXTS:
        for second in (None, draw.choice(TEXTS), draw.choice(TEXTS)):
            for special in (False, True):
                choice = draw.choice([None, None, 1, 3, 4, 5, 6, 8])
                side = draw.choice(["right", "left"])
                strategy = draw.choice(["longest_first"] * 3 + ["only_first", "only_second"])
                tokenizer = Tokenizer.from_file(str(path))
                if choice:
                    tokenizer.enable_truncation(choice, strategy=strategy, direction=side)
                    if special and tokenizer.num_special_tokens_to_add(second is not None) > choice:
                        continue
                try:
                    one = tokenizer.encode(text, second, add_special_tokens=special)
                except Exception:
                    one = None
                rows.append([text, second, special, choice, side, strategy]
                            + ([one.ids, one.type_ids, one.offsets] if one is not None else [None]))
    return rows


def write_postprocessed(folder, file, scratch):
    with (folder / "postprocessed.jsonl").open("w", encoding="ascii") as out:
        for processor in POST_PROCESSORS:
            path = scratch / "tokenizer.json"
            path.write_text(json.dumps(dict(file, post_processor=processor)))
            line = {"post_processor": processor, "rows": postprocessed(path, random.Random(len(str(processor))))}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


def build():
    pieces = {}
    for piece in PIECES:
        pieces.setdefault(piece, len(pieces))
    tokenizer = Tokenizer(WordPiece(pieces, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    tokenizer.add_special_tokens([AddedToken("<s>", normalized=False)])
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_tokens([AddedToken("<m>", lstrip=True, rstrip=True, normalized=False),
                          AddedToken("  wide  ", normalized=False),
                          AddedToken("added word", normalized=False), AddedToken("▁own", normalized=False)])
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
    with tempfile.TemporaryDirectory() as name:
        write_postprocessed(folder, file, Path(name))
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
