#!/usr/bin/env python3
"""Encoding text, Couplet beside other packages: writes bench/results/tokenizer-PROCESSOR.md.

    COUPLET=build/couplet python3 bench/tokenizer.py [--rounds N] [--data DIR] [--out FILE]

`./dev bench --peers` calls it.  Texts and vocabularies are those of DATA (default ../shared/data, or
$COUPLET_DATA).  The speed of a machine drifts, so everything that is compared takes turns: in each
round Couplet encodes the text, then every peer; ratios are taken within a round.  Speeds count bytes
of UTF-8 text in megabytes (10^6).
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

os.environ["HF_HUB_OFFLINE"] = "1"
HERE = pathlib.Path(__file__).resolve().parent
COUPLET = os.environ.get("COUPLET", str(HERE.parent / "build/couplet"))
PEER = str(HERE / "peers/tokenizer_peer.py")

TEXTS = {"Chinese": ["zh_lm_small/CLUECorpusSmall_bert_sampled.txt"],
         "English": ["en_lm_small/wikitext-2/test.txt", "en_lm_small/wikitext-2/valid.txt"]}


def bert(work, vocabulary):
    from transformers import BertTokenizer
    tokenizer = BertTokenizer(vocab=str(vocabulary), do_lower_case="uncased" in str(vocabulary))
    tokenizer.save_pretrained(work)
    return str(work / "tokenizer.json")


def gpt2(work, directory):
    from transformers import GPT2Tokenizer
    merges = [tuple(line.split()) for line in (directory / "vocab.bpe").read_text().splitlines()[1:] if line]
    vocabulary = json.loads((directory / "encoder.json").read_text())
    GPT2Tokenizer(vocab=vocabulary, merges=merges).save_pretrained(work)
    return str(work / "tokenizer.json")


def pieces_of(model):
    import sentencepiece
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(len(processor))], processor


def save(tokenizer, work):
    work.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(work / "tokenizer.json"))
    return str(work / "tokenizer.json")


def unigram(work, model):
    """The same pieces and scores, with what `tokenizers` uses for such models."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    pieces, processor = pieces_of(model)
    tokenizer = Tokenizer(models.Unigram(pieces, processor.unk_id(), False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return save(tokenizer, work)


def llama(work, model):
    """Merges in the order of the scores of what they make, as transformers gets them."""
    from tokenizers import Tokenizer, models, normalizers
    pieces, processor = pieces_of(model)
    ids = {piece: i for i, (piece, _) in enumerate(pieces)}
    merges = [(-score, ids[piece[:k]], ids[piece[k:]], piece[:k], piece[k:]) for piece, score in pieces
              for k in range(1, len(piece)) if piece[:k] in ids and piece[k:] in ids]
    tokenizer = Tokenizer(models.BPE(ids, [merge[3:] for merge in sorted(merges)], fuse_unk=True,
                                     byte_fallback=True, unk_token=processor.id_to_piece(processor.unk_id())))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"),
                                                 normalizers.Replace(" ", "\u2581")])
    return save(tokenizer, work)


# name, what Couplet reads, how `tokenizers` gets it, other peers
CASES = [("WordPiece, bert-base-chinese", "bert-base-chinese/vocab.txt", bert, {}),
         ("WordPiece, bert-base-cased", "bert-base-cased/vocab.txt", bert, {}),
         ("byte-level BPE, GPT-2", "gpt2_bpe", gpt2, {"tiktoken": "gpt2_bpe"}),
         ("Unigram, XLNet Chinese", "xlnet_zh/spiece.model", unigram,
          {"sentencepiece": "xlnet_zh/spiece.model"}),
         ("Unigram, CLUECorpusSmall", "cluecorpussmall_spm.model", unigram,
          {"sentencepiece": "cluecorpussmall_spm.model"}),
         ("SentencePiece BPE, Llama 2", "llama2/tokenizer.model", llama,
          {"sentencepiece": "llama2/tokenizer.model"})]


