#!/usr/bin/env python3
"""Whether encoding takes time and memory in proportion to the text, whatever the text is made of.

    COUPLET=build/couplet python3 bench/linear.py [--small MB] [--large MB] [--kind WORD] [--text WORD]
                                                  [--data DIR] [--out FILE]

`./dev bench --linear` calls it.  Every kind of tokenizer encodes a text of one class of characters as a
whole, a small one and a large one, by its fast way and by the general stages, each in a process of its own
and in a thread with 256 KB of stack.  Printed are the speeds, by the processor's time of that thread, how
many times its share the large text takes, and the peak of memory beyond what there was before, in bytes a
byte of text.  The exit status is 1 when a ratio is over 2, or a text was neither encoded nor refused.  MB
are 2^20 bytes.  Only Python's own library is needed; the library is called by way of ctypes.
"""
import argparse
import ctypes
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
COUPLET = os.environ.get("COUPLET", str(HERE.parent / "build/couplet"))
STACK = 256 << 10
MOST = 2.0  # times its share
MB = 1 << 20
CHINESE = "zh_lm_small/CLUECorpusSmall_bert_sampled.txt"


# ---- texts --------------------------------------------------------------------------------------

def letters(first, n):
    draw = random.Random(1)
    return "".join(chr(first + draw.randrange(n)) for _ in range(1 << 16))


TEXTS = {"spaces": lambda: b" ", "tabs, line ends": lambda: b"\t\n", "a": lambda: b"a",
         "random letters": lambda: letters(97, 26).encode(), "digits": lambda: letters(48, 10).encode(),
         "!": lambda: b"!", "中": lambda: "中".encode(),
         "random Chinese": lambda: letters(0x4E00, 20000).encode(), "U+0301": lambda: "\u0301".encode(),
         "emoji with ZWJ": lambda: "👩\u200d".encode(), "U+2581": lambda: "\u2581".encode(),
         "0xFF": lambda: b"\xff", "NUL": lambda: b"\0"}
REFUSED = {"0xFF"}  # not UTF-8


# ---- one measurement, in a process of its own ----------------------------------------------------

