# SPDX-License-Identifier: Apache-2.0
"""Random collections with defaults lists, and random override command lines, for the comparison with the real Hydra."""

GROUPS = ["db", "net", "cluster", "db/engine", "net/opt"]
OPTIONS = ["one", "two", "three"]
VALUE_KEYS = ["a", "b", "c", "name", "port", "lr"]
VALUES = ["1", "2.5", "1e-5", "text", "true", "null", "[1, 2, 3]", "{x: 1, y: {z: 2}}", "???", "[]", "{}", "'${oc.select:net.a,7}'", "'${oc.select:.b,x}'", "'a ${oc.select:..name} b'",
          "'${hydra:runtime.choices.db}'", "'${oc.env:PROPERTY_SET}'", "yes", "0x10", "{x: '${oc.select:..b}'}", "'${oc.select:nested}'"]
ODD_VALUES = ["'${a}'", "'${.b}'", "'${..name}'", "'x ${db.a} y'", "{x: '${..b}'}", "'${hydra:job.name}'", "'${hydra:nope}'", "'${hydra:runtime.choices}'", "'${hydra:verbose}'", "'${hydra:runtime}'", "'${hydra:job.config_name}'", "'${hydra:runtime.choices.hydra/job_logging}'", "'${hydra:mode}'", "'${hydra:job.num}'", "'${hydra:output_subdir}'", "'${now:%Y}'", "'${.c.x}'", "'${'"]


def pick(rng, good, odd):
    """Something good, or now and then something odd: what is refused hides what would have been composed."""
    return rng.choice(odd if rng.random() < 0.04 else good)


def value(rng):
    return pick(rng, VALUES, ODD_VALUES)


def body(rng, name):
    lines = []
    for key in VALUE_KEYS:
        if rng.random() < 0.35:
            lines.append("%s: %s" % (key, value(rng)))
    if rng.random() < 0.5:
        lines.append("from_%s: %s" % (name.replace("/", "_"), value(rng)))
    if rng.random() < 0.2:
        lines.append("nested:\n  k: %s\n  l: %s" % (value(rng), value(rng)))
    if rng.random() < 0.1:
        lines.append("db:\n  a: %s" % value(rng))
    return "\n".join(lines) + "\n" if lines else rng.choice(["", "{}\n"])


# Which groups a config may name as they stand: only such that do not lead back to it.
BELOW = {"": ["db", "net", "cluster", "db/engine", "net/opt"], "cluster": ["/db", "/net", "/db/engine"], "db": ["engine", "/net", "/net/opt"], "net": ["opt", "/db/engine"], "db/engine": ["/net/opt"], "net/opt": []}


def item(rng, group, taken):
    """One item of the defaults list of a config in a group ("" for those at the top)."""
    kind = rng.random()
    below = pick(rng, BELOW[group] or ["/cluster"], ["engine", "opt", "sub", "/db", "/net", "/hydra/job_logging", "net/nope"])
    package = pick(rng, ["", "", "", "", "", "@_here_", "@_global_", "@other", "@_group_", "@other.deep", "@_global_.x"], ["@:", "@_name_", "@a b", "@", "@_group_._name_", "@x:y"])
    option = pick(rng, OPTIONS, ["nowhere", "'1'", "${db}_x", "one.yaml", "${db}", "${net}", "${cluster}"])
    if kind < 0.45:
        return "%s%s: %s" % (below, package, pick(rng, [option, option, option, option, option, "null"], ["???", option + ".yaml", "true", "1.5", "[[one]]"]))
    if kind < 0.53:
        return "%s%s: [%s]" % (below, package, ", ".join(rng.sample(OPTIONS, rng.randint(0, 3))))
    if kind < 0.62:
        return "optional %s%s: %s" % (below, package, rng.choice([option, "nowhere", "null"]))
    if kind < 0.75 and taken:
        known = rng.choice(taken)
        return "override %s%s: %s" % ("" if known.startswith("/") or not group else rng.choice(["/", ""]), known, rng.choice([option, option, "null"]))
    if kind < 0.83:
        return "%s/%s%s" % (below, option, package)
    if kind < 0.86 and not group:
        return rng.choice(["base", "base@other", "base@_global_"])
    if kind < 0.88:
        return pick(rng, ["override hydra/job_logging: none", "override hydra/job_logging: stdout", "_self_"],
                    ["{db: one, net: two}", "optional override db: one", "null", "[]", "1", "db", "override /db: two", "base.yaml", "nowhere"])
    return "%s: ${%s}" % (below, rng.choice(["db", "net", "cluster"])) if rng.random() < 0.3 and "db" in taken else "%s: %s" % (below, option)


