"""The tables that test rows were taken from: noted where rows are divided, shut from then on.

So are the sealed file and its key, but for the chapter that seals and the one that releases, and
what a release has left of the test rows, but for what comes after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.door import divided_from, watch
from boxloop.base.files import read_cache

if TYPE_CHECKING:
    from boxloop.base.places import Project

# Those that come before the split, the split itself, and the release.
SEE_ALL = {"01_scoping", "02_baseline", "03_split", "08_release"}
RELEASE = "08_release"
SEAL_OR_OPEN = {"03_split", RELEASE}


def tables_divided(project: Project) -> dict[str, list[str]]:
    """Return as ``{"divided_from": paths}`` what this chapter has divided; empty if nothing."""
    paths = divided_from()
    root = project.root.resolve()
    if paths is None:
        return {}
    return {"divided_from": sorted(path.relative_to(root).as_posix() for path in paths)}


def watch_tables(project: Project, chapter: str, data: Any) -> None:
    """Refuse a chapter after the split the tables that rows were divided from, and the seal.

    Other tables in data/raw stay readable: those of a stress test, or without labels.

    Parameters
    ----------
    data : optional
        The table of ``[data]`` in study.toml, where there is one.
    """
    names: set[str] = set() if data is None else {data.table}
    for path in project.results.glob("*/station.json"):
        facts = read_cache(path)
        noted = facts.get("divided_from") if isinstance(facts, dict) else None
        noted = noted if isinstance(noted, list) else []
        names |= {name for name in noted if isinstance(name, str)}
    tables = [] if chapter in SEE_ALL else sorted(names)
    refused = [(project.root / name, _sentence(chapter, name, "holds")) for name in tables]
    if chapter < RELEASE:
        left = [*project.station(RELEASE).rglob("*"), *project.root.glob("benchmark*/**/*")]
        left = [path for path in left if path.suffix in (".parquet", ".csv")]
        names = {project.relative(path) for path in left}
        refused += [(project.root / n, _sentence(chapter, n, "may hold")) for n in sorted(names)]
    if chapter not in SEAL_OR_OPEN:
        seal = (project.sealed_file, project.key_file)
        refused += [(path, _sealed(chapter, project.relative(path))) for path in seal]
    watch(project.raw, refused)


def _sentence(chapter: str, name: str, holds: str) -> str:
    return (
        f"{chapter} may not read {name}, which {holds} the sealed rows as well: take a table of "
        '03, such as here.table("train") or here.table("validation"), or those of '
        "here.other_domains()."
    )


def _sealed(chapter: str, name: str) -> str:
    return (
        f"{chapter} may not read {name}: the test set opens once, in 08, by "
        "`boxloop release --reason TEXT`."
    )
