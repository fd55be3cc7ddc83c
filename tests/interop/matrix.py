"""Comparing `couplet tokenizer encode|decode` with a reference, line for line."""
import json
import subprocess
import tempfile

from interop import COUPLET

CHUNK = 20000


def run(command, lines):
    """The program's answer, a JSON value a line."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.flush()
        done = subprocess.run([COUPLET, "tokenizer", *map(str, command), "--input", file.name],
                              capture_output=True, encoding="utf-8")
    assert done.returncode == 0, f"{command}: exit {done.returncode}: {done.stderr}"
    answers = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    assert len(answers) == len(lines), f"{command}: {len(answers)} answers to {len(lines)} lines"
    return answers


class Check:
    """Counts what differs and shows the first of each kind."""

    def __init__(self, name):
        self.name, self.texts, self.wrong = name, 0, 0

    def same(self, what, text, found, expected):
        if found == expected:
            return True
        if self.wrong < 5:
            place = next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
            print(f"{self.name}: {what} of {ascii(text)[:300]} differ at {place}:\n  found    "
                  f"{ascii(found[max(0, place - 3):place + 6])}\n  expected {ascii(expected[max(0, place - 3):place + 6])}")
        self.wrong += 1
        return False

    def end(self):
        """True when all were equal; says so."""
        word = "FAILED  " if self.wrong else "ok  "
        print(f"{word}{self.name}: {self.texts} texts, {self.wrong or 'none'} differ", flush=True)
        return self.wrong == 0


def compare(name, folder, reference, texts, options=(), special=False, offsets=True, decode=True):
    """`reference` is a tokenizers.Tokenizer; ids, offsets in characters, and text decoded both ways.
    True when all are equal."""
    check = Check(name)
    flags = ["--special"] * special + ["--offsets"] * offsets + list(options)
    for begin in range(0, len(texts), CHUNK):
        chunk = texts[begin:begin + CHUNK]
        check.texts += len(chunk)
        expected = reference.encode_batch(chunk, add_special_tokens=special)
        rows = run(["encode", folder, *flags], chunk)
        for text, row, encoding in zip(chunk, rows, expected):
            if check.same("ids", text, row["ids"], encoding.ids) and offsets:
                check.same("offsets", text, [tuple(pair) for pair in row["offsets"]], encoding.offsets)
        for skip in (False, True) if decode else ():
            ids = [encoding.ids for encoding in expected]
            decoded = run(["decode", folder, *["--skip-special"] * skip], [{"ids": one} for one in ids])
            for text, found, wanted in zip(chunk, decoded, reference.decode_batch(ids, skip_special_tokens=skip)):
                check.same(f"decoded text (skip special: {skip})", text, found, wanted)
    return check.end()
