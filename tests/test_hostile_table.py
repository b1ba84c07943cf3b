"""A table whose names are formulas, markup, code and escape sequences.

They are shown as they were written, everywhere.
"""

import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from report_page import assert_silent, assert_whole
from test_terminal import STEERS

from boxloop.base.style import literal

# No column but "set" may be renamed, and none may be formatting, a formula, a format or a command.
NAMES = [
    r"$\frac$", "a$b$c", "$x", "flux_{r}", "x^2_$", "p|q", "`code`", "*star*",
    "<b>bold</b><script>alert(1)</script>", "](http://x)", " blank  inside", "quote\"'s",
    "back\\slash", "line\nend", "é星😀", "L" * 150, "\x1b[31mred\x1b[0m", "\u202egnol", "_under",
    "#hash", "%s {0} {x}", "[unit]", "a.b", "class", "None", "-1", "a,b;c", "__x__", "&amp;", "set",
]  # fmt: skip
TARGET = "t$ar|get\x1b[2J`<i>$"


def table(task):
    """400 rows; classes and groups have hostile values, too."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=400)
    frame = pd.DataFrame(
        {name: hidden * rng.uniform(-1, 1) + rng.normal(size=400) for name in NAMES}
    )
    frame["word$|"] = rng.choice(["v$1$", "w|2", "<u>", "\x1b[5m"], 400)
    frame["gr$p_$"] = rng.choice([f"$g_{{{k}$|" for k in range(30)], 400)
    noisy = hidden + rng.normal(scale=0.3, size=400)
    frame[TARGET] = (
        noisy
        if task == "regression"
        else np.where(noisy > 0.5, "cl$a$s|<b>\x1b[1m`*", "$\\bad{ other")
    )
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("task", ["regression", "classification", "anomaly-detection"])
def test_the_loop_comes_to_its_end(bake, tmp_path, task):
    """Adopt, run, status, check, fail and report.

    No traceback, a silent report, nothing for the terminal to obey.
    """
    project = bake(
        tmp_path,
        start_from="own-data",
        task=task,
        project_name=r"x$y_$ <b> `q` | é",
        project_slug="own",
    )
    path = tmp_path / "ta$b|le <b>.csv"
    table(task).to_csv(path, index=False)

    def call(*words):
        command = [sys.executable, "-m", "boxloop", *words]
        done = subprocess.run(
            command, cwd=project, capture_output=True, text=True, encoding="utf-8", timeout=600
        )
        assert not STEERS.search(done.stdout + done.stderr) and "Traceback" not in done.stderr, (
            done.stderr
        )
        return done

    assert call("adopt", str(path), "--target", TARGET, "--group", "gr$p_$").returncode == 0
    done = call("run", "--smoke")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for form in ("table", "json", "markdown"):
        assert call("check", "--format", form).returncode == 1
    for words in (
        ["status"],
        ["fail", "it broke \x1b[2J\n'''\"\"\"\\", "--about", "$a|b"],
        ["report"],
    ):
        assert call(*words).returncode == 0
    soup = BeautifulSoup(
        (project / "report" / "index.html").read_text(encoding="utf-8"), "html.parser"
    )
    assert_silent(soup)
    assert_whole(soup)
    words = re.sub(r"\s+", " ", soup.get_text())
    for name in NAMES[:10]:
        assert name in words, name


def drawn(study):
    """Return by text whether a figure that holds every kind of text takes it for a formula."""
    fig, ax = plt.subplots()
    ax.plot([1, 10, 100], [1, 10, 100], label=r"a$b$c")
    ax.set(
        xscale="log",
        title=r"$\frac$",
        xlabel=r"$M_{500}$ [$10^{14}\,M_\odot$]",
        ylabel="flux [$x$]",
    )
    ax.set_yticks([1, 50], labels=[r"$\bad{", r"two $\ln M$"])
    ax.legend(title="$one")
    ax.text(5, 5, r"RMSE of $\sigma$ in a$b$c")
    literal(fig, study)
    fig.canvas.draw()  # raises where a formula is none
    found = {
        text.get_text(): text.get_parse_math()
        for text in fig.findobj(plt.Text)
        if "$" in text.get_text()
    }
    plt.close(fig)
    return found


def test_formulas_stay_and_names_are_literal():
    """In titles, labels, ticks and legends a$b$c and units of $x$ stay text; powers of ten stay."""
    found = drawn({"columns": {"a$b$c": {"unit": "$x$", "role": "input"}}, "seeds": [0, 1]})

    powers = {text for text in found if text.startswith(r"$\mathdefault")}
    assert {text: formula for text, formula in found.items() if text not in powers} == {
        r"a$b$c": False,
        r"$\frac$": False,
        r"$M_{500}$ [$10^{14}\,M_\odot$]": True,
        "flux [$x$]": False,
        r"$\bad{": False,
        r"two $\ln M$": True,
        "$one": False,
        r"RMSE of $\sigma$ in a$b$c": False,
    }
    assert powers and all(found[text] for text in powers)
