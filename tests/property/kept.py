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


KEPT = {
    "${now:} and ${python_version:}": changing,
    "shuffle() keeps the order": shuffled,
    "values of the Python program below ${hydra:}": program_value,
    "values below hydra.": hydra_value,
    "float spellings of OmegaConf 2.2.3 and later": newer_floats,
}
