#!/usr/bin/env python3
"""Learning tokenizers, Couplet beside other packages: writes bench/results/tokenizer-train-PROCESSOR.md.

    COUPLET=build/couplet python3 bench/tokenizer_train.py [--rounds N] [--only WORD] [--data DIR] [--out FILE]

`./dev bench --peers` calls it.  The text is the 1.9 MB of Chinese in DATA/zh_lm_small, the vocabulary
16,000 pieces.  In each round Couplet learns, then every peer; ratios are taken within a round.  Of
Couplet the whole command is timed, with starting, reading the text and writing the tokenizer; of the
peers learning alone, from text in memory.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
COUPLET = os.environ.get("COUPLET", str(HERE.parent / "build/couplet"))
TEXT = "zh_lm_small/CLUECorpusSmall_sampled.txt"
SIZE = 16000
CASES = [("wordpiece", ["tokenizers"]), ("bpe", ["tokenizers"]),
         ("char-bpe", ["tokenizers", "sentencepiece"]), ("unigram", ["tokenizers", "sentencepiece"])]


class Peer:
    def __init__(self, package, kind, text, threads):
        command = [sys.executable, str(HERE / "peers/tokenizer_train_peer.py"), package, kind, str(text), str(SIZE),
                   str(threads)]
        self.package = package
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, encoding="utf-8")

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def own(kind, text, threads, out):
    command = [COUPLET, "tokenizer", "train", str(text), "--type", kind, "--vocab-size", str(SIZE), "--out", str(out),
               "--threads", str(threads), "--json", "-q"]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=True)
    return {"seconds": time.perf_counter() - began, "pieces": json.loads(done.stdout)["vocab_size"]}


def measure(kind, packages, text, threads, rounds, work):
    peers = [Peer(package, kind, text, threads) for package in packages]
    answers = {}
    for _ in range(rounds):
        answers.setdefault("couplet", []).append(own(kind, text, threads, work / "out"))
        for peer in peers:
            answers.setdefault(peer.package, []).append(peer.ask())
    for peer in peers:
        peer.close()
    return {who: ([one["seconds"] for one in all_], all_[-1]["pieces"]) for who, all_ in answers.items()}


def rows(kind, threads, answers):
    ours, pieces = answers.pop("couplet")
    for who, (theirs, their_pieces) in answers.items():
        ratio = [b / a for a, b in zip(ours, theirs)]
        yield (f"| {kind} | {threads} | {statistics.median(ours):.2f} | {pieces} | {who} | "
               f"{statistics.median(theirs):.2f} | {their_pieces} | {statistics.median(ratio):.1f} "
               f"({min(ratio):.1f} to {max(ratio):.1f}) |")


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"^model name[^:]*: *(.*)$", text, re.M)
    model = re.search(r"^model[ \t]*: *(.*)$", text, re.M)
    return (name.group(1) if name else os.uname().machine) + (f" (model {model.group(1)})" if model else "")


def report(lines, rounds):
    from importlib.metadata import version
    peers = ", ".join(f"{name} {version(name)}" for name in ("tokenizers", "sentencepiece"))
    yield f"# Learning tokenizers on {processor()}\n"
    yield (f"Medians of {rounds} rounds in turn; seconds to learn {SIZE} pieces from {TEXT.split('/')[0]} (1.9 MB of "
           f"Chinese); made by `./dev bench --peers`.\nCouplet: the whole command; peers ({peers}): learning alone. "
           "Ratio: the peer's seconds over Couplet's, round by round (range).\n")
    yield "| type | threads | Couplet s | pieces | peer | s | pieces | ratio |"
    yield "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |"
    yield from lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--data", type=pathlib.Path,
                        default=os.environ.get("COUPLET_DATA", HERE.parent / "../shared/data"))
    slug = re.sub("[^a-z0-9]+", "-", re.sub(r"\([RTM]*\)", "", processor()).lower()).strip("-")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / f"results/tokenizer-train-{slug}.md")
    arguments = parser.parse_args()
    if not (arguments.data / TEXT).is_file():
        sys.exit(f"bench: skipped, no {TEXT} in {arguments.data}")
    lines = []
    with tempfile.TemporaryDirectory() as name:
        for kind, packages in CASES:
            for threads in (1, 2) if arguments.only in kind else ():
                answers = measure(kind, packages, arguments.data / TEXT, threads, arguments.rounds, pathlib.Path(name))
                lines += rows(kind, threads, answers)
                print("\n".join(lines[-len(packages):]), file=sys.stderr, flush=True)
    arguments.out.write_text("\n".join(report(lines, arguments.rounds)) + "\n", encoding="utf-8")
    print(f"bench: written to {arguments.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
