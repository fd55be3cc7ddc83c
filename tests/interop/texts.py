"""Texts to compare tokenizers on: every code point, strings made to be hard, lines of real text.

All of it is the same at every call.  What a check takes of it, its command line says (Given).
"""
import argparse
import gzip
import io
import os
import pathlib
import random
import subprocess
import tarfile
import unicodedata
import zipfile

from interop import ROOT

CODES = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
# Those that are characters, and a sixteenth of those that are not yet or never will be.
ASSIGNED = [c for c in CODES if c % 16 == 0 or unicodedata.category(chr(c)) not in ("Cn", "Co")]
BLOCK = 64  # code points in a text

# What tokenizers stumble over, beside plain characters.
HARD = ["e\u0301", "a\u0323\u0307", "a\u0307\u0323", "\u1100\u1161\u11a8", "각", "ﬁ", "①", "½", "Å", "ǅ", "ß", "İ", "ı",
        "ς", "\u200b", "\u200c", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u180e", "\u0085", "\u00a0", "\u3000",
        "\u2028", "\u2029", "\u1680", "\u202f", "\u0000", "\u0001", "\u007f", "\u009f", "\ufffd", "\ue000", "\U000e0001",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e8\U0001f1f3", "\u2764\ufe0f", "\U0001f44d\U0001f3fd",
        "＂", "Ａ", "０", "ｶﾞ", "ﾊﾟ", "が", "か\u3099", "ไทย", "العربية", "\u0627\u0653", "हिन्दी", "தமிழ்", "한국어", "日本語",
        "\U00020000", "\U0002b820", "\U0002b920", "\U0002f800", "〇", "々", "ㄅ", "⿰", "︙",
        "'s", "'S", "'ll", "'LL", "’s", "n't", "don't", "I'm", "...", "…", "--", "——", "!!", "?!", "@@", "##", "##ing",
        "▁", "▁▁", "Ġ", "Ċ", "<0x0A>", "<0xE4>", "<unk>", "<s>", "</s>", "<pad>", "<mask>", "[MASK]", "[CLS]", "[SEP]",
        "[UNK]", "[PAD]", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "[mask]", "[MASK", "MASK]", "<|endof",
        "3.14", "10,000", "1234567", "１２３", "٣٤", "2024年5月", "http://a.b/c?d=e&f", "a_b", "C++", "x=1;", "\t", "\n",
        "\r", "\r\n", "\n\n\n", "   ", " \n ", "\t\t", "  \t", "x" * 101, "喜" * 30, "a\u0300" * 20,
        # letters and marks that change in normal forms, and in which order
        "\u0301e", "\u0344", "\u0345", "\u0958", "\u0929", "\u093c", "\u1161\u11a8", "\u11a8", "가\u11a8", "ﷺ", "㍻",
        "\u1e9b\u0323", "\u2126", "\u212b", "²", "Ⓐ", "\u0d46\u0d3e", "\U0001d165\U0001d16d", "\u302e", "ｪﾞ", "か\u3099\u0301",
        "É", "naïve", "ſ", "'ſ", "``", "\u200d", "\ufe0f", "\U0001f469\u200d\U0001f4bb", "ーカ", "𠮷",
        # what patterns cut at and pieces hold
        "'re", "'Ve", "''", "we'Ve", "x'd", "I'LL", "the ", " and", "ing", "tion", "我们", "的", "的的", "，", "。", "！", "_",
        "!?\n\n", "=" * 40, " " * 9, "1", "12 345", "１２", "\u0660", " \u2581", "▁a", "Tok", "tok", "x y", " é ", "xyz",
        "new word", "ab", "<m>", " <m> ", "<r>", "<r>  ", "<0x41>", "<b>", " x ", "<cls>", "<|end|>", "a" * 70, "ab中的 " * 8]

MARKS = [c for c in ASSIGNED if unicodedata.combining(chr(c))]
RANGES = [(0x0900, 0x0DFF), (0x2000, 0x2BFF), (0x3040, 0x30FF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0xFF00, 0xFFEF),
          (0x1F300, 0x1F9FF), (0x20000, 0x2A6DF)]


def every_code_point(codes=CODES, alone=True):
    """Those between letters and those behind spaces, 64 to a text; `alone`: each as a text of its own, too."""
    blocks = [list(map(chr, codes[i:i + BLOCK])) for i in range(0, len(codes), BLOCK)]
    return (list(map(chr, codes)) if alone else []) + [" ".join(f"a{c}b" for c in block) for block in blocks] + [
        " ".join(block) for block in blocks]


