"""What the template does with answers: names the folder, quotes, and refuses in one sentence.

An extension of Cookiecutter's templates (`_extensions` in `cookiecutter.json`) and no hook, because
a hook that fails prints a traceback below its sentence, comes after the folder was made, and is
left out by `--accept-hooks no`. This runs after Cookiecutter has stored the answers for `--replay`
and before the first folder is made.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import click
from cookiecutter.config import get_user_config
from jinja2.ext import Extension
from slugify import slugify

ROOT = Path(__file__).resolve().parent
# The folder of what is baked: its name is the first text that is rendered after the questions.
FOLDER = "{{cookiecutter.project_slug}}"
# What an empty repository fresh from a forge holds: `-f` makes them anew, `-f -s` keeps them.
FORGE = {"README.md", "LICENSE", ".gitignore", ".gitattributes"}
PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
DEVICES = {"aux", "con", "nul", "prn", *PORTS}
# What the project imports by other names than it installs, and what its packages cannot do without.
IMPORTED = {
    "boxloop", "study", "bs4", "dask", "dateutil", "hatchling", "ipython", "jinja2", "joblib",
    "jsonschema", "jupyter", "jupyter_client", "jupyter_core", "markupsafe", "nbclient",
    "nbformat", "packaging", "pillow", "pip", "pyerfa", "pygments", "python_dateutil", "pyyaml",
    "pyzmq", "setuptools", "sklearn", "tornado", "traitlets", "zmq",
}  # fmt: skip
STUDIES = {"regression": "clusters", "classification": "transients", "anomaly-detection": "dijet"}
SLUG = "use 2 to 50 of a-z, 0-9, _ and -, with a letter first and no sign last"
UPDATE = (
    "to update a project, replace its boxloop/ by the boxloop/ of a fresh bake elsewhere; for a new"
    " one, choose another project_slug"
)


class Refusal(click.ClickException, ValueError):
    """A bad answer: the command line prints the one sentence and ends with exit code 1."""


class Answers(Extension):
    """The filters of the template, the text of answers as it is, and the refusal of bad ones."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        own: list = [accepted, caches, folder_name, in_quotes, linked, markdown, replaced]
        own += [replacement, study]
        environment.filters.update({function.__name__: function for function in own})
        hooks = [path.read_text(encoding="utf-8") for path in ROOT.glob("hooks/*.py")]
        self.texts = {*_texts(questions()), *hooks}
        # cruft renders two versions of the template in one process: each brings its own rules.
        sys.modules.pop(__name__, None)

    def preprocess(
        self,
        source: str,
        name: str | None,
        filename: str | None = None,  # noqa: ARG002  # as Jinja calls it
    ) -> str:
        """Return the text to render: one without a name that is not ours is somebody's answer."""
        if name is None and source == FOLDER:
            return "{{ cookiecutter|accepted }}"
        own = name is not None or source in self.texts
        return source if own else "{{ " + ascii(source) + " }}"


def questions() -> dict:
    """Return `cookiecutter.json`."""
    return json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))


