#!/usr/bin/env python3
"""Golden logits, losses and gradients of tiny BERT and GPT-2 models.

    python3 tools/reference/make_model_goldens.py [--out tests/golden]

Needs torch, transformers and safetensors.  For every configuration below it writes into models/

    NAME/config.json, NAME/model.safetensors  as save_pretrained lays them out, weights in f32
    NAME/input.jsonl                          what `couplet forward` reads, a sequence a line
    NAME/expected.safetensors                 logits.<line> [T, V], hidden.<line> [T, D],
                                              loss [1], grad.<name in model.safetensors>

Expected values are computed by transformers in float64, each sequence by itself (so nothing is
padded), and stored as f32.  The loss is the mean over all predicted tokens of all lines; the
gradients are those of that mean.  Weights, biases and norms are all random and large, so that
no term hides behind a zero or a one.  Labels of GPT-2 are unshifted; the first token of a
sequence is never predicted.  Where BERT's output weights are untied, its output bias is
cls.predictions.decoder.bias, as transformers has it; the cls.predictions.bias beside it is not
used.  The gradient of a key's bias is zero but for rounding (softmax does not see it), so
gradients are to be compared against the largest of all.

layouts/ holds the same without gradients for models as old files name their tensors: BERT with
gamma and beta, a pooler and a next-sentence head, GPT-2 without a prefix and with the causal mask
as a tensor.  The same seed gives the same files.
"""
import argparse
import json
import pathlib
import shutil

import torch
import transformers
from safetensors.torch import load_file, save_file

from forward import checkpoint_names, forward_tensors, load_model, mean_loss

# Names say what is special: the activation, untied output weights, and what else is unusual.
BERT = {
    # width 24 in 3 heads, 2 layers, the family's own activation and epsilon
    "bert-gelu": dict(vocab_size=37, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
                      intermediate_size=40, hidden_act="gelu", max_position_embeddings=40),
    # 3 layers, wide vocabulary, three token types, output weights and bias of their own
    "bert-gelu-new-untied": dict(vocab_size=101, hidden_size=12, num_hidden_layers=3,
                                 num_attention_heads=2, intermediate_size=20,
                                 hidden_act="gelu_new", max_position_embeddings=64,
                                 type_vocab_size=3, layer_norm_eps=1e-5,
                                 tie_word_embeddings=False),
    # heads of width 5, a feed-forward narrower than the model, positions used to the last one
    "bert-relu": dict(vocab_size=37, hidden_size=15, num_hidden_layers=2, num_attention_heads=3,
                      intermediate_size=11, hidden_act="relu", max_position_embeddings=33,
                      type_vocab_size=1, layer_norm_eps=1e-3),
    "bert-silu-untied": dict(vocab_size=53, hidden_size=20, num_hidden_layers=1,
                             num_attention_heads=4, intermediate_size=36, hidden_act="silu",
                             max_position_embeddings=40, layer_norm_eps=1e-6,
                             tie_word_embeddings=False),
}
GPT2 = {
    # the family's own activation, epsilon and inner width of four times the model's
    "gpt2-gelu-new": dict(vocab_size=101, n_positions=40, n_embd=18, n_layer=2, n_head=3,
                          activation_function="gelu_new"),
    "gpt2-gelu-untied": dict(vocab_size=37, n_positions=64, n_embd=24, n_layer=1, n_head=3,
                             n_inner=40, activation_function="gelu", layer_norm_epsilon=1e-3,
                             tie_word_embeddings=False),
    # heads of width 5, a feed-forward narrower than the model, positions used to the last one
    "gpt2-relu": dict(vocab_size=37, n_positions=33, n_embd=15, n_layer=3, n_head=3, n_inner=11,
                      activation_function="relu", layer_norm_epsilon=1e-6),
    "gpt2-silu-untied": dict(vocab_size=53, n_positions=40, n_embd=12, n_layer=2, n_head=1,
                             n_inner=20, activation_function="silu", tie_word_embeddings=False),
}
LAYOUTS = {
    "bert-gamma-beta": dict(vocab_size=37, hidden_size=12, num_hidden_layers=1,
                            num_attention_heads=2, intermediate_size=20,
                            max_position_embeddings=40),
    "gpt2-no-prefix": dict(vocab_size=37, n_positions=40, n_embd=12, n_layer=1, n_head=2,
                           n_inner=20),
}
LENGTHS = (5, 33, 1, 17)


def build_model(family, settings):
    """A model in f32 without dropout."""
    if family == "bert":
        config = transformers.BertConfig(
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=0,
            **settings)
        model = transformers.BertForMaskedLM(config)
    else:
        config = transformers.GPT2Config(
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, pad_token_id=0, bos_token_id=1,
            eos_token_id=2, **settings)
        model = transformers.GPT2LMHeadModel(config)
    return model.float()