def hostile(count, seed=7, more=()):
    """`more`: what is hard for those that are checked, their added tokens for example."""
    draw, hard = random.Random(seed), HARD + list(more) * 4

    def one():
        kind = draw.random()
        if kind < 0.25:
            return draw.choice("abcxyzABZ ,.#[]'-09 \n\t\r  ")
        if kind < 0.38:
            return chr(draw.randint(0x4E00, 0x9FFF))
        if kind < 0.48:
            return chr(draw.randint(0x80, 0x08CF))
        if kind < 0.54:
            return chr(draw.choice(MARKS))
        if kind < 0.60:
            return chr(draw.randint(*draw.choice(RANGES)))
        if kind < 0.63:
            return chr(draw.choice(CODES))
        if kind < 0.65:
            return draw.choice("ab中的 ") * draw.randint(2, 40)
        return draw.choice(hard)
    return ["".join(one() for _ in range(draw.randint(0, 40))) for _ in range(count)]


def members(path):
    """(name, bytes) of the files in an archive, or of the file itself."""
    if path.name.endswith(".tar.zst"):
        data = subprocess.run(["zstd", "-dcq", "--long=27", str(path)], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                if member.isfile():
                    yield member.name, archive.extractfile(member).read()
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if not name.endswith("/"):
                    yield name, archive.read(name)
    elif path.suffix == ".gz":
        yield path.name, gzip.decompress(path.read_bytes())
    else:
        yield path.name, path.read_bytes()


def lines_of(folder, wanted, seed):
    """`wanted` lines drawn from all files below the folder."""
    draw, kept, seen = random.Random(seed), [], 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith(("SOURCE", "MANIFEST")) or path.suffix in (".bin", ".model", ".safetensors"):
            continue
        for _, data in members(path):
            for line in data.decode("utf-8", "replace").split("\n"):
                if not line:
                    continue
                seen += 1
                if len(kept) < wanted:
                    kept.append(line)
                elif (place := draw.randrange(seen)) < wanted:
                    kept[place] = line
    return kept


def real(data, count):
    """At least `count` lines out of every folder of the data; fewer only where there are fewer."""
    folders = [f for f in sorted(pathlib.Path(data).iterdir()) if f.is_dir() and f.name != "tokenizers"]
    share = count // max(1, len(folders)) + 1
    lines = [line for f in folders for line in lines_of(f, 2 * share, 1)]
    draw = random.Random(1)
    draw.shuffle(lines)
    assert len(lines) >= count, f"only {len(lines)} lines of text in {data}"
    return lines[:count]


class Given:
    """What the command line of a check says: [DATA] [--lines N] [--strings N] [--step N] [--full]
    [--only WORD] [--skip WORD].  `lines` and `strings` are how many there are without."""

    def __init__(self, lines, strings, every=False):
        parser = argparse.ArgumentParser()
        parser.add_argument("data", nargs="?", type=pathlib.Path,
                            default=os.environ.get("COUPLET_DATA", ROOT / "../shared/data"))
        parser.add_argument("--lines", type=int, help="lines of real text")
        parser.add_argument("--strings", type=int, help="strings made to be hard")
        parser.add_argument("--step", type=int, default=1, help="every so many code points only")
        parser.add_argument("--full", action="store_true",
                            help="every code point, alone as well, and five times as many lines and strings")
        parser.add_argument("--only", default="", help="part of a name")
        parser.add_argument("--skip", help="part of a name")
        self.options = parser.parse_args()
        self.every, times = every or self.options.full, 5 if self.options.full and not every else 1
        self.lines = lines * times if self.options.lines is None else self.options.lines
        self.strings = strings * times if self.options.strings is None else self.options.strings
        self.data = pathlib.Path(self.options.data)
        if not self.data.is_dir():
            print(f"skipped: no real text in {self.data}")
            self.data = None

    def wants(self, name):
        return self.options.only in name and not (self.options.skip and self.options.skip in name)

    def codes(self):
        """Every code point if the check takes them all or is called with --full; the assigned ones else."""
        return every_code_point((CODES if self.every else ASSIGNED)[::self.options.step], alone=self.every)

    def hostile(self, more=()):
        return hostile(self.strings, more=more)

    def real(self):
        return real(self.data, self.lines) if self.data else []
