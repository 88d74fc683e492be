"""The resolved recipe: reading keys by their dotted names, and refusing by name what this trainer does not do."""

import json
from pathlib import Path

import yaml

LIMITS = yaml.safe_load(Path(__file__).with_name("limits.yaml").read_text())

class Refusal(Exception):
    """The run cannot start. Every rank finds that out and rank 0 says it, or this process alone does (`local`)."""
    def __init__(self, text, local=False):
        super().__init__(text)
        self.local = local

class Recipe:
    """Reads keys such as "model.optim.lr" and remembers which ones were read."""
    def __init__(self, tree):
        self._tree, self._read = tree, set()

    def get(self, key, kind=object, default=None):
        """The value at `key` as bool, int, float, str, list or dict; `default` where it is absent or null."""
        self._read.add(key)
        value = self._tree
        for name in key.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is None or isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return default if value is None else value
        if kind in (int, float) and isinstance(value, (int, float, str)) and not isinstance(value, bool):
            try:
                if kind is float or float(value).is_integer():
                    return kind(float(value))  # YAML 1.1 reads 1e-05 as text
            except ValueError:
                pass
        raise Refusal(f"{key}: expected {kind.__name__}, found {value!r}")

    def need(self, key, kind):
        """The same for a key without a default. Numbers must be positive."""
        value = self.get(key, kind)
        if value is None or kind in (int, float) and value <= 0:
            raise Refusal(f"{key}: the recipe does not set it" if value is None else f"{key}: must be above 0, found {value}")
        return value

    def refuse_unsupported(self):
        """Raises one Refusal that names every key which asks for what this trainer does not do."""
        wrong = [f"{key}: {json.dumps(self.get(key), default=str)} is beyond this trainer; set it to "
                 + " or ".join(json.dumps(value) for value in allowed if value is not None or len(allowed) == 1)
                 for key, allowed in LIMITS["allowed"].items() if self.get(key) not in allowed]
        if wrong:
            raise Refusal("; ".join(wrong))

    def refuse_unread(self):
        """The same for keys that ask for something and that nobody read. Returns those that would only tune."""
        def leaves(prefix, node):
            for name, value in node.items():
                if f"{prefix}{name}" not in self._read and value not in (None, False, "", [], {}):
                    yield from leaves(f"{prefix}{name}.", value) if isinstance(value, dict) else (f"{prefix}{name}",)
        unread = [key for key in leaves("", self._tree) if not key.startswith(tuple(LIMITS["moot"]))]
        if unknown := [key for key in unread if key not in LIMITS["tuning"]]:
            raise Refusal(f"{', '.join(unknown)}: this trainer does not know it; remove it")
        return unread

def load(path):
    """The recipe in the file `path`, with run, trainer, exp_manager, model, … at its top."""
    if not path:
        raise Refusal("RECIPE_CONFIG is not set: it names the resolved recipe (or give the file as an argument)")
    try:
        tree = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"cannot read the recipe {path}: {error.strerror}", local=True) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"the recipe {path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("model"), dict):
        raise Refusal(f"{path} is not a resolved recipe: it has no map `model` at its top")
    return Recipe(tree)
