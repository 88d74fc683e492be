"""The differences that are kept on purpose (docs/deviations.md says why), each by a narrow predicate."""

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


KEPT = {
    "float spellings of OmegaConf 2.2.3 and later": newer_floats,
}