def _texts(value: Any) -> list[str]:
    """Return every text in a JSON value."""
    if isinstance(value, (dict, list)):
        items = value.values() if isinstance(value, dict) else value
        return [text for item in items for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def taken_names() -> set[str]:
    """Return the names that a project cannot have: Windows', and those of packages it needs."""
    about = (ROOT / FOLDER / "pyproject.toml").read_text(encoding="utf-8")
    needed = re.findall(r'"([A-Za-z0-9._-]+)>=', about)
    return DEVICES | IMPORTED | {re.sub(r"[-_.]+", "_", name.lower()) for name in needed}


def _is_free(slug: str) -> bool:
    return re.sub(r"[-_]+", "_", slug) not in taken_names()


def _is_slug(slug: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9_-]{0,48}[a-z0-9]", slug))


def folder_name(name: str) -> str:
    """Return a folder's name that keeps to the rules, made from any text."""
    slug = slugify(name, separator="_", max_length=50).strip("_")
    if _is_slug(slug) and _is_free(slug):
        return slug
    return f"my_{slug or 'study'}"[:50].rstrip("_")


def in_quotes(text: str) -> str:
    """Return `text` as it stands between double quotes in TOML, YAML and JSON."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def markdown(text: str) -> str:
    """Return `text` so that Markdown shows it as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>&" else sign for sign in text)


def study(answers: dict) -> str:
    """Return the name of the folder in `studies/` that the answers choose."""
    return "own_data" if answers["start_from"] == "own-data" else STUDIES[answers["task"]]


def accepted(answers: dict) -> str:
    """Return the name of the project's folder, if a project may be made of these answers.

    Raises
    ------
    Refusal
        If an answer breaks its rule, or the folder holds what a bake would replace.
    """
    refused = _refused_word() or _refused_choice(answers) or _refused_text(answers)
    if refused:
        raise Refusal(refused)
    slug = answers["project_slug"]
    # cruft does not say where it bakes: there the hook looks.
    if "_output_dir" in answers:
        folder = Path(answers["_output_dir"], slug)
        if os.path.lexists(folder) and not folder.is_dir():
            msg = f"{folder} is no folder: move it away or choose another project_slug."
            raise Refusal(msg)
        for name in replaced(answers):
            if os.path.lexists(folder / name):
                raise Refusal(replacement(answers, str(folder), name))
        for name in linked(answers):
            if (folder / name).is_symlink():
                raise Refusal(replacement(answers, str(folder), name))
    return slug


def _refused_word():
    """Return why a word of the command line is no answer: Cookiecutter ignores what nobody asks."""
    known = {key: value for key, value in questions().items() if not key.startswith("_")}
    given = _command_line().get("extra_context")
    for key in given if isinstance(given, dict) else {}:
        if key not in known:
            return f"{key}: nobody asks for it; leave it out or use one of {', '.join(known)}."
    return None


def _refused_choice(answers: dict):
    """Return why a choice is none: a replayed one was not compared with the list."""
    lists = {key: value for key, value in questions().items() if isinstance(value, list)}
    choices = {key: value for key, value in lists.items() if not key.startswith("_")}
    for key, values in choices.items():
        if answers.get(key) not in values:
            return _sentence(answers, key, f"choose one of {', '.join(values)}")
    return None


def _refused_text(answers: dict):
    """Return why a text cannot be used, or None."""
    for key in ("project_name", "author_name"):
        if not answers[key].strip() or not _is_one_line(answers[key]):
            return _sentence(answers, key, "write one line of text that is not blank")
    if not _is_slug(answers["project_slug"]):
        return _sentence(answers, "project_slug", SLUG)
    if not _is_free(answers["project_slug"]):
        remedy = "choose another one than a name of Windows or of a package that the project needs"
        return _sentence(answers, "project_slug", remedy)
    address = answers["author_email"]
    signs = address.isprintable() and " " not in address and address.count("@") == 1
    if address and not (signs and address.strip("@").count("@") == 1):
        return _sentence(
            answers, "author_email", "write an address such as name@example.org or leave it empty"
        )
    return None


def _is_one_line(text: str) -> bool:
    # The two joiners are part of words in Persian and Hindi, and of emoji.
    return text.replace("\u200c", "").replace("\u200d", "").isprintable()


def _sentence(answers: Any, key: str, rule: Any) -> str:
    """Return the refusal of one answer, with the way to keep the others."""
    text = f"{key}: {rule}; it was {json.dumps(answers.get(key))}"
    line = _command_line()
    if not line or "_repo_dir" not in answers:
        return f"{text}."
    config = get_user_config(line.get("config_file"), bool(line.get("default_config")))
    template = Path(os.path.abspath(answers["_repo_dir"])).name  # noqa: PTH100 (as Cookiecutter)
    name = Path(line.get("replay_file") or f"{template}.json").stem
    stored = Path(config["replay_dir"], f"{name}.json")
    return f"{text}; all answers are kept: correct it in {stored} and type: {_again(line, stored)}"


def _again(line: Any, stored: Any):
    """Return the command that bakes from the stored answers, with the options that were given."""
    words = ["cookiecutter", line["template"], "--replay-file", str(stored)]
    for key in ("checkout", "directory", "output_dir", "config_file"):
        if line.get(key) not in (None, "."):
            words += ["--" + key.replace("_", "-"), str(line[key])]
    for key in ("overwrite_if_exists", "skip_if_file_exists", "default_config"):
        words += ["--" + key.replace("_", "-")] if line.get(key) else []
    if line.get("accept_hooks", "yes") != "yes":
        words += ["--accept-hooks", line["accept_hooks"]]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _command_line() -> dict:
    """Return the options of the command `cookiecutter`; empty where something else bakes."""
    context = click.get_current_context(silent=True)
    options = context.params if context is not None else {}
    return options if {"template", "replay_file"} <= set(options) else {}


def replaced(_: dict) -> list[str]:
    """Return the paths that a bake writes anew; a folder that is replaced whole ends in a slash.

    Notebooks with other names, and all else that the template does not have, are not among them.
    """
    patterns = questions()["_copy_without_render"]
    paths = {path.relative_to(ROOT / FOLDER): path for path in (ROOT / FOLDER).rglob("*")}
    whole = {
        path
        for path in paths
        if paths[path].is_dir() and any(fnmatch(str(path), pattern) for pattern in patterns)
    }
    single = {path for path in paths if paths[path].is_file() and not whole & set(path.parents)}
    names = {path.as_posix() for path in single} - FORGE
    names |= {f"{path.as_posix()}/" for path in whole if not whole & set(path.parents)} | {"study/"}
    # The file that makes a folder a project is named first.
    return sorted(names, key=lambda name: (name != "study.toml", name))


def linked(_: dict) -> list[str]:
    """Return the paths that a bake writes through where they are links, and so elsewhere."""
    folders = {part.as_posix() for name in replaced(_) for part in Path(name).parents}
    return sorted(FORGE | folders - {"."})


def caches(_: dict) -> list:
    """Return the folders that tools made in the template, from the project's root."""
    patterns = ("__pycache__", ".*_cache", ".ipynb_checkpoints")
    found = [path for pattern in patterns for path in (ROOT / FOLDER).rglob(pattern)]
    return sorted(path.relative_to(ROOT / FOLDER).as_posix() for path in found)


def replacement(_: dict, folder: str, name: str) -> str:
    """Return why a folder is not baked over, and what to do instead."""
    return f"{folder} holds {name} already, which a bake would replace: {UPDATE}."
