# SPDX-License-Identifier: Apache-2.0
"""The resolved recipe, read by keys.yaml: a key that is not there, or a value, is refused by the key's name."""

import contextlib
import json
from pathlib import Path
from types import SimpleNamespace

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
    """Every key that the trainer reads, as in recipe.trainer.max_steps. One Refusal names all that are amiss."""
    given, values, recipe = dict(leaves(tree)), {}, SimpleNamespace()
    for key, rule in KEYS["read"].items():
        value = given.pop(key, None)
        if rule.get("kind") == "float" and type(value) in (int, str):
            with contextlib.suppress(ValueError):
                value = float(value)  # YAML 1.1 reads 1e-05 as text
        values[key] = rule.get("default") if value is None else value
        put(recipe, key, values[key])
    faults = {key: fault(key, rule, values) for key, rule in KEYS["read"].items()}
    for key, value in given.items():
        if value not in (None, False, "", []) and not key.startswith(tuple(KEYS["moot"])):
            faults[key] = "this trainer does not know it; remove it"
    if text := "; ".join(f"{key}: {reason}" for key, reason in faults.items() if reason):
        raise Refusal(text)
    return recipe

def leaves(tree, prefix=""):
    for name, value in tree.items():
        yield from leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]

def put(place, key, value):
    name, _, rest = key.partition(".")
    put(vars(place).setdefault(name, SimpleNamespace()), rest, value) if rest else setattr(place, name, value)

def fault(key, rule, values):
    value = values[key]
    if "one_of" in rule:
        allowed = " or ".join(map(json.dumps, rule["one_of"]))
        return None if value in rule["one_of"] else f"{json.dumps(value)} is beyond this trainer; set it to {allowed}"
    if value is None:
        return None if "default" in rule else "the recipe does not set it"
    if type(value).__name__ != rule["kind"]:
        return f"expected {rule['kind']}, found {value!r}"
    if "above" in rule and value <= rule["above"]:
        return f"must be above {rule['above']}, found {value}"
    others = {other: values[other] for other in rule.get("divides", ())}
    uneven = [f"{other} {number}" for other, number in others.items() if type(number) is int and number % value]
    return f"{value} does not divide {', '.join(uneven)}" if uneven else None
