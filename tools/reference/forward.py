#!/usr/bin/env python3
"""`couplet forward --gradients`, done by transformers in float64: what Couplet is checked against.

    python3 tools/reference/forward.py MODEL input.jsonl output.safetensors

Reads and writes the files of that command: lines of {"input_ids", "labels", "token_type_ids"}
in; logits.<line> [T, V], hidden.<line> [T, D], loss [1] and grad.<name in the checkpoint> out,
f32.  Every sequence is computed by itself.  The loss is the mean over all predicted tokens of all
lines.
"""
import json
import pathlib
import sys

import torch
import torch.nn.functional as F
import transformers
from safetensors import safe_open
from safetensors.torch import save_file


def load_model(folder):
    """The model of a directory in float64, dropout off, plain attention; nothing may be missing."""
    config = transformers.AutoConfig.from_pretrained(folder)
    masked = config.model_type == "bert"
    kind = transformers.AutoModelForMaskedLM if masked else transformers.AutoModelForCausalLM
    model, report = kind.from_pretrained(folder, attn_implementation="eager",
                                         output_loading_info=True)
    for what in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not report[what], f"{folder}: {what}: {report[what]}"
    return model.double().eval()


def predict(model, line):
    """logits [T, V] and hidden [T, D] of one sequence alone, with the graph behind them."""
    inputs = {"input_ids": torch.tensor([line["input_ids"]])}
    if "token_type_ids" in line:
        inputs["token_type_ids"] = torch.tensor([line["token_type_ids"]])
    output = model(**inputs, output_hidden_states=True)
    hidden = output.hidden_states[-1]
    assert torch.equal(hidden, model.base_model(**inputs).last_hidden_state)
    assert torch.isfinite(output.logits).all() and output.logits.dtype == torch.float64
    return output.logits[0], hidden[0]


def line_loss(model, logits, line):
    """Sum of the cross-entropies of one line and how many there were; a decoder's labels shift."""
    labels = torch.tensor(line.get("labels", [-100] * len(line["input_ids"])))
    if model.config.model_type != "bert":
        logits, labels = logits[:-1], labels[1:]
    total = F.cross_entropy(logits, labels, ignore_index=-100, reduction="sum")
    return total, int((labels != -100).sum())


def mean_loss(model, lines, tensors):
    """The mean over all predicted tokens; puts logits and hidden states into `tensors`."""
    total, count = 0.0, 0
    for number, line in enumerate(lines):
        logits, hidden = predict(model, line)
        loss, predicted = line_loss(model, logits, line)
        tensors[f"logits.{number}"], tensors[f"hidden.{number}"] = logits, hidden
        total, count = total + loss, count + predicted
    return total / count


def forward_tensors(model, lines, names):
    """All that the command writes; `names` are those of the checkpoint's tensors."""
    tensors = {}
    loss = mean_loss(model, lines, tensors)
    loss.backward()
    tensors["loss"] = loss.reshape(1)
    for name, parameter in model.named_parameters():
        if name in names and parameter.grad is not None:
            tensors[f"grad.{name}"] = parameter.grad
    return {name: t.detach().float().contiguous().clone() for name, t in tensors.items()}


def checkpoint_names(folder):
    with safe_open(pathlib.Path(folder) / "model.safetensors", framework="pt") as file:
        return set(file.keys())


def read_lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    folder, lines, out = sys.argv[1:]
    transformers.logging.disable_progress_bar()
    tensors = forward_tensors(load_model(folder), read_lines(lines), checkpoint_names(folder))
    save_file(tensors, out, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
