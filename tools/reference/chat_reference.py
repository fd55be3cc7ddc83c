"""Chat templates as transformers renders them, with a fixed clock; and random templates to compare on."""
import datetime
import random

from transformers.utils import chat_template_utils

NOW = 1_700_000_000  # 2023-11-14 22:13:20 UTC


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).replace(tzinfo=None)


chat_template_utils.datetime = Clock


def render(source, variables):
    """(text, spans in bytes) or (None, why)."""
    try:
        compiled = chat_template_utils._cached_compile_jinja_template(source)
        blocks, spans = [], []
        with compiled.environment.activate_tracker(blocks, spans):
            for block in compiled.generate(**variables):
                blocks.append(block)
        text = "".join(blocks)
        text.encode()
    except (Exception, RecursionError) as why:  # jinja2 lets Python's own errors through
        return None, f"{type(why).__name__}: {why}"
    return text, [(len(text[:begin].encode()), len(text[:end].encode())) for begin, end in spans]


VARIABLES = {
    "messages": [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "  床前明月光 is <what>?  "},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function",
             "function": {"name": "look_up", "arguments": {"verse": "床前", "n": 3, "exact": True}}}]},
        {"role": "tool", "name": "look_up", "content": {"poem": "静夜思", "score": 0.5}},
        {"role": "assistant", "content": "It's Li Bai's \"Quiet Night\".\nNext?\n"},
    ],
    "tools": [{"type": "function", "function": {
        "name": "look_up", "description": "Finds a poem.",
        "parameters": {"type": "object", "properties": {
            "verse": {"type": "string", "description": "one & only"},
            "n": {"type": "integer", "enum": [1, 2, 3]}}, "required": ["verse"]}}}],
    "add_generation_prompt": True,
    "bos_token": "<s>", "eos_token": "</s>",
    "text": "Hello World, hello-world_foo (bar)\n  two  ", "empty": "", "chinese": "我喜欢 自然语言",
    "latin": "straße ÉCLAIR İx ΣΑΣ ŉ ǆ ﬁn", "number": "42", "lines": "a\nb\r\n\nc\x0bd",
    "n": 7, "zero": 0, "minus": -3, "real": 2.5, "tiny": 1e-7, "huge": 1e22, "third": 0.1,
    "yes": True, "no": False, "nothing": None,
    "list": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "mixed": [1, "a", None, 2.5, [1]],
    "nested": [[1, 2], [3, 4], []], "none_of_it": [],
    "map": {"b": 1, "a": [1, 2], "C": {"x": "y"}, "items": "taken", "d": None},
    "people": [{"name": "Li Bai", "year": 701, "tags": ["Tang"]}, {"name": "du fu", "year": 712},
               {"name": "Su Shi", "year": 1037, "dead": True}, {"name": "Wang Wei", "year": 701}],
}


