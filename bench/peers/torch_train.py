#!/usr/bin/env python3
"""The peer: whole training steps of BERT or GPT-2 in PyTorch, as transformers gives them.

    python3 bench/peers/torch_train.py bert|gpt2 --how plain|best [options]

Reads standard input; for every line that comes, runs --steps steps and prints a JSON object:
tokens/s of the median step, needed GFLOP/s and peak memory so far, named as in `couplet bench
step --json`.  It first prints {"ready": ...} once everything is warm.  So a script can take turns
between this process and Couplet on one machine.

plain: the model as people run it: labels given to the model, logits for every token, AdamW.
best:  only the predicted rows meet the vocabulary, AdamW(fused=True), torch.compile.
Both use scaled_dot_product_attention; bf16 is autocast.  As in `couplet bench step`: random
tokens, loss on 15 % of the tokens for BERT and on all for GPT-2, no dropout, no clipping.  For
the best results of PyTorch on Linux run it with
    OMP_PROC_BIND=close OMP_PLACES=cores MALLOC_MMAP_THRESHOLD_=4294967296
    MALLOC_TRIM_THRESHOLD_=68719476736 MALLOC_TOP_PAD_=1073741824
which keep threads in their places and freed memory in the process.
"""
import argparse
import json
import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F
import transformers

SIZES = {"tiny": (2, 128), "mini": (4, 256), "small": (4, 512), "medium": (8, 512),
         "base": (12, 768)}  # layers, width; heads of width 64


def build(family, layers, width, vocab_size, length):
    heads = max(1, width // 64)
    if family == "bert":
        return transformers.BertForMaskedLM(transformers.BertConfig(
            vocab_size=vocab_size, hidden_size=width, num_hidden_layers=layers,
            num_attention_heads=heads, intermediate_size=4 * width,
            max_position_embeddings=max(512, length), hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0))
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=vocab_size, n_embd=width, n_layer=layers, n_head=heads,
        n_positions=max(1024, length), resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        bos_token_id=0, eos_token_id=0))


def needed_flops(family, layers, width, vocab_size, length, tokens, predicted):
    """Arithmetic that a step cannot do without, forward and backward."""
    blocks = 6 * layers * 12 * width * width * tokens
    attention = (12 if family == "bert" else 6) * layers * length * width * tokens
    transform = width if family == "bert" else 0
    return blocks + attention + 6 * (vocab_size + transform) * width * predicted


def loss_function(model, family, how, tokens, targets, rows):
    """A function without arguments that gives the loss of one step."""
    if how == "plain":
        if family == "gpt2":
            return lambda: model(input_ids=tokens, labels=tokens).loss
        labels = torch.full((tokens.numel(),), -100)
        labels[rows] = targets[rows]
        labels = labels.view_as(tokens)
        return lambda: model(input_ids=tokens, labels=labels).loss

    def loss():
        hidden = model.base_model(input_ids=tokens).last_hidden_state.flatten(0, 1)
        if family == "bert":
            return F.cross_entropy(model.cls(hidden[rows]).float(), targets[rows])
        return F.cross_entropy(model.lm_head(hidden).float(), targets)
    return torch.compile(loss)


def make_step(options):
    layers, width = SIZES[options.size]
    torch.manual_seed(options.seed)
    model = build(options.family, layers, width, options.vocab_size, options.length).train()
    shape = (options.sequences, options.length)
    count = options.sequences * options.length
    tokens = torch.randint(0, options.vocab_size, shape)
    targets = torch.randint(0, options.vocab_size, (count,))
    predicted = int(count * 0.15) if options.family == "bert" else count
    rows = torch.randperm(count)[:predicted].sort()[0]
    loss_of = loss_function(model, options.family, options.how, tokens, targets, rows)
    fused = True if options.how == "best" else None
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fused)

    def step():
        begin = time.perf_counter()
        with torch.autocast("cpu", enabled=options.dtype == "bf16", dtype=torch.bfloat16):
            loss = loss_of()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - begin

    flops = needed_flops(options.family, layers, width, options.vocab_size, options.length,
                         count, predicted)
    return step, count, flops


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", choices=("bert", "gpt2"))
    parser.add_argument("--how", choices=("plain", "best"), default="best")
    parser.add_argument("--size", choices=SIZES, default="mini")
    parser.add_argument("--vocab-size", type=int, default=21128)
    parser.add_argument("--sequences", type=int, default=32)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--dtype", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()

    step, tokens, flops = make_step(options)
    step(), step()
    print(json.dumps({"ready": f"PyTorch {torch.__version__}, transformers "
                               f"{transformers.__version__}, {options.how}"}), flush=True)
    for _ in sys.stdin:
        times = [step() for _ in range(options.steps)]
        seconds = statistics.median(times)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"tokens_per_s": tokens / seconds,
                          "tokens_per_s_best": tokens / min(times),
                          "needed_gflops": flops / seconds / 1e9,
                          "peak_memory_bytes": memory, "dtype": options.dtype}), flush=True)


if __name__ == "__main__":
    main()
