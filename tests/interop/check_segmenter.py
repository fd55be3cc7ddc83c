#!/usr/bin/env python3
"""Words against gold words and against jieba.

    COUPLET=build/couplet python3 tests/interop/check_segmenter.py [DATA] [--lines N]

Precision, recall and F1 of the program and of jieba (with and without its model of unknown words) on
the treebank of DATA, of which the program's may be no worse than jieba's; then
the cuts that differ from jieba's on 10,000 lines of ten genres: how many of which kind, the most
frequent, and 30 of them with what stands around them, to look at.  Without DATA or jieba it says so and
does nothing.
"""
import collections
import os
import pathlib
import random
import re
import sys
import tempfile

from interop import couplet, json_lines
from texts import Given, members

LEAST_F1 = 0.791  # jieba's own
TABLES = {  # genre: file, column of the text
    "hotel and shop reviews": ("zh_sentiment_chnsenticorp/uer/train.tsv", 1),
    "book reviews": ("zh_review_book/train.tsv", 1),
    "headlines": ("zh_news_thucnews_headlines/train_first45000.txt", 0),
    "web texts": ("zh_lm_small/CLUECorpusSmall_sampled.txt", 0),
    "everyday sentences": ("zh_en_translation/tatoeba_cmn.txt", 1),
}
ARCHIVES = {"novels": "novels", "technology": "tech_lctt", "laws": "laws", "C++ manuals": "docs_cpp",
            "modern translations": "modern_translations"}


def import_jieba():
    """From where Python finds it, or from the package that the program takes its dictionary from."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    packages = "usr/lib/python3/dist-packages"
    for folder in (cache / "couplet/jieba" / packages, pathlib.Path("/") / packages):
        sys.path.append(str(folder))
    try:
        import jieba
    except ImportError:
        return None
    jieba.setLogLevel(60)
    return jieba


def our_words(lines):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
        file.flush()
        out = couplet("segment", "--json", "--input", file.name)
    rows = json_lines(out)
    assert [row["text"] for row in rows] == lines, "the texts are not those that were given"
    return [row["words"] for row in rows]


def spans(text, words):
    found, at = [], 0
    for word in words:
        at = text.index(word, at)
        found.append((at, at + len(word)))
        at += len(word)
    return found


def measure(what, sentences, cut):
    right = found = gold = 0
    for words, ours in zip(sentences, cut):
        text = "".join(words)
        expected, seen = set(spans(text, words)), set(spans(text, ours))
        right, found, gold = right + len(expected & seen), found + len(seen), gold + len(expected)
    f1 = 2 * right / (found + gold)
    print(f"    {what:28s} precision {right / found:.4f}  recall {right / gold:.4f}  F1 {f1:.4f}")
    return f1


def check_gold(data, jieba):
    lines = (data / "zh_words_gsd/dev.txt").read_text(encoding="utf-8").splitlines()
    sentences = [[word.rsplit("/", 1)[0] for word in line.split()] for line in lines if line.strip()]
    texts = ["".join(words) for words in sentences]
    print(f"words of {len(texts)} treebank sentences:")
    ours = measure("couplet", sentences, our_words(texts))
    theirs = measure("jieba", sentences, [jieba.lcut(text) for text in texts])
    measure("jieba without its model", sentences, [jieba.lcut(text, HMM=False) for text in texts])
    assert ours >= max(theirs, LEAST_F1), "fewer of the gold words than jieba finds"
    return ours


def archive_lines(path):
    for name, data in members(path):
        if name.endswith((".txt", ".md", ".html")):
            text = data.decode("utf-8", "ignore")
            yield from re.sub("。(?=.)", "。\n", text).splitlines()  # some have chapters as lines


def table_lines(path, column):
    for line in path.read_text(encoding="utf-8", errors="ignore").splitlines():
        fields = line.split("\t")
        if len(fields) > column:
            yield fields[column]


def read_lines(data, count):
    """`count` lines in equal shares of the genres, the same at every call."""
    draw = random.Random(7)
    sources = [table_lines(data / path, column) for path, column in TABLES.values()]
    sources += [archive_lines(data / f"pretrain_zh_{name}/files.tar.zst") for name in ARCHIVES.values()]
    lines = []
    for source in sources:
        plain = (re.sub(r"<[^>]*>|[\x00-\x1f\x7f-\x9f\ufeff]", "", line).strip()[:300] for line in source)
        good = [line for line in plain if len(re.findall("[\u4e00-\u9fff]", line)) > 3]
        lines += draw.sample(good, count // len(sources))
    return lines


def kind_of(text, theirs, ours, known):
    if not any(c.isalnum() for c in text):
        return "signs"
    if re.search("[A-Za-z0-9]", text):
        return "Latin words and numbers in digits"
    if re.match("第?[〇零一二三四五六七八九十百千万亿两几数多]", text):
        return "Chinese numbers"
    if len(theirs) == 1:
        if text not in known:
            return "only jieba sees an unknown word"
        return "compounds cut" if len(text) > 3 else "short words cut"
    if len(ours) == 1 and text not in known:
        return "only we see an unknown word"
    return "other words"


def differences(lines, ours, jieba):
    """(kind, jieba's words, ours, what stands around) wherever both cut differently."""
    known = {word for word, count in jieba.dt.FREQ.items() if count > 0}
    for text, words in zip(lines, ours):
        theirs = spans(text, [word for word in jieba.cut(text) if word.strip()])
        mine = spans(text, words)
        places = sorted({x for span in theirs for x in span} & {x for span in mine for x in span})
        for begin, end in zip(places, places[1:]):
            a = [text[x:y] for x, y in theirs if begin <= x and y <= end]
            b = [text[x:y] for x, y in mine if begin <= x and y <= end]
            if a != b:
                around = text[max(0, begin - 8):end + 8]
                yield kind_of(text[begin:end], a, b, known), "/".join(a), "/".join(b), around


def show_differences(data, count, jieba):
    lines = read_lines(data, count)
    ours = our_words(lines)
    found = list(differences(lines, ours, jieba))
    n_words = sum(map(len, ours))
    print(f"{len(lines)} lines, {n_words} words; {len(found)} places are cut differently by jieba:")
    for kind, count in collections.Counter(entry[0] for entry in found).most_common():
        pairs = collections.Counter(entry[1:3] for entry in found if entry[0] == kind)
        print(f"    {kind}: {count}, of these most often (jieba > ours)")
        print("        " + "  ".join(f"{a} > {b} {n}" for (a, b), n in pairs.most_common(12)))
    print("30 of them, jieba > ours [what stands around]:")
    for _, a, b, around in random.Random(7).sample(found, min(30, len(found))):
        print(f"    {a} > {b}  [{around}]")


def main():
    given, jieba = Given(lines=10000, strings=0), import_jieba()
    if not jieba or not given.data or not (given.data / "zh_words_gsd/dev.txt").exists():
        print(f"SKIPPED words: {'no treebank' if jieba else 'no jieba'}")
        return
    f1 = check_gold(given.data, jieba)
    show_differences(given.data, given.lines, jieba)
    print(f"ok  words: F1 {f1:.4f} on the treebank")


if __name__ == "__main__":
    main()
