"""What the makers of Unicode tables (make_*_table*.py, make_unicode_*.py) share: the code points, lists
of ranges, and C arrays of them.
"""
import tokenizers

CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(codes, joined=None):
    """[[first, last]] of ascending code points; `joined`: two that join although others lie between."""
    found = []
    for code in codes:
        if found and (found[-1][1] + 1 == code or (found[-1][1], code) == joined):
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def rows(items, width=96):
    """Lines of an array's items."""
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > width:
            yield line
            line = "   "
        line += " " + item + ","
    yield line


def print_head(script, header):
    """The beginning of a file of tables that are those of the tokenizers package."""
    print(f"/* Made by tools/{script} from the tables of Hugging Face's tokenizers "
          f"{tokenizers.__version__}.\n * Do not edit: see {header}. */")
    print(f'#include "tokenizer/{header}"\n\n/* clang-format off */')


def print_array(kind, name, items):
    print(f"{kind} {name}[] = {{")
    print("\n".join(rows(items)))
    print("};")


def print_counted(kind, name, items):
    """An array and the number of its items."""
    print_array(f"const struct {kind}", name, items)
    print(f"const size_t {name}_count = sizeof {name} / sizeof {name}[0];")


def print_ranges(name, codes):
    print_counted("cpl_code_range", name, (f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(codes)))
