"""Forked kernels: the same numbers as cold ones, nothing left over from one to the next."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import jupyter_client.channels
import jupyter_client.connect
import psutil
import pytest
from fake_loop import cell, make_project, notebook, write_notebook
from test_faults import boxloop

from boxloop.base.places import Project
from boxloop.notebooks.graph import read_loop
from boxloop.run import pool
from boxloop.run.execute import execute, load_engine
from boxloop.run.loop import run

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick
pytestmark = pytest.mark.skipif(not pool.can_fork(), reason="kernels are forked on Linux only")

GRAPH = {
    f"{number:02}_{name}": (
        [f"data/{number - 1}.txt"] if number > 1 else [],
        [f"data/{number}.txt"],
    )
    for number, name in enumerate(["a", "b"], start=1)
}

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
    "backend": plt.get_backend(), "argv": sys.argv[0].rsplit("/")[-1], "cwd": os.getcwd(),
    "first": sys.path[0], "main": __name__,
}
surroundings = getattr(os, "env" + "iron")  # by its name, this chapter would not be forked
leak = [hasattr(np, "leak"), "LEAK" in surroundings]
leak += ["leak" in dir(__builtins__), "boxloop" in sys.modules]
np.leak = 1; surroundings["LEAK"] = "1"; __builtins__.leak = 1
chance = [float(np.random.random()), os.getpid()]
(root / ({name!r} + ".json")).write_text(js.dumps([facts, leak, chance]))
"""


@pytest.fixture
def real(quick, monkeypatch):
    """Real kernels instead of the fake ones."""
    monkeypatch.setattr("boxloop.run.loop.execute", execute)
    monkeypatch.setattr("boxloop.run.loop.load_engine", load_engine)


def silent(text):
    """Take the progress lines."""


def numbers(root, **options):
    project = make_project(
        root, graph=GRAPH, faults={name: NUMBERS.replace("{name!r}", repr(name)) for name in GRAPH}
    )
    outcome = run(project, echo=silent, **options)
    assert outcome.ok, outcome
    return [
        json.loads((project.root / f"{name}.json").read_text(encoding="utf-8")) for name in GRAPH
    ]


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


def test_nobody_listens_to_a_heart(tmp_path, real, monkeypatch):
    """The manager knows whether its kernel lives: a thread less, that could complain at the end."""
    begun = []
    monkeypatch.setattr(jupyter_client.channels.HBChannel, "start", begun.append)
    numbers(tmp_path)

    assert not begun


def test_no_process_is_left_over(tmp_path, real):
    """Neither kernels nor the process that they are forked from."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    numbers(tmp_path)
    time.sleep(0.2)

    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_a_killed_kernel_is_one_sentence_and_the_next_run_goes_on(tmp_path, real):
    """SIGKILL in the middle of a cell, twice: failed, with the cell.

    Afterwards only that one runs.
    """
    die = "import os, signal\nif not (root / 'well').exists(): os.kill(os.getpid(), signal.SIGKILL)"
    project = make_project(tmp_path, graph=GRAPH, faults={"02_b": die})
    first = run(project, echo=silent)
    assert first.failed[0].message == (
        "02_b, cell work: DeadKernelError: the kernel died while this cell ran; often the "
        "memory was full"
    )
    (project.root / "well").touch()

    assert [result.state for result in run(project, echo=silent).results] == ["current", "ok"]


def test_the_server_takes_its_kernels_along(tmp_path):
    """When the runner dies, its pipe closes, and no kernel stays."""
    project = make_project(tmp_path, graph=GRAPH)
    kernels = pool.Kernels(project, read_loop(project), dict(os.environ))
    manager = kernels.take()
    pid = manager.provisioner.pid
    os.kill(kernels._server._process.pid, signal.SIGTERM)
    end = time.monotonic() + 10
    while (
        psutil.pid_exists(pid)
        and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        and time.monotonic() < end
    ):
        time.sleep(0.1)

    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    kernels.close()


def test_a_kernel_may_rewrite_its_connection_file(tmp_path, monkeypatch):
    """It is there at once, and whoever reads the file in that moment finds it empty."""

    def empty(file):
        return json.loads("")

    project = make_project(tmp_path, graph=GRAPH)
    kernels = pool.Kernels(project, read_loop(project), dict(os.environ))
    monkeypatch.setattr(
        jupyter_client.connect, "json", SimpleNamespace(load=empty, dumps=json.dumps)
    )
    try:
        assert kernels.take().provisioner.pid
    finally:
        kernels.close()


def test_no_kernel_is_made_that_no_chapter_takes(tmp_path, monkeypatch):
    """The last chapter has its own, and the end need not wait for another."""
    project, made = make_project(tmp_path, graph=GRAPH), []
    monkeypatch.setattr(pool, "Server", lambda *_: SimpleNamespace(check=list, close=list))
    monkeypatch.setattr(pool.Kernels, "_start", lambda self: made.append(self) or len(made))
    kernels = pool.Kernels(project, read_loop(project), dict(os.environ))
    kernels.prepare()
    assert [kernels.take(), kernels.take()] == [1, 2]
    kernels.prepare()
    kernels._maker.submit(list).result()  # all that it was asked for is done
    assert len(made) == 2
    assert kernels.take() == 3  # a chapter whose kernel has died gets another
    kernels.close()


def test_only_safe_libraries_are_imported_beforehand(tmp_path):
    """What a notebook imports, and what the study does for it; never the study itself."""
    project = make_project(
        tmp_path,
        graph=GRAPH,
        faults={"01_a": "from study import data\nimport torch", "02_b": "import scipy.stats as st"},
    )
    (project.study / "data.py").write_text(
        "import pandas as pd\nfrom sklearn.svm import SVC\n", encoding="utf-8"
    )
    chapters = read_loop(project)

    first = set(pool.imports(project, chapters[:1])) - set(pool.ALWAYS)
    assert not any("backend_inline" in name for name in pool.imports(project, chapters))
    assert first == {"pandas", "sklearn.svm"}
    assert "scipy.stats" in pool.imports(project, chapters)


FILTER = """
warnings.filterwarnings('ignore')
import numpy as np
np.polyfit([1, 2, 3], [1, 2, 3], 5)
"""
BACKEND = """
os.environ['MPLBACKEND'] = 'agg'
import matplotlib.pyplot as plt
print(plt.get_backend())
"""
BEFORE = {
    "filter": "import warnings" + FILTER,
    "backend": "import os" + BACKEND,
    "magic": "%env MPLBACKEND=agg" + BACKEND.partition("agg'")[2],
    "threads": """
