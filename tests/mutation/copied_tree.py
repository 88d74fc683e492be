# SPDX-License-Identifier: Apache-2.0
"""A copy of the sources that holds many mutants at once, and its build."""

import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import mutant

HERE = pathlib.Path(__file__).resolve().parent
TARGET = "unit_tests"
# Further programs of the suite "unit", each of which compares the library with data from outside of the project.
COMPARISONS = ("conformance_tests", "memory_grading")
SOURCES = (".cpp", ".hpp")
# The flags of clang that say what the sources mean; the rest are g++'s own.
MEANING = ("-I", "-D", "-std=")
MEANING_OF_TWO = ("-isystem", "-include")


class Failed(Exception):
    """Said to the user as it is."""


def run(arguments, **options):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode:
        raise Failed(f"{shlex.join(map(str, arguments))} failed:\n{done.stdout[-4000:]}")
    return done.stdout


class CopiedTree:
    def __init__(self, root, folder):
        self.root = pathlib.Path(root)
        self.folder = pathlib.Path(folder)
        self.tree = self.folder / "tree"
        # Laid out as in the root, so that a compiler cache that knows relative names finds what was built there.
        self.build = self.tree / "build"
        self.environment = os.environ | {"CCACHE_NOHASHDIR": "1"}
        self.environment.setdefault("CCACHE_BASEDIR", str(self.tree))

    def refresh(self):
        """Brings the copy up to date. What did not change is not written again, and so not compiled again."""
        names = run(["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).split("\0")
        self.names = {name for name in names if name and (self.root / name).is_file() and not (self.root / name).is_symlink()}
        for name in self.names:
            if not name.endswith(SOURCES):
                write_if_changed(self.tree / name, (self.root / name).read_bytes(), (self.root / name).stat().st_mode)
            elif not (self.tree / name).exists():
                write_if_changed(self.tree / name, (self.root / name).read_bytes())
        for path in self.files():
            if str(path.relative_to(self.tree)) not in self.names:
                path.unlink()

    def files(self):
        """The copy's files, without those of the build."""
        return [path for top in self.tree.iterdir() if top != self.build
                for path in ([top] if top.is_file() else list(top.rglob("*"))) if path.is_file()]  # fmt: skip

    def configure(self, options):
        """With the options of scripts/build, so that the compiler cache knows the tests' objects."""
        launcher = shutil.which("ccache")
        launchers = [f"-DCMAKE_{language}_COMPILER_LAUNCHER={launcher}" for language in ("C", "CXX") if launcher]
        run(
            ["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DRECIPE_WERROR=OFF",
             f"-DCMAKE_PROJECT_slurm-recipe_INCLUDE={HERE}/inject.cmake", *launchers, *options],
            env=self.environment,
        )  # fmt: skip

    def database(self):
        return json.loads((self.build / "compile_commands.json").read_text())

    def units(self):
        """{source: what clang must know to read it in the root} of what the unit tests link and tests/ does not hold."""
        objects = set(re.findall(r" -o (\S+\.o) -c ", run(["ninja", "-C", self.build, "-t", "commands", TARGET])))
        linked = {entry["file"]: entry["command"] for entry in self.database() if object_of(entry["command"]) in objects}
        prefix = f"{self.tree}/"
        return {
            file[len(prefix) :]: [self.in_root(word) for word in meaning_of(command)]
            for file, command in sorted(linked.items())
            if file.startswith(prefix) and not file.startswith((f"{prefix}tests/", f"{prefix}build/"))
        }

    def in_root(self, word):
        """Clang reads the originals: the copies may hold the mutants of the last run."""
        return re.sub(f"{re.escape(str(self.tree))}(?!/build/)", str(self.root), word)

    def out_of_reach(self):
        """The product's sources that no unit test links."""
        all_sources = {entry["file"] for entry in self.database() if entry["file"].startswith(f"{self.tree}/")}
        names = {os.path.relpath(file, self.tree) for file in all_sources} - set(self.units())
        return sorted(name for name in names if not name.startswith(("tests/", "bench/", "build/")))

    def write_mutants(self, numbered):
        """Writes all sources, those with mutants and those without."""
        by_file = {}
        for number, each in numbered:
            by_file.setdefault(each.file, []).append((number, each))
        for name in sorted(self.names):
            if name.endswith(SOURCES):
                text = (self.root / name).read_bytes()
                if name in by_file:
                    text = mutant.mutated(text, by_file[name], mutant.header_for(name, str(HERE), str(self.tree)))
                write_if_changed(self.tree / name, text)

    def compile(self, jobs):
        """None, or what the compiler said."""
        command = ["ninja", "-C", str(self.build), "-k", "0", "-j", str(jobs), TARGET, *COMPARISONS]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=self.environment
        )
        return done.stdout if done.returncode else None

    def take_programs(self):
        """Copies of the unit tests and the comparisons outside the tree, which they will not see."""
        for name in (TARGET, *COMPARISONS):
            (built,) = (path for path in (self.build / "tests").rglob(name) if path.is_file())
            shutil.copy2(built, self.folder / name)
        # They find what is installed from where they lie themselves.
        installed = self.folder / "share" / "slurm-recipe"
        installed.mkdir(parents=True, exist_ok=True)
        for name in ("etc", "recipes_collection"):
            if not (installed / name).is_symlink():
                (installed / name).symlink_to(self.tree / name)
        return self.folder / TARGET, [self.folder / name for name in COMPARISONS]


def object_of(command):
    found = re.search(r" -o (\S+\.o) -c ", command)
    return found and found[1]


def meaning_of(command):
    words, kept = shlex.split(command), []
    for at, word in enumerate(words):
        if word.startswith(MEANING):
            kept.append(word)
        elif word in MEANING_OF_TWO:
            kept += words[at : at + 2]
    return kept


def write_if_changed(path, data, mode=None):
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if mode is not None:
        path.chmod(mode & 0o777)


def refused(output, numbered, tree):
    """The mutants that a failed compilation names by line: as errors, else in the notes around these, else by file."""
    said = [(pathlib.PurePath(name), int(line), what) for name, line, what in re.findall(
        r"^([^\s:][^:\n]*):(\d+):(?:\d+:)? +(fatal error|error|note|warning|  required)", output, re.MULTILINE)]  # fmt: skip
    required = [(pathlib.PurePath(name), int(line), "required") for name, line in re.findall(
        r"^([^\s:][^:\n]*):(\d+):(?:\d+:)? +required", output, re.MULTILINE)]  # fmt: skip

    def named(places):
        return {
            number
            for number, each in numbered
            for name, line, _ in places
            if each.line <= line <= each.last_line and str(name).endswith(each.file)
        }

    errors = [place for place in said if place[2].endswith("error")]
    failed_files = {each[0] for each in re.findall(r"^FAILED: \S*?CMakeFiles/[^/\s]+\.dir/(\S+?)\.o(\s|$)", output, re.MULTILINE)}
    by_file = {number for number, each in numbered if any(each.file.endswith(file) for file in failed_files)}
    return named(errors) or named(said + required) or by_file


def digest(data):
    return hashlib.sha256(data).hexdigest()
