"""Forked kernels: the same numbers as cold ones, nothing left over from one to the next."""

import json
import os
import signal
import time

import psutil
import pytest
from boxloop import warm
from boxloop.executor import execute, load_engine
from boxloop.loop import read_loop
from boxloop.runner import run
from fake_loop import make_project

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick
pytestmark = pytest.mark.skipif(not warm.can_fork(), reason="kernels are forked on Linux only")

GRAPH = {f"{number:02}_{name}": ([f"data/{number - 1}.txt"] if number > 1 else [], [f"data/{number}.txt"]) for number, name in enumerate(["a", "b"], start=1)}

# Sums in several threads (OpenMP and BLAS), a figure, and what chance gives where nobody seeds it.
NUMBERS = """
import json as js, os, sys
import numpy as np
import matplotlib.pyplot as plt
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_info
rng = np.random.default_rng(0)
X = rng.normal(size=(3000, 20))
model = HistGradientBoostingRegressor(max_iter=10).fit(X, X[:, 0] ** 2)
fig, ax = plt.subplots(); ax.plot(X[:50, 0]); plt.close(fig)
large = rng.normal(size=(400, 400))
facts = {
    "sum": float(model.predict(X).sum()).hex(), "product": float((large @ large).sum()).hex(),
    "solved": float(np.linalg.svd(large, compute_uv=False).sum()).hex(),
    "threads": sorted((pool["internal_api"], pool["num_threads"]) for pool in threadpool_info()),
    "backend": plt.get_backend(), "argv": sys.argv[0].rsplit("/")[-1], "cwd": os.getcwd(), "first": sys.path[0], "main": __name__,
}
leak = [hasattr(np, "leak"), "LEAK" in os.environ, "leak" in dir(__builtins__), "boxloop" in sys.modules]
np.leak = 1; os.environ["LEAK"] = "1"; __builtins__.leak = 1
chance = [float(np.random.random()), os.getpid()]
(root / ({name!r} + ".json")).write_text(js.dumps([facts, leak, chance]))
"""


@pytest.fixture
def real(quick, monkeypatch):
    """Real kernels instead of the fake ones."""
    monkeypatch.setattr("boxloop.runner.execute", execute)
    monkeypatch.setattr("boxloop.runner.load_engine", load_engine)


def silent(text):
    """Take the progress lines."""


def numbers(root, **options):
    project = make_project(root, graph=GRAPH, faults={name: NUMBERS.replace("{name!r}", repr(name)) for name in GRAPH})
    outcome = run(project, echo=silent, **options)
    assert outcome.ok, outcome
    return [json.loads((project.root / f"{name}.json").read_text(encoding="utf-8")) for name in GRAPH]


def test_warm_and_cold_give_the_same_numbers(tmp_path, real):
    """Bit for bit, with the same threads; and each kernel begins clean, with chance of its own."""
    root = tmp_path / "project"
    one, two = numbers(root)
    cold, _ = numbers(tmp_path / "cold", cold=True)
    for key in ("cwd", "first"):
        cold[0][key] = cold[0][key].replace(str(tmp_path / "cold"), str(root))

    assert one[0] == two[0] == cold[0]
    assert not any(one[1]) and not any(two[1])
    assert one[2][0] != two[2][0] and one[2][1] != two[2][1]


def test_no_process_is_left_over(tmp_path, real):
    """Neither kernels nor the process that they are forked from."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    numbers(tmp_path)
    time.sleep(0.2)

    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_a_killed_kernel_is_one_sentence_and_the_next_run_goes_on(tmp_path, real):
    """SIGKILL in the middle of a cell, twice: failed, with the cell; afterwards only that one runs."""
    die = "import os, signal\nif not (root / 'well').exists(): os.kill(os.getpid(), signal.SIGKILL)"
    project = make_project(tmp_path, graph=GRAPH, faults={"02_b": die})
    first = run(project, echo=silent)
    assert first.failed[0].message == "02_b, cell work: DeadKernelError: the kernel died while this cell ran; often the memory was full"
    (project.root / "well").touch()

    assert [result.state for result in run(project, echo=silent).results] == ["current", "ok"]


def test_the_server_takes_its_kernels_along(tmp_path):
    """When the runner dies, its pipe closes, and no kernel stays."""
    project = make_project(tmp_path, graph=GRAPH)
    kernels = warm.Kernels(project, read_loop(project), dict(os.environ))
    manager = kernels.take()
    pid = manager.provisioner.pid
    os.kill(kernels._server._process.pid, signal.SIGTERM)
    end = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.1)

    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    kernels.close()


def test_only_safe_libraries_are_imported_beforehand(tmp_path):
    """What a notebook imports, and what the study does for it; never the study itself."""
    project = make_project(tmp_path, graph=GRAPH, faults={"01_a": "from study import data\nimport torch", "02_b": "import scipy.stats as st"})
    (project.study / "data.py").write_text("import pandas as pd\nfrom sklearn.svm import SVC\n", encoding="utf-8")
    chapters = read_loop(project)

    first = set(warm.imports(project, chapters[:1])) - set(warm.ALWAYS)
    assert first == {"pandas", "sklearn.svm"}
    assert "scipy.stats" in warm.imports(project, chapters)
