"""Comparing `couplet tokenizer encode|decode` with a reference, line for line."""
import json
import sys
import tempfile

from interop import couplet, json_lines
from tokenizers import Tokenizer

CHUNK = 20000
FAILED = []  # names of comparisons in which something differed


def run(command, lines):
    """The program's answer, a JSON value a line."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.flush()
        answers = json_lines(couplet("tokenizer", *command, "--input", file.name))
    assert len(answers) == len(lines), f"{command}: {len(answers)} answers to {len(lines)} lines"
    return answers


def pairs(offsets):
    return [tuple(pair) for pair in offsets]


class Package:
    """The tokenizers package as a reference.  Others have the same three members."""
    skips = (False, True)  # how text is decoded: with and without special tokens

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def encode(self, texts, special):
        """(ids, offsets in characters) of each."""
        return [(e.ids, e.offsets) for e in self.tokenizer.encode_batch(texts, add_special_tokens=special)]

    def decode(self, lists, skip):
        return self.tokenizer.decode_batch(lists, skip_special_tokens=skip)


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

    def decoded(self, folder, reference, lists):
        """Text of lists of ids, in every way the reference has."""
        for skip in reference.skips:
            found = run(["decode", folder, *["--skip-special"] * skip], [{"ids": ids} for ids in lists])
            for ids, one, wanted in zip(lists, found, reference.decode(lists, skip)):
                self.same(f"decoded text (skip special: {skip})", ids, one, wanted)

    def end(self):
        """True when all were equal; says so."""
        word = "FAILED  " if self.wrong else "ok  "
        print(f"{word}{self.name}: {self.texts} texts, {self.wrong or 'none'} differ", flush=True)
        FAILED.extend([self.name] * bool(self.wrong))
        return self.wrong == 0


def compare(name, folder, reference, texts, special=False, decode=None):
    """`reference` is a tokenizers.Tokenizer or like Package; ids, offsets in characters, and the text
    that the ids of the first `decode` texts (None: all) give.  True when all are equal."""
    check = Check(name)
    reference = Package(reference) if isinstance(reference, Tokenizer) else reference
    for begin in range(0, len(texts), CHUNK):
        chunk = texts[begin:begin + CHUNK]
        check.texts += len(chunk)
        expected = reference.encode(chunk, special)
        rows = run(["encode", folder, "--offsets", *["--special"] * special], chunk)
        for text, row, (ids, offsets) in zip(chunk, rows, expected):
            if check.same("ids", text, row["ids"], ids):
                check.same("offsets", text, pairs(row["offsets"]), offsets)
        if decode is None or begin < decode:
            end = None if decode is None else decode - begin
            check.decoded(folder, reference, [ids for ids, _ in expected[:end]])
    return check.end()


def compare_saved(name, folder, tokenizer, texts):
    """Ids and offsets of a tokenizer that is written into the folder."""
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return compare(name, folder, tokenizer, texts, decode=0)


def finish():
    """Ends the check; to be called last."""
    if FAILED:
        sys.exit(f"these differ: {'; '.join(FAILED)}")
