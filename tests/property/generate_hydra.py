"""Random collections with defaults lists, and random override command lines, for the comparison with the real Hydra."""

import random  # noqa: F401  (the generators take a random.Random)

GROUPS = ["db", "net", "cluster", "db/engine", "net/opt"]
OPTIONS = ["one", "two", "three", "a.b", "x-y"]
VALUE_KEYS = ["a", "b", "c", "name", "port", "lr"]
VALUES = ["1", "2.5", "1e-5", "text", "true", "null", "[1, 2, 3]", "{x: 1, y: {z: 2}}", "'${a}'", "'${.b}'", "'${..name}'", "???", "'x ${db.a} y'", "[]", "{}", "'${oc.select:net.a,7}'",
          "'${hydra:runtime.choices.db}'", "'${oc.env:PROPERTY_SET}'", "yes", "0x10", "{x: '${..b}'}"]


def body(rng, name):
    lines = []
    for key in VALUE_KEYS:
        if rng.random() < 0.35:
            lines.append("%s: %s" % (key, rng.choice(VALUES)))
    if rng.random() < 0.5:
        lines.append("from_%s: %s" % (name.replace("/", "_").replace(".", "_").replace("-", "_"), rng.choice(VALUES)))
    if rng.random() < 0.2:
        lines.append("nested:\n  k: %s\n  l: %s" % (rng.choice(VALUES), rng.choice(VALUES)))
    if rng.random() < 0.1:
        lines.append("db:\n  a: %s" % rng.choice(VALUES))
    return "\n".join(lines) + "\n" if lines else rng.choice(["", "{}\n"])


def item(rng, group_of_config, primary):
    """One item of a defaults list."""
    kind = rng.random()
    group = rng.choice(GROUPS)
    relative = group
    if group_of_config and rng.random() < 0.5:
        relative = rng.choice(["engine", "opt", "sub", group])
    if rng.random() < (0.4 if group_of_config else 0.1):
        relative = "/" + group
    package = rng.choice(["", "", "", "", "", "@_here_", "@_global_", "@other", "@_group_", "@other.deep", "@_global_.x", "@:", "@_name_"])
    option = rng.choice(OPTIONS + ["one", "one", "two"])
    if kind < 0.45:
        return "%s%s: %s" % (relative, package, rng.choice([option, option, option, option, option, "null", "???", option + ".yaml", "nowhere", "${db}_x", "'1'"]))
    if kind < 0.52:
        return "%s%s: [%s]" % (relative, package, ", ".join(rng.sample(OPTIONS[:3], rng.randint(0, 2))))
    if kind < 0.62:
        return "optional %s%s: %s" % (relative, package, rng.choice([option, "nowhere", "null"]))
    if kind < 0.72:
        return "override %s%s: %s" % (relative, package, rng.choice([option, "null", "nowhere"]))
    if kind < 0.80:
        return rng.choice(["%s/%s%s" % (relative, option, package), option, "/" + group + "/" + option, "base", "nowhere", "base@other", "base.yaml"])
    if kind < 0.84:
        return "%s: ${%s}_%s" % (relative, rng.choice(["db", "net", "cluster"]), option) if rng.random() < 0.5 else "%s: ${db}" % relative
    if kind < 0.86:
        return rng.choice(["override hydra/job_logging: none", "override hydra/job_logging: stdout", "{db: one, net: two}", "optional override db: one", "null", "[]", "1", "db", "override /db: two"])
    return "_self_"


def defaults(rng, group_of_config, primary, most):
    items = [item(rng, group_of_config, primary) for _ in range(rng.randint(1, most))]
    if rng.random() < 0.6 and "_self_" not in items:
        items.insert(rng.choice([0, len(items), len(items)]), "_self_")
    if rng.random() < 0.7:
        seen = set()
        items = [i for i in items if not (i.split(":")[0] in seen or seen.add(i.split(":")[0]))]
        items.sort(key=lambda i: i.startswith("override"))
    return "defaults:\n" + "".join("  - %s\n" % i for i in items)


HEADERS = ["", "", "", "", "", "# @package _global_\n", "# @package _group_\n", "# @package other\n", "# @package other.deep\n", "#@package _global_\n", "# @package: other\n",
           "# @package _group_._name_\n", "# comment\n# @package late\n", "\n# @package after_blank\n", "# @package _here_\n", "# @package a b\n", "# @package foo\n# @package bar\n", "# @package db\n"]


def collection(rng):
    """Files by path below the collection."""
    files = {"config.yaml": (defaults(rng, "", True, 5) if rng.random() < 0.9 else "") + body(rng, "root")}
    files["base.yaml"] = rng.choice(["", "", "# @package other\n"]) + (defaults(rng, "", False, 2) if rng.random() < 0.2 else "") + body(rng, "base")
    for group in GROUPS:
        for option in OPTIONS[:3] + (["a.b"] if rng.random() < 0.2 else []):
            if rng.random() < 0.93:
                nested = defaults(rng, group, False, 3) if rng.random() < 0.2 else ""
                files["%s/%s.yaml" % (group, option)] = rng.choice(HEADERS) + nested + body(rng, group)
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


def override(rng):
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
