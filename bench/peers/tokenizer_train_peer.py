#!/usr/bin/env python3
"""A peer of `couplet tokenizer train`: another package learns the same kind of tokenizer.

    python3 bench/peers/tokenizer_train_peer.py PACKAGE KIND TEXT VOCAB_SIZE THREADS

PACKAGE: tokenizers or sentencepiece (char-bpe and unigram only); KIND as of --type.  For every line of
standard input it learns once from the lines of TEXT, which are in memory, and prints {"seconds",
"pieces"}.  Reading the text and writing the result are not counted.  What decides how text is cut is
set up as Couplet does it, for `tokenizers`; sentencepiece cuts in its own way.
"""
import io
import json
import os
import sys
import time


def stages(tokenizer, kind):
    from tokenizers import normalizers, pre_tokenizers
    if kind == "wordpiece":
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    elif kind == "bpe":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Metaspace(prepend_scheme="never"), pre_tokenizers.Punctuation("contiguous"),
            pre_tokenizers.Digits(individual_digits=False)])
    return tokenizer


def tokenizers_learn(kind, lines, size):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    common = {"vocab_size": size, "show_progress": False}
    special = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
    make = {
        "wordpiece": lambda: (models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(
            min_frequency=2, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], **common)),
        "bpe": lambda: (models.BPE(), trainers.BpeTrainer(
            min_frequency=2, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **common)),
        "char-bpe": lambda: (models.BPE(unk_token="<unk>"), trainers.BpeTrainer(
            min_frequency=2, special_tokens=special, **common)),
        "unigram": lambda: (models.Unigram(), trainers.UnigramTrainer(
            special_tokens=special, unk_token="<unk>", **common)),
    }

    def learn():
        model, trainer = make[kind]()
        tokenizer = stages(Tokenizer(model), kind)
        tokenizer.train_from_iterator(lines, trainer, length=len(lines))
        return tokenizer.get_vocab_size()
    return learn


def sentencepiece_learn(kind, lines, size, threads):
    import sentencepiece

    def learn():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, vocab_size=size, num_threads=threads,
            model_type="bpe" if kind == "char-bpe" else "unigram", character_coverage=1.0,
            max_sentence_length=1 << 20, hard_vocab_limit=False, minloglevel=2)
        return len(sentencepiece.SentencePieceProcessor(model_proto=model.getvalue()))
    return learn


def main():
    package, kind, text, size, threads = sys.argv[1:6]
    os.environ["RAYON_NUM_THREADS"] = threads
    os.environ["TOKENIZERS_PARALLELISM"] = "false" if threads == "1" else "true"
    with open(text, encoding="utf-8") as file:
        lines = file.read().split("\n")
    learn = (tokenizers_learn(kind, lines, int(size)) if package == "tokenizers"
             else sentencepiece_learn(kind, lines, int(size), int(threads)))
    for _ in sys.stdin:
        began = time.perf_counter()
        pieces = learn()
        print(json.dumps({"seconds": time.perf_counter() - began, "pieces": pieces}), flush=True)


if __name__ == "__main__":
    main()
