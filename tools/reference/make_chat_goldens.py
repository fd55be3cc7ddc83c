#!/usr/bin/env python3
"""Writes tests/golden/chat/: templates, variables and what transformers renders from them.

    python3 tools/reference/make_chat_goldens.py tests/golden/chat

variables.jsonl has {"name", "json"} a line, cases.jsonl {"template", "variables" (a name), and either
"text" with "spans" (bytes) or "error": true}.  strftime_now gives 2023-11-14 22:13:20.
"""
import json
import sys
from pathlib import Path

from chat_reference import VARIABLES, Maker, render
from chat_templates import DIALOGUES, MODEL_TEMPLATES

# Separated by lines of "==": each is a template of its own.
WHITE_SPACE = """\
{% if true %}
  a
{% endif %}
b
==
  {% if true %}  x  {% endif %}  y
==
a  {%- if true -%}  b  {%- endif -%}  c
==
a
  {%+ if true %}
  b
  {%+ endif +%}
c
==
a {{- ' b ' -}} c {{ 'd' }}
e
==
  {# comment #}
x{# one #} y
  {#- two -#}

z
==
{#+ kept #}  a
==
{% raw %}
 {{ x }} {% if %}
{% endraw %}
b
==
x  {%- raw -%}  {{ y }}  {%- endraw -%}  z
==
{% for x in [1, 2] %}
  - {{ x }}
{% endfor %}
==
{% for x in [1, 2] -%}
  - {{ x }}
{%- endfor %}

end
==
{{ '}}' }}{{ "{%" }}{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a': {}}}}
==
{% set x = {'a': 1}%}{{ x }}
==
a\u00a0\u3000{%- set y = 1 -%}\u2003b
==
\t {% set x = 1 %}
tab
==
one{# a %} b #}two{{ '#}' }}
==
{%set x=3%}{{x}}{{-x}}{{+x}}
"""
STATEMENTS = """\
{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}
==
{% for x in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}
==
{% for x in list if x > 1 %}{{ x }}/{{ loop.length }}{{ loop.last }} {% endfor %}
==
{% for x in [] %}a{% else %}none{% endfor %}
==
{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% if x == 3 %}{% break %}{% endif %}{% else %}E{% endfor %}
==
{% for x in [1] %}{% break %}{% else %}else runs behind break{% endfor %}
==
{% for x in list %}{{ loop.previtem }}<{{ x }}<{{ loop.nextitem }} {{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }} {% endfor %}
==
{% for x in nested recursive %}[{{ loop.depth }}{{ loop(x) if x is sequence else x }}]{% endfor %}
==
{% for a, (b, c) in [(1, (2, 3)), (4, (5, 6))] %}{{ a + b * c }} {% endfor %}
==
{% for x in 'ab' %}{% for y in 'cd' %}{{ x }}{{ y }}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
==
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
==
{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns }}
==
{% set ns = namespace({'a': 1}, b=2) %}{% set ns.c, ns.a = 5, 6 %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns.d is defined }}
==
{% set x %}  a {{ n }} {% endset %}[{{ x }}]{% set y | trim | upper %} q {% endset %}[{{ y }}]
==
{% if n > 10 %}a{% elif n > 5 %}b{% elif true %}c{% else %}d{% endif %}
==
{% macro m(a, b='B', *rest) %}{% endmacro %}
==
{% macro m(a, b='B', c=a) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(a=3, c=4) }}{{ m(*[1, 2, 3]) }}{{ m(**{'b': 9}) }}
==
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}
==
{% macro m() %}{{ caller('in') }}{{ caller is defined }}{% endmacro %}{% call(x) m() %}<{{ x }}{{ n }}>{% endcall %}
==
{% macro m() %}x{% endmacro %}{{ m(1) }}
==
{% macro fact(k) %}{{ k * fact(k - 1) | int if k > 1 else 1 }}{% endmacro %}{{ fact(5) }}{{ fact.name }}{{ fact.arguments }}
==
{% macro m() %}{{ later }}{% endmacro %}{% set later = 'set' %}{{ m() }}
==
{% macro m() %}{{ n }}{% endmacro %}{{ m() }}{% set n = 1 %}{{ m() }}
==
{% if false %}{% set n = 1 %}{% endif %}{{ n }}
==
{% for i in [1] %}{{ n }}{% set n = 2 %}{{ n }}{% endfor %}{{ n }}
==
{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 3 %}{{ c }}{% endwith %}{{ a }}{{ c }}
==
{% filter upper | replace('A', 'x') %}abc {{ n }}{% endfilter %}
==
{% print n, 'x' %}
==
{% generation %}a{{ n }}{% endgeneration %}-{% for i in [1, 2] %}{% generation %}你{{ i }}{% endgeneration %},{% endfor %}
==
{% generation %}{% set inside = 1 %}{% endgeneration %}{{ inside }}
==
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{% set j = joiner('|') %}{{ j() }}{{ j() }}
==
{{ strftime_now('%d %B %Y, %H:%M:%S %j %f %% %Z|%-d') }}
==
{% set a, b = [1, 2] %}{{ a }}{{ b }}{% set (c, d) = 'xy' %}{{ c }}{{ d }}
==
{% set xs = people | selectattr('year', '>', 702) %}{{ xs | list | length }}{{ xs | list | length }}{{ 'yes' if xs }}
==
{% set ns = namespace(stop=false) %}{% for x in [1, 2, 3] if not ns.stop %}{{ x }}{% if x == 2 %}{% set ns.stop = true %}{% endif %}{% endfor %}
==
{% for x in [1, 2] %}{% set x = x * 10 %}{{ x }}{{ loop.index }}{% endfor %}
==
{{ loop }}{% for x in [1] %}{{ loop.nope is defined }}{% endfor %}
==
{% for x in range(3) %}{% for y in range(3) if y != x %}{{ loop.index }}{% if loop.last %}!{% endif %}{% endfor %}{% endfor %}
==
{% if 0 %}{{ x | nosuchfilter }}{% endif %}fine
==
{{ n | nosuch if no else 'fine' }}{{ 1 if no and n is nosuch else 2 }}
==
{% if missing is defined and missing.x.y %}a{% else %}b{% endif %}
"""
EXPRESSIONS = """\
1 + 2 * 3 - 4 / 2
7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, -7.5 // 2, -7.5 % 2, 2 ** 10, 2 ** -1, -2 ** 2, 2 ** 3 ** 2
1 / 3, 1e16, 1e15, 123456789.125, 1e-5, 0.0001, 1e22, 5e-324, -0.0, 100.0, 1.5e300 * 1e10
0x1F, 0b101, 0o17, 1_000, 1_0.2_5, 1E3
1 == 1.0, true == 1, 'a' == 'a', none == false, [1] == [1.0], (1,) == [1], {'a': 1} == {'a': 1.0}
1 < 2 < 3, 1 < 2 > 3, 'a' < 'b', [1, 2] < [1, 3], (1,) < (1, 0), 2 > 1 == 1
1 and 0, 1 or 0, '' or 'x', not '', not 1, none and missing.x
'a' in 'abc', 2 in [1, 2], 'b' in map, 'x' not in 'abc', 1 in {1.0: 2}, none in mixed, '' in ''
n if yes else 1, (n if no), (n if no) is defined, 1 if 0 else 2 if 0 else 3
'a' ~ 1 ~ none ~ 2.0 ~ [1, 'b'] ~ missing
'ab' * 3, 3 * 'ab', [1] * 2, [1] + [2], (1,) + (2,), 'a' * -1, true + true
text[0], text[-1], text[1:4], text[::-1], text[:-3:2], chinese[1:3], chinese[::-2], list[-2:], list[::-1]
list[0], list[5], list[-4], map['a'], map.b, map['zz'], map.zz.q is defined
list[1:100], list[5:], [1, 2, 3, 4, 5][-2:0:-1], (1, 2, 3)[:2], range(10)[2:8:3] | list, 'abc'[2:0:-1]
map.items, map['items']
map.get('b'), map.get('zz'), map.get('zz', 1), map.keys() | list, map.values() | list, map.items() | list
{'a': 1, 'b': [1, none, true]}, {1: 2, none: 3, 1.5: 4}, (), (1,), [], {}, [[]], ('a', "it's", 'q"\\'')
'\\n\\t\\x41\\u4f60\\\\\\'\\z' 'joined', "a'b", '\\101', '\\é'
'\\n\\t\\r\\x07\\x7f\\u200b\\\\"\\'' | list, ['\\u4f60\\U0001f600\\xad\\u2028']
none, true, false, None, True, False
missing, missing is defined, missing is undefined, [missing], missing == missing2, missing ~ 'x', missing | default('d')
n is number, real is number, yes is number, text is number, n is integer, yes is integer, real is float, n is float
text is string, map is mapping, list is sequence, map is sequence, text is sequence, n is sequence, list is iterable, n is iterable
none is none, 0 is none, yes is boolean, 1 is boolean, yes is true, 1 is true, no is false, 0 is false
3 is odd, 4 is even, 9 is divisibleby 3, 9 is divisibleby(4), 'abc' is lower, 'ABC' is upper, 'a1' is lower, '1' is lower
1 is eq 1, 1 is ne 2, 1 is lt 2, 1 is ge(1), 2 is greaterthan 1, 1 is in [1], 'x' is in 'xyz', none is sameas none
range is callable, text.upper is callable, text is callable, 'upper' is filter, 'nope' is filter, 'odd' is test
1 is not none, not 1 is none, x is not defined, 5 is not divisibleby 2
text | upper, text | lower, text | title, text | capitalize, latin | upper, latin | lower, latin | title, latin | capitalize
text.title(), latin.title(), latin.swapcase(), latin.casefold(), "they're bill's".title(), 'hello-world (a)' | title
'  a ' | trim, 'xxaxx' | trim('x'), ' a '.strip() + '|', 'xay'.strip('xy'), '\\u3000a\\u00a0'.strip(), 'abc'.lstrip('ba'), 'abc'.rstrip('c')
'a,b,,c'.split(','), ' a  b '.split(), 'a b c'.split(none, 1), 'a b c'.rsplit(' ', 1), 'a\\nb\\r\\nc\\n'.splitlines(), ''.split(), ''.split(',')
'abc'.split('b')[0], 'a-b-c'.partition('-'), 'a-b-c'.rpartition('-'), 'abc'.partition('x'), 'a  b'.rsplit(), 'a b c '.rsplit(none, 1)
'abcabc'.find('c'), 'abc'.find('x'), 'abcabc'.rfind('a'), 'abc'.index('b'), 'aaa'.count('a'), 'aaa'.count(''), '我我'.find('我', 1)
'abc'.startswith('ab'), 'abc'.startswith(('x', 'a')), 'abc'.endswith('c'), 'abc'.startswith('b', 1), 'abc'.endswith('b', 0, 2), ''.startswith('')
'abc'.replace('b', 'x'), 'aaa'.replace('a', 'b', 2), 'abc'.replace('', '-'), 'aaa' | replace('a', 'b', 1), 1212 | replace(1, 'x')
'7'.zfill(3), '-7'.zfill(4), 'ab'.center(5) ~ '|', 'ab'.center(5, '*'), 'a'.ljust(3, '.'), 'a'.rjust(3), 'a\\tb'.expandtabs(4)
'abc'.isalpha(), '12'.isdigit(), '½'.isnumeric(), '²'.isdigit(), 'a b'.isalnum(), ' '.isspace(), 'Ab'.istitle(), 'AB'.isupper(), '一'.isnumeric(), 'a1'.isidentifier()
'-'.join(['a', 'b']), '-'.join('ab'), ''.join([]), 'prefix'.removeprefix('pre'), 'suffix'.removesuffix('fix')
'{} {}'.format(1, 'a'), '{1}{0}'.format('a', 'b'), '{x}{y.a}{z[0]}'.format(x=1, y={'a': 2}, z=[3]), '{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c'), '{:05d} {:.2f} {:,}'.format(42, 3.14159, 1234567)
'{:x} {:#b} {:+d} {:e} {:%} {!r}'.format(255, 5, 3, 12345.678, 0.25, 'q'), '{{}}'.format(), '{:{}}|'.format('a', 4), '{:.3}'.format('abcdef'), '{:.3}'.format(1234.5)
'%s %d %5.2f|%-4s|%04d %x %%' % ('a', 3, 2.345, 'b', 42, 255), '%s' % 'one', '%(a)s' % {'a': 1}, '%r' % 'q', '%c%c' % ('a', 98), '%s' % none
'%s-%s' | format('a', 1), '%(k)s' | format(k=2), '%.3s|' % 'abcdef', '%+d % d' % (1, 2), '%e %g' % (12345.6789, 0.00001)
list | first, list | last, [] | first, 'abc' | first, 'abc' | last, list | length, chinese | length, map | length, map | count
list | sort, list | sort(reverse=true), words | sort, words | sort(case_sensitive=true), words | unique | list, words | reverse | list, 'abc' | reverse
list | max, list | min, words | max, [] | max, list | sum, people | sum(attribute='year'), [[1], [2]] | sum(start=[]), list | sum(start=10)
list | join, list | join(', '), people | join('/', attribute='name'), [1, none, 'a'] | join('-'), 'abc' | join('.')
people | map(attribute='name') | list, people | map(attribute='tags.0') | list, people | map(attribute='dead', default=false) | list, words | map('upper') | list, words | map('replace', 'p', 'b') | list
people | selectattr('dead') | map(attribute='name') | list, people | rejectattr('dead') | list | length, people | selectattr('year', 'equalto', 701) | map(attribute='name') | join, people | selectattr('tags', 'defined') | list | length
mixed | select | list, mixed | reject('none') | list, mixed | select('string') | list, [1, 2, 3] | select('>', 1) | list, [1, 2, 3] | reject('odd') | list, [1, 2, 3] | select('divisibleby', 3) | list
people | sort(attribute='year') | map(attribute='name') | list, people | sort(attribute='year,name', reverse=true) | map(attribute='name') | list, people | groupby('year') | list | length, people | groupby('dead', default=false) | map('first') | list
map | dictsort, map | dictsort(true), {'a': 2, 'b': 1} | dictsort(by='value'), {'a': 1, 'b': 2} | dictsort(reverse=true), map | items | list, missing | items | list
[1, 2, 3] | batch(2) | list, [1, 2, 3] | batch(2, 0) | list, [1, 2, 3, 4, 5] | slice(3) | list, [1, 2, 3] | slice(2, 'x') | list
'a\\nb\\n\\nc' | indent, 'a\\nb' | indent(2, true), 'a\\n\\nb' | indent(2, blank=true), 'a\\nb' | indent('> '), 'a\\n' | indent(first=true), '' | indent(2, true)
'the quick brown fox' | truncate(10), 'the quick brown fox' | truncate(10, true), 'short' | truncate(9), 'the quick brown fox' | truncate(12, false, '~', 0), 'abc' | center(9) ~ '|', 'one two, three' | wordcount
'42' | int, '4x' | int, '4x' | int(7), '0x1f' | int(0, 16), '3.9' | int, 3.9 | int, -3.9 | int, '1_000' | int, ' 7 ' | int, none | int, true | int, '1e3' | int, 'ff' | int(base=16)
'2.5' | float, 'x' | float, 'x' | float(1.5), 3 | float, '1e400' | float, 'nan' | float, '-inf' | float, ' 1_0.5 ' | float
2.5 | round, 3.5 | round, 2.675 | round(2), 42.55 | round(1, 'floor'), 42.51 | round(1, 'ceil'), 7 | round, 15 | round(-1), 25 | round(-1), 1234.5 | round(-2), (huge // 1.5) | round(-1), 55.0 | round(-2), 50.0 | round(-2), 49.9 | round(-2), -7.0 | round(-1), 5e22 | round(-22), -5 | abs, -2.5 | abs
'a b&c/d?é' | urlencode, {'a b': 'c/d', 'x': 1} | urlencode, '<a href="x">\\'&' | e, ('<' | e) ~ '<', ('<' | safe) + '<', '<' | e | e, '<' | forceescape, 'x' | escape is escaped
missing | upper, none | upper, missing | length, missing | list, missing | join, missing | trim, missing | first, none | string, 12 | string, missing | replace('a', 'b')
none | default('d'), none | default('d', true), '' | d('e', true), missing | d, missing | default(missing2) | default(3), false | default('x', boolean=true)
map | tojson, text | tojson, [1, 2.0, 1e100, -0.0, true, none, 'é\\u2028\\x01'] | tojson, 'é😀\\x7f' | tojson(ensure_ascii=true), {} | tojson(indent=2), [] | tojson(indent=2)
{'b': 1, 'a': [1, {'c': none}]} | tojson(indent=2), {'b': 1, 'a': 2} | tojson(sort_keys=true), [1, [2, {}]] | tojson(indent=0), [1, 2] | tojson(indent='\\t'), {'a': 1, 'b': 2} | tojson(separators=(',', ':')), {1: 2, none: 3, true: 4, 2.5: 5} | tojson
'</script>' | tojson, (1, 2) | tojson, {'k': (1, 'x')} | tojson
range(5) | list, range(1, 4) | list, range(10, 0, -3) | list, range(3), range(3) | length, range(0) | list, range(1, 2, 5), 3 in range(5)
dict(a=1, b=2), dict([('a', 1)]), dict({'a': 1}, b=2), dict(), {'a': 1}.items() | list, {'a': 1}.copy()
map.keys(), map.items(), [1, 2].count(1), [3, 4].index(4), (1, 1).count(1), [1].copy(), 3.0.is_integer()
list | attr('count') is callable, map | attr('b') is defined, 'x' | attr('upper') is defined
'ΑΣ ΑΣΒ Σ' | lower, 'ŉ ß ﬃ' | upper, 'ǆ' | capitalize, 'İ' | lower | length
text | list | length, 'é' | length, '👨‍👩‍👧' | length, '我喜欢' | list, '我喜欢'[1]
1.0, 10.0 / 4, 3 * 1.0, 1e3 | int, 0.1 + 0.2, 1 - 0.9, 2 ** 0.5, 7.0 // 2, 1e308 * 10, -1e308 * 10
yes | tojson, {'x': missing is defined} | tojson, [missing | default(none)] | tojson
[{'a': 1}, {'a': 2}] | map(attribute='a') | sum, [[3, 'x'], [1, 'y']] | map('first') | list, ['b', 'a'] | sort | first, ([1, 2] | map('string') | join)
(1, 2)[0], ((1), (2,), ()), [1, 2,], {'a': 1,}, (1 if true else 2, 3)
"""
ERRORS = """\
{{ x.y }}
{{ missing.attribute }}
{{ missing['item'] }}
{{ missing() }}
{{ missing + 1 }}
{{ missing < 1 }}
{{ -missing }}
{{ none.x.y }}
{{ text.nope.more }}
{{ text.nope() }}
{{ 1 + 'a' }}
{{ 'a' + 1 }}
{{ 'a' - 'b' }}
{{ [1] + (2,) }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ [1] < [none] }}
{{ 1 / 0 }}
{{ 1 % 0 }}
{{ 1.0 // 0 }}
{{ 0 ** -1 }}
{{ 1 in 2 }}
{{ 1 in 'a' }}
{{ [1][1:2:0] }}
{{ list['a':] }}
{{ nothing[0:1] }}
{{ {[]: 1} }}
{{ [1, 2].append(3) }}
{{ map.update({'a': 1}) }}
{{ map.pop('a') }}
{{ text.__class__.x }}
{{ raise_exception('stop ' ~ n) }}
{{ 1 | nosuchfilter }}
{{ 1 is nosuchtest }}
{% nosuchtag %}
{% if x | nosuchfilter %}{% endif %}{% for x in [] %}{{ x | other }}{% endfor %}
{% if true %}{{ x | nosuchfilter }}{% endif %}
{{ [1] | map('nosuchfilter') | list }}
{{ [1] | select('nosuchtest') | list }}
{% if %}
{% if 1 %}
{% if 1 %}{% endfor %}
{% for x in %}{% endfor %}
{% for x %}{% endfor %}
{% for 1 in [] %}{% endfor %}
{% endif %}
{% else %}
{% set 1 = 2 %}
{% set true = 2 %}
{% set x.y = 2 %}
{% set n.y = 2 %}
{% set a, b = [1] %}
{% set a, b = [1, 2, 3] %}
{% for a, b in [1] %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for loop in [] %}{% endfor %}
{% for x in [1] %}{{ loop(x) }}{% endfor %}
{% break %}
{% for x in [1] %}{% generation %}{% break %}{% endgeneration %}{% endfor %}
{% for x in [1] %}{% macro m() %}{% continue %}{% endmacro %}{% endfor %}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}
{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}{{ m(b=1) }}
{% call 5 %}{% endcall %}
{% set ns = namespace(_x=1) %}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% generation %}
{% raw %}
{# no end
{{ 1
{{ 'abc }}
{{ (1 }}
{{ [1) }}
{{ ) }}
{{ 1 2 }}
{{ a. }}
{{ a.'b' }}
{{ }}
{{ 1 + }}
{{ 1 is odd is even }}
{{ ! }}
{{ a = 1 }}
{{ f(a=1, 2) }}
{{ f(**a, *b) }}
{{ '\\x4' }}
{{ 'a' | indent }}{{ 5 | indent }}
{{ none | length }}
{{ 5 | length }}
{{ 5 | first }}
{{ (x for x in y) }}
{{ [1] | map | list }}
{{ [1, 'a'] | sort }}
{{ [1, 'a'] | max }}
{{ ['a'] | sum }}
{{ 5 | join }}
{{ missing | int }}
{{ missing | tojson }}
{{ namespace() | tojson }}
{{ {(1, 2): 3} | tojson }}
{{ 'x' | abs }}
{{ 'x' | round }}
{{ 2.5 | round(1, 'up') }}
{{ 1e400 | int }}
{{ 'abc' | truncate(2) }}
{{ 5 | dictsort }}
{{ 'abc' | upper(1) }}
{{ 'abc' | replace('a') }}
{{ 'abc' | trim(chars='a', more=1) }}
{{ 'abc'.upper(1) }}
{{ 'abc'.split('') }}
{{ 'abc'.index('x') }}
{{ 'abc'.startswith(1) }}
{{ '-'.join([1]) }}
{{ 'abc'.center('x') }}
{{ '%d' % 'a' }}
{{ '%s %s' % ('a',) }}
{{ '%s' % ('a', 'b') }}
{{ '%q' % 1 }}
{{ '{}'.format() }}
{{ '{'.format(1) }}
{{ '{:d}'.format('a') }}
{{ '{x}'.format(y=1) }}
{{ range(1000000) }}
{{ range(1, 2, 0) }}
{{ range('a') }}
{{ dict(5) }}
{{ cycler() }}
{{ 5() }}
{{ 'a'() }}
{{ map.get() }}
{% include 'x' %}
{% extends 'x' %}
{% import 'x' as y %}
{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}
{{ 1 | int(base='x') }}
{{ dict(missing) }}
{{ namespace(missing).a }}
{{ (n | nosuch if yes) }}
{{ groupby }}{{ [1] | groupby }}
{% set x | nosuch %}{% endset %}
{% filter nosuch %}{% endfilter %}
{% with a %}{% endwith %}
{% set a = 1 b %}
{% for x in [1] recursive if x %}{% endfor %}
{{ foo bar }}
{{ "a" "b" 'c' d }}
{{ 1.2.3 }}
{{ a[1:2, 3] }}
{{ a[] }}
{{ {1, 2} }}
{{ {'a' 1} }}
"""


