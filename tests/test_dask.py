"""A real scheduler and two workers over TCP, one of them killed, give the same numbers."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from conftest import TEMPLATE
from fake_loop import make_project

from boxloop.base.errors import UserError
from boxloop.measure.fits import KEY_VARIABLE, VARIABLE, each, security
from boxloop.run.cluster import cluster
from boxloop.run.execute import execute, load_engine
from boxloop.run.loop import run

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick
pytest.importorskip("distributed")

GRAPH = {"01_fit": ([], ["data/1.txt"])}

# Cross-validation, a search, a permutation test and a loop of the project's own.
FITS = """
import sys
sys.path.insert(0, {machinery!r})
import json as js, os, time
import numpy as np
from boxloop.measure.fits import each, join
from sklearn.model_selection import GridSearchCV, cross_val_score, permutation_test_score
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeRegressor
join()

class Slow(Ridge):
    def fit(self, X, y):
        time.sleep({pause})
        return super().fit(X, y)

rng = np.random.default_rng(0)
X = rng.normal(size=(3000, 8)); y = X[:, 0] + rng.normal(size=3000)
(root / "begun").write_text("1")
steps = PolynomialFeatures(4), StandardScaler(), Ridge(1e-6)
search = GridSearchCV(DecisionTreeRegressor(random_state=0), {{"max_depth": [1, 2, 3]}}, cv=3)
chance = permutation_test_score(Slow(), X, y, cv=3, n_permutations=5, random_state=0)
draw = lambda seed: float(np.random.default_rng(seed).normal(size=100000).sum())
facts = {{
    "folds": cross_val_score(Slow(), X, y, cv=20).tolist(),
    "threads": cross_val_score(make_pipeline(*steps), X, y, cv=4).tolist(),
    "search": search.fit(X, y).cv_results_["mean_test_score"].tolist(),
    "chance": chance[1].tolist(),
    "own": each(draw, range(6)),
}}
where = each(lambda _: (time.sleep(0.05), os.getpid())[1], range(6))
(root / "found.json").write_text(js.dumps([facts, [pid != os.getpid() for pid in where]]))
"""


def silent(text):
    """Take the progress lines."""


@pytest.fixture
def real(quick, monkeypatch):
    """Real kernels instead of the fake ones."""
    monkeypatch.setattr("boxloop.run.loop.execute", execute)
    monkeypatch.setattr("boxloop.run.loop.load_engine", load_engine)


def start(*words, threads=1):
    """Start a process of dask and return it with the first address that it names."""
    env = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words], env=env, stderr=subprocess.PIPE, text=True
    )
    found = None
    for line in process.stderr:
        if match := re.search(r"(?:Scheduler at|Registered to): +(tcp://[\d.:]+)", line):
            found = match[1]
            break
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return process, found


@pytest.fixture
def scheduler():
    """A scheduler with two workers of one task each, on loopback.

    Yields its address and the workers.

    Their linear algebra would use two threads and one, and sum in another order.
    """
    boss, address = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    options = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--no-dashboard"]
    workers = [start("worker", address, *options, threads=threads)[0] for threads in (2, 1)]
    yield address, workers
    for process in [*workers, boss]:
        process.kill()
        process.wait()


def fits(root, *, pause, **options):
    project = make_project(
        root, graph=GRAPH, faults={"01_fit": FITS.format(machinery=str(TEMPLATE), pause=pause)}
    )
    outcome = run(project, echo=silent, **options)
    assert outcome.ok, outcome
    return json.loads((project.root / "found.json").read_text(encoding="utf-8"))


def test_a_worker_dies_and_the_numbers_are_the_same(tmp_path, real, scheduler):
    """Killed in the middle of the cross-validation; the other does its share."""
    address, workers = scheduler
    alone, elsewhere = fits(tmp_path / "alone", pause=0)
    assert not any(elsewhere)
    begun = tmp_path / "cluster" / "begun"

    def kill():
        while not begun.exists():
            time.sleep(0.05)
        time.sleep(0.8)  # several folds are done, several are not
        workers[0].send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    threading.Thread(target=kill, daemon=True).start()
    found, elsewhere = fits(tmp_path / "cluster", pause=0.15, dask=address)

    assert workers[0].poll() is not None and workers[1].poll() is None
    assert all(elsewhere)
    assert found == alone


LACKING = """
import sys
sys.path[:0] = [{machinery!r}, str(root / "here")]
(root / "here").mkdir(exist_ok=True)
(root / "here" / "only_here.py").write_text("def one(item): return item + 1")
import only_here
from boxloop.measure.fits import each, join
join()
each(only_here.one, range(4))
"""


def test_a_worker_without_the_code_is_one_sentence(tmp_path, real, scheduler, monkeypatch):
    """It cannot begin its task; the run ends, and says what is missing. With the code it can."""
    project = make_project(
        tmp_path, graph=GRAPH, faults={"01_fit": LACKING.format(machinery=str(TEMPLATE))}
    )
    outcome = run(project, echo=silent, dask=scheduler[0])

    says = (
        "01_fit, cell work: RuntimeError: a dask worker could not do its share "
        "(ModuleNotFoundError: No module named 'only_here'): "
    )
    assert (
        outcome.failed[0].message
        == says + "scheduler and workers need this project installed and the same versions."
    )

    monkeypatch.setenv("PYTHONPATH", str(project.root / "here"))
    boss, address = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    worker, _ = start(
        "worker", address, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--no-dashboard"
    )
    try:
        assert run(project, echo=silent, dask=address).ok
    finally:
        for process in (worker, boss):
            process.kill()
            process.wait()


def test_local_starts_and_ends_its_workers():
    """One per core, gone afterwards, and so is the key."""
    import psutil

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with cluster("local") as found:
        assert found[VARIABLE].startswith("tls://127.0.0.1:")
        folder = Path(found[KEY_VARIABLE])
        assert (folder / "key.pem").is_file()
    time.sleep(0.5)
    left = [
        child.name()
        for child in psutil.Process().children(recursive=True)
        if child.pid not in before
    ]

    assert not [name for name in left if "worker" in name]
    assert not folder.exists()


@pytest.mark.skipif(
    os.name == "nt", reason="who may open a temporary folder is not said by its mode there"
)
def test_the_key_is_for_its_owner():
    """Neither the folder nor the key can be opened by other users.

    Nor is the key in an environment or a command line.
    """
    import psutil

    with cluster("local") as found:
        folder = Path(found[KEY_VARIABLE])
        assert (
            folder.stat().st_mode & 0o077 == 0 and (folder / "key.pem").stat().st_mode & 0o077 == 0
        )
        secret = (folder / "key.pem").read_text(encoding="ascii").splitlines()[3]
        for process in psutil.Process().children(recursive=True):
            assert secret not in str(process.cmdline()) + str(process.environ())


def ports():
    """Return the ports that this process and those below it listen to."""
    import psutil

    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return {
        where.laddr.port
        for one in processes
        for where in one.net_connections()
        if where.status == "LISTEN"
    }


def test_nobody_joins_without_the_key():
    """Neither in the clear, nor with a key of one's own.

    And there are no pages that tell what goes on.
    """
    import ssl
    import urllib.error
    import urllib.request

    from distributed import Client
    from distributed.security import Security

    before = ports()
    with cluster("local") as found:
        address = found[VARIABLE]
        for where, options in (
            (address.replace("tls", "tcp"), {}),
            (address, {"security": Security.temporary()}),
        ):
            with pytest.raises((OSError, ssl.SSLError)):
                Client(where, timeout=3, set_as_default=False, **options)
        with Client(
            address, timeout=30, set_as_default=False, security=security(found[KEY_VARIABLE])
        ) as ours:
            assert ours.submit(sum, [1, 2]).result(timeout=30) == 3
        opened = ports() - before
        assert len(opened) >= 3
        for port in opened:
            for page in (
                "/",
                "/status",
                "/info/main/workers.html",
                "/metrics",
                "/json/counts.json",
            ):
                with pytest.raises((urllib.error.HTTPError, OSError)):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=3)


def test_a_run_with_local_workers_has_the_same_numbers(tmp_path, real):
    """The kernels find the scheduler and the key; another process does all fits."""
    alone, _ = fits(tmp_path / "alone", pause=0)
    before = {path.name for path in Path(tempfile.gettempdir()).glob("boxloop-dask-*")}
    found, elsewhere = fits(tmp_path / "local", pause=0, dask="local")

    assert found == alone and all(elsewhere)
    assert {path.name for path in Path(tempfile.gettempdir()).glob("boxloop-dask-*")} <= before


def test_nobody_there_is_one_sentence(monkeypatch):
    """Names the address and what to do."""
    monkeypatch.setattr("boxloop.measure.fits.SECONDS", 1)
    said = r"No dask scheduler answers at tcp://127.0.0.1:9: start one"
    with pytest.raises(UserError, match=said), cluster("tcp://127.0.0.1:9"):
        pass


@pytest.mark.parametrize("missing", ["distributed", "cryptography"])
def test_dask_is_an_extra(monkeypatch, missing):
    """Without it, or what makes its keys, the sentence says how to install them."""
    monkeypatch.setitem(sys.modules, missing, None)
    said = rf"package {missing}: run .*pip install -e"
    with pytest.raises(UserError, match=said), cluster("local"):
        pass


def test_without_a_cluster_each_is_a_loop():
    """In order, in this process."""
    assert each(lambda item: (item, os.getpid()), range(3)) == [
        (item, os.getpid()) for item in range(3)
    ]
