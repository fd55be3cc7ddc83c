#!/usr/bin/env python3
"""What `couplet tokenizer train` learns, against the trainers of the tokenizers package.

    COUPLET=build/couplet python3 tests/interop/check_training.py [DATA] [--only WORD ...]

Every kind is learned by both from the same lines (of DATA; without it, strings made to be hard), cut
into words by the same stages, those of Couplet's tokenizer.json. Merges must be the same; of WordPiece
nearly all pieces (the ids of "##" pieces, which decide ties, are in that package the order of a hash
table); Unigram's likelihood on other lines must not be lower by more than 1 %. Then AutoTokenizer loads
each: it must be able to train both families, and give the same ids.
"""
import collections
import json
import math
import os
import pathlib
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"
from interop import couplet, write_lines
from matrix import compare
from texts import Given
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

SIZE = 6000
SOURCE = "zh_lm_small/CLUECorpusSmall_sampled.txt"
SPECIAL = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CASES = [("wordpiece",), ("wordpiece", "--lowercase"), ("bpe",), ("bpe", "--pattern", "llama3"),
         ("bpe", "--pattern", "qwen2", "--normalize", "nfc", "--special-token", "<|im_start|>"), ("char-bpe",),
         ("char-bpe", "--byte-fallback", "--alphabet", "1500"), ("char-bpe", "--max-piece-length", "3"),
         ("char-bpe", "--chinese-pieces", "character"), ("unigram",), ("unigram", "--chinese-pieces", "any"),
         ("unigram", "--byte-fallback", "--alphabet", "1500", "--prefix-space", "first", "--normalize", "nfkc")]


def learn(work, case, lines):
    write_lines(work / "text.jsonl", [{"text": line} for line in lines])
    folder = work / "_".join(case).replace("-", "").replace("|", "").replace("<", "").replace(">", "")
    couplet("tokenizer", "train", work / "text.jsonl", "--type", case[0], "--vocab-size", SIZE, "--out", folder, "-q",
            *case[1:])
    return folder


def same_stages(own, model):
    tokenizer = Tokenizer(model)
    tokenizer.normalizer, tokenizer.pre_tokenizer = own.normalizer, own.pre_tokenizer
    return tokenizer


def option(case, name, default):
    return case[case.index(name) + 1] if name in case else default


def check_merges(name, case, own, lines):
    """The share of merges that are the same at the same place."""
    model = json.loads(own.to_str())["model"]
    special = [token for token in SPECIAL if token in model["vocab"]] + [
        case[i + 1] for i, word in enumerate(case) if word == "--special-token"]
    if model["byte_fallback"]:
        special += [f"<0x{byte:02X}>" for byte in range(256)]
    limit = int(option(case, "--alphabet", 0))
    options = {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()} if case[0] == "bpe" else {
        "max_token_length": int(option(case, "--max-piece-length", 16)) + 1}  # theirs is the first that is too long
    if limit:
        options["limit_alphabet"] = limit
    trainer = trainers.BpeTrainer(vocab_size=SIZE - (case[0] != "bpe"), min_frequency=2, show_progress=False,
                                  special_tokens=special, **options)
    other = same_stages(own, models.BPE())
    other.train_from_iterator(lines, trainer)
    theirs = json.loads(other.to_str())["model"]["merges"]
    same = sum(a == b for a, b in zip(model["merges"], theirs))
    first = next((pair for pair in zip(model["merges"], theirs) if pair[0] != pair[1]), "")
    print(f"{name}: {same} of {len(theirs)} merges are the same {first}", flush=True)
    if limit:  # that package merges over characters that are left out, so counts differ
        shared = len(set(map(tuple, model["merges"])) & set(map(tuple, theirs)))
        print(f"{name}: {shared} of them are there at all", flush=True)
        same = len(theirs) if shared > 0.9 * len(theirs) else 0
    assert same == len(theirs) == len(model["merges"]), f"{name}: merges differ"


def check_wordpiece(name, own, lines):
    trainer = trainers.WordPieceTrainer(vocab_size=SIZE - 1, min_frequency=2, show_progress=False,
                                        special_tokens=BERT_SPECIAL)
    other = same_stages(own, models.WordPiece(unk_token="[UNK]"))
    other.train_from_iterator(lines, trainer)
    ours, theirs = set(own.get_vocab()), set(other.get_vocab())
    merged = lambda pieces: {piece for piece in pieces if len(piece.removeprefix("##")) > 1}
    share = len(merged(ours) & merged(theirs)) / max(1, len(merged(theirs)))
    print(f"{name}: {share:.1%} of the pieces of {len(merged(theirs))} are the same", flush=True)
    assert share > 0.85, f"{name}: pieces differ"


