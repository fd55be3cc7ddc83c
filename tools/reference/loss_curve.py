#!/usr/bin/env python3
"""Trains BERT tiny and GPT-2 tiny twice, with Couplet and with PyTorch, and draws both losses.

    python3 tools/reference/loss_curve.py --corpus CORPUS --tokenizer TOKENIZER
            [--couplet build/couplet] [--steps 200] [--out docs/loss-curve.png] [--work DIR]

The weights at the start come from transformers (`pretrain --from`), the batches from Couplet
(`pretrain --show-batches N --json` with the same options), so both sides begin alike and see
the same tokens, masks and labels.  Both train in f32 with AdamW, decay of matrices and
embeddings, linear warm-up and decay, clipping at 1 and without dropout.  PyTorch pads its
batches and masks the padding, which changes nothing but rounding.  Exit 1 if the curves part by
more than --bound.
"""
import argparse
import collections
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F
import transformers

from forward import load_model
from schedules import learning_rate

FAMILIES = {"bert": "mlm", "gpt2": "clm"}
TRAINING = dict(lr=1e-3, schedule="linear", warmup=20, min_lr_share=0.1, weight_decay=0.01,
                beta1=0.9, beta2=0.999, eps=1e-8, clip=1.0)


def make_start(family, vocab_size, folder):
    """A model of two layers and width 128 as transformers initialises it."""
    torch.manual_seed(1)
    if family == "bert":
        model = transformers.BertForMaskedLM(transformers.BertConfig(
            vocab_size=vocab_size, hidden_size=128, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=512, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0))
    else:
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config(
            vocab_size=vocab_size, n_embd=128, n_layer=2, n_head=2, resid_pdrop=0.0,
            embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0))
    model.save_pretrained(folder)


def pretrain(options, family, start, *more):
    command = [options.couplet, "pretrain", "--from", start, "--objective", FAMILIES[family],
               "--corpus", options.corpus, "--tokenizer", options.tokenizer,
               "--steps", options.steps, "--batch-tokens", options.batch_tokens,
               "--optimizer", "adamw", "--dropout", 0, "--dtype", "f32", *more]
    for name, value in TRAINING.items():
        command += ["--" + name.replace("_", "-"), value]
    return subprocess.run([str(part) for part in command], check=True, encoding="utf-8",
                          stdout=subprocess.PIPE).stdout


def read_batches(text):
    """Sequences grouped by the step that they belong to."""
    batches = collections.defaultdict(list)
    for line in text.splitlines():
        sequence = json.loads(line)
        batches[sequence["step"]].append(sequence)
    return [batches[step] for step in sorted(batches)]


def read_losses(run):
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [line["loss"] for line in map(json.loads, lines) if "loss" in line]


def pad(batch):
    """input_ids, attention_mask, labels [B, T] of a batch; labels as `forward` has them."""
    longest = max(len(sequence["input_ids"]) for sequence in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, sequence in enumerate(batch):
        length = len(sequence["input_ids"])
        ids[row, :length] = torch.tensor(sequence["input_ids"])
        labels[row, :length] = torch.tensor(sequence["labels"])
        mask[row, :length] = 1
    return ids, mask, labels


def batch_loss(model, family, batch):
    """Mean over all predicted tokens of the batch."""
    ids, mask, labels = pad(batch)
    logits = model(input_ids=ids, attention_mask=mask).logits
    if family == "gpt2":
        logits, labels = logits[:, :-1], labels[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)


def train_with_torch(start, family, batches):
    model = load_model(start).float().train()
    groups = [{"params": [p for p in model.parameters() if p.ndim > 1],
               "weight_decay": TRAINING["weight_decay"]},
              {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=TRAINING["lr"], eps=TRAINING["eps"],
                                  betas=(TRAINING["beta1"], TRAINING["beta2"]))
    losses = []
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(TRAINING["schedule"], TRAINING["lr"], step,
                                        TRAINING["warmup"], len(batches),
                                        TRAINING["min_lr_share"])
        loss = batch_loss(model, family, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), TRAINING["clip"])
        optimizer.step()
        losses.append(loss.item())
    return losses


def draw(curves, path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from PIL import Image
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(7, 5.6), sharex=True,
                                             height_ratios=(2, 1), layout="constrained")
    titles = {"bert": "BERT tiny, masked", "gpt2": "GPT-2 tiny, next token"}
    for (family, (ours, theirs)), colour in zip(curves.items(), ("#1b6ca8", "#c2571a")):
        steps = range(1, len(ours) + 1)
        above.plot(steps, theirs, color=colour, alpha=0.35, linewidth=4,
                   label=f"{titles[family]}: PyTorch")
        above.plot(steps, ours, color=colour, linewidth=1, label=f"{titles[family]}: Couplet")
        below.semilogy(steps, [max(abs(a - b), 1e-8) for a, b in zip(ours, theirs)],
                       color=colour, linewidth=1)
    above.set_ylabel("loss (nats a predicted token)")
    below.set_ylabel("absolute difference")
    below.set_xlabel("step")
    above.legend(frameon=False, fontsize=8)
    for axes in (above, below):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110)
    Image.open(picture).convert("RGB").quantize(48).save(path, optimize=True)


def compare(options, family, vocab_size, work):
    """Losses of both sides, one a step."""
    start, run = work / f"{family}-start", work / f"{family}-run"
    make_start(family, vocab_size, start)
    shown = pretrain(options, family, start, "--show-batches", options.steps, "--json")
    batches = read_batches(shown)
    assert len(batches) == options.steps, f"{len(batches)} batches for {options.steps} steps"
    pretrain(options, family, start, "--out", run, "--log-every", 1, "--quiet")
    ours = read_losses(run)
    assert len(ours) == options.steps, f"{len(ours)} losses for {options.steps} steps"
    theirs = train_with_torch(start, family, batches)
    worst = max(abs(a - b) for a, b in zip(ours, theirs))
    print(f"{family}: loss {theirs[0]:.4f} to {theirs[-1]:.4f} (PyTorch), {ours[0]:.4f} to "
          f"{ours[-1]:.4f} (Couplet); largest difference {worst:.1e}", flush=True)
    return ours, theirs, worst


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--couplet", type=pathlib.Path, default=here / "build/couplet")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-tokens", type=int, default=2048)
    parser.add_argument("--bound", type=float, default=0.01)
    parser.add_argument("--out", type=pathlib.Path, default=here / "docs/loss-curve.png")
    parser.add_argument("--work", type=pathlib.Path)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    vocab_size = len(transformers.AutoTokenizer.from_pretrained(options.tokenizer))
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        results = {f: compare(options, f, vocab_size, work) for f in FAMILIES}
    draw({family: result[:2] for family, result in results.items()}, options.out)
    if max(worst for *_, worst in results.values()) > options.bound:
        sys.exit(f"the curves part by more than {options.bound}")


if __name__ == "__main__":
    main()