def templates():
    for name, template in MODEL_TEMPLATES.items():
        for dialogue in DIALOGUES:
            yield template, dialogue
    for text in (WHITE_SPACE, STATEMENTS):
        for template in text.split("==\n"):
            yield template, "all"
    for line in EXPRESSIONS.splitlines():
        for part in ("{{ " + line + " }}", "{{ [" + line + "] }}") if "|" not in line[:40] else ("{{ " + line + " }}",):
            yield part, "all"
    for line in ERRORS.splitlines():
        yield line, "all"
    for seed in range(150):
        yield Maker(1_000_000 + seed).template(1), "all"


def main():
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    sets = {**DIALOGUES, "all": VARIABLES}
    with open(target / "variables.jsonl", "w", encoding="utf-8") as out:
        for name, variables in sets.items():
            out.write(json.dumps({"name": name, "json": json.dumps(variables, ensure_ascii=False)}) + "\n")
    count = errors = 0
    with open(target / "cases.jsonl", "w", encoding="utf-8") as out:
        for template, name in templates():
            text, spans = render(template, sets[name])
            if text is not None and (" object at 0x" in text or "<function" in text or "built-in" in text):
                continue
            row = {"template": template, "variables": name}
            row.update({"error": True} if text is None else {"text": text, "spans": spans})
            out.write(json.dumps(row) + "\n")
            count += 1
            errors += text is None
    print(f"{count} cases, {errors} of them errors")


if __name__ == "__main__":
    main()
