"""The differences that are kept on purpose (docs/deviations.md says why), each by a narrow predicate."""


def reason(question, theirs, ours):
    """The name of the exception that a disagreement falls under; None when it is a fault."""
    for name, matches in KEPT.items():
        if matches(question, theirs, ours):
            return name
    return None


KEPT = {}
