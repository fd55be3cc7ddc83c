#!/usr/bin/env python3
"""The program's `forward --gradients` on every golden model, against what transformers gave.

    COUPLET=build/couplet python3 tests/interop/check_goldens.py WORK
"""
import pathlib
import sys

from interop import ROOT, compare, couplet, read_tensors


def main():
    work = pathlib.Path(sys.argv[1])
    paths = sorted((ROOT / "tests/golden").glob("*/*/model.safetensors"))
    assert len(paths) >= 10, "golden models are missing"
    for folder in (path.parent for path in paths):
        expected = read_tensors(folder / "expected.safetensors")
        values = {n: t for n, t in expected.items() if not n.startswith("grad.")}
        runs = [(["--gradients"] if len(values) < len(expected) else [], expected)]
        if folder.name.startswith("gpt2"):
            runs.append((["--cached"], values))
        for options, wanted in runs:
            out = work / f"{folder.name}.safetensors"
            couplet("forward", folder, "--input", folder / "input.jsonl", "--output", out,
                    "--dtype", "f32", *options)
            compare(" ".join([folder.name, *options]), read_tensors(out), wanted)


if __name__ == "__main__":
    main()
