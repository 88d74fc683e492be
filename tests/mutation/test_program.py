# SPDX-License-Identifier: Apache-2.0
"""Runs the unit tests that reach a mutant, and tells whether they notice it."""

import concurrent.futures
import dataclasses
import os
import pathlib
import re
import resource
import signal
import subprocess
import time

from copied_tree import Failed

HERE = pathlib.Path(__file__).resolve().parent
MEMORY = 4 << 30
# A sparse file of a test has 1 GB; what is written goes to a tmpfs of half that.
FILE_SIZE = 2 << 30
# Below this the tests that reach a mutant are run at once; longer ones only where the others noticed nothing.
QUICK_SECONDS = 0.3
SKIPPED = 77  # SKIP_RETURN_CODE of the comparisons
# One argument of a program may have 128 KiB.
LONGEST_ARGUMENT = 100_000


@dataclasses.dataclass
class Case:
    name: str
    seconds: float
    reached: frozenset


@dataclasses.dataclass
class Verdict:
    killed: bool
    how: str  # "failed", "crashed", "timed out", or which comparison; "unreached" or "unnoticed" for those that live
    cases: int  # that reach it


def pattern(name):
    """What makes Catch2 run the test case of this name alone."""
    return re.sub(r'(^-|[\\,\[\]"*~])', r"\\\1", name)


class TestProgram:
    def __init__(self, program, comparisons, root, folder, jobs):
        self.program = pathlib.Path(program)
        self.comparisons = comparisons
        self.root = root
        self.folder = pathlib.Path(folder)
        self.jobs = jobs
        # What some tests compare with, where there is any: ctest's default.
        shared = pathlib.Path(root).parent / "shared"
        self.outside = {
            name: given for name, given in (
                ("RECIPE_CORPUS", os.environ.get("RECIPE_CORPUS", str(shared / "corpus"))),
                ("RECIPE_MEASUREMENTS", os.environ.get("RECIPE_MEASUREMENTS", str(shared / "facts/memory-measurements.jsonl"))),
            ) if os.path.exists(given)
        }  # fmt: skip
        for name in ("reached", "temporary"):
            (self.folder / name).mkdir(exist_ok=True)
        for old in (self.folder / "reached").iterdir():
            old.unlink()

    def run(self, arguments, cpu_seconds, program=None, **variables):
        """(status, output); the status is None where the time was over."""

        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        command = [str(HERE / "sandbox"), str(self.folder), str(self.root), str(program or self.program), *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RECIPE_")}
        environment |= self.outside | variables
        # A machine that does other things as well must not make a mutant look noticed: the wall clock has much more time.
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            preexec_fn=limit, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                output, _ = process.communicate(timeout=60 + 10 * cpu_seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                return None, ""
        return process.returncode, output.decode(errors="replace")

    def names(self):
        status, output = self.run(["--list-test-names-only"], 60)
        if "Unrecogni" in output:  # Catch2 v3
            status, output = self.run(["--list-tests", "--verbosity", "quiet"], 60)
            if status:
                raise Failed(f"the unit tests cannot be listed:\n{output}")
        return [line.strip() for line in output.splitlines() if line.strip()]

    def record(self, size):
        """All test cases, each run by itself, with the mutants below `size` that it reaches."""
        names = self.names()
        self.comparisons = [each for each in self.comparisons if self.compares(each)]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(lambda at: self.record_one(at, names[at], size), range(len(names))))

    def compares(self, program):
        """False where it has nothing to compare with."""
        status, output = self.run([], 30, program=program)
        if status not in (0, SKIPPED):
            raise Failed(f"{program.name}, without a mutant, ended with {status}:\n{output[-2000:]}")
        return status == 0

    def record_one(self, at, name, size):
        marks = self.folder / "reached" / str(at)
        marks.write_bytes(bytes(size))
        started = time.monotonic()
        status, output = self.run([pattern(name)], 300, RECIPE_MUTANTS_REACHED=str(marks))
        seconds = time.monotonic() - started
        # The second form is of a case that has skipped itself, and asserts nothing.
        if status != 0 or not re.search(r"in 1 test case\b|test cases: 1 \| 1 passed", output):
            raise Failed(f'the test case "{name}", alone and without a mutant, ended with {status}:\n{output[-2000:]}')
        return Case(name, seconds, frozenset(number for number, mark in enumerate(marks.read_bytes()) if mark))

    def verdict(self, number, cases):
        reaching = sorted((case for case in cases if number in case.reached), key=lambda case: case.seconds)
        quick = [case for case in reaching if case.seconds < QUICK_SECONDS]
        slow = [case for case in reaching if case.seconds >= QUICK_SECONDS]
        for some in (*batches(quick), *([case] for case in slow)):
            how = self.notice(number, some)
            if how:
                return Verdict(True, how, len(reaching))
        for comparison in self.comparisons:
            status, _ = self.run([], 30, program=comparison, RECIPE_MUTANT=str(number))
            if status != 0:
                return Verdict(True, comparison.name, len(reaching))
        return Verdict(False, "unnoticed" if reaching else "unreached", len(reaching))

    def notice(self, number, cases):
        seconds = sum(case.seconds for case in cases)
        status, output = self.run(
            ["--abort", ",".join(pattern(case.name) for case in cases)], int(5 + 5 * seconds), RECIPE_MUTANT=str(number)
        )
        if status == 0:
            return None
        if status is None or status in (-signal.SIGXCPU, -signal.SIGKILL, 128 + signal.SIGXCPU, 128 + signal.SIGKILL):
            return "timed out"
        return "failed" if re.search(r"test cases?: .*failed|assertions?: .*failed", output) and status < 128 else "crashed"


def batches(cases):
    """Few cases first, since most mutants are noticed by any case that reaches them; then all others."""
    first, rest = cases[:20], cases[20:]
    if first:
        yield first
    while rest:
        size, some = 0, []
        while rest and size + 2 * len(rest[0].name) < LONGEST_ARGUMENT:
            some.append(rest.pop(0))
            size += 2 * len(some[-1].name)
        yield some
