# SPDX-License-Identifier: Apache-2.0
"""Random YAML of every spelling. A seed gives the same cases always."""

SCALARS = """0 1 -1 +1 7 42 007 08 09 010 0o17 0x1F 0X1F 0xg 0b101 0b1 0b 0b2 1_000 1__0 _1 1_ 12345678901234567890
123456789012345678901234567890 -9223372036854775808 9223372036854775807 9223372036854775808 1.0 -1.5 .5 -.5 +.5 5. -5. 1.e5 1e5 1E5 1e-5
1e+5 1.5e3 1.5e-3 .5e3 .5e+3 .5E-3 1e400 -1e400 1e-400 1_0.5 1_.5 1_0e5 1_e5 0.1_0 1._5 0_1.5 12e03 1e 1e+ e5 .e5 .. . ._ ._1 -. +
- 1.0.15 1,000 1:30 1:60 01:30:00 12:00:00 190:20:30 190:20:30.15 -1:30 1:2:3:4 0:0 1:5.5 1_0:30 :30 1: 2001-12-14 2001-12-14T21:59:43.10-05:00
2001-01-01 ~ null Null NULL nULL none None true True TRUE tRUE false False FALSE yes Yes YES no No NO on On ON off Off OFF y Y n N
.inf .Inf .INF -.inf +.inf .iNF inf Infinity .nan .NaN .NAN nan -.nan +.nan = << < <<< == ??? ?? ?a ? a? - -a --- ... -- a:b a: :a ::
a#b #a a,b [a] {a} a] a} & &a *a ! !a % %a @a `a | > 'a' "a" 'a''b' "a\\nb" "\\x41" "\\u00e9" "\\U0001F600" "\\/" "\\q" "a\\
'' "" '#' ": " ü ñ 日本 é "\\t" "\\0" "\\e" "\\_" "\\N" "\\L" "\\P" 0.0 -0.0 0 -0 00 0e0 1.10 100000000000000000000.0 1e16 1e15 123456789.123456789
3.14159265358979 1e22 1e21 0.1 0.0001 0.00001 5e-324 1.7976931348623157e308 a-b a.b a/b /fsx/data s3://bucket/key a=b a@b $a ${a a} a\\b \\
key-with-dash http://host:80/x 1x x1 0x 0.5.1 +1e5 -1e5 +.inf 1e5_0 1_000.5 -1_0 +0b1 -0x1f -010 +08 0_7 00_8 1e05 0e 0x_1 0b_1""".split()

WORDS = ["a", "b", "model", "num_nodes", "x y", "A", "key", "é", "日本", "data", "z9", "_u", "trainer"]
KEYS = ["a", "b", "c", "d", "1", "0", "-1", "1.5", "1e3", "true", "True", "false", "yes", "on", "y", "null_", "a.b", "a-b", "a b", "é", "日本",
        "''", '""', "'1'", '"true"', "'null'", "'a.b'", "'a: b'", "'#'", "0x10", "010", "1_000", "1:30", ".5", ".inf", ".nan", "-.inf", "'~'",
        "'?'", "?x", "-x", "=", "a[0]", "a]", "'[a]'", "'{a}'", "'${a}'", "a$", "'a''b'", '"a\\"b"', '"a\\tb"', "'<<'", "2001-01-01",
        "a:b", "12345678901234567890", "'- a'", "' a'", "'a '", "'!x'", "'*x'", "'&x'", "'%x'", "'@x'", "'`x'", "1.0", "!!str 1", "!!int '3'"]


def mutate(rng, text):
    """One character more, less or other."""
    if not text:
        return rng.choice("0123456789_.eE+-:xob")
    at = rng.randrange(len(text))
    new = rng.choice("0123456789__..eE+-::xobaAnN~ #?*&!'\"\\")
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + new + text[at:]
    if kind == 1:
        return text[:at] + text[at + 1:]
    return text[:at] + new + text[at + 1:]