import os
os.environ['OMP_NUM_THREADS'] = '1'
import numpy, threadpoolctl
print([pool['num_threads'] for pool in threadpoolctl.threadpool_info()])
""",
    "study": "from study import first" + FILTER.partition(")")[2],
}


@pytest.mark.parametrize("name", BEFORE)
def test_what_a_notebook_changes_before_it_imports(tmp_path, real, name):
    """Filters of warnings and the environment hold for an import below them, as without forks."""
    project = make_project(tmp_path, graph=GRAPH)
    first = "import warnings\nwarnings.filterwarnings('ignore')\n"
    (project.study / "first.py").write_text(first, encoding="utf-8")
    content = notebook("02_b", *GRAPH["02_b"])
    content["cells"].insert(2, cell("code", "before", BEFORE[name]))
    write_notebook(project, "02_b", content)
    found = []
    for cold in (True, False):
        assert run(project, echo=silent, cold=cold, start="01").ok
        copy = json.loads((project.executed / "02_b.ipynb").read_text(encoding="utf-8"))
        (outputs,) = [one["outputs"] for one in copy["cells"] if one["id"] == "before"]
        found.append(re.sub(r"ipykernel_\d+/\d+", "", json.dumps(outputs)))

    assert found[0] == found[1] != "[]"


def test_who_is_not_forked(tmp_path, baked):
    """Nothing of the template; functions of the study may do as they like, its import may not."""
    project = Project(baked)
    assert not [one for one in read_loop(project) if pool.wants_scratch(project, one)]

    project = make_project(tmp_path, graph=GRAPH, faults={"01_a": "from study import data"})
    one, two = read_loop(project)
    inside = "    with warnings.catch_warnings():\n        warnings.simplefilter('ignore')\n"
    module = f"import os, warnings\n# not os.environ\ndef quiet():\n{inside}"
    (project.study / "data.py").write_text(module, encoding="utf-8")
    assert not pool.wants_scratch(project, one)
    (project.study / "data.py").write_text(module + "os.environ['A'] = '1'\n", encoding="utf-8")
    assert pool.wants_scratch(project, one) and not pool.wants_scratch(project, two)


PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()"


@pytest.mark.parametrize("how", [[], ["--cold"]])
def test_a_plain_figure_is_a_picture(tmp_path, how):
    """In the executed copy and in the report, with nothing but what everybody writes."""
    graph = {"01_scoping": ([], ["data/1.txt"])}
    project = make_project(tmp_path, graph=graph, faults={"01_scoping": PLOT})
    out, err = boxloop(project, "run", *how).communicate(timeout=120)

    cells = json.loads((project.executed / "01_scoping.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = [out["data"] for cell in cells for out in cell.get("outputs", []) if "data" in out]
    (picture,) = [data["image/png"] for data in shown if "image/png" in data]
    page = (project.report / "index.html").read_text(encoding="utf-8")
    assert f"data:image/png;base64,{picture[:80]}" in page, out + err


# Libraries that do more on import than be there: what a kernel would show, or what waits for its
# shell.
LOUD = {
    "warns": "import warnings\nwarnings.warn('old', FutureWarning)\n",
    "deprecated": "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n",
    "prints": "print('hello')\n",
    "registers": (
        "from IPython import get_ipython\nget_ipython().events.register('post_execute', lambda: "
        "print('after'))\n"
    ),
    "by_name": (
        "kind = type(get_ipython()).__name__\nassert get_ipython().kernel\n"
        "get_ipython().push({'there': kind})\n"
    ),
    "thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True, "
        "name='theirs').start()\n"
    ),
    "breaks": (
        "import json\njson.loud = getattr(json, 'loud', 0) + 1\n"
        "if json.loud < 2: raise ImportError('not yet')\n"
    ),
}
# And those that may be imported beforehand: they only look, or keep for later.
QUIET = {
    "looks": (
        "try:\n    kernel = hasattr(get_ipython(), 'kernel')\nexcept NameError:\n"
        "    kernel = 'nobody there'\n"
    ),
    "keeps": (
        "import logging, sys\nlog = logging.getLogger('keeps')\n"
        "log.addHandler(logging.StreamHandler())\nout = sys.stdout\n"
    ),
    "filters": "import warnings\nwarnings.filterwarnings('always', 'heard', UserWarning)\n",
}
USE = """
import threading
try:
    import {0}
