"""The resolved recipe: finding the file, reading keys by their dotted names, refusing by name."""

import dataclasses
import os
from pathlib import Path

import yaml


class Refusal(Exception):
    """The run cannot start. Every rank comes to the same verdict, so rank 0 alone says it."""


class LocalRefusal(Refusal):
    """The same, for a reason that perhaps only this process sees (its node's devices or files)."""


class Recipe:
    """Reads keys such as "model.optim.lr" and remembers which ones were read."""

    def __init__(self, tree):
        self._tree = tree
        self._read = set()

    def get(self, key, kind=object, default=None):
        """The value at `key` as bool, int, float, str, list or dict; `default` where it is absent or null."""
        self._read.add(key)
        node = self._tree
        for name in key.split("."):
            node = node.get(name) if isinstance(node, dict) else None
        return default if node is None else _as_kind(key, node, kind)

    def need(self, key, kind):
        """The same for a key without a default. Numbers must be positive."""
        value = self.get(key, kind)
        if value is None:
            raise Refusal(f"{key}: the recipe does not set it")
        if kind in (int, float) and value <= 0:
            raise Refusal(f"{key}: must be above 0, found {value}")
        return value

    def fill(self, record, prefix):
        """An instance of the dataclass `record`: each field from the key of its name below `prefix`."""
        values = {}
        for field in dataclasses.fields(record):
            key = f"{prefix}.{field.name}"
            needed = field.default is dataclasses.MISSING
            values[field.name] = self.need(key, field.type) if needed else self.get(key, field.type, field.default)
        return record(**values)

    def unread(self):
        """Names of the keys that ask for something (neither null nor false nor empty) and that nobody read."""

        def leaves(prefix, node):
            for name, value in node.items():
                key = f"{prefix}{name}"
                if key in self._read or value in (None, False, "", [], {}):
                    continue
                yield from leaves(f"{key}.", value) if isinstance(value, dict) else (key,)

        return list(leaves("", self._tree))


def locate(config_path, config_name):
    """The recipe's path: --config-path/--config-name if given, else RECIPE_CONFIG."""
    if config_name:
        path = Path(config_path or ".") / config_name
        return path if path.suffix in (".yaml", ".yml") else path.with_name(path.name + ".yaml")
    if not os.environ.get("RECIPE_CONFIG"):
        raise Refusal("RECIPE_CONFIG is not set: it names the resolved recipe (or give --config-path and --config-name)")
    return Path(os.environ["RECIPE_CONFIG"])


def load(path):
    """The recipe in the YAML file `path`, which holds run, trainer, exp_manager, model, … at its top."""
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalRefusal(f"cannot read the recipe {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"the recipe {path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("model"), dict):
        raise Refusal(f"{path} is not a resolved recipe: it has no map `model` at its top")
    return Recipe(tree)


def _as_kind(key, value, kind):
    try:
        if isinstance(value, kind) and (kind is not int or value is not True and value is not False):
            return value
        if kind in (int, float) and not isinstance(value, bool):
            number = float(value)  # YAML 1.1 reads 1e-05 as text
            if kind is float or number.is_integer():
                return kind(number)
    except (TypeError, ValueError):
        pass
    raise Refusal(f"{key}: expected {kind.__name__}, found {value!r}")
