#!/usr/bin/env python3
"""Writes a small Chinese and English text to train on, always the same.

    python3 tests/interop/make_text.py CORPUS.jsonl TEXTS

CORPUS.jsonl gets 400 short documents, one a line, TEXTS a few lines to compare token ids on: plain ones and
such as tokenizers stumble over.
"""
import itertools
import json
import pathlib
import sys

WHO = "我 你 他 我们 老师 学生 程序员 诗人 users 编译器 图书馆".split()
DOES = "喜欢 学习 使用 打开 写 读 运行 删除 translates 安装 比较".split()
WHAT = "自然语言处理 文件 一首诗 windows 神经网络 manual 2024年的书 命令 C语言 目录 软件包".split()
WHEN = "今天 昨天 明天早上 1999年 每个星期 有时候 春天".split()
ENDS = "。 ！ ？ ； ……".split()

HARD = [
    "我喜欢自然语言处理。", "今天天气很好，我们去公园吧！", "Hello, world! It's 3.14 o'clock.",
    "打开文件 /usr/share/doc/readme.txt ，然后按 Ctrl-C。", "ＡＢＣ　１２３", "café naïve Ångström",
    "한국어 日本語 ไทย العربية", "😀👩‍👩‍👧 emoji", "a" * 120, "   前後 空白\t制表  ", "「引號」《書名》——破折號",
    "𠀀𠮷𡃁", "C++17 x86_64 utf-8", "[MASK]和[UNK]", "don't re-use e.g. U.S.A.", "①②③ ½ ﬁ",
]


def documents():
    combinations = itertools.product(WHEN, WHO, DOES, WHAT)
    sentences = [f"{when}{who}{does}{what}{ENDS[i % len(ENDS)]}"
                 for i, (when, who, does, what) in enumerate(combinations)]
    # A stride that shares no factor with the count visits every sentence once, well mixed.
    mixed = [sentences[(i * 1009) % len(sentences)] for i in range(len(sentences))]
    for i in range(400):
        yield "\n".join("".join(mixed[(7 * i + j) % len(mixed)] for j in range(k, k + 3))
                        for k in range(0, 6, 3))


def main():
    corpus, texts = map(pathlib.Path, sys.argv[1:3])
    lines = [json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in documents()]
    corpus.write_text("".join(lines), encoding="utf-8")
    sample = [text.splitlines()[0] for text in itertools.islice(documents(), 0, 400, 40)]
    texts.write_text("\n".join(HARD + sample) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