def defaults(rng, group, most):
    items, taken, heads = [], [], set()
    for _ in range(rng.randint(1, most)):
        made = item(rng, group, taken)
        head = made.split(":")[0]
        if head in heads and rng.random() < 0.95:
            continue
        heads.add(head)
        items.append(made)
        if ":" in made and "[" not in made and not made.startswith(("override", "optional", "{")):
            taken.append(head)
    if rng.random() < 0.95:
        items.sort(key=lambda i: i.startswith("override"))
    if rng.random() < 0.6:
        last = sum(not i.startswith("override") for i in items)
        items.insert(pick(rng, [0, last, last], range(len(items) + 1)), "_self_")
    return "defaults:\n" + "".join("  - %s\n" % i for i in items)


HEADERS = ["", "", "", "", "", "", "# @package _global_\n", "# @package _group_\n", "# @package other\n", "# @package other.deep\n", "#@package _global_\n", "# @package _group_._name_\n",
           "# comment\n# @package late\n", "\n# @package after_blank\n", "# @package db\n", "# @package _global_.deep\n"]
ODD_HEADERS = ["# @package: other\n", "# @package _here_\n", "# @package a b\n", "# @package foo\n# @package bar\n", "# @package\n", "# @package  \n", "a0: 1\n# @package x\n", "# @other x\n", "  # @package ind\n", "# @package a.b: c\n"]


def collection(rng):
    """Files by path below the collection."""
    files = {"config.yaml": (defaults(rng, "", 5) if rng.random() < 0.95 else "") + body(rng, "root")}
    files["base.yaml"] = rng.choice(["", "", "# @package other\n"]) + (defaults(rng, "cluster", 2) if rng.random() < 0.2 else "") + body(rng, "base")
    for group in GROUPS:
        for option in OPTIONS:
            if rng.random() < 0.99:
                nested = defaults(rng, group, 3) if rng.random() < 0.25 and BELOW[group] else ""
                files["%s/%s.yaml" % (group, option)] = pick(rng, HEADERS, ODD_HEADERS) + nested + body(rng, group)
    return files


OVERRIDE_VALUES = ["1", "-1", "1.5", "1e-5", "true", "False", "null", "abc", "a b", "'a b'", '"q"', "[1,2]", "[]", "{}", "{x:1}", "{x: {y: [1, 2]}}", "'${a}'", "${a}", "${db.a}", "", "a/b", "007", "0x10", "1_000",
                   "inf", "nan", "yes", "???", "a,b", "'a,b'", "a\\,b", "[a,'b c',null,1.0]", "{a b:1}", "{1:2}", "int('3')", "str(3)", "float(3)", "bool(1)", "bool('yes')", "json_str({a:1})",
                   "json_str([1,'a',null,1.5])", "sort(3,1,2)", "sort([3,1,2])", "sort([c,b],reverse=true)", "choice(1,2)", "range(1,3)", "interval(0,1)", "shuffle([1,2])", "glob(*)", "tag(a,b)", "extend_list(4,5)",
                   "int(1.7)", "int([1,'2'])", "float('nan')", "str([1,{a:2}])", "cast(1)", "nofunc(1)", "one", "two", "nowhere", "$x", "a=b", "a:b", "http://x:80/y?z=1", "é", "\\'", "a'b", "'it\\'s'", "a\\ ",
                   " a", "a ", "[1,]", "{a:}", "1,2,3", "{a:1}{b:2}", "${oc.env:PROPERTY_SET}", "${oc.env:PROPERTY_UNSET,'d e'}", "'${oc.select:nope,5}'", "%", "@", "~", "*", "x*", "(", "a(b", "12345678901234567890123"]
