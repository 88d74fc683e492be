#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the recipe engine with the real Hydra, by hand: Debian has none. Skips with 77 when hydra cannot be imported.

    hydra_property.py --driver DRIVER override --cases N --seed N          the override grammar
    hydra_property.py --driver DRIVER compose --cases N --seed N           generated collections and command lines
    hydra_property.py --driver DRIVER collection DIR [--overrides N]       every recipe below DIR/recipes, each N times more with random overrides

With --keep FILE, short cases on which both agree are written there with the answers, one of each answer: the unit tests read
kept_overrides.jsonl and kept_compositions.jsonl, which were made so.
"""

import argparse
import copy
import json
import os
import random
import sys
import tempfile
import time
import warnings

try:
    import hydra
    import omegaconf
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import QuotedString, Quote, Sweep
    from omegaconf import OmegaConf
except ImportError as problem:
    print("skipped: Python has no %s" % problem.name)
    sys.exit(77)

import generate_hydra
import kept
import oracle

MAX_KEPT_LINE = 3000  # characters


def typed_element(value):
    if isinstance(value, QuotedString):
        return ["q'" if value.quote == Quote.single else 'q"', value.text]
    if isinstance(value, Sweep):
        return ["sweep"]
    if isinstance(value, list):
        return ["l", [typed_element(item) for item in value]]
    if isinstance(value, dict):
        return ["m", [[typed_element(key), typed_element(item)] for key, item in value.items()]]
    return oracle.typed(value)


def ask_override(question, parser=OverridesParser.create()):
    try:
        override = parser.parse_override(question["text"])
        value = None
        if override.is_sweep_override():
            value = ["sweep"]
        elif override._value is not None or "=" in question["text"]:
            value = typed_element(override._value)
        return {"ok": True, "type": override.type.name, "key": override.key_or_group, "package": override.package, "value": value}
    except Exception as problem:
        return oracle.refused(problem)


def same_override(theirs, ours):
    if theirs["ok"] != ours["ok"] or not theirs["ok"]:
        return theirs["ok"] == ours["ok"]
    return all(theirs[key] == ours[key] for key in ("type", "key", "package", "value"))


def ask_compose(question):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        GlobalHydra.instance().clear()
        try:
            with hydra.initialize_config_dir(question["collection"], version_base=question.get("version_base", "1.3")):
                config = hydra.compose("config", overrides=question["full"], return_hydra_config=True)
            HydraConfig.instance().set_config(config)
            # As hydra.main hands it to the application: without its own section.
            config = copy.deepcopy(config)
            OmegaConf.set_readonly(config, False)
            OmegaConf.set_struct(config, False)
            del config["hydra"]
            if question.get("alias"):
                config["training"] = copy.deepcopy(config["recipes"])
            value = OmegaConf.to_container(config, resolve=True)
            if question.get("alias"):
                del value["training"]
            return {"ok": True, "value": oracle.typed(value)}
        except (Exception, RecursionError) as problem:
            return oracle.refused(problem)


def write_collection(directory, files):
    for path, text in files.items():
        full = os.path.join(directory, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


def summary(name, cases, accepted, exceptions, different, arguments, start):
    for reason, count in sorted(exceptions.items()):
        print("kept on purpose: %s: %d" % (reason, count))
    excepted = sum(exceptions.values())
    print("%s: %d cases, %d agree (%d accepted by Hydra %s, OmegaConf %s), %d kept on purpose, %d differ (seed %d, %.0f s)"
          % (name, cases, cases - excepted - different, accepted, hydra.__version__, omegaconf.__version__, excepted, different, arguments.seed, time.monotonic() - start))
    return 1 if different else 0


def compare(name, questions, ask, same, show, arguments):
    start = time.monotonic()
    answers = oracle.Driver(arguments.driver).ask_all(questions)
    if arguments.keep:
        keep(questions, answers, ask, same, arguments.keep)
        return 0
    accepted = different = 0
    exceptions = {}
    for question, ours in zip(questions, answers):
        theirs = ask(question)
        accepted += theirs["ok"]
        if same(theirs, ours):
            continue
        reason = kept.reason(question, theirs, ours)
        if reason is not None:
            exceptions[reason] = exceptions.get(reason, 0) + 1
            continue
        different += 1
        if different <= arguments.most_shown:
            show(question)
            for side, answer in (("Hydra", theirs), ("here", ours)):
                print("  %-6s %s" % (side, answer if answer["ok"] else "refused: %s: %s" % (answer.get("error", answer.get("code")), answer["message"])))
    return summary(name, len(questions), accepted, exceptions, different, arguments, start)


def keep(questions, answers, ask, same, file):
    kept_lines, known = [], set()
    for question, ours in zip(questions, answers):
        # Where a collection lay is no part of its case.
        collection = question.get("collection")
        given = {key: value for key, value in question.items() if key not in ("collection", "full")}
        line = json.dumps({"case": given, "answer": ours}, ensure_ascii=False)
        line = line.replace(collection, "@") if collection else line
        answer = json.dumps([ours.get("value"), ours.get("key"), ours.get("message")])
        answer = answer.replace(collection, "@") if collection else answer
        if len(line) <= MAX_KEPT_LINE and answer not in known and same(ask(question), ours):
            known.add(answer)
            kept_lines.append(line + "\n")
    with open(file, "w", encoding="utf-8") as stream:
        stream.writelines(kept_lines)
    print("kept: %d of %d cases" % (len(kept_lines), len(questions)))


def check_overrides(arguments):
    rng = random.Random(arguments.seed)
    questions = [{"kind": "override", "text": generate_hydra.override_text(rng)} for _ in range(arguments.cases)]
    return compare("override", questions, ask_override, same_override, lambda q: print("--- %r" % q["text"]), arguments)


def check_compositions(arguments):
    rng = random.Random(arguments.seed)
    questions = []

    def show(question):
        print("--- overrides %r" % question["full"])
        for path, text in question["files"].items():
            if question["full"] or path in ("config.yaml", "base.yaml") or True:
                print("  %-20s %r" % (path, text))

    with tempfile.TemporaryDirectory() as root:
        trees = 0
        while len(questions) < arguments.cases:
            files = generate_hydra.collection(rng)
            directory = os.path.join(root, str(trees))
            trees += 1
            write_collection(directory, files)
            for _ in range(4):
                overrides = generate_hydra.command_line(rng)
                questions.append({"kind": "compose", "collection": directory, "recipe": "", "overrides": overrides, "full": overrides, "env": oracle.ENVIRONMENT, "files": files})
        return compare("compose", questions, ask_compose, oracle.same, show, arguments)


def check_collection(arguments):
    rng = random.Random(arguments.seed)
    directory = os.path.abspath(arguments.directory)
    os.chdir(os.path.dirname(directory))
    questions = []
    for folder, _, names in sorted(os.walk(os.path.join(directory, "recipes"))):
        for name in sorted(names):
            if not name.endswith(".yaml"):
                continue
            recipe = os.path.relpath(os.path.join(folder, name), os.path.join(directory, "recipes"))[:-5]
            for attempt in range(1 + arguments.overrides):
                overrides = [] if attempt == 0 else recipe_overrides(rng, os.path.join(folder, name))
                questions.append({"kind": "compose", "collection": directory, "working_directory": os.getcwd(), "recipe": recipe, "overrides": overrides,
                                  "full": ["recipes=" + recipe] + overrides, "env": oracle.ENVIRONMENT, "alias": True})
    return compare("collection", questions, ask_compose, oracle.same, lambda q: print("--- %s %r" % (q["recipe"], q["overrides"])), arguments)


def recipe_overrides(rng, file):
    """Overrides of keys that the recipe has, and some that it has not."""
    paths = ["recipes", "cluster", "instance_type", "recipes.run.name", "recipes.nowhere", "container", "env_vars"]

    def walk(node, prefix):
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in items:
            paths.append("%s.%s" % (prefix, key))
            walk(value, paths[-1])

    with open(file, encoding="utf-8") as stream:
        import yaml
        walk(yaml.load(stream, Loader=omegaconf._utils.get_yaml_loader()), "recipes")
    made = []
    for _ in range(rng.randint(1, 4)):
        sign = rng.choice(["", "", "", "", "", "", "++", "+", "~"])
        path = rng.choice(paths)
        if rng.random() < 0.1:
            path += ".new"
            sign = rng.choice(["+", "++"])
        made.append(sign + path if sign == "~" else "%s%s=%s" % (sign, path, rng.choice(generate_hydra.OVERRIDE_VALUES)))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-shown", type=int, default=10)
    parser.add_argument("--overrides", type=int, default=0)
    parser.add_argument("--keep", metavar="FILE")
    parser.add_argument("what", choices=["override", "compose", "collection"])
    parser.add_argument("directory", nargs="?")
    arguments = parser.parse_args()
    oracle.register_resolvers()
    return {"override": check_overrides, "compose": check_compositions, "collection": check_collection}[arguments.what](arguments)


if __name__ == "__main__":
    sys.exit(main())