def randomize(model, generator):
    """Every parameter large and random: matrices 0.2 to 0.5, biases 0.3, norms 1 +- 0.3."""
    with torch.no_grad():
        for index, (name, parameter) in enumerate(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = parameter.ndim == 1 and name.endswith("weight")
            if is_norm:
                parameter.copy_(1 + 0.3 * noise)
            elif parameter.ndim == 1:
                parameter.copy_(0.3 * noise)
            else:
                parameter.copy_((0.2 + 0.1 * (index % 4)) * noise)


def draw_lines(family, config, generator):
    """Sequences of odd lengths.  BERT's inputs leave out the id of [PAD]: the embedding of
    transformers keeps gradients from its row, and a ragged batch never holds it."""
    lowest = 1 if family == "bert" else 0

    def ids(low, high, count):
        return torch.randint(low, high, (count,), generator=generator).tolist()

    lines = []
    for number, length in enumerate(LENGTHS):
        input_ids = ids(lowest, config.vocab_size, length)
        share = 0.4 if family == "bert" else 0.8
        chosen = (torch.rand(length, generator=generator) < share).tolist()
        if length == 1:
            chosen = [True]
        targets = ids(0, config.vocab_size, length)  # of a decoder too: labels need not be inputs
        line = {"input_ids": input_ids,
                "labels": [t if c else -100 for t, c in zip(targets, chosen)]}
        if family == "bert" and number > 0:  # the first line shows that they are optional
            line["token_type_ids"] = sorted(ids(0, config.type_vocab_size, length))
        lines.append(line)
    lines[0]["input_ids"][0], lines[1]["input_ids"][-1] = config.vocab_size - 1, lowest
    lines.append({"input_ids": ids(lowest, config.vocab_size, 3)})  # nothing is predicted
    return lines


def check_gradients(model, lines):
    """One directional derivative by central differences: shows that nothing inside was f32."""
    parameters = [p for p in model.parameters() if p.grad is not None]
    generator = torch.Generator().manual_seed(0)
    directions = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]
    expected = sum((p.grad * d).sum() for p, d in zip(parameters, directions))
    values = []
    with torch.no_grad():
        for step in (1e-6, -2e-6, 1e-6):
            for parameter, direction in zip(parameters, directions):
                parameter.add_(direction, alpha=step)
            values.append(mean_loss(model, lines, {}))
    slope = (values[0] - values[1]) / 2e-6
    assert abs(slope - expected) <= 1e-6 * abs(expected) + 1e-7, (slope, expected)


def write_config(folder):
    """Drops what changes with the version of transformers."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config.pop("transformers_version", None)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def old_layout(family, tensors, config):
    """The names that old files have, and the tensors in them that a language model ignores."""
    if family == "gpt2":
        size = config.n_positions
        old = {name.removeprefix("transformer."): t for name, t in tensors.items()}
        return old | {"h.0.attn.bias": torch.ones(1, 1, size, size).tril(),
                      "h.0.attn.masked_bias": torch.tensor(-1e4)}
    width = config.hidden_size
    old = {name.replace("LayerNorm.weight", "LayerNorm.gamma")
               .replace("LayerNorm.bias", "LayerNorm.beta"): t for name, t in tensors.items()}
    return old | {"bert.embeddings.position_ids": torch.arange(config.max_position_embeddings),
                  "bert.pooler.dense.weight": torch.ones(width, width),
                  "bert.pooler.dense.bias": torch.ones(width),
                  "cls.seq_relationship.weight": torch.ones(2, width),
                  "cls.seq_relationship.bias": torch.ones(2)}


def make_layout(family, name, settings, seed, out):
    """As make(), then renames the tensors and makes sure that transformers reads them so."""
    make(family, name, settings, seed, out)
    path = out / name / "model.safetensors"
    model = load_model(out / name)
    tensors = old_layout(family, load_file(path), model.config)
    save_file(tensors, path, metadata={"format": "pt"})
    path.chmod(0o644)
    again = type(model).from_pretrained(out / name).state_dict()
    for key, tensor in model.state_dict().items():
        assert torch.equal(tensor.float(), again[key]), key
    path = out / name / "expected.safetensors"
    kept = {n: t for n, t in load_file(path).items() if not n.startswith("grad.")}
    save_file(kept, path, metadata={"format": "pt"})
    path.chmod(0o644)


def make(family, name, settings, seed, out):
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    generator = torch.Generator().manual_seed(seed)
    model = build_model(family, settings)
    randomize(model, generator)
    model.tie_weights()
    lines = draw_lines(family, model.config, generator)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_config(folder)

    model, names = load_model(folder), checkpoint_names(folder)
    tensors = forward_tensors(model, lines, names)
    check_gradients(model, lines)
    missing = [n for n in names if f"grad.{n}" not in tensors]
    save_file(tensors, folder / "expected.safetensors", metadata={"format": "pt"})
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (folder / "input.jsonl").write_text(text)
    for file in folder.iterdir():
        file.chmod(0o644)
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: loss {float(tensors['loss']):.4f}, {len(names)} parameters, {size} bytes"
          + (f", no gradient reaches {', '.join(missing)}" if missing else ""))


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here / "tests/golden")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for seed, (name, settings) in enumerate((BERT | GPT2).items(), start=1):
        make(name.split("-")[0], name, settings, seed, out / "models")
    for seed, (name, settings) in enumerate(LAYOUTS.items(), start=101):
        make_layout(name.split("-")[0], name, settings, seed, out / "layouts")


if __name__ == "__main__":
    main()
