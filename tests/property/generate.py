# SPDX-License-Identifier: Apache-2.0
"""Random interpolations of every shape, and random values to be written. A seed gives the same cases always."""

import re

from generate_yaml import SCALARS, mutate


# --- interpolations ---------------------------------------------------------------------------------------------------

BASE = """str: hi
word: test
int: 123
float: 1.2
none: null
nul: 'null'
bool: true
dict: {a: 0, b: {c: 1, d: '${.c}', e: '${..a}', f: '${...int}'}, 'x y': 5, 3: three}
list: [7, 8, {x: 9, y: '${..0}'}, '${int}', [1, [2]]]
1: 12
1.5: half
true: yes-key
x@y: 1
a-b: 5
'a.b': dotted
'': empty
missing: ???
ref: ${int}
refd: ${dict.b}
refl: ${list}
chain: ${ref}
sci: 1e-5
big: 1e16
huge: 123456789012345678901234567890
neg: -0.0
inf: .inf
nan: .nan
name with space: 1
escaped: \\${int}
key: int
path: dict.b.c
rel: .int
quote: it's
both: 'it''s "x"'
yaml: '{a: 1, b: [x, 1e3]}'
code: '[1, {a: b}, ''q'', null]'
text: "line\\nbreak"
uni: é日本
self: ${self}
loop1: ${loop2}
loop2: ${loop1}
bad: ${nowhere}
far: {a: {b: '${....int}'}}
up: {down: {deep: '${...int}', sibling: '${.deep}', env: '${oc.env:PROPERTY_SET}'}}
sel: ${oc.select:nowhere,${int}}
made: ${oc.create:${dict}}
"""

FAULTS = {"self", "loop1", "loop2", "bad", "far", "sel", "made", "missing"}

PATHS = ["str", "word", "int", "float", "none", "nul", "bool", "dict", "dict.a", "dict.b", "dict.b.c", "dict.b.d", "dict.b.e", "dict.b.f", "dict[a]",
         "dict[b][c]", "dict[b].c", "[dict].a", "[dict][b][c]", "dict.x y", "dict.3", "dict[3]", "list", "list.0", "list[1]", "list[2].x", "list.2.y",
         "list[3]", "list.4.1.0", "list[4][1][0]", "x@y", "a-b", "ref", "refd", "refd.c", "refd.d", "refl", "refl[0]", "refl.2.y", "chain", "sci", "big",
         "huge", "neg", "inf", "nan", "name with space", "escaped", "up.down.deep", "up.down.sibling", "up.down.env", "sel", "made", "made.a", "made.b",
         "quote", "both", "text", "key", "path", "yaml", "code"]

ODD_PATHS = ["list.9", "list[-1]", "list.x", "1", "1.5", "true", "a.b", "missing", "missing.x", "nowhere", "nowhere.x", "str.x", "int.x", "none.x", "self",
             "loop1", "loop2", "bad", "up", "up.down", "far.a.b", "uni", "v", "w", "w.n", "w.n.v", "v.x", "", "dict..a", "dict.", "dict[", "dict]",
             "dict[]", "0", "null", "True", "$", "a/b", "dict.b.d.", "list[0", "dict.missing", "'int'", "int "]

LITERALS = ["1", "-2", "+3", "0.5", "1e3", "1e-5", ".5", "5.", "1_000", "0_1", "007", "08", "inf", "-inf", "nan", "NaN", "Inf", "null", "NULL", "Null",
            "true", "FALSE", "True", "yes", "a", "abc", "a b", " a ", "a-b", "a/b", "/x/y", "a.b", "a:b", "http://x:80", "a=b", "'q'", '"q"', "'a b'", "'a,b'",
            "''", '""', "'it\\'s'", '"a\\"b"', "'${int}'", '"${int}"', "'a ${str} b'", "'\\${int}'", "'\\\\'", "'\\\\${int}'", "a\\,b", "a\\ b", "\\ a", "a\\ ", "a\\:b",
            "a\\=b", "a\\\\b", "\\(x\\)", "a\\'b", "a\\$b", "x*", "a?b", "a|b", "a%b", "a@b", "a+b", "$a", "a$", "é", "1a", "a1", "1 2", "1.2.3", "--", "- 1",
            "[1,2]", "[]", "{}", "[a,'b',null]", "{a:1}", "{a: 1, b: [1, 2]}", "{'a':1}", "{1:a}", "{a b: c}", "{true: 1, null: 2, 1.5: 3}", "[[1],[2,[3]]]", "{a:{b:c}}",
            "[${int},${str}]", "{a:${int}}", "{a:'${str}'}", "[ 1 , 2 ]", "[1,]", "[,1]", "[,]", "{a:}", "{a}", "{:1}", "0x10", "1e", "e1", "1__0", "???", "'???'", "a]", "a}",
            "~", "é b", "\\t", "\t", "9223372036854775808", "123456789012345678901234567890", "1e400", "-0", "-0.0", "+0", "1.0", "1.e5", "1.5E+3"]