except ImportError as error:
    print(error)
for _ in range(2): __import__('warnings').warn('heard')
if {0!r} == 'keeps': keeps.log.warning('kept'); print('here', file=keeps.out, flush=True)
print(getattr(globals().get({0!r}), 'kernel', ''), globals().get('there'))
print(any(thread.name == 'theirs' for thread in threading.enumerate()))
"""


@pytest.mark.parametrize("name", [*LOUD, *QUIET])
def test_a_library_that_does_more_than_be_imported(tmp_path, real, monkeypatch, name):
    """What it does on import is seen in the notebook, as from a kernel started from scratch."""
    monkeypatch.setattr(pool, "SAFE", (*pool.SAFE, name))
    project = make_project(tmp_path, graph=GRAPH, faults={"02_b": USE.format(name)})
    (project.root / f"{name}.py").write_text((LOUD | QUIET)[name], encoding="utf-8")
    found = []
    for cold in (True, False):
        assert run(project, echo=silent, cold=cold, start="01").ok
        work = json.loads((project.executed / "02_b.ipynb").read_text(encoding="utf-8"))["cells"][
            -1
        ]
        printed = {"stdout": "", "stderr": ""}
        for out in work["outputs"]:
            if out["output_type"] == "stream":
                printed[out["name"]] += re.sub(r"ipykernel_\S+", "", "".join(out["text"]))
        found.append(printed)

    assert found[0] == found[1] and "heard" in found[0]["stderr"]


@pytest.mark.slow
@pytest.mark.parametrize("task", ["regression", "classification", "anomaly-detection"])
def test_the_worked_examples_import_nothing_loud(bake, tmp_path, task):
    """All their libraries are there before the fork.

    None makes the process begin again without it.
    """
    project = Project(bake(tmp_path, task=task))
    chapters = read_loop(project)
    names = pool.imports(project, chapters)
    server = pool.Server(names, [], dict(os.environ), project.notebooks)
    while server.ask(do="count")["left"]:
        time.sleep(0.1)
    there = json.loads(psutil.Process(server._process.pid).cmdline()[-1])
    server.close()

    assert there == [names, [], []]


KILL = """
import os, signal
if not (root / "killed").exists():
    (root / "killed").touch()
    os.kill(os.getppid(), signal.SIGKILL)
    import time; time.sleep(30)
