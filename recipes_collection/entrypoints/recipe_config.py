"""The resolved recipe, read by keys.yaml: a key that is not there, or a value, is refused by the key's name."""

import contextlib
import json
from pathlib import Path

import yaml

KEYS = yaml.safe_load(Path(__file__).with_name("keys.yaml").read_text())

class Refusal(Exception):
    """The run cannot start. Every rank finds that out and rank 0 says it, or this process alone does (`local`)."""
    def __init__(self, text, local=False):
        super().__init__(text)
        self.local = local

@contextlib.contextmanager
def blaming(what):
    """Refuses `what` where the files it names turn out to be unusable, which may be so on this node alone."""
    try:
        yield
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Refusal(f"{what}: {' '.join(str(error).split())}", local=True) from None

def load(path):
    """The recipe in the file `path`, with run, trainer, exp_manager, model, … at its top."""
    with blaming(f"the recipe {path}"):
        tree = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        if not isinstance(tree, dict) or not isinstance(tree.get("model"), dict):
            raise ValueError("it has no map `model` at its top")
    return checked(tree)

def checked(tree):
    """The value of every key that the trainer reads, by its dotted name. One Refusal names all keys that are amiss."""
    given, recipe, faults = dict(leaves(tree)), {}, {}
    for key, rule in KEYS["read"].items():
        value = given.pop(key, None)
        if rule.get("kind") == "float" and type(value) in (int, str):
            with contextlib.suppress(ValueError):
                value = float(value)  # YAML 1.1 reads 1e-05 as text
        recipe[key] = rule.get("default") if value is None else value
        faults[key] = fault(recipe[key], rule)
    for key, value in given.items():
        if value not in (None, False, "", []) and not key.startswith(tuple(KEYS["moot"])):
            faults[key] = "this trainer does not know it; remove it"
    if text := "; ".join(f"{key}: {reason}" for key, reason in faults.items() if reason):
        raise Refusal(text)
    return recipe

def leaves(tree, prefix=""):
    for name, value in tree.items():
        yield from leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]

def fault(value, rule):
    if "one_of" in rule:
        allowed = " or ".join(map(json.dumps, rule["one_of"]))
        return None if value in rule["one_of"] else f"{json.dumps(value)} is beyond this trainer; set it to {allowed}"
    if value is None:
        return None if "default" in rule else "the recipe does not set it"
    if type(value).__name__ != rule["kind"]:
        return f"expected {rule['kind']}, found {value!r}"
    return f"must be above {rule['above']}, found {value}" if "above" in rule and value <= rule["above"] else None
