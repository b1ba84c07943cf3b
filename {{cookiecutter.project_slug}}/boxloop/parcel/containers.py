"""``Dockerfile`` and ``.devcontainer/`` of a release: the environment, built again by others."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject

DOCKERFILE, DEVCONTAINER = "Dockerfile", ".devcontainer/devcontainer.json"
USER = "researcher"
HOME = f"/home/{USER}/study"
# As the official image of Python names its tags.
_TAG = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
TEXT = """\
# The environment of this release, and its loop:
#   docker build --tag {name}:{version} .
#   docker run --rm {name}:{version}
FROM python:{python}-slim

ENV PIP_NO_CACHE_DIR=1 \\
    PIP_DISABLE_PIP_VERSION_CHECK=1 \\
    PYTHONDONTWRITEBYTECODE=1

RUN useradd --create-home --uid 1000 --user-group {user} \\
    && install --directory --owner={user} --group={user} {home}
WORKDIR {home}

{install}
# By number, so that a host that asks for a user who is not root sees one.
USER 1000:1000
CMD ["boxloop", "run"]
"""
# Made on Linux: every package, before anything else, so that a change of the study is built fast.
ALIKE = """\
COPY environment.txt ./
RUN python -m pip install --requirement environment.txt
COPY --chown={user}:{user} . .
RUN python -m pip install --no-deps --editable .
"""
# Made on another system: some of its packages are for that system alone, so the versions are those
# in environment.txt, and which packages they are is found out here.
UNLIKE = """\
COPY --chown={user}:{user} . .
RUN python -m pip install --constraint environment.txt --editable .
"""


def write(folder: Path, subject: Subject) -> list[Path]:
    """Write ``Dockerfile`` and ``.devcontainer/devcontainer.json``, and return their paths.

    Raises
    ------
    UserError
        If nobody knows with which Python the results were made.
    """
    return [write_text(folder / name, text) for name, text in texts(subject).items()]


def texts(subject: Subject) -> dict[str, str]:
    """Return by name what builds the environment again."""
    return {DOCKERFILE: dockerfile(subject), DEVCONTAINER: devcontainer(subject)}


def dockerfile(subject: Subject) -> str:
    """Return the text of a Dockerfile with the Python and the versions of the results."""
    linux = str(subject.made_with.get("system", "")).startswith("Linux")
    return TEXT.format(
        name=re.sub(r"[^a-z0-9]+", "-", subject.name.lower()).strip("-") or "study",
        # Not every version is a tag: a `+` is none.
        version=re.sub(r"[^\w.-]", "-", subject.version),
        python=_python(subject),
        user=USER,
        home=HOME,
        install=(ALIKE if linux else UNLIKE).format(user=USER),
    )


def devcontainer(subject: Subject) -> str:
    """Return the text of a ``devcontainer.json`` that builds that Dockerfile.

    The folder is mounted where the Dockerfile has installed it, so that what is edited is what
    runs.
    """
    found = {
        "name": subject.title,
        "build": {"dockerfile": "../Dockerfile", "context": ".."},
        "remoteUser": USER,
        "workspaceMount": f"source=${{localWorkspaceFolder}},target={HOME},type=bind",
        "workspaceFolder": HOME,
        "forwardPorts": [8888],
        "customizations": {
            "vscode": {"extensions": ["ms-python.python", "ms-toolsai.jupyter"]},
        },
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _python(subject: Subject) -> str:
    """Return the version of Python that made the results, as a tag of its official image."""
    found = _TAG.match(str(subject.made_with.get("python", "")))
    if found is None:
        msg = (
            "results/08_release/environment.txt does not begin with the version of Python: "
            "`boxloop run --only 08` writes it again."
        )
        raise UserError(msg)
    return found[0]
