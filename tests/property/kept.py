# SPDX-License-Identifier: Apache-2.0
"""The differences that are kept on purpose (docs/deviations.md says why), each by a narrow predicate."""

import re

import omegaconf
import oracle


def reason(question, theirs, ours):
    """The name of the exception that a disagreement falls under; None when it is a fault."""
    for name, matches in KEPT.items():
        if matches(question, theirs, ours):
            return name
    return None


def newer_floats(question, theirs, ours):
    return (omegaconf.__version__ == "2.2.2" and question["kind"] in ("yaml", "resolve")
            and oracle.same(oracle.ask_with_newer_floats(question), ours))


def changing(question, theirs, ours):
    return not ours["ok"] and "its result changes with time or host" in ours["message"]


def shuffled(question, theirs, ours):
    return "shuffle(" in " ".join([question.get("text", "")] + question.get("overrides", [])) and theirs["ok"] and ours["ok"]


def program_value(question, theirs, ours):
    return not ours["ok"] and "is a matter of the Python program that Hydra runs in" in ours["message"]


def hydra_value(question, theirs, ours):
    """An override of hydra.* whose key is right: what becomes of the value is Hydra's matter alone."""
    return (ours["ok"] and not theirs["ok"] and any(re.match(r"\+{0,2}~?hydra\.", override) for override in question.get("overrides", []))
            and re.search(r"override \S*hydra\.|hydra\.", theirs["message"]) is not None)


def merged_twice(question, theirs, ours):
    """PyYAML does not look for keys given twice in the map that stands below `<<`."""
    return theirs["ok"] and not ours["ok"] and ours["code"] == "compose.duplicate_key" and "<<" in question.get("text", "")


# What PyYAML reads and we refuse, by what we say: yaml-cpp would read it otherwise, or does not read it.
REFUSALS = {
    "line breaks to PyYAML alone": "ends a line for some readers|carriage return",
    "empty lines at the end of a text": "empty lines? |blanks on the last line",
    "no space after `:`, or no `:` on the key's line": "needs a `:` and a space|`:` is missing after this key$|no text can begin with|cannot begin with `:`",
    "a text of several lines behind an anchor or a tag": "stand further right than its anchor|belongs to nothing before it|an item of the list begins with",
    "a text as far left as its key": "further right than its key",
    "anchors and tags of nothing, and `!` before a line break": "cannot end with a line break|missing after this tag|has not begun|alias of the very node",
    "directives": "directive",
    "names of anchors that end at `:` or `?`": "name of an anchor|scanning anchor",
}


def refusal(ours):
    """The name of a kind of refusal, as docs/deviations.md lists them."""
    return next((name for name, pattern in REFUSALS.items() if re.search(pattern, ours["message"])), "other")


KEPT = {
    "${now:} and ${python_version:}": changing,
    "shuffle() keeps the order": shuffled,
    "values of the Python program below ${hydra:}": program_value,
    "values below hydra.": hydra_value,
    "keys given twice below `<<`": merged_twice,
    "float spellings of OmegaConf 2.2.3 and later": newer_floats,
}
