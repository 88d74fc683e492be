# SPDX-License-Identifier: Apache-2.0
"""What the real OmegaConf says, in the driver's notation."""

import io
import json
import math
import os
import re
import subprocess
import tempfile
import warnings

import omegaconf
import omegaconf._utils
import yaml
from omegaconf import DictConfig, ListConfig, OmegaConf

ENVIRONMENT = {"PROPERTY_SET": "from-env", "PROPERTY_INT": "007", "PROPERTY_EMPTY": ""}


def register_resolvers():
    """The resolvers of the HyperPod launcher, as its documentation says what they compute."""
    os.environ.update(ENVIRONMENT)
    os.environ.pop("PROPERTY_UNSET", None)
    OmegaConf.register_new_resolver("multiply", lambda x, y: x * y, replace=True)
    OmegaConf.register_new_resolver("divide_ceil", lambda x, y: int(math.ceil(x / y)), replace=True)
    OmegaConf.register_new_resolver("divide_floor", lambda x, y: int(math.floor(x / y)), replace=True)


class Untypable(Exception):
    """A value that no configuration holds."""


def typed(value):
    if value is None:
        return ["n"]
    if isinstance(value, bool):
        return ["b", value]
    if isinstance(value, int):
        return ["i", str(value)]
    if isinstance(value, float):
        return ["f", repr(value)]
    if isinstance(value, str):
        value.encode("utf-8")  # lone surrogates are no text
        return ["s", value]
    if isinstance(value, (list, ListConfig)):
        return ["l", [typed(item) for item in value]]
    if isinstance(value, (dict, DictConfig)):
        return ["m", [[typed(key), typed(item)] for key, item in value.items()]]
    raise Untypable(type(value).__name__)


def refused(problem):
    return {"ok": False, "error": type(problem).__name__, "message": str(problem).split("\n")[0][:200]}


def read(text):
    value = yaml.load(io.StringIO(text), Loader=omegaconf._utils.get_yaml_loader())
    if isinstance(value, (dict, list)):
        return OmegaConf.to_container(OmegaConf.create(value))
    return value


def ask_values(text):
    """What the text holds as it is read, before OmegaConf makes a configuration of it."""
    try:
        return {"ok": True, "value": typed(yaml.load(io.StringIO(text), Loader=omegaconf._utils.get_yaml_loader()))}
    except (Exception, RecursionError) as problem:  # whatever it is, the text was not accepted
        return refused(problem)


def ask_yaml(question):
    value = read(question["text"])
    written = OmegaConf.to_yaml(OmegaConf.create(value)) if isinstance(value, (dict, list)) else None
    return {"ok": True, "value": typed(value), "yaml": written}


def ask_resolve(question):
    value = yaml.load(io.StringIO(question["text"]), Loader=omegaconf._utils.get_yaml_loader())
    if not isinstance(value, (dict, list)):
        return {"ok": True, "value": typed(value)}
    config = OmegaConf.create(value)
    answer = {"ok": True, "value": typed(OmegaConf.to_container(config, resolve=True))}
    if question["written"]:
        answer["yaml"] = OmegaConf.to_yaml(config, resolve=True)
    return answer


NEWER_FLOATS = re.compile(
    r"""^(?:[-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
    |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?|[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
    |[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$""", re.X)


def ask_with_newer_floats(question):
    """The same with the float spellings that OmegaConf 2.2.3 and later know; 2.2.2 takes `_` in more places."""
    original = omegaconf._utils.get_yaml_loader

    def newer_loader():
        loader = original()
        for first, resolvers in loader.yaml_implicit_resolvers.items():
            floats = [i for i, (tag, _) in enumerate(resolvers) if tag == "tag:yaml.org,2002:float"]
            if len(floats) > 1:
                resolvers[floats[-1]] = (resolvers[floats[-1]][0], NEWER_FLOATS)
        return loader

    omegaconf._utils.get_yaml_loader = newer_loader
    try:
        return ask(question)
    finally:
        omegaconf._utils.get_yaml_loader = original


def ask(question):
    """The answer to one question; an exception of any kind is a refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return {"yaml": ask_yaml, "resolve": ask_resolve}[question["kind"]](question)
        except (Exception, RecursionError) as problem:  # whatever it is, the configuration was not accepted
            return refused(problem)


class Driver:
    """The C++ side: all questions of a run in one process."""

    def __init__(self, path):
        self.path = path

    def ask_all(self, questions):
        with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
            for question in questions:
                json.dump(question, file, ensure_ascii=False)
                file.write("\n")
            file.seek(0)
            process = subprocess.run([self.path], stdin=file, stdout=subprocess.PIPE, check=True)
        lines = process.stdout.decode("utf-8", "surrogateescape").split("\n")
        return [json.loads(line) for line in lines if line]

    def ask(self, question):
        return self.ask_all([question])[0]


def same(theirs, ours):
    if theirs["ok"] != ours["ok"]:
        return False
    if not theirs["ok"]:
        return True
    if theirs["value"] != ours["value"]:
        return False
    return theirs.get("yaml") is None or theirs["yaml"] == ours["yaml"]


def minimise(text, still_differs, attempts=300):
    """A shorter text that the two sides disagree on as well: without lines, then without characters."""
    for pieces, glue in ((lambda t: t.splitlines(keepends=True), ""), (list, "")):
        changed = True
        while changed and attempts > 0:
            changed = False
            parts = pieces(text)
            size = max(len(parts) // 2, 1)
            while size > 0 and attempts > 0:
                position = 0
                while position < len(parts) and attempts > 0:
                    shorter = glue.join(parts[:position] + parts[position + size:])
                    attempts -= 1
                    if shorter and shorter != text and still_differs(shorter):
                        text = shorter
                        parts = pieces(text)
                        changed = True
                    else:
                        position += size
                size //= 2
    return text
