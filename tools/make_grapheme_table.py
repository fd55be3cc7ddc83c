#!/usr/bin/env python3
"""Prints src/tokenizer/grapheme_newer.h: code points around which the tokenizers package sees other grapheme
clusters than Debian's utf8proc, whose Unicode is older.

    python3 tools/make_grapheme_table.py >src/tokenizer/grapheme_newer.h

Needs tokenizers and sentencepiece.  The package is asked through its normalizer Precompiled: with a map of
x to y the text x + c becomes y alone when both are one cluster; with a map of c to y so does c + x.
"""
import ctypes
import ctypes.util
import pathlib
import tempfile

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2

utf8proc = ctypes.CDLL(ctypes.util.find_library("utf8proc") or "libutf8proc.so.2")
utf8proc.utf8proc_grapheme_break.restype = ctypes.c_bool
ALL = [c for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]


def precompiled(rules):
    """tokenizers' normalizer for a map of texts."""
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "text").write_text("ab cd ef gh\n" * 50)
        lines = [" ".join(f"{ord(c):X}" for c in old) + "\t" + " ".join(f"{ord(c):X}" for c in new) + "\n"
                 for old, new in rules]
        (work / "rules").write_text("".join(lines))
        sentencepiece.SentencePieceTrainer.train(
            input=str(work / "text"), model_prefix=str(work / "m"), vocab_size=14, minloglevel=2,
            normalization_rule_tsv=str(work / "rules"), hard_vocab_limit=False)
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString((work / "m.model").read_bytes())
        return tokenizers.normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)


def breaks(left, right):
    return utf8proc.utf8proc_grapheme_break(left, right)


def print_table(name, what, codes):
    print(f"/* {what} */\nstatic const uint32_t {name}[][2] = {{")
    ranges = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    cells = [f"{{0x{a:04X}, 0x{b:04X}}}," for a, b in ranges]
    for i in range(0, len(cells), 4):
        print("    " + " ".join(cells[i:i + 4]))
    print("};")


def main():
    x_to_y = precompiled([("x", "y")])
    behind = [c for c in ALL if x_to_y.normalize_str("x" + chr(c)) == "y"]
    odd = [c for c in ALL if not breaks(ord("x"), c) and c not in set(behind)]
    newer = [c for c in behind if breaks(ord("x"), c)]
    before = []
    candidates = [c for c in ALL if not (0x3400 <= c < 0xD800 or 0xE000 <= c < 0xF900 or 0x17000 <= c < 0x1B000
                                         or 0x20000 <= c < 0x32000 or c >= 0xE0000)]
    for i in range(0, len(candidates), 2000):
        part = candidates[i:i + 2000]
        to_y = precompiled([(chr(c), "y") for c in part])
        before += [c for c in part if to_y.normalize_str(chr(c) + "x") == "y"]
    older = [c for c in before if breaks(c, ord("x"))]
    lost = [c for c in candidates if not breaks(c, ord("x")) and c not in set(before)]
    assert not odd, f"utf8proc joins with the one before what tokenizers does not: {odd}"
    print("/* Made by tools/make_grapheme_table.py: where tokenizers", tokenizers.__version__,
          "sees other grapheme clusters than\n * utf8proc 2.8. */")
    print("#ifndef CPL_TOKENIZER_GRAPHEME_NEWER_H\n#define CPL_TOKENIZER_GRAPHEME_NEWER_H\n\n#include <stdint.h>\n")
    print_table("joins_before", "Joined with the character before.", newer)
    print()
    print_table("joins_behind", "Joined with the character behind.", older)
    print()
    print_table("apart_behind", "Not joined with the character behind, as utf8proc does.", lost)
    print("\n#endif")


main()
