#!/usr/bin/env python3
"""Writes src/tokenizer/regex_unicode_tables.c: which code points the regular expressions of Hugging
Face's `tokenizers` (Oniguruma) take for letters, digits, white space and so on, found by asking the
package about every code point.

    python3 tools/make_regex_tables.py > src/tokenizer/regex_unicode_tables.c

Where PCRE2's tables (Unicode 14, as Python 3.11's) differ is listed as well, so that a class can be
written with PCRE2's own \\p{...} and what is missing.
"""
import unicodedata

from tokenizers import Regex, pre_tokenizers

from unicode_tables import CODES, print_array, print_head, ranges

CATEGORIES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn"
              .split())
LONG = {
    "Lu": "uppercaseletter", "Ll": "lowercaseletter", "Lt": "titlecaseletter", "Lm": "modifierletter",
    "Lo": "otherletter", "Mn": "nonspacingmark", "Mc": "spacingmark", "Me": "enclosingmark",
    "Nd": "decimalnumber", "Nl": "letternumber", "No": "othernumber", "Pc": "connectorpunctuation",
    "Pd": "dashpunctuation", "Ps": "openpunctuation", "Pe": "closepunctuation",
    "Pi": "initialpunctuation", "Pf": "finalpunctuation", "Po": "otherpunctuation", "Sm": "mathsymbol",
    "Sc": "currencysymbol", "Sk": "modifiersymbol", "So": "othersymbol", "Zs": "spaceseparator",
    "Zl": "lineseparator", "Zp": "paragraphseparator", "Cc": "control", "Cf": "format",
    "Co": "privateuse", "Cn": "unassigned"}
MAJOR = {"L": "letter", "M": "mark", "N": "number", "P": "punctuation", "S": "symbol",
         "Z": "separator", "C": "other"}
# A property is the union of categories, with and without some code points.  "[": as it is inside
# brackets, where Oniguruma has other tables for some of the first 256 code points and for [:punct:].
PROPERTIES = {
    "word": ("L M N Pc", r"\w"), "[word": ("L M N Pc", r"[\w]"), "digit": ("Nd", r"\d"), "space": ("Z", r"\s"),
    "whitespace": ("Z", r"\p{White_Space}"), "xdigit": ("", "[[:xdigit:]]"),
    "blank": ("Zs", "[[:blank:]]"), "alpha": ("L M Nl", "[[:alpha:]]"),
    "alphabetic": ("L M Nl", r"\p{Alphabetic}"), "alnum": ("L M Nl Nd", "[[:alnum:]]"),
    "upper": ("Lu", "[[:upper:]]"), "uppercase": ("Lu", r"\p{Uppercase}"),
    "lower": ("Ll", "[[:lower:]]"), "lowercase": ("Ll", r"\p{Lowercase}"),
    "punct": ("P", r"\p{Punct}"), "[punct": ("P S", "[[:punct:]]"), "cntrl": ("Cc", "[[:cntrl:]]"), "ascii": ("", "[[:ascii:]]"),
    "graph": ("L M N P S Cf Co", "[[:graph:]]"), "print": ("L M N P S Cf Co Z", "[[:print:]]"),
    "any": ("L M N P S Z C", r"\p{Any}"), "assigned": ("L M N P S Z Cc Cf Co", r"\p{Assigned}"),
    "lc": ("Lu Ll Lt", r"\p{LC}"), "emoji": ("", r"\p{Emoji}"),
    "extendedpictographic": ("", r"\p{Extended_Pictographic}"),
}
SCRIPTS = ("Arabic Armenian Bengali Bopomofo Common Cyrillic Devanagari Ethiopic Georgian Greek Gujarati "
           "Gurmukhi Han Hangul Hebrew Hiragana Inherited Kannada Katakana Khmer Lao Latin Malayalam "
           "Mongolian Myanmar Oriya Sinhala Tamil Telugu Thai Tibetan").split()

assert unicodedata.unidata_version == "14.0.0"
TEXT = "".join(map(chr, CODES))


def ask(pattern):
    """The set of code points that match."""
    found = pre_tokenizers.Split(Regex(f"(?:{pattern})+"), "removed", invert=True).pre_tokenize_str(TEXT)
    return {CODES[i] for _, (begin, end) in found for i in range(begin, end)}


def spans(codes):
    """Ranges; what lies on both sides of the surrogates, which no text has, is one."""
    return ranges(sorted(codes), (0xD7FF, 0xE000))


def mask(names):
    bits = sum(1 << i for i, c in enumerate(CATEGORIES) if any(c.startswith(n) for n in names.split()))
    return f"0x{bits:X}"


def print_ranges(name, codes):
    """The C expression for a list of ranges, which is printed unless it is empty."""
    if not codes:
        return "NULL, 0"
    found = spans(codes)
    print_array("static const struct cpl_code_range", name, (f"{{0x{a:X}, 0x{b:X}}}" for a, b in found))
    return f"{name}, {len(found)}"


def main():
    members = {c: ask(rf"\p{{{c}}}") for c in CATEGORIES}
    category = {code: i for i, c in enumerate(CATEGORIES) for code in members[c]}
    assert len(category) == len(CODES) == sum(map(len, members.values()))
    print_head("make_regex_tables.py", "regex_unicode.h")
    runs = [c for c in CODES if c == 0 or category[c] != category.get(c - 1, category[0xD7FF])]
    print_array("const uint32_t", "cpl_regex_categories", (f"0x{c << 5 | category[c]:X}" for c in runs))
    print(f"const size_t cpl_regex_categories_count = {len(runs)};\n")
    older = {}
    for code in CODES:
        old = CATEGORIES.index(unicodedata.category(chr(code)))
        if old != category[code]:
            older.setdefault(old, set()).add(code)
    items = sorted((a, b, old) for old, codes in older.items() for a, b in spans(codes))
    print_array("const struct cpl_category_range", "cpl_regex_older",
                (f"{{0x{a:X}, 0x{b:X}, {old}}}" for a, b, old in items))
    print(f"const size_t cpl_regex_older_count = {len(items)};\n")
    lines = []
    for i, c in enumerate(CATEGORIES):
        for name in (c.lower(), LONG[c]):
            lines.append(f'{{"{name}", {mask(c)}, NULL, 0, NULL, 0}}')
    for c, long in MAJOR.items():
        for name in (c.lower(), long):
            lines.append(f'{{"{name}", {mask(c)}, NULL, 0, NULL, 0}}')
    for name, (union, pattern) in {**PROPERTIES, **{s.lower(): ("", rf"\p{{{s}}}") for s in SCRIPTS}}.items():
        codes = ask(pattern)
        base = set().union(*(members[c] for c in CATEGORIES if any(c.startswith(n) for n in union.split())))
        symbol = name.replace("[", "class_")
        more = print_ranges(symbol + "_more", codes - base)
        less = print_ranges(symbol + "_less", base - codes)
        lines.append(f'{{"{name}", {mask(union)}, {more}, {less}}}')
    print("\nconst struct cpl_regex_property cpl_regex_properties[] = {")
    print("\n".join(f"    {line}," for line in sorted(lines)))
    print(f"}};\nconst size_t cpl_regex_properties_count = {len(lines)};")


main()