def likelihood(scores, words, longest):
    """Mean natural logarithm of the probability of a character, over all ways to cut the words."""
    total = characters = 0
    for word, count in words.items():
        sums = [0.0]
        for end in range(1, len(word) + 1):
            terms = [sums[begin] + scores[word[begin:end]] for begin in range(max(0, end - longest), end)
                     if word[begin:end] in scores]
            most = max(terms)
            sums.append(most + math.log(sum(math.exp(term - most) for term in terms)))
        total += count * sums[-1]
        characters += count * len(word)
    return total / characters


def check_unigram(name, case, own, lines, held_out):
    vocabulary = json.loads(own.to_str())["model"]["vocab"]
    bytes_ = 256 if "--byte-fallback" in case else 0
    scores = dict(vocabulary[len(SPECIAL) + bytes_:])
    other = same_stages(own, models.Unigram())
    alphabet = {piece for piece in scores if len(piece) == 1}
    limited = ["".join(c for c in line if c in alphabet or c == " ") for line in lines]
    other.train_from_iterator(limited, trainers.UnigramTrainer(
        vocab_size=len(scores) + 1, show_progress=False, special_tokens=["<unk>"], unk_token="<unk>"))
    theirs = {piece: score for piece, score in json.loads(other.to_str())["model"]["vocab"] if piece != "<unk>"}
    words = collections.Counter(word for line in held_out for word, _ in own.pre_tokenizer.pre_tokenize_str(
        own.normalizer.normalize_str(line) if own.normalizer else line))
    words = {word: count for word, count in words.items() if all(c in scores and c in theirs for c in word)}
    ours, others = likelihood(scores, words, 16), likelihood(theirs, words, 16)
    print(f"{name}: {ours:.4f} a character on other lines, theirs {others:.4f}", flush=True)
    assert ours > others * 1.01, f"{name}: less likely than theirs"


def check_loaded(name, case, folder, lines):
    loaded = AutoTokenizer.from_pretrained(folder)
    assert loaded.is_fast and len(loaded) <= SIZE, f"{name}: {len(loaded)} tokens"
    for role in ("pad", "mask", "cls", "sep") + (() if case[0] == "wordpiece" else ("bos", "eos")):
        assert getattr(loaded, f"{role}_token_id") is not None, f"{name}: no {role} token"
    assert (loaded.unk_token_id is None) == (case[0] == "bpe"), f"{name}: unknown token"
    around = loaded("a")["input_ids"]
    assert around[0] == loaded.cls_token_id and around[-1] == loaded.sep_token_id, f"{name}: {around}"
    verse = "\n".join(lines[:4]) + "\n\n  x\n"
    ids = loaded(verse, add_special_tokens=False)["input_ids"]
    if case[0] == "bpe":
        expected = loaded.backend_tokenizer.normalizer
        assert loaded.decode(ids) == (expected.normalize_str(verse) if expected else verse), f"{name}: {verse!r}"
    else:
        assert loaded.decode(ids).count("\n") == verse.count("\n"), f"{name}: line breaks are lost"
    joined = ["\n".join(lines[i:i + 3]) for i in range(0, len(lines), 3)]
    assert compare(name, folder, loaded.backend_tokenizer, joined, special=True, decode=0), f"{name}: ids differ"


def main():
    given = Given(lines=4000, strings=4000)
    source = given.data / SOURCE if given.data else None
    if source and source.is_file():
        lines = source.read_text(encoding="utf-8").split("\n")[:given.lines]
    else:
        lines = [text.replace("\n", " ") for text in given.hostile()]
    lines = [line for line in lines if line.strip() and "\0" not in line]
    lines, held_out = lines[:-500], lines[-500:]
    with tempfile.TemporaryDirectory() as name:
        for case in CASES:
            if not given.wants(" ".join(case)):
                continue
            folder = learn(pathlib.Path(name), case, lines)
            own, what = Tokenizer.from_file(str(folder / "tokenizer.json")), " ".join(case)
            if case[0] == "wordpiece":
                check_wordpiece(what, own, lines)
            elif case[0] == "unigram":
                check_unigram(what, case, own, lines, held_out)
            else:
                check_merges(what, case, own, lines)
            check_loaded(what, case, folder, held_out)


if __name__ == "__main__":
    main()
