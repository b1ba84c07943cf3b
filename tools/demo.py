"""Bake the default project into build/demo, go once round the loop there and say where the report is.

    python3 tools/demo.py

Standard library only: Cookiecutter and the project each get an environment of their own under build/.
"""

import os
import shutil
import subprocess
import sys

from environment import ROOT, make_environment, python_in

BUILD = ROOT / "build"
DEMO = BUILD / "demo"
REASON = "make demo: first look at the loop"


def main():
    """Bake, install, release; the exit code is that of `boxloop release`."""
    bake()
    make_environment(DEMO, "--editable", ".")
    code = subprocess.call([str(python_in(DEMO)), "-m", "boxloop", "release", "--reason", REASON], cwd=str(DEMO))
    report = DEMO / "report" / "index.html"
    if not report.is_file():
        sys.exit("The demo stopped before there was a report: the message above says where.")
    print("\nThe report: {}".format(report))
    return code


def bake():
    """Replace build/demo by a fresh project with the default answers."""
    baker = BUILD / "cookiecutter"
    if not python_in(baker).is_file():
        baker.mkdir(parents=True, exist_ok=True)
        make_environment(baker, "cookiecutter>=2.6")
    shutil.rmtree(str(DEMO), ignore_errors=True)
    command = [str(python_in(baker)), "-m", "cookiecutter", str(ROOT), "--no-input", "--default-config", "--output-dir", str(BUILD)]
    # The defaults of the template, whatever the user's own Cookiecutter settings say; the slug is the folder.
    subprocess.run([*command, "project_slug=" + DEMO.name], check=True, env={**os.environ, "PYTHONUTF8": "1"})


if __name__ == "__main__":
    sys.exit(main())
