"""Fixtures that bake the template, and the path to the machinery inside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"

# The machinery is never rendered, so it is tested where it stands; byte code must not end up in
# baked projects.
sys.path.insert(0, str(TEMPLATE))
# Cookiecutter puts the template's folder on the path while it bakes; a hook that runs alone needs
# it too.
sys.path.append(str(ROOT))
sys.dont_write_bytecode = True
# Neither do processes that the tests start write any; they read what tools/environment.py has
# written beside each library, and PYTHONPYCACHEPREFIX would have them look elsewhere.
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ.pop("PYTHONPYCACHEPREFIX", None)
# matplotlib keeps its list of fonts in the user's home, where another environment may have left
# one that lacks half of them: this one's is kept beside its libraries, and is made anew with them.
os.environ["MPLCONFIGDIR"] = str(Path(sys.prefix) / "matplotlib")


# Helpers whose `assert` says what it saw, whoever imports them first.
pytest.register_assert_rewrite("default_project", "whole_again")

# These look at the same loop, which runs once where they are in the same process.
SHARED = {"test_default_loop.py": "the default loop", "test_default_changes.py": "the default loop"}
# The longest, which begin first: another process need not wait for them in the end.
LONGEST = [
    "default_loop", "default_changes", "own_data", "every_loop", "replay_clusters", "walk",
    "recorded", "power", "generated_readme", "workshop_loop", "faults", "hostile_table", "remedies",
]  # fmt: skip


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file of tests stays in one process, where its fixtures are made once; the order is ours."""
    from xdist.scheduler import LoadFileScheduling

    class ByLoop(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return SHARED.get(Path(file).name, file)

    config.option.loadscopereorder = False  # by default the files with the fewest tests are last
    return ByLoop(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items):
    """Let the longest files begin first; the order within a file stays."""
    places = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def bake(tmp_path_factory):
    """Return ``bake(folder, hooks=True, overwrite=False, **answers)``, which returns a path.

    Cookiecutter's own settings and memory are in a temporary folder: nothing of the user's home
    is read or written.
    """
    home = tmp_path_factory.mktemp("cookiecutter-home")
    config = home / "config.yaml"
    config.write_text(
        f"cookiecutters_dir: '{home.as_posix()}'\nreplay_dir: '{home.as_posix()}'\n",
        encoding="utf-8",
    )

    def bake_into(folder, *, hooks=True, overwrite=False, **answers):
        project = cookiecutter(
            str(ROOT),
            no_input=True,
            extra_context=answers,
            output_dir=str(folder),
            config_file=str(config),
            accept_hooks=hooks,
            overwrite_if_exists=overwrite,
        )
        return Path(project)

    return bake_into


@pytest.fixture(scope="session")
def baked(bake, tmp_path_factory):
    """The default project, baked once; tests that write into it copy it first."""
    return bake(tmp_path_factory.mktemp("baked"))


@pytest.fixture
def cook(tmp_path):
    """Return ``cook(*words, answers="")``: it types `cookiecutter` in ``tmp_path / "here"``.

    The home is new, so nothing of the user's settings and memory is read or written.
    """
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    env = {key: value for key, value in os.environ.items() if key != "COOKIECUTTER_CONFIG"}
    env |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def type_it(*words, answers=""):
        command = [sys.executable, "-m", "cookiecutter", *words]
        return subprocess.run(
            command,
            cwd=here,
            env=env,
            input=answers,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    type_it.here, type_it.home = here, home
    return type_it