print("went on")
"""


@pytest.mark.parametrize("when", ["before", "within", "between"])
def test_the_server_is_killed(tmp_path, real, monkeypatch, when):
    """One sentence says so and where.

    The rest goes on with kernels from scratch, to the same end.
    """
    project = make_project(tmp_path, graph=GRAPH, faults={"02_b": KILL} if when == "within" else {})
    servers, lines, theirs = [], [], set(psutil.Process().children(recursive=True))
    start = pool.Server.__init__

    def started(self, *args):
        start(self, *args)
        servers.append(self._process)
        if when == "before":
            self._process.kill()

    def echo(line):
        lines.append(line)
        if when == "between" and line.startswith("01"):
            servers[0].kill()
            servers[0].wait()

    monkeypatch.setattr(pool.Server, "__init__", started)
    outcome = run(project, echo=echo, jobs=1)

    assert outcome.ok, outcome
    said = [line for line in lines if "forked" in line]
    where = {"before": "01_a", "within": "02_b, cell work", "between": "02_b"}[when]
    says = "from here on each kernel starts from scratch, as with --cold."
    assert said == [f"The process that kernels are forked from is gone at {where}: {says}"]
    assert (project.root / "data/2.txt").read_text(encoding="utf-8") == "1.5"
    assert set(psutil.Process().children(recursive=True)) <= theirs


def test_no_process_for_the_server(tmp_path, real, monkeypatch):
    """Where none can be started the run says so too."""
    lines = []

    def refuse(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(pool, "Kernels", refuse)
    assert run(make_project(tmp_path, graph=GRAPH), echo=lines.append).ok
    assert "cannot be started (Cannot allocate memory): from here on each kernel" in lines[0]


@pytest.mark.parametrize("how", [[], ["--cold"], ["--verbose", "--cold"]])
def test_nothing_reaches_the_terminal_past_the_runner(tmp_path, how):
    """What is written to the streams of a kernel itself, as programs do that it calls."""
    raw = (
        "import os, subprocess, sys\n"
        "os.write(1, b'\\x1b]0;evil\\x07raw one')\nos.write(2, b'\\x1b[31mraw two')\n"
        "subprocess.run([sys.executable, '-c', 'print(chr(27) + \"[31mraw three\")'])\n"
        "os.write(sys.__stderr__.fileno(), b'\\x1b[31mraw four')"
    )
    project = make_project(tmp_path, graph={"01_a": ([], ["data/1.txt"])}, faults={"01_a": raw})
    # In a test ipykernel does not catch what is printed past Python.
    for env in ({n: v for n, v in os.environ.items() if not n.startswith("PYTEST")}, None):
        out, err = boxloop(project, "run", "--from", "01", *how, env=env).communicate(timeout=120)
        assert "01 a " in out
        assert "\x1b" not in out + err
        if "--verbose" not in how:
            assert "raw" not in out + err


@pytest.mark.skipif(os.name == "nt", reason="there is no exec of that kind")
def test_a_kernel_of_somebody_else_is_left_alone(tmp_path):
    """Also one that the process had before it became the runner."""
    project = make_project(tmp_path, graph={"01_a": ([], ["data/1.txt"])})
    start = (
        "import os, subprocess, sys\n"
        "words = [sys.executable, '-c', 'import time; time.sleep(300)', 'ipykernel_launcher']\n"
        "one = subprocess.Popen(words)\n"
        "open('theirs', 'w').write(str(one.pid))\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'boxloop', 'run', '--cold'])\n"
    )
    boxloop(project, "status").communicate(timeout=60)
    done = subprocess.run([sys.executable, "-c", start], cwd=project.root, timeout=120)
    theirs = psutil.Process(int((project.root / "theirs").read_text(encoding="utf-8")))
    try:
        assert done.returncode == 0
        assert theirs.status() != psutil.STATUS_ZOMBIE
    finally:
        theirs.kill()


@pytest.mark.parametrize("cold", [True, False])
def test_two_runs_in_one_process(tmp_path, real, cold):
    """Side by side: the one that ends first leaves the kernels of the other alone."""
    wait = "import time\nprint(file=open(root / 'begun', 'a'))\n"
    wait += "while not (root / 'well').exists(): time.sleep(0.1)"
    later = "import time\n(root / 'here').touch()\n"
    later += "while not (root.parent / 'long/begun').exists(): time.sleep(0.1)"
    graph = {"01_a": ([], ["data/1.txt"])}
    long = make_project(tmp_path / "long", graph=graph, faults={"01_a": wait})
    short = make_project(tmp_path / "short", graph=graph, faults={"01_a": later})
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, short, echo=silent, cold=cold)
        while not (short.root / "here").exists():
            time.sleep(0.1)
        second = pool.submit(run, long, echo=silent, cold=cold)
        assert first.result(timeout=60).ok
        (long.root / "well").touch()
        assert second.result(timeout=60).ok

    assert (long.root / "begun").read_text(encoding="utf-8") == "\n"  # no second chance was needed