class Peer:
    def __init__(self, package, path, text, threads):
        self.package = package
        self.process = subprocess.Popen([sys.executable, PEER, package, path, text, str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def own(path, text, threads, offsets):
    command = [COUPLET, "bench", "tokenizer", path, text, "--threads", str(threads), "--json"]
    return json.loads(subprocess.run(command + ["--offsets"] * offsets, capture_output=True, check=True).stdout)


def measure(path, peers, text, threads, rounds):
    """{(who, what): [MB/s a round]} and the numbers of tokens."""
    speeds, tokens = {}, {}

    def note(who, what, answer):
        if answer:
            speeds.setdefault((who, what), []).append(answer["mb_per_s"])
            tokens[who] = answer["tokens"]
    for _ in range(rounds):
        for what in ("ids", "offsets"):
            note("couplet", what, own(path, text, threads, what == "offsets"))
            for peer in peers:
                note(peer.package, what, peer.ask(what))
    return speeds, tokens


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def rows(name, language, threads, speeds, tokens):
    for (who, what), theirs in speeds.items():
        if who == "couplet":
            continue
        ours = speeds[("couplet", what)]
        ratio = [a / b for a, b in zip(ours, theirs)]
        yield (f"| {name} | {language} | {threads} | {what} | {statistics.median(ours):.1f} | {who} | "
               f"{statistics.median(theirs):.2f} | {spread(ratio)} | {tokens[who] / tokens['couplet']:.3f} |")


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"^model name[^:]*: *(.*)$", text, re.M)
    model = re.search(r"^model[ \t]*: *(.*)$", text, re.M)
    return (name.group(1) if name else os.uname().machine) + (f" (model {model.group(1)})" if model else "")


def versions():
    from importlib.metadata import version
    return ", ".join(f"{name} {version(name)}" for name in ("tokenizers", "tiktoken", "sentencepiece"))


def report(lines, scaling, rounds):
    yield f"# Encoding text on {processor()}\n"
    yield (f"Medians of {rounds} rounds in turn; MB/s of UTF-8 text, lines from memory, results kept; made by "
           "`./dev bench --peers`.\nRatio: Couplet's speed over the peer's, round by round (range). Tokens: the "
           f"peer's number of tokens over Couplet's.\nPeers: {versions()}.\n")
    yield "| tokenizer | text | threads | result | Couplet MB/s | peer | MB/s | ratio | tokens |"
    yield "| --- | --- | ---: | --- | ---: | --- | ---: | ---: | ---: |"
    yield from lines
    yield "\n| tokenizer | text | two threads over one |\n| --- | --- | ---: |"
    yield from scaling


def run(arguments, work):
    lines, scaling = [], []
    for number, (name, path, convert, others) in enumerate(CASES):
        source = arguments.data / "tokenizers" / path
        paths = {"tokenizers": convert(work / str(number), source)}
        paths.update({package: str(arguments.data / "tokenizers" / other) for package, other in others.items()})
        for language, files in TEXTS.items():
            text = work / f"{language}.txt"
            text.write_bytes(b"".join((arguments.data / file).read_bytes() for file in files))
            alone = {}
            for threads in (1, 2):
                peers = [Peer(package, where, str(text), threads) for package, where in paths.items()]
                speeds, tokens = measure(str(source), peers, str(text), threads, arguments.rounds)
                for peer in peers:
                    peer.close()
                lines += rows(name, language, threads, speeds, tokens)
                alone[threads] = speeds[("couplet", "offsets")]
                print("\n".join(lines[-len(speeds) + 2:]), file=sys.stderr, flush=True)
            ratio = [b / a for a, b in zip(alone[1], alone[2])]
            scaling.append(f"| {name} | {language} | {spread(ratio)} |")
    return lines, scaling


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=pathlib.Path,
                        default=os.environ.get("COUPLET_DATA", HERE.parent / "../shared/data"))
    slug = re.sub("[^a-z0-9]+", "-", re.sub(r"\([RTM]*\)", "", processor()).lower()).strip("-")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / f"results/tokenizer-{slug}.md")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"bench: skipped, no texts in {arguments.data}")
    with tempfile.TemporaryDirectory() as name:
        lines, scaling = run(arguments, pathlib.Path(name))
    arguments.out.write_text("\n".join(report(lines, scaling, arguments.rounds)) + "\n", encoding="utf-8")
    print(f"bench: written to {arguments.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
