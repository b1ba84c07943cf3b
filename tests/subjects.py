"""What people write in notebooks, by subject.

Each must look the same from a forked kernel and from one started from scratch.

A cell that begins with ``# raises`` is meant to fail, and the notebook goes on.

A notebook that names what changes how libraries are imported is never forked: a cell that is to be
seen from a fork reaches it by `getattr`.
"""

FIGURES = [
    "import matplotlib.pyplot as plt",
    "plt.plot([1, 2]); plt.show()",
    "plt.plot([2, 1])",
    "fig, ax = plt.subplots(); ax.plot([1, 3]); fig",
    "plt.figure(); plt.plot([1]); plt.figure(); plt.plot([2]);",
    "fig, ax = plt.subplots(); ax.plot([1, 3]); plt.close(fig)",
    "fig, ax = plt.subplots(); fig.show()",
    "fig, ax = plt.subplots()\nax.plot([3, 1])\ndisplay(fig)\nplt.close()",
    "from matplotlib.figure import Figure\nalone = Figure(); alone.subplots().plot([1, 2]); alone",
    "plt.rcParams.update({'figure.figsize': (2, 1), 'font.size': 6}); plt.plot([1, 2]); plt.show()",
    "plt.style.use('ggplot'); plt.plot([1, 2]); plt.show()",
    "%matplotlib inline\nplt.plot([1, 2]); plt.show()",
    "%config InlineBackend.figure_formats = ['svg']\nplt.plot([1, 2]); plt.show()",
    "%config InlineBackend.figure_format = 'retina'\nplt.plot([1, 2]); plt.show()",
    (
        "import matplotlib; print(matplotlib.get_backend(), plt.isinteractive()); plt.ioff(); "
        "plt.plot([1]); plt.ion()"
    ),
]
# Nobody has imported the inline backend when the first cell is run.
FIRST_CELL = [
    "import numpy as np\nimport matplotlib.pyplot as plt\nplt.plot(np.arange(3))\nplt.show()"
]
MAGIC_FIRST = [
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "%matplotlib agg\nplt.plot([1, 2]); plt.show()",
]
# Only code that the notebook imports makes figures.
BY_THE_STUDY = [
    "from study import pictures\npictures.draw()",
    "from study.pictures import draw\ndraw();",
]
PANDAS_PLOT = [
    "import pandas as pd\npd.DataFrame({'a': [1, 2]}).plot()",
    "pd.Series([1, 2], index=pd.date_range('2020', periods=2)).plot();",
]
SETTINGS = [
    (
        "import matplotlib as mpl\n"
        "print({key: str(mpl.rcParams[key]) for key in sorted(mpl.rcParams)})"
    ),
    "print(mpl.matplotlib_fname(), mpl.get_configdir())",
    "import numpy as np; print(np.get_printoptions(), np.geterr())",
    "import pandas as pd; print(pd.describe_option(_print_desc=False))",
    "import sklearn; print(sklearn.get_config())",
    (
        "import astropy; print(astropy.conf.max_lines, astropy.conf.use_color, astropy.log.level, "
        "astropy.log.handlers)"
    ),
    (
        "import scipy, pyarrow, joblib; print(joblib.cpu_count(), pyarrow.cpu_count(), "
        "pyarrow.io_thread_count())"
    ),
    "import locale; print(locale.getlocale(), locale.setlocale(locale.LC_ALL))",
    (
        "import decimal, os, resource; print(decimal.getcontext(), os.umask(0o22), "
        "resource.getrlimit(resource.RLIMIT_NOFILE), os.nice(0))"
    ),
]

