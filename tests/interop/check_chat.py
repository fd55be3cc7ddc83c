"""Random templates, and those of installed packages, rendered by libcouplet and by transformers.

    python3 check_chat.py [HOW_MANY [SEED]] [--templates DIR]

DIR: also all .jinja files below it, such as the models/templates of llama.cpp, which has those of some
seventy models.
"""
import argparse
import glob
import json
import pathlib
import sys

from chat_library import library, render, show
from chat_reference import NOW, VARIABLES, Maker
from chat_reference import render as expected_of
from chat_templates import MODEL_TEMPLATES

# What we refuse by choice: integers beyond 64 bits, a few methods, slices of mappings (which jinja2
# takes for undefined when it folds constants); and texts that hold addresses, in any case and order.
REFUSED = ("64 bits", "too large", "not rendered here", "is not rendered for", "a mapping cannot be sliced")
VOLATILE = ("object at", "generator object", "generatorobject", "generbtor", "built-in", "<bound", "<function", "<class", "<itertools", "iterator",
            "loopcontext", "cycler", "macro", "ta tcejbo", "ni-tliub", "noitcnuf")


def differs(loaded, source, variables):
    """None when both agree, else (ours, theirs)."""
    ours, spans = render(loaded, source, json.dumps(variables), NOW)
    theirs, their_spans = expected_of(source, variables)
    if ours is None and (theirs is None or any(part in spans for part in REFUSED)):
        return None
    if theirs is not None and any(part in theirs.lower() for part in VOLATILE):
        return None
    if ours == theirs and (spans == their_spans or "macro" in source or "set" in source
                           or "filter" in source or "call" in source):
        return None
    return (ours, spans), (theirs, their_spans)


def check_random(loaded, count, seed):
    rendered = failed = 0
    for number in range(count):
        maker = Maker(seed + number)
        source = (maker.template() if number % 3 == 0 else "{{ " + maker.any(3) + " }}" if number % 3 == 1
                  else maker.damaged())
        difference = differs(loaded, source, VARIABLES)
        rendered += expected_of(source, VARIABLES)[0] is not None
        if difference:
            failed += 1
            if failed <= 20:
                print(f"seed {seed + number}: {source!r}\n  ours   {difference[0]}\n  theirs {difference[1]}")
    print(f"chat: {count} random templates, {rendered} of them without errors, {failed} differ")
    return failed


def installed_templates():
    """Chat templates of packages in this environment: chat_template*.jinja, and the members of that name
    in tokenizer_config.json.  Other .jinja files (torch has some for its kernels) are none."""
    for root in {str(pathlib.Path(entry).resolve()) for entry in sys.path if "site-packages" in entry}:
        for path in glob.glob(f"{root}/**/chat_template*.jinja", recursive=True):
            yield path, pathlib.Path(path).read_text(encoding="utf-8")
        for path in glob.glob(f"{root}/**/tokenizer_config.json", recursive=True):
            template = json.loads(pathlib.Path(path).read_text(encoding="utf-8")).get("chat_template")
            for one in template if isinstance(template, list) else [template] if template else []:
                yield path, one["template"] if isinstance(one, dict) else one


def given_templates(folder):
    for path in sorted(pathlib.Path(folder).rglob("*.jinja")):
        yield path.name, path.read_text(encoding="utf-8")


def dialogues():
    """Messages and what else a template is told."""
    plain = [{"role": "user", "content": "床前明月光？"}, {"role": "assistant", "content": "疑是地上霜。"},
             {"role": "user", "content": " and then "}]
    system = [{"role": "system", "content": "Be brief."}]
    call = {"id": "call00001", "type": "function",
            "function": {"name": "weather", "arguments": {"city": "北京 & \"<x>'", "days": 3, "fine": 0.5}}}
    told = [{"role": "user", "content": "天气？"}, {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call00001", "name": "weather", "content": "{\"sun\": true}"},
            {"role": "assistant", "content": "<think>\nhm\n</think>\n\n晴", "reasoning_content": "hm"},
            {"role": "user", "content": "谢谢"}]
    text = [{"role": "user", "content": [{"type": "text", "text": "看"}, {"type": "text", "text": "图"}]}]
    parameters = {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "a town; <b>&</b>"}, "days": {"type": ["integer", "null"]},
        "unit": {"enum": ["C", "F"], "type": "string"}}}
    tool = {"type": "function", "function": {"name": "weather", "description": "What it is like.",
                                             "parameters": parameters}}
    for messages in (plain, system + plain, VARIABLES["messages"], told, system + told, text):
        for more in ({}, {"tools": VARIABLES["tools"]}, {"tools": [tool]}, {"add_generation_prompt": True},
                     {"tools": [tool], "add_generation_prompt": True, "enable_thinking": False}):
            yield {"messages": messages, "bos_token": "<s>", "eos_token": "</s>", **more}


def check_given(loaded, what, templates):
    """Each template with all dialogues; how many differ.  Renderings that both refuse count apart."""
    count = rendered = failed = 0
    for path, template in templates:
        for variables in dialogues():
            count += 1
            rendered += expected_of(template, variables)[0] is not None
            difference = differs(loaded, template, variables)
            if difference:
                failed += 1
                print(f"{path}: {show('', variables)}\n  ours   {difference[0]}\n  theirs {difference[1]}")
    if count:
        print(f"chat: {count} renderings of {what}, {rendered} of them without errors, {failed} differ")
    else:
        print(f"chat: SKIPPED {what}: there are none")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("count", nargs="?", type=int, default=4000)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--templates", type=pathlib.Path)
    options = parser.parse_args()
    loaded = library()
    failed = check_random(loaded, options.count, options.seed)
    failed += check_given(loaded, "our templates in the manner of models", MODEL_TEMPLATES.items())
    failed += check_given(loaded, "chat templates of installed packages", installed_templates())
    if options.templates:
        failed += check_given(loaded, f"the templates in {options.templates}", given_templates(options.templates))
    if failed:
        sys.exit("chat: templates are rendered differently")


main()
