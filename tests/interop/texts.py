"""Texts to compare tokenizers on: every code point, strings made to be hard, lines of real text.

All of it is the same at every call.
"""
import gzip
import io
import pathlib
import random
import subprocess
import tarfile
import zipfile

CODES = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]

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
        "\r", "\r\n", "\n\n\n", "   ", " \n ", "\t\t", "  \t", "x" * 101, "喜" * 30, "a\u0300" * 20]


def every_code_point():
    """Each alone, and each between letters, 64 to a text."""
    alone = [chr(c) for c in CODES]
    between = [" ".join(f"a{chr(c)}b" for c in CODES[i:i + 64]) for i in range(0, len(CODES), 64)]
    return alone + between


def hostile(count, seed=7):
    draw = random.Random(seed)

    def one():
        kind = draw.random()
        if kind < 0.3:
            return draw.choice("abcxyzABZ ,.#[]'-09 \n\t\r  ")
        if kind < 0.45:
            return chr(draw.randint(0x4E00, 0x9FFF))
        if kind < 0.6:
            return chr(draw.randint(0x80, 0x08CF))
        if kind < 0.68:
            return chr(draw.randint(0x0300, 0x036F))
        if kind < 0.72:
            return chr(draw.choice(CODES))
        return draw.choice(HARD)
    return ["".join(one() for _ in range(draw.randint(1, 40))) for _ in range(count)]


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
