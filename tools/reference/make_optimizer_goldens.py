#!/usr/bin/env python3
"""Golden runs of twenty steps of AdamW and Muon, and the learning rates of every schedule.

    python3 tools/reference/make_optimizer_goldens.py [--out tests/golden/optim]

Needs torch and safetensors.  For every case it writes

    NAME.json         settings; groups of parameters with optimizer, weight decay, peak and the
                      rate of each step; the gradients' norm of each step before clipping
    NAME.safetensors  init.<parameter>; grad.<step>.<parameter> of steps 0..19, before clipping;
                      param.<step>.<parameter> behind steps 0, 4, 9, 14 and 19; all f32

and schedules.json with learning rates alone (formulas: schedules.py beside this file).

Everything is computed by torch.optim.AdamW, torch.optim.Muon and torch.nn.utils.clip_grad_norm_
in float64 from initial values and gradients that are exact in f32.  The one thing replaced is
Muon's orthogonalisation, which torch rounds to bfloat16: here the same iteration runs in
float64.  A parameter with "split" 3 is a fused query, key, value matrix [3D, D] whose three
[D, D] blocks of rows are orthogonalised (and their rates adjusted) apart: torch gets three
parameters.
"""
import argparse
import json
import pathlib

import torch
from safetensors.torch import save_file
from torch.optim import _muon

from schedules import learning_rate

STEPS = 20
KEPT = (0, 4, 9, 14, 19)
MATRICES = {"wide": (8, 24), "tall": (24, 8), "square": (16, 16)}
QKV = {"qkv": (24, 8)}
VECTORS = {"bias": (24,), "norm": (7,)}
EMBEDDING = {"embedding": (11, 8)}
MUON = dict(momentum=0.95, nesterov=True, ns_coefficients=(3.4445, -4.7750, 2.0315), ns_steps=5,
            eps=1e-7)


ADAM = dict(betas=(0.9, 0.999), eps=1e-8)
ADAM95 = dict(betas=(0.9, 0.95), eps=1e-8)


def group(optimizer, parameters, peak, weight_decay, settings, **more):
    return dict(optimizer=optimizer, peak=peak, weight_decay=weight_decay,
                parameters=parameters, **settings, **more)


CASES = {
    "adamw-linear": dict(
        schedule="linear", warmup=5, min_share=0.0, clip=1.0,
        groups=[group("adamw", {**MATRICES, **EMBEDDING}, 1e-2, 0.1, ADAM),
                group("adamw", VECTORS, 1e-2, 0.0, ADAM)]),
    "adamw-cosine": dict(
        schedule="cosine", warmup=3, min_share=0.1, clip=4.0,
        groups=[group("adamw", {**MATRICES, **EMBEDDING}, 3e-3, 0.5, ADAM95),
                group("adamw", VECTORS, 3e-3, 0.0, ADAM95)]),
    "muon-original": dict(
        schedule="linear", warmup=4, min_share=0.0, clip=1.0,
        groups=[group("muon", {**MATRICES, **QKV}, 2e-2, 0.1, MUON, adjust_lr="original"),
                group("adamw", EMBEDDING, 3e-3, 0.1, ADAM95),
                group("adamw", VECTORS, 3e-3, 0.0, ADAM95)]),
    "muon-match-rms": dict(
        schedule="cosine", warmup=2, min_share=0.05, clip=6.0,
        groups=[group("muon", {**MATRICES, **QKV}, 3e-3, 0.2, MUON,
                      adjust_lr="match_rms_adamw"),
                group("adamw", EMBEDDING, 3e-3, 0.2, ADAM),
                group("adamw", VECTORS, 3e-3, 0.0, ADAM)]),
}


def newton_schulz(matrix, coefficients, steps, eps):
    """Muon's quintic iteration in the precision of its argument."""
    a, b, c = coefficients
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


def check_newton_schulz():
    """The replacement must be torch's iteration but for bfloat16's rounding."""
    generator = torch.Generator().manual_seed(0)
    for shape in MATRICES.values():
        matrix = torch.randn(shape, generator=generator, dtype=torch.float64)
        arguments = (MUON["ns_coefficients"], MUON["ns_steps"], MUON["eps"])
        theirs = _muon._zeropower_via_newtonschulz(matrix, *arguments).double()
        difference = (newton_schulz(matrix, *arguments) - theirs).norm() / theirs.norm()
        assert difference < 0.03, difference


