#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates configurations, asks the real OmegaConf and the recipe engine what they mean, and compares values, types and YAML.

    omegaconf_property.py --driver build/tests/property/property_driver [--cases N] [--seed N] [--only yaml|interpolation|text]

Exits with 0 when both agree on all cases but the exceptions named in KEPT, 1 when not, 77 when there is no OmegaConf.
"""

import argparse
import os
import random
import sys
import time

try:
    import omegaconf
    import oracle
    import generate
    import kept
except ImportError as problem:
    if __name__ == "__main__" and problem.name in ("omegaconf", "yaml"):
        print("skipped: Python has no %s (python3-omegaconf in Debian)" % problem.name)
        sys.exit(77)
    raise

KINDS = {"yaml": (generate.yaml_case, 0.4), "interpolation": (generate.interpolation_case, 0.4), "text": (generate.text_case, 0.2)}


def make_cases(rng, count, only):
    for name, (make, share) in KINDS.items():
        if only in (None, name):
            for _ in range(count if only else round(count * share)):
                case = make(rng)
                if "env" in case:
                    case["env"] = oracle.ENVIRONMENT
                yield name, case


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--cases", type=int, default=int(os.environ.get("RECIPE_PROPERTY_CASES", 20000)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--most-shown", type=int, default=10)
    arguments = parser.parse_args()

    oracle.register_resolvers()
    rng = random.Random(arguments.seed)
    named = list(make_cases(rng, arguments.cases, arguments.only))
    start = time.monotonic()
    driver = oracle.Driver(arguments.driver)
    answers = driver.ask_all([case for _, case in named])
    engine_time = time.monotonic() - start
    if len(answers) != len(named):
        print("the driver answered %d of %d cases" % (len(answers), len(named)))
        return 1

    counts = dict.fromkeys(KINDS, 0)
    accepted = 0
    exceptions = {}
    different = []
    for (name, case), ours in zip(named, answers):
        counts[name] += 1
        theirs = oracle.ask(case)
        accepted += theirs["ok"]
        if oracle.same(theirs, ours):
            continue
        reason = kept.reason(case, theirs, ours)
        if reason is None:
            different.append(case)
        else:
            exceptions[reason] = exceptions.get(reason, 0) + 1

    for case in different[: arguments.most_shown]:
        report(case, driver)
    for reason, count in sorted(exceptions.items()):
        print("kept on purpose: %s: %d" % (reason, count))
    excepted = sum(exceptions.values())
    print("property: %d cases, %d agree (%d accepted by OmegaConf %s), %d kept on purpose, %d differ (seed %d; %s; %.0f s, %.0f s of them here)"
          % (len(named), len(named) - excepted - len(different), accepted, omegaconf.__version__, excepted, len(different), arguments.seed,
             ", ".join("%s %d" % item for item in counts.items()), time.monotonic() - start, engine_time))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
