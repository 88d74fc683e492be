#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts test cases in a JUnit file of ctest: prints "PASSED FAILED".

    tally_ctest.py JUNIT.xml            the counts
    tally_ctest.py --reports JUNIT.xml  what tests printed that count cases of their own, and why tests were skipped

A Catch2 program counts with its test cases, as its last lines tell them; any other test, and a program that died before
it could tell, counts as one.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

ALL_PASSED = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)", re.MULTILINE)
SOME_FAILED = re.compile(r"^test cases:\s*\d+(.*)$", re.MULTILINE)


def catch2_counts(output):
    """(passed, failed), or None when the output is not that of a Catch2 program that reached its end."""
    all_passed = ALL_PASSED.findall(output)
    if all_passed:
        return int(all_passed[-1]), 0
    some_failed = SOME_FAILED.findall(output)
    if some_failed:
        counts = {name.strip(): int(number) for number, name in re.findall(r"\|\s*(\d+) ([a-z ]+)", some_failed[-1])}
        # "failed as expected" is its own column and no failure.
        return counts.get("passed", 0), counts.get("failed", 0)
    return None


def print_reports(cases):
    for case in cases:
        output = case.findtext("system-out") or ""
        if catch2_counts(output) is None:
            for line in output.strip().splitlines():
                print(f"{case.get('name')}: {line}")


def main():
    if not (len(sys.argv) == 2 or (len(sys.argv) == 3 and sys.argv[1] == "--reports")) or sys.argv[-1].startswith("-"):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    cases = list(ElementTree.parse(sys.argv[-1]).iter("testcase"))
    if sys.argv[1] == "--reports":
        print_reports(cases)
        return
    passed = failed = 0
    for case in cases:
        succeeded = case.get("status") == "run"
        if case.get("status") in ("disabled", "notrun") and case.find("failure") is None:
            continue
        counts = catch2_counts(case.findtext("system-out") or "")
        if counts is None or (not succeeded and counts[1] == 0):
            counts = (1, 0) if succeeded else (0, 1)
        passed += counts[0]
        failed += counts[1]
    print(passed, failed)


if __name__ == "__main__":
    main()
