"""What the interop checks share: running the program, and comparing tensors.

Environment: COUPLET is the program.  The checks print a line each and raise at the first failure.
"""
import json
import os
import pathlib
import subprocess
import sys

import numpy
from safetensors import safe_open

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUPLET = os.environ.get("COUPLET", str(ROOT / "build/couplet"))
TOLERANCE = 1e-4  # of the largest value

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools/reference"))


def couplet(*arguments, **more):
    """Runs the program; its standard output.  Its complaints are shown when it fails."""
    command = [COUPLET, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", **more)
    if done.returncode != 0:
        sys.exit(f"failed ({done.returncode}): {' '.join(command)}\n{done.stderr}")
    return done.stdout


def json_lines(output):
    """The values in the program's output.  Only line feeds end a line: U+2028 and U+0085 stand in texts."""
    return [json.loads(line) for line in output.split("\n")[:-1]]


def read_tensors(path):
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def difference(found, expected, scale=0.0):
    """The largest difference, as a share of the largest value (or of `scale` if that is more)."""
    assert found.shape == expected.shape, f"shape {found.shape}, expected {expected.shape}"
    assert numpy.isfinite(found).all(), "not finite"
    largest = max(float(numpy.abs(expected).max(initial=0.0)), scale)
    return float(numpy.abs(found - expected).max(initial=0.0)) / largest if largest else 0.0


def compare(what, found, expected):
    """Every expected tensor within TOLERANCE; gradients share the largest gradient's scale, since
    some (of a key's bias) are zero but for rounding.  Extra gradients must be zero."""
    gradients = [tensor for name, tensor in expected.items() if name.startswith("grad.")]
    scale = max((float(numpy.abs(tensor).max()) for tensor in gradients), default=0.0)
    worst = {}
    for name, tensor in expected.items():
        assert name in found, f"{what}: no tensor {name}"
        kind = name.split(".")[0]
        share = difference(found[name], tensor, scale if kind == "grad" else 0.0)
        assert share <= TOLERANCE, f"{what}: {name} is off by {share:.2e} of the largest value"
        worst[kind] = max(worst.get(kind, 0.0), share)
    for name in found.keys() - expected.keys():
        assert name.startswith("grad.") and not found[name].any(), f"{what}: unexpected {name}"
    figures = ", ".join(f"{kind} {share:.1e}" for kind, share in sorted(worst.items()))
    print(f"ok  {what}: largest differences {figures}", flush=True)


def write_lines(path, lines):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    pathlib.Path(path).write_text(text, encoding="utf-8")
