#!/usr/bin/env python3
"""A checkpoint trained by Couplet, loaded by transformers: same tensors, logits and token ids.

    COUPLET=build/couplet python3 tests/interop/check_checkpoint.py CHECKPOINT TEXTS WORK

TEXTS holds one text a line.  Nothing of the checkpoint may be missing or left over for
AutoModelForMaskedLM or AutoModelForCausalLM; logits, last hidden states, loss and gradients
agree to 1e-4 of the largest value; AutoTokenizer gives the ids of `couplet tokenizer encode`.
"""
import pathlib
import sys

import transformers

from interop import compare, couplet, json_lines, read_tensors, write_lines
from forward import checkpoint_names, forward_tensors, load_model


def check_tokenizer(name, checkpoint, texts, work):
    """The same ids with and without special tokens; returns those with."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    source, encoded = work / "texts.jsonl", {}
    write_lines(source, texts)
    for special in (False, True):
        options = ["--special"] if special else []
        output = couplet("tokenizer", "encode", checkpoint, "--input", source, *options)
        encoded[special] = [row["ids"] for row in json_lines(output)]
        for text, found in zip(texts, encoded[special], strict=True):
            expected = tokenizer(text, add_special_tokens=special)["input_ids"]
            assert found == expected, f"{name}: {text!r}: ids {found}, transformers {expected}"
    count = sum(map(len, encoded[False]))
    print(f"ok  {name}: {count} token ids of {len(texts)} texts, also with special tokens")
    return tokenizer, encoded[True]


def draw_labels(ids, number, vocab_size, masked):
    """Labels that need no randomness: every third token of an encoder, all of a decoder."""
    if not masked:
        return ids
    return [(7 * i + number) % vocab_size if i % 3 == number % 3 else -100
            for i in range(len(ids))]


def main():
    checkpoint, texts, work = map(pathlib.Path, sys.argv[1:4])
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    texts = texts.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    model = load_model(checkpoint)
    masked = model.config.model_type == "bert"
    name = f"trained {model.config.model_type}"
    longest = model.config.max_position_embeddings
    tokenizer, encoded = check_tokenizer(name, checkpoint, texts, work)
    assert len(tokenizer) <= model.config.vocab_size, "the tokenizer has more ids than the model"

    lines = [{"input_ids": ids[:longest], "labels": draw_labels(ids[:longest], number,
                                                               model.config.vocab_size, masked)}
             for number, ids in enumerate(encoded) if ids]
    write_lines(work / "input.jsonl", lines)
    found = work / "found.safetensors"
    couplet("forward", checkpoint, "--input", work / "input.jsonl", "--output", found,
            "--gradients", "--dtype", "f32")
    expected = forward_tensors(model, lines, checkpoint_names(checkpoint))
    expected = {key: tensor.numpy() for key, tensor in expected.items()}
    compare(f"{name}, {len(lines)} texts", read_tensors(found), expected)

    state = read_tensors(checkpoint / "training.safetensors")
    assert state, "training.safetensors is empty"
    print(f"ok  {name}: the safetensors package reads {len(state)} tensors of training state")


if __name__ == "__main__":
    main()