class Encoding(ctypes.Structure):
    """struct cpl_encoding of <couplet/tokenizer.h>"""
    _fields_ = [(name, ctypes.c_void_p) for name in ("id", "span", "type", "source")] + [
        ("count", ctypes.c_size_t), ("capacity", ctypes.c_size_t), ("scratch", ctypes.c_void_p)]


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def child(path, name, size):
    library = ctypes.CDLL(str(pathlib.Path(COUPLET).parent / "libcouplet.so"))
    error, tokenizer, encoding = ctypes.create_string_buffer(1 << 14), ctypes.c_void_p(), Encoding()
    if library.cpl_tokenizer_load(ctypes.byref(tokenizer), path.encode(), error) != 0:
        sys.exit(f"linear: {path} cannot be read")
    unit = TEXTS[name]()
    text = unit * (size // len(unit))
    found = {}

    def encode():
        begin = time.thread_time()
        found["status"] = library.cpl_tokenizer_encode(tokenizer, ctypes.byref(encoding), text,
                                                       ctypes.c_size_t(len(text)), error)
        found["seconds"] = time.thread_time() - begin
    before = peak_bytes()
    thread = threading.Thread(target=encode)
    thread.start()
    thread.join()
    print(json.dumps({**found, "bytes": len(text), "tokens": encoding.count, "before": before,
                      "peak": peak_bytes()}))


def once(path, name, size):
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    result = subprocess.run([sys.executable, __file__, "--child", str(path), name, str(size)],
                            env=environment, capture_output=True, encoding="utf-8", check=False)
    if result.returncode != 0:
        return None
    answer = json.loads(result.stdout)
    return answer if answer["status"] == (3 if name in REFUSED else 0) else None


def best(path, name, size, runs):
    answers = [once(path, name, size) for _ in range(runs)]
    return None if None in answers else min(answers, key=lambda answer: answer["seconds"])


# ---- tokenizers ---------------------------------------------------------------------------------

def couplet(*arguments):
    subprocess.run([COUPLET, *map(str, arguments)], check=True, capture_output=True)


def converted(source, out):
    couplet("tokenizer", "convert", source, "--out", out)
    return out


def trained(kind, text, out):
    couplet("tokenizer", "train", text, "--type", kind, "--vocab-size", "8000", "--out", out)
    return out


def written(out, data):
    out.mkdir(parents=True, exist_ok=True)
    (out / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    return out


def bare(source, out):
    """What Hugging Face's packages see of a SentencePiece model."""
    data = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    del data["model"]["sentencepiece"]
    return written(out, data)


def word_level(out):
    vocabulary = {piece: i for i, piece in enumerate(["[UNK]", "a", "!", "中", "中中"])}
    return written(out, {"version": "1.0", "added_tokens": [], "normalizer": None,
                         "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
                         "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}})


def tokenizers(data, work):
    models, text = data / "tokenizers", data / CHINESE
    yield "WordPiece, bert-base-chinese", converted(models / "bert-base-chinese/vocab.txt", work / "bert")
    yield "byte-level BPE", trained("bpe", text, work / "bpe")
    yield "BPE of characters", trained("char-bpe", text, work / "char")
    yield "Unigram", trained("unigram", text, work / "unigram")
    llama = converted(models / "llama2/tokenizer.model", work / "llama")
    yield "SentencePiece BPE, Llama 2", llama
    yield "BPE with U+2581, Llama 2", bare(llama, work / "llama-bare")
    xlnet = converted(models / "xlnet_zh/spiece.model", work / "xlnet")
    yield "SentencePiece Unigram, XLNet", xlnet
    yield "Unigram with Metaspace, XLNet", bare(xlnet, work / "xlnet-bare")
    yield "WordLevel", word_level(work / "words")


def fast_way(folder):
    shown = subprocess.run([COUPLET, "tokenizer", "inspect", str(folder), "--json"], check=True,
                           capture_output=True, encoding="utf-8")
    return json.loads(shown.stdout).get("fast_way")


def general(folder, out):
    """The same tokenizer with what no fast way takes: an added token that no text has, and for those that
    take it a replacement of such a text."""
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    ids = [token["id"] for token in data["added_tokens"]]
    vocabulary = data["model"]["vocab"]
    ids += list(vocabulary.values()) if isinstance(vocabulary, dict) else [len(vocabulary) - 1]
    data["added_tokens"].append({"id": max(ids) + 1, "content": "\ue000\ue001\ue002", "special": False,
                                 "normalized": True, "single_word": False, "lstrip": False,
                                 "rstrip": False})
    if "sentencepiece" not in data["model"]:
        nothing = {"type": "Replace", "pattern": {"String": "\ue000\ue001"}, "content": "\ue000"}
        own = [data["normalizer"]] if data["normalizer"] else []
        data["normalizer"] = {"type": "Sequence", "normalizers": own + [nothing]}
    written(out, data)
    if fast_way(out):
        sys.exit(f"linear: {folder} still takes its fast way")
    return out


def ways(data, work):
    for name, folder in tokenizers(data, work):
        way = fast_way(folder)
        if way:
            yield name, way, folder
        yield name, "stages", general(folder, work / f"{folder.name}-general")


# ---- the table ----------------------------------------------------------------------------------

def row(name, way, text, small, large):
    def speed(answer):
        return answer["bytes"] / answer["seconds"] / 1e6
    if not small or not large:
        return f"| {name} | {way} | {text} | failed | | | | |", False
    if text in REFUSED:
        return f"| {name} | {way} | {text} | refused | | | | |", True
    ratio = speed(small) / speed(large)
    memory = (large["peak"] - large["before"]) / large["bytes"]
    return (f"| {name} | {way} | {text} | {speed(small):.1f} | {speed(large):.1f} | {ratio:.2f} | "
            f"{large['peak'] / MB:.0f} | {memory:.1f} |", ratio <= MOST)


def run(arguments, work):
    lines = ["| tokenizer | way | text | "
             f"MB/s at {arguments.small:g} MB | at {arguments.large:g} MB | ratio | peak MB | bytes a byte |",
             "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    print("\n".join(lines), flush=True)
    passed = True
    for name, way, folder in ways(arguments.data, work):
        for text in TEXTS:
            if arguments.kind not in f"{name}, {way}" or arguments.text not in ("", text):
                continue
            small = best(folder, text, int(arguments.small * MB), 5)
            large = best(folder, text, int(arguments.large * MB), arguments.runs)
            line, good = row(name, way, text, small, large)
            passed = passed and good
            lines.append(line)
            print(line + ("" if good else " <-"), flush=True)
    return lines, passed


def main():
    if sys.argv[1:2] == ["--child"]:
        threading.stack_size(STACK)
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--linear", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--small", type=float, default=1, metavar="MB")
    parser.add_argument("--large", type=float, default=64, metavar="MB")
    parser.add_argument("--runs", type=int, default=3, help="of the large text; the fastest counts")
    parser.add_argument("--kind", default="", help="only tokenizers and ways in whose name this is")
    parser.add_argument("--text", default="", help="only the text of that name")
    parser.add_argument("--data", type=pathlib.Path,
                        default=os.environ.get("COUPLET_DATA", HERE.parent / "../shared/data"))
    parser.add_argument("--out", type=pathlib.Path, help="also write the table there")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"linear: skipped, no texts in {arguments.data}")
    with tempfile.TemporaryDirectory() as name:
        lines, passed = run(arguments, pathlib.Path(name))
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
