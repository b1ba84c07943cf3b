"""Break the guards of the machinery one at a time, and see whether a test notices.

    python3 tools/environment.py tools/mutants.py [--only PATTERN] [--jobs N]

The breaks stand in `mutants.toml`; each is done to a copy of the template, never in place. The exit
code is 1 where fewer than nine of ten are noticed, or where one of them could not be tried.

A plain list, because the tools for it do not fit: mutmut takes the folder with braces for a part of
the module's name, and cosmic-ray makes fourteen thousand mutants of these rooms by swapping signs,
none of which is "fitted on all rows". Standard library only.
"""

import argparse
import ast
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_name("mutants.toml")
MACHINERY = "{{cookiecutter.project_slug}}/boxloop"
NOT_COPIED = (".*", "build", "__pycache__")
ENOUGH = 0.9
SECONDS = 300  # a mutant that runs for ever is an error of the list
STATES = ("killed", "survived", "error")


class Mutant(NamedTuple):
    """One way to break a rule: at a place of the source, the old code becomes the new."""

    group: str
    rule: str
    at: str
    old: str
    new: str
    tests: list


class Place(NamedTuple):
    """Where the old code stands; start and end count bytes."""

    path: Path
    function: str
    start: int
    end: int


class Result(NamedTuple):
    """What the tests said of a mutant."""

    mutant: Mutant
    state: str
    words: str
    seconds: float


class NotFound(Exception):
    """The source has no such place, or more than one."""


def read_list(path=LIST):
    """Return every mutant of the list."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Mutant(group, *(row.get(key, rows.get(key)) for key in Mutant._fields[1:]))
        for group, rows in content.items()
        for row in rows["mutant"]
    ]


def find(mutant, root=ROOT):
    """Return the one place of a mutant, by its function and the shape of the code, not its layout.

    Raises
    ------
    NotFound
        If the code is not there, neither in its module nor in a function of that name elsewhere,
        or is there more than once.
    """
    module, _, function = mutant.at.partition(":")
    home = [root / MACHINERY / module]
    everywhere = sorted((root / MACHINERY).rglob("*.py"))
    # In its module; where the function has moved to; in its module, if only the name is another.
    for paths, name in ((home, function), (everywhere, function), (home, "")):
        there = [path for path in paths if path.is_file() and (name or paths is home)]
        found = [place for path in there for place in _places(path, name, mutant.old)]
        if len(found) == 1:
            return found[0]
        if found:
            msg = f"{mutant.at} holds this {len(found)} times: {mutant.old}"
            raise NotFound(msg)
    msg = f"{mutant.at} does not hold: {mutant.old}"
    raise NotFound(msg)


def _places(path, function, old):
    """Return where a function of this name (the module, where it has none) holds some code."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for scope in _scopes(ast.parse(source), function.split(".") if function else []):
        for first, last in _matches(scope, old):
            start = starts[first.lineno - 1] + first.col_offset
            yield Place(path, function, start, starts[last.end_lineno - 1] + last.end_col_offset)


