#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks recipes through librecipe.so, as the CI of a recipe collection may do.

Every recipe is checked with all overrides (KEY=VALUE, +KEY=VALUE, ~KEY). What is wrong goes to standard error, and the exit
status is 1 if a recipe has errors, 2 if the request was none. RECIPE_LIBRARY names the library where it is neither in the
build folder of this checkout nor known to the dynamic linker.
"""
import argparse
import ctypes
import json
import os
import pathlib
import sys


def load():
    built = pathlib.Path(__file__).resolve().parents[2].glob("build/lib/**/librecipe.so.0")
    library = ctypes.CDLL(os.environ.get("RECIPE_LIBRARY") or next(map(str, built), "librecipe.so.0"))
    library.recipe_check.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
    library.recipe_free.argtypes = [ctypes.c_void_p]
    library.recipe_free.restype = None
    return library


def check(library, request):
    """The status and the answer, whose text is freed whatever it holds."""
    text = ctypes.c_void_p()
    status = library.recipe_check(json.dumps(request).encode(), ctypes.byref(text))
    if not text:
        raise MemoryError("librecipe has no memory for an answer")
    try:
        return status, json.loads(ctypes.string_at(text.value))
    finally:
        library.recipe_free(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-C", "--collection", action="append", default=[], help="a folder searched before all others")
    parser.add_argument("words", nargs="+", metavar="RECIPE|OVERRIDE")
    given = parser.parse_intermixed_args()
    overrides = [word for word in given.words if "=" in word or word.startswith(("~", "+"))]
    recipes = [word for word in given.words if word not in overrides]
    if not recipes:
        parser.error("there is no recipe among the arguments")
    library, worst = load(), 0
    for recipe in recipes:
        status, answer = check(library, {"recipe": recipe, "overrides": overrides, "collections": given.collection})
        for found in answer["diagnostics"]:
            place, fix = found["source"] and f" at {found['source']}", found["fix"] and f"\n    fix: {found['fix']}"
            print(f"{recipe}: {found['severity']}{place}: {found['message']} [{found['code']}]{fix}", file=sys.stderr)
        print(f"{recipe}: {'good' if answer['ok'] else 'refused'}")
        worst = max(worst, min(status, 2))
    sys.exit(worst)


if __name__ == "__main__":
    main()
