"""A browser that prints without being one: for tests of what is said and done around it."""

import sys

PRINTS = """import sys
from pathlib import Path
(target,) = [one.partition("=")[2] for one in sys.argv if one.startswith("--print-to-pdf=")]
Path(target).write_bytes(b"%PDF-1.7 " + sys.argv[-1].encode())
"""
FAILS = "raise SystemExit(3)\n"


def put(folder, name="chromium", text=PRINTS):
    """Write a program of that name into a folder, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        script = folder / f"{name}.py"
        script.write_text(text, encoding="utf-8")
        program = folder / f"{name}.bat"
        program.write_text(f'@"{sys.executable}" "{script}" %*\n', encoding="utf-8")
        return program
    program = folder / name
    program.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    program.chmod(0o755)
    return program


def hide(monkeypatch, folder):
    """Let no browser of this machine be found; programs in a folder are."""
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr("boxloop.report.printing._installed", lambda: iter(()))