def _scopes(tree, names):
    """Return the functions or classes that are called so, one name inside the other."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    found = [tree]
    for name in names:
        below = [node for scope in found for node in ast.walk(scope) if node is not scope]
        found = [node for node in below if isinstance(node, kinds) and node.name == name]
    return found


def _matches(scope, old):
    """Return first and last node of each place with the same tree as the text `old`."""
    wanted = ast.parse(textwrap.dedent(old)).body
    if len(wanted) == 1 and isinstance(wanted[0], ast.Expr):
        return [(node, node) for node in ast.walk(scope) if _same([node], [wanted[0].value])]
    found = []
    for node in ast.walk(scope):
        for block in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            for at in range(len(block) - len(wanted) + 1) if isinstance(block, list) else ():
                part = block[at : at + len(wanted)]
                found += [(part[0], part[-1])] if _same(part, wanted) else []
        if isinstance(node, ast.keyword) and len(wanted) == 1 and _is_keyword(wanted[0], node):
            found.append((node, node))
    return found


def _same(nodes, others):
    """Whether code is the same but for its layout; a look at the kinds spares most of the work."""
    return all(
        type(node) is type(other) and ast.dump(node) == ast.dump(other)
        for node, other in zip(nodes, others, strict=True)
    )


def _is_keyword(wanted, node):
    """Whether `name = value` is meant for the argument of a call."""
    return (
        isinstance(wanted, ast.Assign)
        and [getattr(target, "id", None) for target in wanted.targets] == [node.arg]
        and ast.dump(wanted.value) == ast.dump(node.value)
    )


def broken(mutant, place):
    """Return the source of the module with the mutant in it."""
    source = place.path.read_bytes()
    column = place.start - source.rfind(b"\n", 0, place.start) - 1
    new = textwrap.dedent(mutant.new).strip()
    try:
        ast.parse(new, mode="eval")
        new = f"({new})"
    except SyntaxError:
        new = textwrap.indent(new, " " * column).strip()
    changed = source[: place.start] + new.encode() + source[place.end :]
    if ast.dump(ast.parse(changed)) == ast.dump(ast.parse(source)):
        msg = f"{mutant.at} stays the same with: {mutant.new}"
        raise NotFound(msg)
    return changed


def run_tests(root, tests):
    """Return exit code of pytest and the test that failed, or the end of what was printed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider"]
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    ways = {"cwd": root, "env": env, "capture_output": True, "timeout": SECONDS}
    try:
        done = subprocess.run(
            [*command, "-m", "not slow", *tests], text=True, encoding="utf-8", check=False, **ways
        )
    except subprocess.TimeoutExpired:
        return None, f"took longer than {SECONDS} s"
    lines = (done.stdout + done.stderr).strip().splitlines()
    failed = [line.partition(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return done.returncode, failed[0].split(maxsplit=1)[1] if failed else lines[-1]


def tried(mutant, root):
    """Break the copy, run the tests of the mutant, mend the copy."""
    start = time.monotonic()
    try:
        place = find(mutant, root)
        good = place.path.read_bytes()
        try:
            place.path.write_bytes(broken(mutant, place))
            code, words = run_tests(root, mutant.tests)
        finally:
            place.path.write_bytes(good)
        state = {0: "survived", 1: "killed"}.get(code, "error")
    except (NotFound, SyntaxError) as error:
        state, words = "error", str(error)
    return Result(mutant, state, words, time.monotonic() - start)


def faults_without(tests, root):
    """Return one sentence where the tests do not even pass on the whole code, else None."""
    code, words = run_tests(root, tests)
    return None if code == 0 else f"fails without any mutant: {words}"


def each(work, items, copies):
    """Yield ``work(item, copy)`` as they come in, one at a time in every copy."""
    free = queue.Queue()
    for copy in copies:
        free.put(copy)

    def one(item):
        copy = free.get()
        try:
            return work(item, copy)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as threads:
        yield from threads.map(one, items)


def campaign(mutants, jobs):
    """Try all mutants in `jobs` copies of the template; print each, and return the results."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(number) / "template" for number in range(jobs)]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        files = sorted({test for mutant in mutants for test in mutant.tests})
        faults = each(lambda test, copy: faults_without([test], copy), files, copies)
        whole = dict(zip(files, faults, strict=True))

        def one(mutant, copy):
            bad = [f"{test} {whole[test]}" for test in mutant.tests if whole[test]]
            return Result(mutant, "error", bad[0], 0.0) if bad else tried(mutant, copy)

        for result in each(one, mutants, copies):
            results.append(result)
            mutant, state, words, seconds = result
            where = f"{mutant.group}: {mutant.rule}"
            print(f"{state:<9}{seconds:5.1f} s  {where}  [{words}]", flush=True)
    return results


def table(results):
    """Return the lines of a table: how many of each group were noticed, and who was not."""
    counts = Counter((result.mutant.group, result.state) for result in results)
    groups = list(dict.fromkeys(result.mutant.group for result in results))
    lines = ["", "{:<16}{:>8}{:>10}{:>7}".format("group", *STATES)]
    row = "{:<16}{:>8}{:>10}{:>7}".format
    lines += [row(group, *(counts[group, state] for state in STATES)) for group in groups]
    for result in results:
        if result.state != "killed":
            mutant = result.mutant
            lines += ["", f"{result.state}: {mutant.group}: {mutant.rule} ({mutant.at})"]
            lines += [f"    {mutant.old.strip()}", f" -> {mutant.new.strip()}"]
            lines += [f"    {result.words}"]
    killed = sum(result.state == "killed" for result in results)
    lines += ["", f"{killed} of {len(results)} mutants killed ({killed / len(results):.0%})."]
    return lines


def chosen(mutants, pattern):
    """Return the mutants whose group, rule or place fits a pattern, as ``seal`` or ``*gain*``."""
    if not pattern:
        return mutants
    return [m for m in mutants if any(fnmatch(word, pattern) for word in (m.group, m.rule, m.at))]


def main(arguments=None):
    """Try the mutants that were asked for; the exit code says whether enough were noticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="PATTERN", help="group, rule or place, with * and ?")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), metavar="N")
    options = parser.parse_args(arguments)
    mutants = chosen(read_list(), options.only)
    if not mutants:
        parser.error(f"no mutant fits {options.only!r}")
    start = time.monotonic()
    results = campaign(mutants, options.jobs)
    print("\n".join(table(results)), f"{time.monotonic() - start:.0f} s.")
    states = Counter(result.state for result in results)
    return 1 if states["error"] or states["killed"] < ENOUGH * len(results) else 0


if __name__ == "__main__":
    sys.exit(main())