class Yaml:
    """One YAML document: block and flow style, anchors, merge keys, tags, comments, every kind of scalar."""

    def __init__(self, rng):
        self.rng = rng
        self.anchors = []
        self.names = 0

    def number(self):
        rng = self.rng
        return "".join(rng.choice("0123456789_.eE+-:xob") for _ in range(rng.randint(1, 7)))

    def plain(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.6:
            return rng.choice(SCALARS)
        if kind < 0.75:
            return mutate(rng, rng.choice(SCALARS))
        if kind < 0.85:
            return self.number()
        if kind < 0.95:
            return rng.choice(WORDS)
        return " ".join(rng.choice(SCALARS) for _ in range(rng.randint(1, 3)))

    def quoted(self):
        rng = self.rng
        content = "".join(rng.choice(["a", "b", " ", "  ", "0", ":", "#", "- ", "é", "\\n", "\\\\", "''", "{", "]", "true", "\n  ", "\n\n  ", "$"])
                          for _ in range(rng.randint(0, 6)))
        if rng.random() < 0.5:
            return "'" + content.replace("\\n", "n") + "'"
        return '"' + content.replace("''", "'") + rng.choice(["", "", "\\t", "\\u00fc", "\\x7f", "\\r", "\\a", "\\ ", "\\\n   x"]) + '"'

    def tagged(self):
        rng = self.rng
        return rng.choice(["!!str", "!!int", "!!float", "!!bool", "!!null", "!"]) + " " + rng.choice([self.plain(), self.quoted()])

    def scalar(self):
        kind = self.rng.random()
        if kind < 0.8:
            return self.plain()
        if kind < 0.97:
            return self.quoted()
        return self.tagged()

    def key(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.75:
            return rng.choice(KEYS)
        if kind < 0.9:
            return rng.choice(WORDS)
        return self.plain()

    def flow(self, depth):
        rng = self.rng
        kind = rng.random()
        blank = rng.choice(["", " ", "", "\n    "]) if depth < 3 else ""
        if depth <= 0 or kind < 0.5:
            return self.scalar()
        items = [self.flow(depth - 1) for _ in range(rng.randint(0, 3))]
        comma = "," + rng.choice(["", " ", " "])
        tail = rng.choice(["", "", "", ","])
        if kind < 0.75:
            return "[" + blank + comma.join(items) + tail + "]"
        pairs = [self.key() + rng.choice([": ", ": ", ": ", ":", " : "]) + item for item in items]
        return "{" + blank + comma.join(pairs) + tail + "}"

    def block_scalar(self, indent):
        rng = self.rng
        head = rng.choice("|>") + rng.choice(["", "", "-", "+", "2", "-2"])
        pad = " " * (indent + 2)
        lines = []
        for _ in range(rng.randint(0, 4)):
            lines.append(rng.choice([pad + rng.choice(SCALARS), pad + "a b", "", pad + "  more", pad + "# no comment", pad + "é"]))
        return head + "\n" + "\n".join(lines) + rng.choice(["", "\n", "\n\n"])

    def value(self, indent, depth):
        """The text after "key:" or "-", with its line break."""
        rng = self.rng
        kind = rng.random()
        anchor = ""
        if rng.random() < 0.06:
            self.names += 1
            anchor = " &n%d" % self.names
        if depth > 0 and kind < 0.25:
            text = anchor + "\n" + self.mapping(indent + 2, depth - 1)
        elif depth > 0 and kind < 0.35:
            text = anchor + "\n" + self.sequence(indent + rng.choice([0, 2]), depth - 1)
        elif kind < 0.45:
            text = anchor + " " + self.flow(3) + "\n"
        elif kind < 0.50:
            text = anchor + " " + self.block_scalar(indent)
            text = text if text.endswith("\n") else text + "\n"
        elif kind < 0.55 and self.anchors:
            text = " *" + rng.choice(self.anchors) + "\n"
            anchor = ""
        elif kind < 0.58:
            text = anchor + rng.choice(["", " # comment", "  "]) + "\n"
        elif kind < 0.61:
            text = anchor + " " + self.plain() + "\n" + " " * (indent + 3) + rng.choice(WORDS) + "\n"
        else:
            text = anchor + " " + self.scalar() + rng.choice(["", "", "", " ", " # c"]) + "\n"
        if anchor:
            self.anchors.append("n%d" % self.names)
        return text

    def mapping(self, indent, depth):
        rng = self.rng
        lines = []
        for _ in range(rng.randint(1, 4)):
            if self.anchors and rng.random() < 0.08:
                names = rng.sample(self.anchors, min(len(self.anchors), rng.randint(1, 2)))
                merged = "*" + names[0] if len(names) == 1 else "[" + ", ".join("*" + name for name in names) + "]"
                lines.append(" " * indent + "<<: " + merged + "\n")
            else:
                lines.append(" " * indent + self.key() + rng.choice([":", ":", ":", " :"]) + self.value(indent, depth))
            if rng.random() < 0.05:
                lines.append(rng.choice(["\n", "# comment\n", " " * indent + "# c\n"]))
        return "".join(lines)

    def sequence(self, indent, depth):
        lines = []
        for _ in range(self.rng.randint(1, 3)):
            lines.append(" " * indent + "-" + self.value(indent, depth))
        return "".join(lines)

    def document(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.3:  # one scalar, where the spelling is what counts
            return rng.choice(['x: %s', '- %s', 'x:\n  - %s', 'x: [%s]', 'x: {k: %s}', '%s: x', '{%s: x}', '? %s']) % self.scalar() + rng.choice(["\n", ""]) \
                if rng.random() < 0.8 else self.scalar()
        if kind < 0.4:
            return "x: " + self.flow(3) + "\n"
        text = self.mapping(0, 3) if kind < 0.9 else self.sequence(0, 3)
        if rng.random() < 0.05:
            text = rng.choice(["---\n", "# head\n", "%YAML 1.1\n---\n", "\n", "--- # c\n"]) + text
        if rng.random() < 0.04:
            text += rng.choice(["...\n", "---\n", "# tail", "...\n---\n"])
        if rng.random() < 0.1:
            text = mutate(rng, text)
        return text


def yaml_case(rng):
    text = Yaml(rng).document()
    if "${" in text:
        return {"kind": "resolve", "text": text, "env": {}, "written": True}
    return {"kind": "yaml", "text": text}


# --- pieces -----------------------------------------------------------------------------------------------------------

PIECES = [
    "a", "b", "c", "1", "null", "~", "true", "<<", "=", "a b", "é", "0", "08", "1e3", ".5", "-", "--", "..", ".", "a:b", "a#b", ":a", "?a", "-a",
    "'", '"', "''", '""', "'a'", '"b"', "'a\n\n'", '"\\n\n\n "', "\\", "\\\\", "\\\n", "\\_", "\\N", "\\'", "\\x41", "\\ ",
    "\n", "\n", "\n", "\n\n", "\n ", "\n  ", "\n   ", "\n\n  ", "\n    ", " ", "  ", "   ", "\t", " \n", "\r\n", "\r", "\n \n", "  \n  ", "\n\n\n",
    ": ", ":", ": ", ":\n", ":\n  ", " :", "- ", "- - ", "\n- ", "\n  - ", "? ", "?", "\n? ", "\n: ", "a: ", "\na: ", "\nb: ", "\n  a: ", "a: b", "- a",
    "[", "]", "{", "}", "[]", "{}", ",", ", ", "[a, b]", "{a: 1}", "{a}", "[a: 1]", "[? a]", "\n[", "\n{", "],", "}:",
    "|", "|\n", "|+\n", "|-\n", "|2\n", ">\n", ">+\n", ">-\n", ">1\n", "| \n", "|1+\n", " |\n", " >\n  a\n", "\n  b\n   c\n", "| # x\n", "|#", "x: >+\n",
    "#", "# c", "# c\n", " # c\n", " #", "\n#", "\n # c", "@", "`", "%", "\n%a", "\u0085", "\u2028", "\ufeff", "\x7f",
    "&a", "&a ", "*a", "*a ", "&b ", "*b", "&a\n", "& ", "*", "&a: ", "*a : ", "&a,", "a: &a ", "- &a ", "? &b ",
    "!", "! ", "! \n", "!!str", "!!str ", "!!str\n", "!!str,", "!!int ", "!!null ", "!!float ", "!!map ", "!!seq ", "!a ", "!<tag:yaml.org,2002:str> ", "- !!str ",
    "---", "---\n", "--- ", "\n---\n", "...", "...\n", "\n...\n", "%YAML 1.1\n---\n", "%TAG !e! tag:yaml.org,2002:\n--- !e!str "]

OPENINGS = ["a: ", "- ", "a:\n  ", "a:\n  - ", "? ", "x: [", "x: {", "{", "- - ", "a:\n- ", "- a: ", ""]
ENDINGS = ["\n", "", "]", "}", " # c\n", "\nb: 1\n", "\n- b\n", "\n  c: d\n"]


def pieces(rng):
    """What a document is made of in no order, or a document with such pieces put in and others cut out."""
    if rng.random() < 0.5:
        return "".join(rng.choice(PIECES) for _ in range(rng.choice([2, 3, 4, 5, 6, 8, 10, 14, 20])))
    whole = Yaml(rng)
    if rng.random() < 0.5:
        text = whole.document()
    else:
        middle = rng.choice([whole.plain, whole.quoted, whole.tagged, lambda: whole.block_scalar(rng.choice([0, 0, 2])), lambda: whole.flow(2), str])
        text = rng.choice(OPENINGS) + middle() + rng.choice(ENDINGS)
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4, 6])):
        at = rng.randint(0, len(text))
        text = text[:at] + ("" if rng.random() < 0.3 else rng.choice(PIECES)) + text[at + (rng.choice([1, 1, 2, 3, 5]) if rng.random() < 0.3 else 0):]
    return text


def pieces_case(rng):
    return {"kind": "yaml", "text": pieces(rng).replace("${", "$ {")}
