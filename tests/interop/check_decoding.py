#!/usr/bin/env python3
"""Decoded text and saved tokenizers against transformers and tokenizers.

    COUPLET=build/couplet python3 tests/interop/check_decoding.py [DATA] [--only WORD ...]

Tokenizers of every kind are trained here by the `tokenizers` package.  Of each: ids, offsets and text of
lines (also as pairs, truncated, without special tokens), text of random ids; then the same with the
directory that `couplet tokenizer convert` wrote, loaded by AutoTokenizer, which written again must have
the same bytes.
"""
import json
import os
import pathlib
import random
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import matrix
from interop import couplet
from make_pre_tokenizer_goldens import QWEN2
from matrix import pairs, run
from texts import Given
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

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
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=SMALL, show_progress=False, special_tokens=BERT))
    tokenizer.add_tokens([AddedToken("\n", normalized=False), AddedToken("added word")])
    tokenizer.post_processor = template("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", tokenizer)
    return tokenizer


def byte_level(texts, splitting, post, specials, **options):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitting
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=SMALL, show_progress=False, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = post(tokenizer)
    return tokenizer


def roberta(texts):
    def post(tokenizer):
        return processors.RobertaProcessing(("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
    tokenizer = byte_level(texts, pre_tokenizers.ByteLevel(add_prefix_space=True), post, ENDS[:-1])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    return tokenizer


def qwen(texts):
    splitting = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"),
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
        vocab_size=SMALL, show_progress=False, special_tokens=pieces, limit_alphabet=100))
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
        vocab_size=SMALL // 2, show_progress=False, special_tokens=ENDS, unk_token="<unk>"))
    tokenizer.post_processor = template("$A:0 </s>:0", "$A:0 </s>:0 $B:0 </s>:0", tokenizer)
    return tokenizer


def word_level(texts):
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(vocab_size=SMALL, show_progress=False, special_tokens=ENDS))
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(pad_id=3, pad_token="<pad>", length=40)
    return tokenizer


def suffixed(texts):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=SMALL, show_progress=False, special_tokens=ENDS, limit_alphabet=200,
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

def same(what, inputs, found, expected):
    check = matrix.Check(what)
    for given, one, other in zip(inputs, found, expected, strict=True):
        check.same("the answer", given, one, other)
    assert not check.wrong, f"{what}: {check.wrong} of {len(inputs)} differ"


def check_encoding(what, folder, loaded, texts):
    ways = [([], dict(add_special_tokens=False)), (["--special"], {}),
            (["--special", "--max-length", "9"], dict(truncation=True, max_length=9)),
            (["--max-length", "7", "--truncate", "left"], dict(add_special_tokens=False, truncation=True, max_length=7))]
    two = [[a, b] for a, b in zip(texts[:200], texts[1:201]) if b]  # "" is no second text to transformers
    for options, arguments in ways:
        loaded.truncation_side = "left" if "left" in options else "right"
        rows = run(["encode", folder, "--offsets", *options], texts)
        expected = [loaded(t, return_offsets_mapping=True, **arguments) for t in texts]
        same(f"{what}, encode {options}", texts, [(r["ids"], pairs(r["offsets"])) for r in rows],
             [(e["input_ids"], e["offset_mapping"]) for e in expected])
        rows = run(["encode", folder, "--pairs", "--offsets", *options], two)
        expected = [loaded(*p, return_offsets_mapping=True, return_token_type_ids=True, **arguments) for p in two]
        same(f"{what}, encode pairs {options}", two, [(r["ids"], r["type_ids"], pairs(r["offsets"])) for r in rows],
             [(e["input_ids"], e["token_type_ids"], e["offset_mapping"]) for e in expected])


def check_decoding(what, folder, loaded, texts):
    draw = random.Random(3)
    ids = loaded(texts)["input_ids"]
    ids += [[draw.randrange(len(loaded)) for _ in range(draw.randint(0, 12))] for _ in range(2000)]
    for options, skip in (([], False), (["--skip-special"], True)):
        same(f"{what}, decode {options}", ids, run(["decode", folder, *options], ids),
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
    given = Given(lines=600, strings=600)
    texts = given.hostile() + given.real()
    random.Random(2).shuffle(texts)
    texts += ["  <mask>  x", "a <|im_start|>b", "<s>", " ' ", "don't . stop , I 'm", "", " "]
    learnt = [text for text in texts if "\0" not in text]  # a piece with a NUL is refused
    with tempfile.TemporaryDirectory() as work:
        for name, (tokenizer, arguments) in make(learnt).items():
            if given.wants(name):
                check_one(pathlib.Path(work), name, tokenizer, arguments, texts)


if __name__ == "__main__":
    main()
