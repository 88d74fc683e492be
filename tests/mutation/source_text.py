# SPDX-License-Identifier: Apache-2.0
"""What a syntax tree does not tell of C++ text: where parentheses close, comments, and text on one line."""

import re

# A raw string may hold newlines and quotes that do not end it: such text is left alone.
RAW_STRING = re.compile(rb'\bR"')
_PIECE = re.compile(rb'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def without_comments(text):
    return _PIECE.sub(lambda piece: b" " if piece.group().startswith((b"//", b"/*")) else piece.group(), text)


def on_one_line(text):
    """The same tokens on one line, or None where that is not possible."""
    if RAW_STRING.search(text) or re.search(rb"^\s*#", text, re.MULTILINE):
        return None
    return re.sub(rb"\s*\n\s*", b" ", without_comments(text)).strip()


def blanked(source):
    """The source with comments and literals blanked, every byte at its place."""
    return _PIECE.sub(lambda piece: re.sub(rb"[^\n]", b" ", piece.group()), source)


def closing_parenthesis(blank, opening):
    """The offset of what closes the parenthesis at `opening`, or None."""
    depth = 0
    for at in range(opening, len(blank)):
        if blank[at] == ord("("):
            depth += 1
        elif blank[at] == ord(")"):
            depth -= 1
            if depth == 0:
                return at
    return None


def end_of_statement(blank, end):
    """The offset after the semicolon that follows `end`, or None where something else follows."""
    found = re.compile(rb"\s*;").match(blank, end)
    return found.end() if found else None


def line_of(source, offset):
    return source.count(b"\n", 0, offset) + 1


_INTEGER = re.compile(r"(0[xX][0-9a-fA-F']+|0[bB][01']+|[0-9][0-9']*)([uUlLzZ]*)")


def integer(text):
    """(value, suffix) of an integer literal, or None: of literals that a program defines as well."""
    found = _INTEGER.fullmatch(text)
    if not found:
        return None
    digits = found[1].replace("'", "")
    octal = len(digits) > 1 and digits.isdigit() and digits.startswith("0")
    return int(digits, 8 if octal else 0), found[2]