RESOLVERS = ["oc.env", "oc.env", "oc.select", "oc.select", "oc.select", "oc.decode", "oc.create", "oc.dict.keys", "oc.dict.values", "oc.deprecated", "multiply", "multiply",
             "divide_ceil", "divide_floor", "divide_floor", "oc.env", "oc.select", "oc.create", "oc.decode", "oc.dict.keys", "oc.dict.values"]

ODD_RESOLVERS = ["nope", "oc.nope", "oc.${word}", "Multiply", "oc", "o-c", "oc.${none}", "oc.s${str}"]


class Interpolation:
    def __init__(self, rng):
        self.rng = rng

    def path(self, depth):
        rng = self.rng
        path = rng.choice(PATHS if rng.random() < 0.75 else ODD_PATHS)
        dots = rng.choice(["", "", "", "", "", "", "", "", ".", ".", ".", ".", "..", "...", "...."])
        if rng.random() < 0.06:
            path = mutate(rng, path)
        if depth > 0 and rng.random() < 0.2:
            inner = self.interpolation(depth - 1) if rng.random() < 0.5 else rng.choice(["${key}", "${path}", "${word}", "${nul}", "${str}", "${rel}", "${int}"])
            path = rng.choice([inner, "dict." + inner, "dict[" + inner + "]", inner + ".a", "list." + inner, "up." + inner, "d" + inner, inner + "x"])
        return dots + path

    def argument(self, depth):
        rng = self.rng
        if depth > 0 and rng.random() < 0.3:
            inner = self.interpolation(depth - 1)
            return rng.choice([inner, inner, "'" + inner + "'", '"' + inner + '"', "[" + inner + "]", "{k: " + inner + "}", "x" + inner, inner + " y", " " + inner + " "])
        literal = rng.choice(LITERALS)
        return mutate(rng, literal) if rng.random() < 0.1 else literal

    def call(self, depth):
        rng = self.rng
        name = rng.choice(RESOLVERS if rng.random() < 0.96 else ODD_RESOLVERS)
        path = rng.choice(PATHS if rng.random() < 0.75 else ODD_PATHS)
        relative = rng.choice(["", "", "", "", ".", ".", ".", "..", "..."])
        blank = rng.choice(["", "", " "])
        if name == "oc.env":
            arguments = [rng.choice(["PROPERTY_SET", "PROPERTY_INT", "PROPERTY_EMPTY", "PROPERTY_UNSET", "PROPERTY_UNSET", "'PROPERTY_SET'", "${str}"])]
            arguments += [self.argument(depth)] if rng.random() < 0.7 else []
        elif name in ("oc.select", "oc.deprecated"):
            arguments = [rng.choice([relative + path, relative + path, "'" + path + "'", self.argument(depth)])]
            arguments += [self.argument(depth)] if rng.random() < 0.7 else []
        elif name == "oc.decode":
            inner = rng.choice(LITERALS).replace("'", "\\'")
            arguments = [rng.choice(["'" + inner + "'", "'" + inner + "'", "${code}", "${yaml}", "${escaped}", "${none}", self.argument(depth)])]
        elif name == "oc.create":
            arguments = [rng.choice(["${yaml}", "${dict}", "${list}", "${up}", "${none}", "{a: ${int}}", "[1, ${str}]", "'a: ${int}'", "${refd}", self.argument(depth), self.argument(depth)])]
        elif name.startswith("oc.dict"):
            arguments = [rng.choice(["dict", "dict.b", "refd", "up", "up.down", "list", "missing", "int", "." + path, path, "'dict'", self.argument(depth)])]
        else:
            count = rng.choice([2, 2, 2, 2, 1, 3, 0])
            arguments = [rng.choice(["2", "3", "0.5", "-7", "0", "${int}", "${float}", "${huge}", "${str}", "${list}", "true", "'ab'", "[1]", "1e308", "2", "5", "${neg}", "${inf}", "${nan}",
                                     self.argument(depth)]) for _ in range(count)]
        return "${" + blank + name + ":" + blank + rng.choice([",", ",", ", ", " , "]).join(arguments) + blank + "}"

    def interpolation(self, depth):
        rng = self.rng
        if rng.random() < 0.5:
            blank = rng.choice(["", "", "", " "])
            return "${" + blank + self.path(depth) + blank + "}"
        return self.call(depth)

    def text(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.55:
            text = self.interpolation(2)
        else:
            pieces = ["a", " ", "b c", "\\", "\\\\", "\\\\\\", "$", "$$", "{", "}", "'", '"', ":", ",", "[", "]", "é", "${", "\\${", "\\\\${int}", "\\${int}", "\\\\\\${int}", "1", "."]
            text = "".join(self.interpolation(1) if rng.random() < 0.45 else rng.choice(pieces) for _ in range(rng.randint(1, 5)))
        return mutate(rng, text) if rng.random() < 0.05 else text

    def needed(self, texts):
        """The lines of the base that the texts name, and those that these name, so that other faults do not hide theirs."""
        lines = {line.split(":")[0].strip("'"): line for line in BASE.splitlines()}
        rng = self.rng
        wanted = " ".join(texts + [name for name in lines if rng.random() < (0.001 if name in FAULTS else 0.02)])
        chosen = {}
        for _ in range(5):
            for name, line in lines.items():
                if name and name not in chosen and re.search(r"(?<![a-z0-9])" + re.escape(name) + r"(?![a-z0-9])", wanted):
                    chosen[name] = line if rng.random() < 0.98 else ""
                    wanted += line[len(name) + 1:]
        return [line for line in chosen.values() if line]

    def case(self):
        rng = self.rng

        def quoted(text):
            return "'" + text.replace("'", "''") + "'"

        texts = [self.text()]
        if rng.random() < 0.25:
            texts += [self.text(), self.text()]
        text = "".join(line + "\n" for line in self.needed(texts))
        text += "v: " + quoted(texts[0]) + "\n"
        if len(texts) > 1:
            text += "w: {n: {v: " + quoted(texts[1]) + ", m: [" + quoted(texts[2]) + "]}}\n"
        return {"kind": "resolve", "text": text, "env": {}, "written": False}


def interpolation_case(rng):
    return Interpolation(rng).case()


# --- text forms -------------------------------------------------------------------------------------------------------

LETTERS = ["a", "b", "Z", " ", "  ", "\n", "\n\n", "\t", "\\", "'", '"', ":", ": ", "#", " #", "-", "- ", "?", "? ", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "%", "@", "`",
           "é", "ü", "日本", "\u00a0", "\u2028", "\u2029", "\u0085", "\ufeff", "😀", "\x7f", "\x01", "\x1b", "\r", "0", "1", "1e5", ".", "_", "=", "~", "null", "true", "no", "<<", "---", "...",
           "word", "a longer word", "http://a.b/c?d=e", "\u200b", "\ue000", "\ufffd", "\u0301", "$"]


def random_text(rng):
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(SCALARS)
    if kind < 0.4:
        return mutate(rng, rng.choice(SCALARS))
    if kind < 0.5:
        return " ".join(rng.choice(["word", "a", "longer-word", "x" * 30, "é", "1"]) for _ in range(rng.randint(5, 40)))
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, 12)))


