# SPDX-License-Identifier: Apache-2.0
"""Draws mutants of the product's lines, and tells which ones the unit tests notice. scripts/mutate says how."""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import pickle
import random
import re
import sys
import time

import copied_tree
import sites
from copied_tree import CopiedTree, Failed, digest, run
from test_program import TestProgram

HERE = pathlib.Path(__file__).resolve().parent


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/mutate", allow_abbrev=False)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--changed", metavar="BASE")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-least", type=float, default=0.0)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("files", nargs="*")
    own, options = sys.argv[1:], []
    if "--" in own:
        own, options = own[: own.index("--")], own[own.index("--") + 1 :]
    arguments = parser.parse_args(own)
    arguments.cmake_options = options
    return arguments


def say(text):
    print(f"mutate: {text}", flush=True)


def tool_version():
    return digest(b"".join(sorted((HERE / name).read_bytes() for name in ("sites.py", "mutant.py", "source_text.py"))))


def unit_mutants(work):
    """The mutants of one unit; what was found once is kept as long as the unit and its headers are the same."""
    root, folder, unit, meaning, version = work
    cache = pathlib.Path(folder) / "found" / digest(f"{version} {unit} {meaning}".encode())
    if cache.exists():
        known = pickle.loads(cache.read_bytes())
        if all(os.path.exists(name) and digest(pathlib.Path(name).read_bytes()) == was for name, was in known["read"].items()):
            return known["found"]
    found, read, errors = sites.mutants_of(f"{root}/{unit}", meaning, str(root))
    if errors:
        raise Failed(f"clang does not understand {unit}:\n" + "\n".join(errors))
    cache.parent.mkdir(exist_ok=True)
    cache.write_bytes(pickle.dumps({"read": {name: digest(pathlib.Path(name).read_bytes()) for name in read}, "found": found}))
    return found


def all_mutants(copy, units, jobs):
    """Of each file those that the first unit that reads it shows."""
    work = [(copy.root, copy.folder, unit, meaning, tool_version()) for unit, meaning in units.items()]
    by_file = {}
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(unit_mutants, work):
            for file, mutants in found.items():
                if file in copy.names and not file.startswith("tests/"):
                    by_file.setdefault(file, mutants)
    return by_file


def changed_lines(root, base):
    """{file: lines} that differ from the base commit, in the working tree."""
    changed, file = collections.defaultdict(set), None
    for line in run(["git", "-C", root, "diff", "--unified=0", "--no-color", "--no-ext-diff", base]).splitlines():
        if line.startswith("+++ "):
            file = line[6:] if line.startswith("+++ b/") else None
        elif file and (hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            changed[file].update(range(first, first + count))
    return changed


def units_to_read(units, changed, arguments):
    """Those that hold what can be drawn: few where only they are meant, and all where headers are."""
    files = tuple(arguments.files)
    if files and all(any(unit.startswith(file) for unit in units) for file in files):
        units = {unit: meaning for unit, meaning in units.items() if unit.startswith(files)}
    if changed is not None and not any(file.endswith(".hpp") for file in changed):
        units = {unit: meaning for unit, meaning in units.items() if unit in changed}
    return units


def wanted(by_file, changed, arguments):
    mutants = [each for found in by_file.values() for each in found]
    if changed is not None:
        mutants = [each for each in mutants if changed.get(each.file, set()) & set(range(each.line, each.last_line + 1))]
    if arguments.files:
        mutants = [each for each in mutants if each.file.startswith(tuple(arguments.files))]
    mutants.sort(key=lambda each: each.order)
    random.Random(arguments.seed).shuffle(mutants)
    return mutants


def compile_mutants(copy, mutants, count, jobs):
    """The first `count` that compile, with their numbers; all are in the build."""
    numbered = list(enumerate(mutants))
    waiting = numbered[count:]
    chosen = numbered[:count]
    dropped = 0
    while True:
        copy.write_mutants(chosen)
        output = copy.compile(jobs)
        if output is None:
            return chosen, dropped
        refused = copied_tree.refused(output, chosen, copy.tree)
        if not refused:
            raise Failed(f"the mutated sources do not compile, and not for a mutant:\n{output[-6000:]}")
        dropped += len(refused)
        say(f"{len(refused)} do not compile; others take their place")
        chosen = [each for each in chosen if each[0] not in refused]
        chosen += waiting[: len(refused)]
        waiting = waiting[len(refused) :]


def judge(program, chosen, jobs):
    cases = program.record(max(number for number, _ in chosen) + 1)
    say(f"{len(cases)} test cases, each alone, recorded what they reach")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        verdicts = pool.map(lambda each: program.verdict(each[0], cases), chosen)
        return [(mutant, verdict) for (_, mutant), verdict in zip(chosen, verdicts)]


def folder_of(file):
    return "/".join(file.split("/")[:2]) if file.startswith("lib/") else file.split("/")[0]


def report(judged, arguments, out_of_reach, seconds):
    """Prints the survivors and the figures; returns the percentage."""
    lived = [(mutant, verdict) for mutant, verdict in judged if not verdict.killed]
    for mutant, verdict in sorted(lived, key=lambda each: each[0].order):
        reach = f"reached by {verdict.cases} test cases" if verdict.cases else "no test case reaches it"
        print(f"lived: {mutant}  ({reach})")
    folders = collections.defaultdict(lambda: [0, 0])
    for mutant, verdict in judged:
        folders[folder_of(mutant.file)][0 if verdict.killed else 1] += 1
    for folder, (killed, left) in sorted(folders.items()):
        print(f"{folder}: {killed} of {killed + left} killed")
    print(f"out of reach of the unit tests, and not drawn from: {', '.join(out_of_reach)}")
    hows = collections.Counter(verdict.how for _, verdict in judged)
    print(", ".join(f"{count} {how}" for how, count in sorted(hows.items())))
    killed = len(judged) - len(lived)
    percent = 100.0 * killed / len(judged)
    print(f"{len(judged)} mutants, seed {arguments.seed}: {killed} killed, {len(lived)} lived: {percent:.1f} % ({seconds:.0f} s)")
    return percent


def main():
    started = time.monotonic()
    arguments = parse_arguments()
    copy = CopiedTree(arguments.root, arguments.build)
    copy.refresh()
    copy.configure(arguments.cmake_options)
    changed = None if arguments.all else changed_lines(arguments.root, arguments.changed or "HEAD~1")
    units = units_to_read(copy.units(), changed, arguments)
    mutants = wanted(all_mutants(copy, units, arguments.jobs), changed, arguments)
    say(f"{len(mutants)} mutants of {len({each.file for each in mutants})} files can be drawn")
    if arguments.list or not mutants:
        for each in sorted(mutants, key=lambda each: each.order):
            print(each)
        return 0
    chosen, dropped = compile_mutants(copy, mutants, arguments.count, arguments.jobs)
    say(f"{len(chosen)} compiled, {dropped} left out that do not ({time.monotonic() - started:.0f} s so far)")
    program = TestProgram(*copy.take_programs(), arguments.root, arguments.build, arguments.jobs)
    judged = judge(program, chosen, arguments.jobs)
    (arguments.build / "mutants.json").write_text(
        json.dumps([vars(mutant) | vars(verdict) for mutant, verdict in judged], indent=1)
    )
    percent = report(judged, arguments, copy.out_of_reach(), time.monotonic() - started)
    return 0 if percent >= arguments.at_least else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print(f"mutate: {failed}", file=sys.stderr)
        sys.exit(2)