class Maker:
    """Random templates; most of them can be rendered."""

    def __init__(self, seed):
        self.draw = random.Random(seed)

    def pick(self, *choices):
        return self.draw.choice(choices)

    def integer(self):
        return self.pick("0", "1", "2", "3", "-1", "-2", "5", "n", "zero", "minus", "10",
                         "list|length", "text|length", "7", "100")

    def number(self, depth):
        if depth <= 0 or self.draw.random() < 0.4:
            return self.pick(self.integer(), "real", "tiny", "third", "1.5", "2.0", "huge", "yes",
                             "-0.0", "1e3", "12345.678")
        kind = self.draw.randrange(9)
        if kind < 4:
            return f"({self.number(depth - 1)} {self.pick('+', '-', '*', '/', '//', '%')} {self.number(depth - 1)})"
        if kind == 4:
            return f"({self.number(depth - 1)})|{self.pick('abs', 'int', 'float', 'round', 'round(1)', 'round(2, %r)' % self.pick('floor', 'ceil'), 'round(-1)')}"
        if kind == 5:
            return f"({self.sequence(depth - 1)})|{self.pick('length', 'sum', 'max', 'min', 'first', 'last', 'count')}"
        if kind == 6:
            return f"({self.text(depth - 1)}).{self.pick('find', 'rfind', 'count', 'index')}({self.text(0)})"
        if kind == 7:
            return f"({self.text(depth - 1)}|{self.pick('int', 'float', 'int(5)', 'int(0, 16)', 'wordcount', 'length')})"
        return f"(-{self.number(depth - 1)})"

    def text(self, depth):
        if depth <= 0 or self.draw.random() < 0.3:
            return self.pick("text", "empty", "chinese", "latin", "number", "lines", "'a'", "'o'", "' '",
                             "'Hello'", "'\\n'", "'x,y,,z'", "\"it's\"", "'<&\"'", "'%s-%s'",
                             "messages[1].content", "bos_token", "'ab' 'cd'", "'{}/{}'", "'12.5'")
        kind = self.draw.randrange(12)
        inner = f"({self.text(depth - 1)})"
        if kind < 3:
            return inner + "." + self.pick(
                "upper()", "lower()", "title()", "capitalize()", "strip()", "lstrip()", "rstrip()",
                "swapcase()", "casefold()", "strip('aHo ')", "rstrip('\\n ')", "replace('l', 'L')",
                "replace('', '-')", "replace('o', '00', 1)", "zfill(9)", "center(12)", "ljust(8, '.')",
                "rjust(9)", "removeprefix('He')", "removesuffix('o')", "expandtabs(2)",
                "join(words)", "join('ab')", "format(1, 'x')", "format(n, real)")
        if kind < 6:
            return inner + "|" + self.pick(
                "upper", "lower", "title", "capitalize", "trim", "trim('Ho')", "string", "reverse",
                "replace('l', 'L')", "replace(' ', '', 2)", "indent", "indent(2, true)",
                "indent('> ', blank=true)", "indent(width=1, first=true)", "truncate(8)", "center(20)",
                "truncate(10, true, '~')", "e", "escape", "urlencode", "default('x')", "safe",
                "truncate(5, leeway=0)", "d('', true)")
        if kind == 6:
            return f"{inner}[{self.slice()}]"
        if kind == 7:
            return f"({self.any(depth - 1)} ~ {self.any(depth - 1)})"
        if kind == 8:
            return f"({inner} + {self.text(depth - 1)})"
        if kind == 9:
            style = self.pick("", "", "(indent=2)", "(true)", "(sort_keys=true)",
                              "(indent=4, separators=(',', ':'))")
            return f"({self.any(depth - 1)}|tojson{style})"
        if kind == 10:
            separator = self.pick("", "', '", "n")
            return f"({self.sequence(depth - 1)}|join({separator}))"
        pattern = self.pick("%s|%r", "%5.1f %-4d|", "%05d %x", "%s", "%3s%%", "%+.3d %o", "%g %E")
        return f"('{pattern}' % ({self.any(depth - 1)}, {self.number(0)}))"

    def slice(self):
        part = lambda: self.pick("", "", self.integer())  # noqa: E731
        return self.pick(f"{part()}:{part()}", f"{part()}:{part()}:{self.pick('1', '2', '-1', '-2', '')}",
                         "::-1")

    def sequence(self, depth):
        if depth <= 0 or self.draw.random() < 0.35:
            return self.pick("list", "words", "mixed", "nested", "none_of_it", "people", "messages",
                             "range(n)", "range(2, 9, 3)", "[1, 'b']", "(1, 2)", "map", "map.a",
                             "range(5, 0, -2)", "[]", "()", "{'k': 1, 2: 'v'}")
        kind = self.draw.randrange(9)
        inner = f"({self.sequence(depth - 1)})"
        if kind < 4:
            return inner + "|" + self.pick(
                "list", "sort", "sort(reverse=true)", "unique|list", "reverse|list", "batch(2)|list",
                "batch(3, 'x')|list", "slice(2)|list", "slice(3, 0)|list", "map('string')|list",
                "map('upper')|list", "map(attribute='name')|list", "map(attribute='year', default=0)|list",
                "select|list", "reject('none')|list", "select('odd')|list", "select('string')|list",
                "selectattr('year', 'gt', 705)|list", "rejectattr('dead')|list", "sort(attribute='year')",
                "sort(attribute='year,name', reverse=true)", "groupby('year')", "dictsort",
                "dictsort(by='value')", "items|list", "map('length')|list", "unique(true)|list",
                "sort(case_sensitive=true)", "map('tojson')|list", "selectattr('name')|list",
                "map(attribute='tags.0')|list", "map('first')|list", "select('in', [1, 2])|list",
                "select('mapping')|list", "map('abs')|list")
        if kind == 4:
            return f"{inner}[{self.slice()}]"
        if kind == 5:
            return f"({self.sequence(depth - 1)} {self.pick('+', '+', '*')} {self.pick(self.sequence(0), self.integer())})"
        if kind == 6:
            return f"[{', '.join(self.any(depth - 1) for _ in range(self.draw.randrange(4)))}]"
        if kind == 7:
            return f"({self.text(depth - 1)}).{self.pick('split()', 'split(%r)' % ',', 'split(none, 1)', 'rsplit(%r, 1)' % 'o', 'splitlines()', 'splitlines(true)', 'partition(%r)' % 'l', 'rpartition(%r)' % ' ', 'split(%r, maxsplit=1)' % 'l')}"
        return self.pick("map.keys()", "map.values()", "map.items()", "map|items", "people[0].items()")

    def truth(self, depth):
        if depth <= 0 or self.draw.random() < 0.3:
            return self.pick("yes", "no", "true", "false", "none", "missing", "n > 3", "empty", "list",
                             "add_generation_prompt", "tools is defined", "missing is defined")
        kind = self.draw.randrange(7)
        if kind == 0:
            return f"({self.truth(depth - 1)} {self.pick('and', 'or')} {self.truth(depth - 1)})"
        if kind == 1:
            return f"(not {self.truth(depth - 1)})"
        if kind == 2:
            return f"({self.any(depth - 1)} {self.pick('==', '!=', '<', '>', '<=', '>=')} {self.any(depth - 1)})"
        if kind == 3:
            return f"({self.any(depth - 1)} {self.pick('in', 'not in')} {self.pick(self.sequence(depth - 1), self.text(depth - 1))})"
        if kind == 4:
            return f"({self.number(depth - 1)} {self.pick('<', '<=', '==')} {self.number(depth - 1)} {self.pick('<', '>', '!=')} {self.number(0)})"
        if kind == 5:
            return f"({self.text(depth - 1)}).{self.pick('startswith', 'endswith')}({self.pick(self.text(0), '(%r, %r)' % ('H', 'o'))})"
        return f"({self.any(depth - 1)} is {self.pick('', 'not ')}{self.pick('defined', 'undefined', 'none', 'string', 'mapping', 'iterable', 'number', 'integer', 'float', 'boolean', 'true', 'false', 'sequence', 'callable', 'odd', 'even', 'divisibleby 3', 'lower', 'upper', 'in [1, 2]', 'eq 1', 'sameas none', 'escaped', 'gt 2', 'ne(n)')})"

    def any(self, depth):
        kind = self.draw.randrange(14)
        if kind < 4:
            return self.text(depth)
        if kind < 7:
            return self.number(depth)
        if kind < 10:
            return self.sequence(depth)
        if kind < 12:
            return self.truth(depth)
        if kind == 12:
            return self.pick("none", "missing", "map.b", "map['a']", "map.items", "map.nope", "people[1].name",
                             "messages[0]['role']", "text.nope", "list.0", "nested[0][1]", "people[-1].tags",
                             "map.get('b')", "map.get('zz', 4)", "dict(a=1, b=n)", "{'a': n, 'b': [1]}",
                             "text[0]", "chinese[-1]", "list[9]", "missing.x", "namespace(a=1).a",
                             "cycler(1, 2).next()", "strftime_now('%d %b %Y %H:%M')")
        return f"({self.any(depth - 1)} if {self.truth(depth - 1)}{' else ' + self.any(depth - 1) if self.draw.random() < 0.8 else ''})" if depth > 0 else "yes"

    def data(self):
        return self.pick("", " ", "\n", "\n  ", "  \n", "a", "b\n", " c ", "\n\n", "<|x|>", "\t")

    def tag(self, inner):
        return f"{{%{self.pick('', '', '', '-', '+')} {inner} {self.pick('', '', '', '-', '+')}%}}"

    def output(self, depth):
        return f"{{{{{self.pick('', '', '', '-')} {self.any(depth)} {self.pick('', '', '', '-')}}}}}"

    def statement(self, depth):
        kind = self.draw.randrange(16)
        body = lambda: self.template(depth - 1)  # noqa: E731
        if depth <= 0 or kind < 5:
            return self.output(2)
        if kind < 8:
            inner = self.pick("{{ loop.index }}", "{{ loop.first }}{{ loop.last }}", "{{ loop.length }}",
                              "{{ loop.revindex }}", "{{ loop.cycle('x', 'y') }}", "{{ item }}",
                              "{{ loop.nextitem }}|{{ loop.previtem }}", "{{ loop.changed(item) }}",
                              "{% if loop.index > 2 %}{% break %}{% endif %}", "{{ loop.depth }}",
                              "{% if item %}{% continue %}{% endif %}", "{% set x = loop.index0 %}{{ x }}")
            test = f" if {self.pick('item', 'item is not none', self.truth(1))}" if self.draw.random() < .3 else ""
            other = self.tag("else") + body() if self.draw.random() < 0.2 else ""
            return self.tag(f"for item in {self.sequence(1)}{test}") + inner + body() + other + self.tag("endfor")
        if kind < 11:
            text = self.tag(f"if {self.truth(2)}") + body()
            if self.draw.random() < 0.3:
                text += self.tag(f"elif {self.truth(1)}") + body()
            if self.draw.random() < 0.5:
                text += self.tag("else") + body()
            return text + self.tag("endif")
        if kind == 11:
            return self.tag(f"set {self.pick('x', 'y', 'n', 'text')} = {self.any(2)}")
        if kind == 12:
            return self.tag(self.pick("set x", "set y | trim", "set x | upper | replace('A', 'b')")) + body() + \
                self.tag("endset") + "{{ x }}"
        if kind == 13:
            return self.tag(f"macro m(a, b={self.any(1)})") + "[{{ a }}|{{ b }}" + body() + "]" + \
                self.tag("endmacro") + self.pick("{{ m(1) }}", "{{ m(b=2, a=n) }}", "{{ m() }}",
                                                 "{{ m(1, 2, 3) }}", "{{ m(*list) }}", "{{ m(**{'a': 5}) }}")
        if kind == 14:
            return self.pick("{# note #}", "{#- note -#}", "{# a\n b #}", "{% raw %} {{ x }} {% endraw %}",
                             "{%- raw -%}\n {{ \n{%- endraw +%}", "{% filter upper %}abc {{ n }}{% endfilter %}",
                             "{% with x = n, z = 2 %}{{ x }}{{ z }}{% endwith %}",
                             "{% set ns = namespace(c=0) %}{% for i in list %}{% set ns.c = ns.c + i %}{% endfor %}{{ ns.c }}",
                             "{% generation %}said {{ n }}{% endgeneration %}",
                             "{% macro w() %}<{{ caller() }}>{% endmacro %}{% call w() %}in{% endcall %}",
                             "{% macro v(x) %}{{ x }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v(1, 2, k=3) }}",
                             "{% for i in nested recursive %}{{ loop(i) if i is iterable else i }}{{ loop.depth }}{% endfor %}",
                             "{% set a, b = (1, 2) %}{{ a }}{{ b }}")
        return self.output(3)

    def template(self, depth=2):
        return "".join(self.data() + self.statement(depth) for _ in range(self.draw.randrange(1, 4))) + self.data()

    def damaged(self):
        """A template with a few small changes; most have an error."""
        source = self.template(1)
        for _ in range(self.draw.randrange(1, 4)):
            at = self.draw.randrange(len(source) + 1)
            if self.draw.random() < 0.4:
                source = source[:at] + source[at + self.draw.randrange(1, 4):]
            else:
                source = source[:at] + self.pick(
                    "{%", "%}", "{{", "}}", "{#", "#}", "-", "+", " ", "\n", "(", ")", "[", "]", ",", ":", "|",
                    ".", "=", "'", '"', "\\", "not ", "is ", "in ", "if ", "else ", "and ", "or ", "x", "1", "1.5",
                    "endif", "endfor", "for x in ", "*", "**", "~", "//", "{", "}", "loop", "none", "_", "\t",
                    "\u3000", "\r\n", "é", "if", "{% else %}", "{% endif %}", "{%- raw %}", "e5", "0x") + source[at:]
        return source