def random_float(rng):
    kind = rng.random()
    if kind < 0.3:
        return rng.choice([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e16, 1e15, 1e22, 1e-5, 1e-4, 5e-324, 1.7976931348623157e308, 0.1, 1e100])
    if kind < 0.6:
        return rng.uniform(-1, 1) * 10 ** rng.randint(-320, 308)
    return round(rng.uniform(-1000, 1000), rng.randint(0, 6))


def random_scalar(rng):
    kind = rng.random()
    if kind < 0.08:
        return None
    if kind < 0.16:
        return rng.random() < 0.5
    if kind < 0.28:
        return rng.choice([rng.randint(-10, 10), rng.randint(-2**63, 2**63 - 1), rng.randint(-10**30, 10**30), 2**63, -2**63 - 1])
    if kind < 0.45:
        return random_float(rng)
    return random_text(rng)


def random_tree(rng, depth):
    kind = rng.random()
    if depth <= 0 or kind < 0.5:
        return random_scalar(rng)
    if kind < 0.7:
        return [random_tree(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    tree = {}
    for _ in range(rng.randint(0, 4)):
        key = random_scalar(rng)
        if key is not None:
            tree[key] = random_tree(rng, depth - 1)
    return tree


def as_json_yaml(value):
    """The value in YAML that says it without doubt: flow style, every string in double quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = repr(value)
        if text in ("inf", "-inf", "nan"):
            return text.replace("inf", ".inf").replace("nan", ".nan")
        return text if "." in text or "e" in text else text + ".0"
    if isinstance(value, str):
        return '"' + "".join(as_escape(c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(as_json_yaml(item) for item in value) + "]"
    return "{" + ", ".join(as_json_yaml(key) + " : " + as_json_yaml(item) for key, item in value.items()) + "}"


def as_escape(c):
    if c in '"\\':
        return "\\" + c
    return c if " " <= c <= "~" else "\\U%08x" % ord(c)


def text_case(rng):
    value = random_tree(rng, 3)
    text = "x: " + as_json_yaml(value) + "\n"
    if rng.random() < 0.6:
        text += "s: 'a ${x} b'\n"
    if rng.random() < 0.2:
        text += "c: ${x}\n"
    return {"kind": "resolve", "text": text, "env": {}, "written": True}
