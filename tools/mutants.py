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
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    """One rule, and how it is broken: in the function `at`, the code `old` becomes `new`."""

    group: str
    rule: str
    at: str
    old: str
    new: str
    tests: Sequence[str]


class Place(NamedTuple):
    """Where some code stands: from byte `start` to byte `end` of a module."""

    path: Path
    start: int
    end: int


class Result(NamedTuple):
    """What became of a mutant, and the test that failed or what went wrong."""

    mutant: Mutant
    state: str
    words: str
    seconds: float


class NotFound(Exception):
    """The source has no such place, or more than one."""


def read_list(path: Path = LIST) -> list[Mutant]:
    """Return every mutant of the list."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Mutant(group, **({"tests": rows.get("tests", [])} | row))
        for group, rows in content.items()
        for row in rows["mutant"]
    ]


def find(mutant: Mutant, root: Path = ROOT) -> Place:
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


def _places(path: Path, function: str, old: str) -> Iterator[Place]:
    """Return where a function of this name (the module, where it has none) holds some code."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for scope in _scopes(ast.parse(source), function.split(".") if function else []):
        for first, last in _matches(scope, old):
            start = starts[first.lineno - 1] + first.col_offset
            yield Place(path, start, starts[last.end_lineno - 1] + last.end_col_offset)


def _scopes(tree: ast.AST, names: list[str]) -> list[ast.AST]:
    """Return the functions or classes that are called so, one name inside the other."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    found: list[ast.AST] = [tree]
    for name in names:
        below = [node for scope in found for node in ast.walk(scope) if node is not scope]
        found = [node for node in below if isinstance(node, kinds) and node.name == name]
    return found


def _matches(scope: ast.AST, old: str) -> list[tuple]:
    """Return first and last node of each place with the same tree as the text `old`."""
    wanted = ast.parse(textwrap.dedent(old)).body
    if len(wanted) == 1 and isinstance(wanted[0], ast.Expr):
        return [(node, node) for node in ast.walk(scope) if _same([node], [wanted[0].value])]
    found, many = [], len(wanted)
    for node in ast.walk(scope):
        for block in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if not isinstance(block, list):  # of a lambda, or of another kind of node
                continue
            runs = range(len(block) - many + 1)
            same = [at for at in runs if _same(block[at : at + many], wanted)]
            found += [(block[at], block[at + many - 1]) for at in same]
        if isinstance(node, ast.keyword) and many == 1 and _is_keyword(wanted[0], node):
            found.append((node, node))
    return found


def _same(nodes: list, others: list) -> bool:
    """Whether code is the same but for its layout; a look at the kinds spares most of the work."""
    return all(
        type(node) is type(other) and ast.dump(node) == ast.dump(other)
        for node, other in zip(nodes, others, strict=True)
    )


def _is_keyword(wanted: ast.stmt, node: ast.keyword) -> bool:
    """Whether `name = value` is meant for the argument of a call."""
    return (
        isinstance(wanted, ast.Assign)
        and [getattr(target, "id", None) for target in wanted.targets] == [node.arg]
        and ast.dump(wanted.value) == ast.dump(node.value)
    )


def broken(mutant: Mutant, place: Place) -> bytes:
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


def run_tests(root: Path, tests: Iterable[str]) -> tuple[int | None, str]:
    """Return exit code of pytest and the test that failed, or the end of what was printed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider"]
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [*command, "-m", "not slow", *tests],
            cwd=root,
            env=env,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"took longer than {SECONDS} s"
    lines = (done.stdout + done.stderr).strip().splitlines()
    failed = [line.partition(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return done.returncode, failed[0].split(maxsplit=1)[1] if failed else lines[-1]


def tried(mutant: Mutant, root: Path) -> Result:
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
        state = "survived" if code == 0 else "killed" if code == 1 else "error"
    except (NotFound, SyntaxError) as error:
        state, words = "error", str(error)
    return Result(mutant, state, words, time.monotonic() - start)


def faults_without(tests: Iterable[str], root: Path) -> str | None:
    """Return one sentence where the tests do not even pass on the whole code, else None."""
    code, words = run_tests(root, tests)
    return None if code == 0 else f"fails without any mutant: {words}"


def each(work: Callable, items: Iterable, copies: list[Path]) -> Iterator:
    """Yield ``work(item, copy)`` as they come in, one at a time in every copy."""
    free: queue.Queue[Path] = queue.Queue()
    for copy in copies:
        free.put(copy)

    def one(item: object) -> object:
        copy = free.get()
        try:
            return work(item, copy)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as threads:
        yield from threads.map(one, items)


def campaign(mutants: list[Mutant], jobs: int) -> list[Result]:
    """Try all mutants in `jobs` copies of the template; print each, and return the results."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(number) / "template" for number in range(jobs)]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        files = sorted({test for mutant in mutants for test in mutant.tests})
        whole = dict(
            zip(files, each(lambda t, copy: faults_without([t], copy), files, copies), strict=True)
        )

        def one(mutant: Mutant, copy: Path) -> Result:
            bad = [f"{test} {whole[test]}" for test in mutant.tests if whole[test]]
            return Result(mutant, "error", bad[0], 0.0) if bad else tried(mutant, copy)

        for result in each(one, mutants, copies):
            results.append(result)
            mutant, state, words, seconds = result
            rule = f"{mutant.group}: {mutant.rule}"
            print(f"{state:<9}{seconds:5.1f} s  {rule}  [{words}]", flush=True)
    return results


def table(results: list[Result]) -> list[str]:
    """Return the lines of a table: how many of each group were noticed, and who was not."""
    counts = Counter((result.mutant.group, result.state) for result in results)
    groups = list(dict.fromkeys(result.mutant.group for result in results))
    row = "{:<16}{:>8}{:>10}{:>7}".format
    lines = ["", row("group", *STATES)]
    lines += [row(group, *(counts[group, state] for state in STATES)) for group in groups]
    for result in results:
        if result.state != "killed":
            mutant = result.mutant
            lines += ["", f"{result.state}: {mutant.group}: {mutant.rule} ({mutant.at})"]
            lines += [f"    {mutant.old.strip()}", f" -> {mutant.new.strip()}"]
            lines += [f"    {result.words}"] if result.state == "error" else []
    killed = sum(result.state == "killed" for result in results)
    lines += ["", f"{killed} of {len(results)} mutants killed ({killed / len(results):.0%})."]
    return lines


def chosen(mutants: list[Mutant], pattern: str | None) -> list[Mutant]:
    """Return the mutants whose group, rule or place fits a pattern such as ``*gain*``."""
    if not pattern:
        return mutants
    return [m for m in mutants if any(fnmatch(word, pattern) for word in (m.group, m.rule, m.at))]


def main(arguments: list[str] | None = None) -> int:
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
