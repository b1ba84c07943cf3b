"""Record the pass that a worked example has behind it, and write it into the template.

    python3 tools/recorded.py transients [clusters dijet]

Each study is baked, its `[revision]` is set back to what pass 1 had (0, false, ""), the loop runs,
and what pass 1 found goes to `studies/STUDY/passes/001.json`. Nothing in that file is typed by
hand: `tests/test_recorded.py` makes the pass again and compares every number.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cells
from environment import ROOT

STUDIES = ROOT / "{{cookiecutter.project_slug}}" / "studies"
# What each pass 1 had found in the end, as its note; who records another study adds a line.
NOTES = {
    "transients": "no labels at the faint end",
    "clusters": "the gain is gone in simulator B",
    "dijet": "features follow the dijet mass",
}
# What depends on the words of today's notebooks, which are written after pass 2, or on the machine.
WORDS = ("answers.", "log.")
FROM_HERE = ("causes", "follows", "inputs", "ledger", "left", "time")
REFRESH = "python3 tools/recorded.py"


def main(studies: list[str]) -> int:
    """Record pass 1 of some studies; the exit code is 2 where there is no such study."""
    if not studies or not set(studies) <= set(NOTES):
        print(f"Type: {REFRESH} STUDY, one of {', '.join(NOTES)}.", file=sys.stderr)
        return 2
    try:
        import cookiecutter  # noqa: F401
    except ImportError:  # the environment of this repository has it
        again = [str(ROOT / "tools" / "environment.py"), __file__, *studies]
        return subprocess.call([sys.executable, *again])
    for study in studies:
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder).resolve() / study
            cells.bake(study, project)
            shutil.rmtree(project / ".cells")
            revision = zeros(project / "study.toml")
            found = recorded(pass_one(project, revision), revision, NOTES[study])
        path = STUDIES / study / "passes" / "001.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"{json.dumps(found, indent=1, ensure_ascii=False)}\n".encode())
        print(f"{path.relative_to(ROOT)} holds pass 1 of {study}.")
    return 0


def zeros(settings: Path) -> dict:
    """Return `[revision]` of a study.toml as pass 1 had it: nothing was learnt yet."""
    import tomllib

    table = tomllib.loads(settings.read_text(encoding="utf-8")).get("revision", {})
    if not table:
        sys.exit(f"{settings} has no [revision]: write there what pass 2 acts upon.")
    return {name: type(value)() for name, value in table.items()}


def pass_one(project: Path, revision: dict) -> dict:
    """Run the loop of a bake with another revision and no pass behind it; return its pass."""
    sys.path.insert(0, str(ROOT / "{{cookiecutter.project_slug}}"))
    from boxloop.upkeep.recorded import set_back

    settings = project / "study.toml"
    text = set_back(settings.read_text(encoding="utf-8"), revision)
    settings.write_text(text, encoding="utf-8", newline="\n")
    return run(project)


# Which processor adds up in which order moves the last digit of a number, and a neural network
# makes that the fourth. This one every x86 of the last ten years can play.
PROCESSOR = {"OPENBLAS_CORETYPE": "Haswell"}


def run(project: Path) -> dict:
    """Run the loop of a bake with no pass behind it, and return what pass 1 is then."""
    shutil.rmtree(project / "results" / "passes", ignore_errors=True)
    command = [sys.executable, "-m", "boxloop", "run"]
    env = os.environ | PROCESSOR
    done = subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )
    path = project / "results" / "passes" / "001.json"
    if not path.is_file():  # a check that fails leaves a pass all the same
        sys.exit(f"The loop did not come to its end:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return json.loads(path.read_text(encoding="utf-8"))


def recorded(past: dict, revision: dict, note: str) -> dict:
    """Return of a pass what the template keeps; the rest of its causes is the project itself."""
    found = {key: value for key, value in past.items() if key not in FROM_HERE}
    found["checks"] = {
        name: state for name, state in past["checks"].items() if not name.startswith(WORDS)
    }
    found["numbers"] = {
        name: entry
        for name, entry in past["numbers"].items()
        if not name.removeprefix("check.").startswith(WORDS)
    }
    found["predictions"].pop("measured")  # the bake finds it again
    kept = {key: past["causes"][key] for key in ("parameters", "data", "made", "packages")}
    return {
        "number": 1,
        "time": past["time"],
        **found,
        "note": f"recorded with the template: {note}",
        "recorded": {"revision": revision},
        "causes": kept | {"machinery": ""},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