def blocks(name, tensor):
    """The parts that an optimizer sees as matrices of their own."""
    return list(tensor.chunk(3, dim=0)) if name in QKV else [tensor]


def make_optimizer(settings, parameters):
    decay, rate = settings["weight_decay"], settings["peak"]
    if settings["optimizer"] == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay,
                                 betas=settings["betas"], eps=settings["eps"])
    options = {key: settings[key] for key in MUON}
    return _muon.Muon(parameters, lr=rate, weight_decay=decay,
                      adjust_lr_fn=settings["adjust_lr"], **options)


def draw(shapes, generator, scale):
    """f32 values as float64; gradients (scale < 1) share a random size: some get clipped."""
    size = scale * (0.05 + 1.5 * torch.rand(1, generator=generator)) if scale < 1 else 1.0
    return {name: (torch.randn(shape, generator=generator) * size).double()
            for name, shape in shapes.items()}


def run(case, seed):
    """Twenty steps; the tensors of NAME.safetensors and the norms before clipping."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {name: shape for g in case["groups"] for name, shape in g["parameters"].items()}
    initial = draw(shapes, generator, 1.0)
    parts = {name: [torch.nn.Parameter(part.clone()) for part in blocks(name, value)]
             for name, value in initial.items()}
    optimizers = [make_optimizer(g, [p for name in g["parameters"] for p in parts[name]])
                  for g in case["groups"]]
    tensors = {f"init.{name}": value for name, value in initial.items()}
    norms = []
    for step in range(STEPS):
        gradients = draw(shapes, generator, 0.2)
        for name, gradient in gradients.items():
            tensors[f"grad.{step}.{name}"] = gradient
            for part, part_gradient in zip(parts[name], blocks(name, gradient)):
                part.grad = part_gradient.clone()
        everything = [part for name in shapes for part in parts[name]]
        norms.append(float(torch.nn.utils.clip_grad_norm_(everything, case["clip"])))
        for settings, optimizer in zip(case["groups"], optimizers):
            optimizer.param_groups[0]["lr"] = settings["lr"][step]
            optimizer.step()
        if step in KEPT:
            for name in shapes:
                tensors[f"param.{step}.{name}"] = torch.cat([p.data for p in parts[name]])
    return {name: t.float().contiguous().clone() for name, t in tensors.items()}, norms


def describe_group(settings):
    names = [{"name": name, "shape": list(shape), "split": 3 if name in QKV else 1}
             for name, shape in settings["parameters"].items()]
    return {**settings, "parameters": names}


def rates(schedule, peak, warmup, steps, min_share):
    return [learning_rate(schedule, peak, s, warmup, steps, min_share) for s in range(steps)]


def make(name, case, seed, out):
    for settings in case["groups"]:
        settings["lr"] = rates(case["schedule"], settings["peak"], case["warmup"], STEPS,
                               case["min_share"])
    tensors, norms = run(case, seed)
    record = {**case, "steps": STEPS, "kept_steps": list(KEPT), "norms": norms,
              "groups": [describe_group(g) for g in case["groups"]]}
    (out / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    save_file(tensors, out / f"{name}.safetensors", metadata={"format": "pt"})
    (out / f"{name}.safetensors").chmod(0o644)
    clipped = sum(norm > case["clip"] for norm in norms)
    assert 0 < clipped < STEPS, "a case must have both clipped and unclipped steps"
    print(f"{name}: {clipped} of {STEPS} steps clipped")


def make_schedules(out):
    records = []
    for schedule in ("constant", "linear", "cosine", "rsqrt", "wsd"):
        for warmup, steps, min_share in ((0, 20, 0.0), (5, 20, 0.1), (1, 7, 0.0), (6, 6, 0.0)):
            records.append({"schedule": schedule, "peak": 2e-3, "warmup": warmup,
                            "steps": steps, "min_share": min_share,
                            "lr": rates(schedule, 2e-3, warmup, steps, min_share)})
    lines = ",\n".join(json.dumps(record) for record in records)
    (out / "schedules.json").write_text(f"[\n{lines}\n]\n")


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here / "tests/golden/optim")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    check_newton_schulz()
    _muon._zeropower_via_newtonschulz = newton_schulz
    make_schedules(out)
    for seed, (name, case) in enumerate(CASES.items(), start=1):
        make(name, case, seed, out)


if __name__ == "__main__":
    main()
