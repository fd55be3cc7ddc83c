#!/usr/bin/env python3
"""Decoded text and saved tokenizers against transformers and tokenizers.

    COUPLET=build/couplet python3 tests/interop/check_decoding.py [DATA [NAME...]]

(Names behind DATA: only those.)  Tokenizers of every kind are trained here by the `tokenizers` package.  Of each: ids, offsets and text of
lines (also as pairs, truncated, without special tokens), text of random ids; then the same with the
directory that `couplet tokenizer convert` wrote, loaded by AutoTokenizer, which written again must have
the same bytes.
"""
import json
import os
import pathlib
import random
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
from interop import ROOT, couplet
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from texts import hostile, real
from transformers import AutoTokenizer, PreTrainedTokenizerFast

QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
BERT_ROLES = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), BERT))
ENDS = ["<unk>", "<s>", "</s>", "<pad>", "<mask>"]
ROLES = dict(unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>")
SMALL = 600


def template(single, pair, tokenizer):
    names = {part.split(":")[0] for part in (single + " " + pair).split() if not part.startswith("$")}
    return processors.TemplateProcessing(single=single, pair=pair,
                                         special_tokens=[(n, tokenizer.token_to_id(n)) for n in sorted(names)])


def bert(texts, **options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=SMALL, special_tokens=BERT))
    tokenizer.add_tokens([AddedToken("\n", normalized=False), AddedToken("added word")])
    tokenizer.post_processor = template("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", tokenizer)
    return tokenizer


def byte_level(texts, splitting, post, specials, **options):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitting
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=SMALL, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = post(tokenizer)
    return tokenizer