OVERRIDE_KEYS = ["a", "b", "name", "db", "db.a", "db.b", "net.a", "db.nested.k", "nested", "nested.k", "other", "other.a", "other.deep.a", "x", "new", "new.sub", "a.b", "a.0", "a.x", "db@other", "net@db.net", "db/engine",
                 "net/opt", "cluster", "db/one", "db@:other", "db@other:new", "hydra.verbose", "hydra/job_logging", "hydra.run.dir", "db.engine.a", "from_root", "from_db", "c.x", "c.y.z", "lr", "''", "a..b", ".a", "a.", "a[0]", "a-b", "1", "a b"]


def mutated(rng, text):
    new = rng.choice("abc01.,:=+~-@/ []{}()'\"\\$#*?é\t")
    at = rng.randrange(len(text) + 1)
    return text[:at] + new + text[at:] if rng.random() < 0.6 else text[:at] + text[at + 1:]


PLAIN_VALUES = ["1", "2.5", "text", "true", "null", "[1,2]", "{x:1}", "'a b'", "one", "two", "three", "{x: {y: [1, 2]}}", "", "[]", "{}", "'${oc.select:db.a}'", "1e-5", "007"]
GOOD_OVERRIDES = ["db=%o", "db=%o", "net=%o", "cluster=%o", "db/engine=%o", "net/opt=%o", "+db=%o", "+net=%o", "+cluster=%o", "+db/engine=%o", "+net/opt=%o", "+db@other=%o", "+net@other.deep=%o", "~db", "~net", "~cluster", "~db=%o",
                  "db@other=%o", "net@_global_=%o", "db=[%o,%o]", "net=null", "+db@_global_=%o", "db/engine@other=%o", "+new=%v", "+new.sub=%v", "++a=%v", "++db.a=%v", "++net.new.deep=%v", "+other.k=%v", "a=%v", "b=%v", "name=%v", "db.a=%v", "net.a=%v",
                  "~a", "~b", "~db.a", "~db.nested", "nested=%v", "nested.k=%v", "++nested=%v", "+hydra.job.name=x", "hydra.job.name=%v", "hydra/job_logging=none", "~a=%v", "++db=%v", "++c.x=%v", "c=%v", "other.a=%v", "db.engine.a=%v"]


def override(rng):
    if rng.random() < 0.8:
        form = rng.choice(GOOD_OVERRIDES)
        while "%o" in form:
            form = form.replace("%o", pick(rng, OPTIONS, ["nowhere", "null", "one.yaml", "a.b", "1"]), 1)
        return form.replace("%v", pick(rng, PLAIN_VALUES, OVERRIDE_VALUES))
    sign = rng.choice(["", "", "", "", "+", "+", "++", "~"])
    key = rng.choice(OVERRIDE_KEYS)
    if sign == "~" and rng.random() < 0.6:
        return sign + key
    text = sign + key + "=" + rng.choice(OVERRIDE_VALUES)
    return mutated(rng, text) if rng.random() < 0.08 else text


NESTED = ["[%s]", "{k:%s}", "[%s,%s]", "{a:%s,b:%s}", "int(%s)", "str(%s)", "float(%s)", "bool(%s)", "json_str(%s)", "sort(%s,%s)", "sort([%s,%s])", "%s,%s", "choice(%s,%s)", "extend_list(%s,%s)", "%s %s", "%s%s", "sort(%s,%s,reverse=%s)", "range(%s,%s)",
          "range(%s,%s,%s)", "shuffle(%s)", "tag(%s,choice(%s,%s))", "interval(%s,%s)", "int(value=%s)", "str(json_str(%s))", "'%s'", '"%s"', "${%s}", "${a:%s,%s}", "\\%s", "sort(range(%s,%s),reverse=true)"]


def override_value(rng, depth):
    if depth <= 0 or rng.random() < 0.55:
        value = rng.choice(OVERRIDE_VALUES)
        return mutated(rng, value) if rng.random() < 0.15 else value
    form = rng.choice(NESTED)
    return form % tuple(override_value(rng, depth - 1) for _ in range(form.count("%s")))


def override_text(rng):
    """For the parser alone: any value below any key."""
    sign = rng.choice(["", "", "", "+", "++", "~"])
    key = rng.choice(OVERRIDE_KEYS)
    if rng.random() < 0.1:
        key = mutated(rng, key)
    return sign + key + rng.choice(["=", "=", "=", "=", "= ", " ="]) + override_value(rng, 2)


def command_line(rng):
    return [override(rng) for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 3]))]
