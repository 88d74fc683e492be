# SPDX-License-Identifier: Apache-2.0
"""One change to one place of the sources, and how sources that hold many of these are written."""

import dataclasses
import posixpath

from source_text import line_of

# How the alternatives at one place are joined: as expressions of one type, of bool, of void, or as statements.
EXPRESSION, BOOL, VOID, RETURN, JUMP, DECLARATION = "expression", "bool", "void", "return", "jump", "declaration"


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str  # below the root of the sources
    start: int  # the bytes of the file that are replaced
    end: int
    line: int
    last_line: int
    joined: str
    replacement: str  # on one line
    kind: str  # for people
    before: str
    after: str
    in_constexpr: bool = False

    @property
    def order(self):
        return (self.file, self.start, self.end, self.kind, self.replacement)

    def __str__(self):
        return f"{self.file}:{self.line}: {self.kind}: {shortened(self.before)}  ->  {shortened(self.after)}"


def shortened(text, limit=100):
    return text if len(text) <= limit else text[: limit - 3] + "..."


def overlaps(a, b):
    """Whether two places share bytes and neither holds the other."""
    return a.start < b.start < a.end < b.end or b.start < a.start < b.end < a.end


def mutated(source, numbered, header):
    """The source with all of `numbered`, a list of (number, mutant), in it. Lines keep their numbers."""
    places = {}
    for number, mutant in numbered:
        places.setdefault((mutant.start, mutant.end), []).append((number, mutant))
    # Outer places before inner ones.
    order = sorted(places, key=lambda place: (place[0], -place[1]))
    text = _text(source, 0, len(source), order, places)
    return f'#include "{header}"\n#line 1\n'.encode() + text


def _text(source, start, end, order, places):
    pieces, at, index = [], start, 0
    while index < len(order):
        place = order[index]
        inner = [other for other in order[index + 1 :] if other[0] < place[1]]
        pieces.append(source[at : place[0]])
        original = _text(source, place[0], place[1], inner, places)
        pieces.append(_joined(original, places[place]))
        at, index = place[1], index + 1 + len(inner)
    pieces.append(source[at:end])
    return b"".join(pieces)


def _asks(number, mutant):
    return f"::recipe_mutant{'_at_run_time' if mutant.in_constexpr else ''}({number})"


def _joined(original, choices):
    """`original` unless one of the choices, all at this place, is chosen."""
    kinds = {mutant.joined for _, mutant in choices}
    if kinds == {RETURN}:
        guards = "".join(f"if ({_asks(*choice)}) return {choice[1].replacement}; " for choice in choices)
        return b"{ " + guards.encode() + original + b" }"
    if kinds == {JUMP}:
        return f"{{ if (!{_asks(*choices[0])}) ".encode() + original + b" }"
    if kinds == {DECLARATION}:
        tests = "".join(f"{_asks(*choice)} ? {choice[1].replacement} : " for choice in choices)
        return f"; {tests}static_cast<bool>({choices[0][1].before})".encode()
    opening, closing = "(", ")"
    if VOID in kinds:
        opening = "static_cast<void>("
    elif BOOL in kinds:
        opening = "static_cast<bool>("
    tests = "".join(
        f"{_asks(number, mutant)} ? {opening}{mutant.replacement}{closing} : " for number, mutant in choices
    )
    return f"({tests}{opening}".encode() + original + f"{closing})".encode()


def header_for(file, header_folder, root):
    """How a file below the root includes the header that declares recipe_mutant()."""
    return posixpath.relpath(f"{header_folder}/recipe_mutant.hpp", posixpath.dirname(f"{root}/{file}"))


def lines(source, start, end):
    return line_of(source, start), line_of(source, end)