def roberta(texts):
    def post(tokenizer):
        return processors.RobertaProcessing(("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
    tokenizer = byte_level(texts, pre_tokenizers.ByteLevel(add_prefix_space=True), post, ENDS[:-1])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    return tokenizer


def qwen(texts):
    splitting = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), "isolated"),
                                         pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer = byte_level(texts, splitting, lambda t: processors.ByteLevel(trim_offsets=False),
                           ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.normalizer = normalizers.NFC()
    return tokenizer


def llama(texts):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    pieces = ENDS[:3] + [f"<0x{b:02X}>" for b in range(256)]
    tokenizer.train_from_iterator([t.replace(" ", " ▁") for t in texts[:300]], trainers.BpeTrainer(
        vocab_size=SMALL, special_tokens=pieces, limit_alphabet=100))
    file = json.loads(tokenizer.to_str())
    file["added_tokens"] = file["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.post_processor = template("<s>:0 $A:0", "<s>:0 $A:0 <s>:1 $B:1", tokenizer)
    return tokenizer


def unigram(texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator([text for text in texts if text.isascii()], trainers.UnigramTrainer(
        vocab_size=SMALL // 2, special_tokens=ENDS, unk_token="<unk>"))
    tokenizer.post_processor = template("$A:0 </s>:0", "$A:0 </s>:0 $B:0 </s>:0", tokenizer)
    return tokenizer


def word_level(texts):
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(vocab_size=SMALL, special_tokens=ENDS))
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(pad_id=3, pad_token="<pad>", length=40)
    return tokenizer


def suffixed(texts):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=SMALL, special_tokens=ENDS, limit_alphabet=200,
                                                             end_of_word_suffix="</w>"))
    return tokenizer


def make(texts):
    """name: (tokenizer, arguments of the class around it)"""
    gpt2 = byte_level(texts, pre_tokenizers.ByteLevel(add_prefix_space=False),
                      lambda t: processors.ByteLevel(trim_offsets=False), ["<|endoftext|>"])
    ends = dict(unk_token="<|endoftext|>", bos_token="<|endoftext|>", eos_token="<|endoftext|>")
    dirty = bert(texts, clean_text=False, lowercase=False)
    return {
        "cased": (bert(texts, lowercase=False), dict(BERT_ROLES, model_max_length=512)),
        "uncased, cleaned up": (bert(texts), dict(BERT_ROLES, clean_up_tokenization_spaces=True)),
        "control characters kept": (dirty, BERT_ROLES),
        "gpt2": (gpt2, dict(ends, clean_up_tokenization_spaces=True, chat_template="{{ messages }}")),
        "roberta": (roberta(texts), dict(ROLES, cls_token="<s>", sep_token="</s>", mask_token=AddedToken("<mask>", lstrip=True))),
        "qwen": (qwen(texts), dict(eos_token="<|im_end|>", extra_special_tokens=["<|im_start|>"])),
        "llama": (llama(texts), dict(ROLES, pad_token=None)),
        "unigram": (unigram(texts), dict(ROLES, clean_up_tokenization_spaces=True)),
        "word level": (word_level(texts), ROLES),
        "end of word": (suffixed(texts), ROLES),
    }


# ---- what both give --------------------------------------------------------------------------------

def lines_of(values):
    return "".join(json.dumps(value) + "\n" for value in values)


def run(verb, folder, values, *options):
    out = couplet("tokenizer", verb, folder, *options, input=lines_of(values))
    rows = [json.loads(line) for line in out.split("\n")[:-1]]
    assert len(rows) == len(values), f"{verb}: {len(rows)} lines, expected {len(values)}"
    return rows


def same(what, inputs, found, expected):
    wrong = [i for i in range(len(inputs)) if found[i] != expected[i]]
    for i in wrong[:3]:
        print(f"{what}: {ascii(inputs[i])}\n  found    {ascii(found[i])}\n  expected {ascii(expected[i])}")
    assert not wrong, f"{what}: {len(wrong)} of {len(inputs)} differ"


def check_encoding(what, folder, loaded, texts):
    ways = [([], dict(add_special_tokens=False)), (["--special"], {}),
            (["--special", "--max-length", "9"], dict(truncation=True, max_length=9)),
            (["--max-length", "7", "--truncate", "left"], dict(add_special_tokens=False, truncation=True, max_length=7))]
    for options, arguments in ways:
        loaded.truncation_side = "left" if "left" in options else "right"
        rows = run("encode", folder, texts, "--offsets", *options)
        expected = [loaded(t, return_offsets_mapping=True, **arguments) for t in texts]
        same(f"{what}, encode {options}", texts, [(r["ids"], [tuple(o) for o in r["offsets"]]) for r in rows],
             [(e["input_ids"], e["offset_mapping"]) for e in expected])
        pairs = [[a, b] for a, b in zip(texts[:200], texts[1:201]) if b]  # "" is no second text to transformers
        rows = run("encode", folder, pairs, "--pairs", "--offsets", *options)
        expected = [loaded(*p, return_offsets_mapping=True, return_token_type_ids=True, **arguments) for p in pairs]
        same(f"{what}, encode pairs {options}", pairs,
             [(r["ids"], r["type_ids"], [tuple(o) for o in r["offsets"]]) for r in rows],
             [(e["input_ids"], e["token_type_ids"], e["offset_mapping"]) for e in expected])


def check_decoding(what, folder, loaded, texts):
    draw = random.Random(3)
    ids = loaded(texts)["input_ids"]
    ids += [[draw.randrange(len(loaded)) for _ in range(draw.randint(0, 12))] for _ in range(2000)]
    for options, skip in (([], False), (["--skip-special"], True)):
        same(f"{what}, decode {options}", ids, run("decode", folder, ids, *options),
             [loaded.decode(i, skip_special_tokens=skip) for i in ids])


def roles(tokenizer):
    return {key: value for key, value in tokenizer.special_tokens_map.items()}


def check_one(work, name, tokenizer, arguments, texts):
    folder, saved, again = (work / f"{name}-{kind}" for kind in ("given", "saved", "again"))
    tokenizer.save(str(work / "tokenizer.json"))
    PreTrainedTokenizerFast(tokenizer_file=str(work / "tokenizer.json"), **arguments).save_pretrained(folder)
    given = AutoTokenizer.from_pretrained(folder)
    check_encoding(name, folder, given, texts)
    check_decoding(name, folder, given, texts)
    couplet("tokenizer", "convert", folder, "--out", saved, "-q")
    couplet("tokenizer", "convert", saved, "--out", again, "-q")
    for path in saved.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), f"{name}: {path.name} differs when saved again"
    loaded = AutoTokenizer.from_pretrained(saved)
    check_encoding(f"{name}, saved", folder, loaded, texts[::3])
    check_decoding(f"{name}, saved", folder, loaded, texts[::3])
    assert roles(loaded) == roles(given), f"{name}: roles {roles(loaded)}, expected {roles(given)}"
    assert loaded.model_max_length == given.model_max_length and loaded.chat_template == given.chat_template
    assert loaded.get_vocab() == given.get_vocab(), f"{name}: another vocabulary"
    print(f"ok  {name}: ids, offsets, decoded text; the same when saved, as {type(loaded).__name__}", flush=True)


def main():
    data = pathlib.Path(sys.argv[1] if sys.argv[1:] else ROOT / "../shared/data")
    texts = hostile(700) + (real(data, 700) if data.is_dir() else [])
    random.Random(2).shuffle(texts)
    texts = texts[:1200] + ["  <mask>  x", "a <|im_start|>b", "<s>", " ' ", "don't . stop , I 'm", "", " "]
    learnt = [text for text in texts if "\0" not in text]  # a piece with a NUL is refused
    wanted = sys.argv[2:]
    with tempfile.TemporaryDirectory() as work:
        for name, (tokenizer, arguments) in make(learnt).items():
            if not wanted or name in wanted:
                check_one(pathlib.Path(work), name, tokenizer, arguments, texts)


if __name__ == "__main__":
    main()