TABLES = [
    (
        "import numpy as np\nimport pandas as pd\n"
        "frame = pd.DataFrame({'a': np.arange(80) / 7, 'b': list('xyzt') * 20}); frame"
    ),
    "frame['a'].head()",
    "frame.head().style.format(precision=1).set_uuid('u').highlight_max(subset='a')",
    "print(frame)",
    "with pd.option_context('display.max_rows', 4): display(frame)",
    "pd.options.display.html.table_schema = True\ndisplay(frame.head(2))",
    "from astropy.table import Table\nimport astropy.units as u\nTable({'a': [1.5, 2.5] * u.m})",
    "[1, 2] * u.km",
    (
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "from sklearn.linear_model import Ridge\nmake_pipeline(StandardScaler(), Ridge())"
    ),
    "import pyarrow as pa; pa.table({'a': [1, 2]})",
    "np.arange(12).reshape(3, 4) / 3",
    "import mapie, skops.io, scipy.stats; scipy.stats.norm(0, 1)",
]
DISPLAYS = [
    (
        "from IPython.display import HTML, JSON, SVG, Image, Latex, Markdown, Math\n"
        "display(HTML('<b>a</b>'))"
    ),
    "Markdown('**a**')",
    "display(Latex(r'$a$'), Math(r'a^2'))",
    "display(JSON({'a': [1]}))",
    'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\')',
    (
        "import base64\n"
        "Image(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE"
        "QVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=='))"
    ),
    "handle = display('old', display_id='one'); handle.update('new')",
    "from IPython.display import clear_output\nprint('gone'); clear_output(); print('stays')",
    (
        "class Both:\n    def _repr_html_(self): return '<i>b</i>'\n"
        "    def _repr_latex_(self): return '$b$'\nBoth()"
    ),
    (
        "print(sorted((kind, sorted(f'{t.__module__}.{t.__name__}' for t in f.type_printers), "
        "sorted(map(str, f.deferred_printers))) "
        "for kind, f in get_ipython().display_formatter.formatters.items() "
        "if kind != 'text/plain'))"
    ),
]
PROGRESS = [
    "import time\nfrom tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass",
    "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass",
    "from rich.progress import track\nfor _ in track(range(3)): pass",
    "from rich import print as rich_print; rich_print('[bold]a[/bold]', {'a': 1})",
    "for i in range(3): print(i, end='\\r', flush=True)\nprint()",
]
# This one is never forked; see above.
ENVIRONMENT = ["%env BOXLOOP_SUBJECT=1\n!echo $BOXLOOP_SUBJECT"]
SHELL = [
    "%time sum(range(10))",
    "%%time\nsum(range(10))",
    "%timeit -n 2 -r 2 sum(range(10))",
    "%%capture captured\nimport sys\nprint('a'); print('b', file=sys.stderr)",
    "captured.stdout, captured.stderr",
    "!echo hello",
    "out = !echo hello\nout",
    "%%bash\necho from bash; echo wrong >&2",
    "%load_ext autoreload\n%autoreload 2",
    "%history -n 1-3",
    "print(In[1], Out)",
    "_, __, _i",
    "?print",
    "%pwd",
    "%whos",
    "get_ipython()",
    "print(type(get_ipython()).__mro__, __name__, sorted(k for k in dir() if k[0] != '_'))",
    "%magic_that_is_not_there",
    "%lsmagic",
    "%precision 3\n3.14159265",
    "from IPython import get_ipython as g; g() is get_ipython()",
]
WARNINGS = [
    "import warnings\nwarnings.warn('once'); warnings.warn('again', FutureWarning)",
    "def old(): warnings.warn('old', DeprecationWarning, stacklevel=2)\nfor _ in range(3): old()",
    "import numpy as np; np.log(np.zeros(2)); np.array([1.0]) / 0",
    (
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "LogisticRegression(max_iter=1).fit(np.arange(20).reshape(10, 2), [0, 1] * 5);"
    ),
    (
        "from sklearn.exceptions import UndefinedMetricWarning\n"
        "from sklearn.metrics import precision_score\n"
        "[precision_score([0, 1], [0, 0]) for _ in range(2)];"
    ),
    (
        "from sklearn.utils import deprecated\n@deprecated('no more')\ndef f(): pass\n"
        "f.__module__ = 'sklearn.x'; f()"
    ),
    (
        "import matplotlib, scipy.stats, astropy.table, astropy.units, pyarrow, mapie, skops.io\n"
        "print(*sorted(map(str, getattr(warnings, 'filters'))), sep='\\n')"
    ),
    (
        "import sys\nprint([name for name, m in sorted(sys.modules.items()) if getattr(m, "
        "'__warningregistry__', None)])"
    ),
]
LOGGING = [
    "import logging\nlogging.warning('a'); logging.info('b'); logging.getLogger('x').error('c')",
    "print(logging.root.handlers, logging.root.level, logging.lastResort)",
    (
        "logging.basicConfig(level=logging.INFO); logging.info('now'); "
        "logging.getLogger('x').info('too')"
    ),
    (
        "import matplotlib.pyplot, sklearn.svm, astropy.table, pandas, pyarrow, joblib\n"
        "print(sorted((n, l.level, [type(h).__name__ for h in l.handlers]) "
        "for n, l in logging.root.manager.loggerDict.items() if getattr(l, 'handlers', None)))"
    ),
    "from astropy import log; log.info('from astropy'); log.warning('to you')",
]
PROCESS = [
    (
        "import os, sys, signal\n"
        "print(sys.flags, sys._xoptions, sys.warnoptions, sys.dont_write_bytecode)"
    ),
    (
        "print(sys.argv[0].rsplit('/')[-1], len(sys.argv), sys.argv[1], "
        "os.path.basename(sys.executable), sys.path)"
    ),
    "print(dict(sorted((k, v) for k, v in getattr(os, 'env' + 'iron').items())))",
    (
        "print([(s.name, str(signal.getsignal(s))) for s in sorted(signal.valid_signals()) if "
        "isinstance(s, signal.Signals)])"
    ),
    "print(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
    (
        "print(*[(type(f).__name__, f.name, f.encoding, f.errors, f.isatty(), f.writable()) for f "
        "in (sys.stdout, sys.stderr)])"
    ),
    (
        "print(*[(type(f).__name__, f.name, f.encoding, f.errors, f.isatty(), f.mode, f.fileno()) "
        "for f in (sys.stdin, sys.__stdin__, sys.__stdout__, sys.__stderr__)])"
    ),
    "print(sys.stdin.read())",
    (
        "import time; os.write(1, b'raw one\\n'); os.write(2, b'raw two\\n'); time.sleep(0.5)  # "
        "it is picked up by a thread"
    ),
    "print('unflushed', end=''); print('error', file=sys.stderr); sys.stdout.write('x')",
    (
        "import faulthandler; print(faulthandler.is_enabled(), sys.excepthook, sys.displayhook, "
        "sys.getrecursionlimit(), sys.getswitchinterval())"
    ),
    "import gc; print(gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.callbacks)",
    (
        "import threading; print(threading.current_thread(), threading.main_thread() is "
        "threading.current_thread(), sorted(t.name for t in threading.enumerate()))"
    ),
    (
        "print(os.getpid() == os.getsid(0), os.getpid() == os.getpgid(0), os.getcwd(), "
        "os.path.exists(f'/proc/{os.getppid()}'))"
    ),
    (
        "print(sorted(os.path.basename(os.readlink(f'/proc/self/fd/{n}')).split(':')[0] for n in "
        "('0', '1', '2')) if os.path.exists('/proc/self/fd') else '')"
    ),
    (
        "import __main__; print(__main__.__dict__ is globals(), getattr(__main__, '__file__', "
        "None), __main__.__spec__, __builtins__)"
    ),
    (
        "import atexit; print('forked' in sys.modules, 'boxloop' in sys.modules, "
        "'multiprocessing.forkserver' in sys.modules)"
    ),
    "import time; print(time.process_time() < 60)",
    (
        "import asyncio; print(type(asyncio.get_event_loop_policy()).__name__, "
        "type(asyncio.get_running_loop()).__name__)"
    ),
    (
        "import concurrent.futures, multiprocessing as mp; "
        "print(mp.get_start_method(allow_none=True), mp.current_process(), mp.parent_process())"
    ),
    "import tempfile, pathlib; print(tempfile.gettempdir(), pathlib.Path.home())",
    "print(sys.gettrace(), sys.getprofile(), sys.path_hooks, [str(f) for f in sys.meta_path])",
    "print(os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else '')",
    "print(get_ipython().history_manager.hist_file)",
]
# Twice: two kernels must never draw the same.
CHANCE_ONE = [
    (
        "import random, secrets, tempfile, uuid\nimport numpy as np\n"
        "from sklearn.utils import check_random_state"
    ),
    (
        "print(random.random(), np.random.random(), np.random.default_rng().random(), "
        "check_random_state(None).rand())"
    ),
    "print(uuid.uuid4(), secrets.token_hex(), tempfile.mktemp())",
]
CHANCE_TWO = CHANCE_ONE
WORKERS = [
    (
        "import math, os\nfrom concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
        "import multiprocessing as mp\nimport numpy as np"
    ),
    (
        "def square(x): return x * x\n"
        "with mp.get_context('fork').Pool(2) as pool: print(pool.map(square, range(4)))"
    ),
    "with mp.get_context('spawn').Pool(2) as pool: print(pool.map(math.sqrt, range(4)))",
    (
        "with ProcessPoolExecutor(2, mp_context=mp.get_context('fork')) as pool: "
        "print(list(pool.map(square, range(4))))"
    ),
    (
        "with ProcessPoolExecutor(2, mp_context=mp.get_context('spawn')) as pool: "
        "print(list(pool.map(math.sqrt, range(4))))"
    ),
    "with ThreadPoolExecutor(2) as pool: print(list(pool.map(square, range(4))))",
    (
        "from joblib import Parallel, delayed\n"
        "print(Parallel(n_jobs=2)(delayed(square)(i) for i in range(4)))"
    ),
    (
        "def speak(): print('from a thread')\n"
        "import threading; t = threading.Thread(target=speak); t.start(); t.join()"
    ),
    (
        "def child(): print('from a child', flush=True)\n"
        "p = mp.get_context('fork').Process(target=child); p.start(); p.join(); print(p.exitcode)"
    ),
    (
        "import subprocess, sys; print(subprocess.run([sys.executable, '-c', 'print(1)'], "
        "capture_output=True, text=True).stdout)"
    ),
    (
        "subprocess.run([sys.executable, '-c', 'import sys; print(repr(sys.stdin.read()))'], "
        "stdout=subprocess.PIPE).stdout"
    ),
    (
        "from sklearn.ensemble import RandomForestRegressor\n"
        "X = np.random.default_rng(0).normal(size=(200, 3))\n"
        "print(RandomForestRegressor(5, n_jobs=2, random_state=0).fit(X, X[:, 0]).predict(X[:3]))"
    ),
    (
        "import asyncio\nawait asyncio.sleep(0.01)\n"
        "print(await asyncio.gather(*[asyncio.sleep(0, i) for i in range(3)]))"
    ),
    "# raises\nasyncio.run(asyncio.sleep(0))",
]
CLASSES = [
    (
        "import pickle, copy\nclass Point:\n    def __init__(self, x): self.x = x\n"
        "    def __eq__(self, other): return self.x == other.x"
    ),
    (
        "print(Point.__module__, pickle.loads(pickle.dumps(Point(1))) == Point(1), "
        "pickle.dumps(Point(1))[:30])"
    ),
    "import inspect; print(inspect.getsource(Point.__init__))",
    "from dataclasses import dataclass\n@dataclass\nclass D:\n    a: int = 1\nD()",
    (
        "import joblib, io; buffer = io.BytesIO(); joblib.dump(Point(2), buffer); buffer.seek(0); "
        "joblib.load(buffer).x"
    ),
]
ERRORS = [
    "# raises\nprint('before')\n1 / 0\nprint('after')",
    "# raises\nimport numpy as np\nnp.zeros(3) @ np.zeros(4)",
    "# raises\nimport pandas as pd\npd.DataFrame({'a': [1]})['b']",
    "# raises\nthis is no Python",
    "# raises\ninput('name? ')",
    "# raises\nimport getpass; getpass.getpass()",
    "# raises\nraise SystemExit(3)",
    "# raises\nimport sys; sys.exit()",
    "# raises\nraise KeyboardInterrupt",
    "# raises\nassert 1 == 2, 'no'",
    "# raises\nimport not_installed_at_all",
    (
        "# raises\ntry:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
        "    raise ValueError('worse') from error"
    ),
    "# raises\nraise ExceptionGroup('two', [ValueError(1), TypeError(2)])",
    "%xmode Minimal",
    "# raises\n1 / 0",
    (
        "# raises\nimport warnings; getattr(warnings, 'simple' + 'filter')('error'); "
        "warnings.warn('hard')"
    ),
    "# raises\ndef deep(n): return deep(n + 1)\ndeep(0)",
    "%tb",
    "!exit 3\n_exit_code",
]
ALL = {
    name.lower(): cells
    for name, cells in list(globals().items())
    if name.isupper() and isinstance(cells, list)
}
