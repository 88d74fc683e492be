#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates configurations, asks the real OmegaConf and the recipe engine what they mean, and compares values, types and YAML.

    omegaconf_property.py --driver build/tests/property/property_driver [--cases N] [--seed N] [--only yaml|interpolation|text|pieces]
    omegaconf_property.py --driver ... --documents 200000      YAML documents alone: generated ones, and pieces of such in no order
    omegaconf_property.py --driver ... --files FOLDER...       the YAML files below folders
    omegaconf_property.py --driver ... --keep FILE             writes short cases on which both agree, with the answers, for the
                                                               unit tests: kept_cases.jsonl is made so

Of YAML documents no value may differ. yaml-cpp does not read all that PyYAML reads, and the other way round: the shares of
what we refuse and PyYAML takes, and of what PyYAML refuses and we take, are printed and bounded. Of files, none may be refused
but templates of other programs.

Exits with 0 when both agree on all cases but these and the exceptions named in KEPT, 1 when not, 77 when there is no OmegaConf.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import random
import sys
import time

try:
    import omegaconf
    import oracle
    import generate
    import generate_yaml
    import kept
except ImportError as problem:
    if __name__ == "__main__" and problem.name in ("omegaconf", "yaml"):
        print("skipped: Python has no %s (python3-omegaconf in Debian)" % problem.name)
        sys.exit(77)
    raise

KINDS = {"yaml": (generate_yaml.yaml_case, 0.4), "interpolation": (generate.interpolation_case, 0.4), "text": (generate.text_case, 0.2),
         "pieces": (generate_yaml.pieces_case, 0.2)}
DOCUMENTS = {"yaml": 0.75, "pieces": 0.25}  # what --documents is made of

# Shares of the documents: measured are 1.7 % and 0.01 %.
MAX_REFUSED = 0.03
MAX_TAKEN = 0.002
MAX_KEPT_TEXT = 160  # characters of a case that is kept
YAML_ERRORS = ("ReaderError", "ScannerError", "ParserError", "ComposerError", "ConstructorError")


def make_cases(rng, counts):
    for name, count in counts.items():
        for _ in range(count):
            case = KINDS[name][0](rng)
            if "env" in case:
                case["env"] = oracle.ENVIRONMENT
            yield name, case


def counts_of(arguments):
    if arguments.documents:
        return {name: round(arguments.documents * share) for name, share in DOCUMENTS.items()}
    if arguments.only:
        return {arguments.only: arguments.cases}
    return {name: round(arguments.cases * share) for name, (_, share) in KINDS.items()}


def show(question, theirs, ours):
    print("--- %s" % question["kind"])
    print(question["text"])
    print("    as a literal: %r" % question["text"])
    print("  OmegaConf: %s" % describe(theirs))
    print("  here:      %s" % describe(ours))


def describe(answer):
    if not answer["ok"]:
        return "refused: %s: %s" % (answer.get("error", answer.get("code")), answer["message"])
    return "%s %r" % (answer["value"], answer.get("yaml"))


def report(question, driver):
    accepted = oracle.ask(question)["ok"]

    def still_differs(text):
        shorter = dict(question, text=text)
        theirs = oracle.ask(shorter)
        if theirs["ok"] != accepted or (question["kind"] == "resolve" and theirs.get("value", ["m"])[0] != "m"):
            return False
        ours = driver.ask(shorter)
        return not oracle.same(theirs, ours) and kept.reason(shorter, theirs, ours) is None

    shortest = dict(question, text=oracle.minimise(question["text"], still_differs))
    show(shortest, oracle.ask(shortest), driver.ask(shortest))


class Tally:
    """What became of the cases."""

    def __init__(self):
        self.cases = 0
        self.accepted = 0
        self.documents = 0
        self.kept = {}
        self.refused = {}
        self.taken = 0
        self.different = []

    def count(self, name, case, theirs, ours):
        is_document = name in DOCUMENTS
        self.cases += 1
        self.accepted += theirs["ok"]
        self.documents += is_document
        if oracle.same(theirs, ours):
            return
        reason = kept.reason(case, theirs, ours)
        if reason is not None:
            self.kept[reason] = self.kept.get(reason, 0) + 1
        elif is_document and theirs["ok"] and not ours["ok"] and ours["code"] == "compose.yaml":
            kind = kept.refusal(ours)
            self.refused.setdefault(kind, []).append(case["text"])
        elif is_document and ours["ok"] and not theirs["ok"] and theirs["error"] in YAML_ERRORS:
            self.taken += 1
        else:
            self.different.append(case)

    def count_refused(self):
        return sum(len(texts) for texts in self.refused.values())

    def print_documents(self):
        """The figures of the YAML documents; whether the shares are within their limits."""
        if not self.documents:
            return True
        for kind, texts in sorted(self.refused.items(), key=lambda item: -len(item[1])):
            print("refused here, taken by PyYAML: %s: %d, as %r" % (kind, len(texts), min(texts, key=len)))
        refused = self.count_refused() / self.documents
        taken = self.taken / self.documents
        print("documents: %d, refused here and taken by PyYAML %.3f %% (at most %.1f %%), taken here and refused by PyYAML %.3f %% (at most %.1f %%)"
              % (self.documents, 100 * refused, 100 * MAX_REFUSED, 100 * taken, 100 * MAX_TAKEN))
        return refused <= MAX_REFUSED and taken <= MAX_TAKEN


