"""What a release speaks of: a finished study, read once, for all who write a part of the parcel."""

from __future__ import annotations

import re
import tomllib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boxloop.base.files import read_cache
from boxloop.record.authors import CITATION, authors_of, read_citation
from boxloop.record.passes import all_passes
from boxloop.record.release import earlier
from boxloop.record.results import past_of, read_checks, read_metrics, read_verdict
from boxloop.settings.load import load_settings
from boxloop.split.seal import last, read_ledger

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.settings.tables import Author

_HEAD = re.compile(r"# Python (\S+) on (.+)")
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)==(\S+)")


class Subject:
    """A study as its release tells of it.

    Nothing in it depends on the clock, on this machine or on where the project lies.

    Parameters
    ----------
    project : Project

    Attributes
    ----------
    project : Project
    settings : Settings
    metrics : dict, as in ``metrics.json``
    checks : list of dict, as in ``checks.json``
    verdict : dict or None, as in ``verdict.json``
    facts : dict
        Of the model, as in ``results/04_train/model.json``.
    released : dict or None
        The release of today's model on today's test set; `boxloop.record.release.releases`.
    openings : int
        Of this test set, and those of the same science before a reset.
    passes : int

    Raises
    ------
    UserError
        If ``study.toml``, ``CITATION.cff``, results or the ledger are damaged.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.settings = load_settings(project.settings_file)
        self.metrics: dict = read_metrics(project)
        self.checks: list[dict] = read_checks(project)
        self.verdict = read_verdict(project)
        facts = read_cache(project.station("04_train") / "model.json")
        self.facts: dict = facts if isinstance(facts, dict) else {}
        self._events = read_ledger(project)
        self.released = self._released()
        past = past_of(project)
        self.openings = len(past.counted) + past.uncounted
        self.passes = len(all_passes(project))

    def _released(self) -> dict | None:
        hashes = [self.facts.get(f"{who}_hash") for who in ("model", "reference")]
        texts = [one for one in hashes if isinstance(one, str)]
        found = earlier(self.project, *texts) if len(texts) == len(hashes) else None
        return found if found and found.get("sets") else None

    @property
    def model_hash(self) -> str:
        """Hash of what the model says, as `boxloop.measure.model_file.model_hash` makes it."""
        return str(self.facts.get("model_hash") or "")

    @cached_property
    def opened_at(self) -> str | None:
        """Day on which the test set was opened for this model, ISO; None before it was."""
        rows = (last(self._events, "sealed") or {}).get("content")
        found, sealed = None, None
        for event in self._events:
            sealed = event.get("content") if event["event"] == "sealed" else sealed
            model = event.get("model", event.get("model_hash"))
            if event["event"] == "opened" and (sealed, model) == (rows, self.model_hash):
                found = str(event.get("time") or "")[:10]
        return found or None

    @cached_property
    def _project_table(self) -> dict:
        """The table ``[project]`` of pyproject.toml; empty where there is none."""
        try:
            text = (self.project.root / "pyproject.toml").read_text(encoding="utf-8-sig")
            found = tomllib.loads(text).get("project", {})
        except (OSError, ValueError, AttributeError):
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def _citation(self) -> dict:
        """The content of ``CITATION.cff``; empty where there is none."""
        return read_citation(self.project.root / CITATION)

    @property
    def name(self) -> str:
        """The slug: letters, digits, ``_`` and ``-``, as in file names."""
        named = self._project_table.get("name")
        said = named if isinstance(named, str) else self.settings.study.title
        return re.sub(r"[^A-Za-z0-9_-]+", "_", said).strip("_-") or "study"

    @property
    def title(self) -> str:
        """Title of the study."""
        return self.settings.study.title

    @property
    def version(self) -> str:
        """Version of the release, from ``[release]`` in study.toml."""
        return self.settings.release.version

    @property
    def licence(self) -> str | None:
        """SPDX name of the licence of the code, from pyproject.toml or CITATION.cff."""
        for found in (self._project_table.get("license"), self._citation.get("license")):
            if isinstance(found, str) and found.strip():
                return found.strip()
        return None

    @cached_property
    def authors(self) -> list[Author]:
        """Who made it: of ``[release]``, else of CITATION.cff, else the author of ``[study]``.

        Where only one name is known, such as that of a collaboration, it is the family name.
        """
        return authors_of(self.settings, self._citation)

    @property
    def shares_data(self) -> bool:
        """Whether rows of the data may be in the release."""
        return self.settings.release.share_data

    @property
    def shares_predictions(self) -> bool:
        """Whether truth and guess of each row may be in it."""
        return self.settings.release.share_predictions

    @cached_property
    def made_with(self) -> dict[str, str]:
        """Python, system and exact versions with which the results were made, by name.

        Those that 08 has written down; of an older project, those of today.
        """
        path = self.project.station("08_release") / "environment.txt"
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
        else:
            from boxloop.base.provenance import requirements

            text = requirements()
        head = _HEAD.match(text)
        found = {"python": head[1], "system": head[2].strip()} if head else {}
        pins = (_PIN.fullmatch(line.strip()) for line in text.splitlines())
        return found | {pin[1]: pin[2] for pin in pins if pin}

    def result(self, name: str) -> Any:
        """Return a result such as ``"06_stress_test/safe_unsafe.csv"``; None where there is none.

        A table comes as DataFrame, JSON as it is, anything else as text.
        """
        path = self.project.results / name
        if not path.is_file():
            return None
        if path.suffix == ".json":
            return read_cache(path)
        if path.suffix in (".csv", ".parquet"):
            from boxloop.base.files import read_table

            return read_table(path)
        return path.read_text(encoding="utf-8", errors="replace")
