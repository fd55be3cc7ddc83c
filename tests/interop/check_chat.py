"""Random templates, and those of installed packages, rendered by libcouplet and by transformers.

    python3 check_chat.py [HOW_MANY [SEED]]
"""
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


def check_given(loaded, what, templates):
    """Each template with some dialogues; how many differ.  Renderings that both refuse count apart."""
    plain = [{"role": "user", "content": "床前明月光？"}, {"role": "assistant", "content": "疑是地上霜。"},
             {"role": "user", "content": " and then "}]
    count = rendered = failed = 0
    for path, template in templates:
        for messages in (plain, [{"role": "system", "content": "Be brief."}] + plain, VARIABLES["messages"]):
            for more in ({}, {"tools": VARIABLES["tools"]}, {"add_generation_prompt": True}):
                variables = {"messages": messages, "bos_token": "<s>", "eos_token": "</s>", **more}
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
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    loaded = library()
    failed = check_random(loaded, count, seed)
    failed += check_given(loaded, "our templates in the manner of models", MODEL_TEMPLATES.items())
    failed += check_given(loaded, "chat templates of installed packages", installed_templates())
    if failed:
        sys.exit("chat: templates are rendered differently")


main()
