#!/usr/bin/env python3
"""A peer of `couplet bench tokenizer`: the lines of a text through another package's tokenizer.

    python3 bench/peers/tokenizer_peer.py PACKAGE TOKENIZER TEXT THREADS

PACKAGE: tokenizers (TOKENIZER is a tokenizer.json), tiktoken (a directory with encoder.json and
vocab.bpe) or sentencepiece (a .model).  Reads standard input: for every line, "ids" or "offsets", it
encodes the whole text once and prints {"mb_per_s", "tokens"}, or {} where the package does not offer
that.  Each package is called as it is fastest: whole lists of lines, ids alone by the call that computes
no offsets, results kept as the package gives them.
"""
import concurrent.futures
import json
import os
import sys
import time


def tokenizers_calls(path, threads):
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(path)
    return {"ids": lambda lines: tokenizer.encode_batch_fast(lines, add_special_tokens=False),
            "offsets": lambda lines: tokenizer.encode_batch(lines, add_special_tokens=False)}, \
        lambda result: sum(len(encoding.ids) for encoding in result)


def tiktoken_calls(path, threads):
    import tiktoken
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    ranks = data_gym_to_mergeable_bpe_ranks(f"{path}/vocab.bpe", f"{path}/encoder.json")
    pattern = (r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s")
    encoding = tiktoken.Encoding("gpt2", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    one = lambda lines: [encoding.encode_ordinary(line) for line in lines]
    if threads == 1:
        return {"ids": one}, lambda result: sum(map(len, result))
    # its own encode_ordinary_batch makes a task of every line, which short lines do not repay
    pool, part = concurrent.futures.ThreadPoolExecutor(threads), 256
    parts = lambda lines: list(pool.map(one, (lines[at:at + part] for at in range(0, len(lines), part))))
    return {"ids": parts}, lambda result: sum(len(ids) for part in result for ids in part)


def sentencepiece_calls(path, threads):
    import sentencepiece
    processor = sentencepiece.SentencePieceProcessor(model_file=path)
    if threads == 1:
        ids = lambda lines: [processor.encode_as_ids(line) for line in lines]
    else:
        ids = lambda lines: processor.encode(lines, out_type=int, num_threads=threads)
    return {"ids": ids}, lambda result: sum(map(len, result))


def main():
    package, path, text, threads = sys.argv[1:5]
    calls, count = globals()[f"{package}_calls"](path, int(threads))
    data = open(text, "rb").read()
    lines = data.decode("utf-8").split("\n")
    for call in calls.values():
        call(lines[:1000])
    for line in sys.stdin:
        call, answer = calls.get(line.strip()), {}
        if call:
            began = time.perf_counter()
            result = call(lines)
            seconds = time.perf_counter() - began
            answer = {"mb_per_s": len(data) / seconds / 1e6, "tokens": count(result)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