def compare_generated(arguments, driver):
    rng = random.Random(arguments.seed)
    counts = counts_of(arguments)
    named = list(make_cases(rng, counts))
    start = time.monotonic()
    answers = driver.ask_all([case for _, case in named])
    engine_time = time.monotonic() - start
    if len(answers) != len(named):
        print("the driver answered %d of %d cases" % (len(answers), len(named)))
        return 1

    tally = Tally()
    with multiprocessing.Pool() as pool:
        all_theirs = pool.imap(oracle.ask, (case for _, case in named), chunksize=200)
        for (name, case), theirs, ours in zip(named, all_theirs, answers):
            tally.count(name, case, theirs, ours)

    for case in tally.different[: arguments.most_shown]:
        report(case, driver)
    for reason, count in sorted(tally.kept.items()):
        print("kept on purpose: %s: %d" % (reason, count))
    within = tally.print_documents()
    excepted = sum(tally.kept.values())
    one_sided = tally.count_refused() + tally.taken
    print("property: %d cases, %d agree (%d accepted by OmegaConf %s), %d kept on purpose, %d read by one side alone, %d differ (seed %d; %s; %.0f s, %.0f s of them here)"
          % (tally.cases, tally.cases - excepted - one_sided - len(tally.different), tally.accepted, omegaconf.__version__, excepted, one_sided,
             len(tally.different), arguments.seed, ", ".join("%s %d" % item for item in counts.items()), time.monotonic() - start, engine_time))
    return 0 if within and not tally.different else 1


def yaml_files(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix in (".yaml", ".yml") and path.is_file():
                yield path


def compare_files(folders, driver):
    """What files hold, as it is read: no interpolation is looked at."""
    texts = {}
    for path in yaml_files(folders):
        try:
            texts[path] = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            print("not UTF-8: %s" % path)
    counts = {"same": 0, "refused by both": 0, "templates refused here": 0, "taken here alone": 0, "refused here alone": 0, "different": 0}
    answers = driver.ask_all([{"kind": "yaml", "text": text} for text in texts.values()])
    for (path, text), ours in zip(texts.items(), answers):
        theirs = oracle.ask_values(text)
        if theirs["ok"] and ours["ok"]:
            kind = "same" if theirs["value"] == ours["value"] else "different"
        elif theirs["ok"]:
            kind = "templates refused here" if "{{" in text or "{%" in text else "refused here alone"
        else:
            kind = "taken here alone" if ours["ok"] else "refused by both"
        counts[kind] += 1
        if kind in ("different", "refused here alone"):
            print("%s: %s: %s" % (kind, path, ours.get("message", "")))
    print("files: %d, %s" % (len(texts), ", ".join("%s %d" % item for item in counts.items())))
    return 1 if counts["different"] or counts["refused here alone"] else 0


def keep_cases(arguments, driver):
    """Cases that a person can read, one of each answer, as lines of JSON."""
    rng = random.Random(arguments.seed)
    cases = [case for _, case in make_cases(rng, counts_of(arguments)) if len(case["text"]) <= MAX_KEPT_TEXT]
    lines, known = [], set()
    for case, ours in zip(cases, driver.ask_all(cases)):
        answer = json.dumps([ours["ok"], ours.get("value"), ours.get("message")])
        if answer not in known and oracle.same(oracle.ask(case), ours):
            known.add(answer)
            lines.append(json.dumps({"case": case, "answer": ours}, ensure_ascii=False) + "\n")
    pathlib.Path(arguments.keep).write_text("".join(lines), encoding="utf-8")
    print("kept: %d of %d cases" % (len(lines), len(cases)))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--cases", type=int, default=int(os.environ.get("RECIPE_PROPERTY_CASES", 20000)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--documents", type=int)
    parser.add_argument("--files", nargs="+", metavar="FOLDER")
    parser.add_argument("--keep", metavar="FILE")
    parser.add_argument("--most-shown", type=int, default=10)
    arguments = parser.parse_args()

    oracle.register_resolvers()
    driver = oracle.Driver(arguments.driver)
    if arguments.keep:
        return keep_cases(arguments, driver)
    return compare_files(arguments.files, driver) if arguments.files else compare_generated(arguments, driver)


if __name__ == "__main__":
    sys.exit(main())
