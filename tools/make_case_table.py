#!/usr/bin/env python3
"""Writes src/chat/special_case.def: what Python's str does with letters beyond the one-to-one mappings.

    python3 tools/make_case_table.py > src/chat/special_case.def

UPPER, TITLE and FOLD: code points whose mapping has several characters.  DIGIT and NUMERIC: ranges
that str.isdigit and str.isnumeric accept though their general category is not Nd (N*).  Made with
Python 3.11 (Unicode 14).
"""
import sys
import unicodedata


def ranges(accepted):
    begin = None
    for code in range(0x110001):
        if code < 0x110000 and accepted(chr(code)):
            begin = code if begin is None else begin
        elif begin is not None:
            yield begin, code - 1
            begin = None


def main():
    print("/* Made by tools/make_case_table.py. */")
    for name, change in (("UPPER", str.upper), ("TITLE", str.title), ("FOLD", str.casefold)):
        for code in range(0x110000):
            text = chr(code)
            if len(change(text)) > 1:
                escaped = "".join(f"\\x{byte:02X}" for byte in change(text).encode())
                print(f'{name}(0x{code:04X}, "{escaped}")')
    category = unicodedata.category
    for begin, end in ranges(lambda c: c.isdigit() and category(c) != "Nd"):
        print(f"DIGIT(0x{begin:04X}, 0x{end:04X})")
    for begin, end in ranges(lambda c: c.isnumeric() and category(c)[0] != "N"):
        print(f"NUMERIC(0x{begin:04X}, 0x{end:04X})")


sys.exit(main())
