"""``study.toml``: read, validated, and refused with one sentence when it is wrong."""

import math
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache
from boxloop.base.written import FEWEST_WORDS, gives_a_reason, nearest
from boxloop.settings.tables import Column, Data, Release, Split, Study, Table, Waiver

if TYPE_CHECKING:
    from pathlib import Path


class Settings(Table):
    """Everything in ``study.toml``."""

    study: Study
    data: Data | None = None
    columns: dict[str, Column]
    split: Split
    stress: dict[str, list[float]] = Field({})
    thresholds: dict[str, float] = Field({})
    waivers: dict[str, Waiver] = Field({})
    revision: dict[str, Any] = Field(
        {}, description="what the study has learnt so far and acts upon, by a name"
    )
    release: Release = Field(Release(), description="what a release says of itself")

    @model_validator(mode="before")
    @classmethod
    def _there_is_a_table(cls, values: Any) -> dict:
        data = values.get("data") if isinstance(values, dict) else None
        if isinstance(data, dict) and data.get("table") == "":
            msg = "there is no table yet: run `boxloop adopt FILE --target COLUMN`"
            raise ValueError(msg)
        return values

    @model_validator(mode="after")
    def _errors_are_of_columns(self) -> "Settings":
        for name, column in self.columns.items():
            if column.error_of is not None and (
                column.role != "error" or column.error_of not in self.columns
            ):
                needs = "error_of needs the role error and the name of another column"
                msg = f"columns.{name}: {needs}; it is '{column.error_of}'"
                raise ValueError(msg)
        return self

    @field_validator("revision", mode="before")
    @classmethod
    def _plain_values(cls, revision: Any) -> Any:
        for name, value in revision.items() if isinstance(revision, dict) else ():
            if not isinstance(value, str | int) and not (
                isinstance(value, float) and math.isfinite(value)
            ):
                msg = f"'{name}' needs a number, a text, true or false, and not {value!r}"
                raise ValueError(msg)
        return revision

    @field_validator("waivers", mode="before")
    @classmethod
    def _reasons(cls, waivers: Any, info: ValidationInfo) -> Any:
        root = (info.context or {}).get("root")
        for check, waiver in waivers.items() if isinstance(waivers, dict) else ():
            _must_exist("waivers", check, root)
            msg = _bound_form(check, waiver, root) if isinstance(waiver, str) else None
            reason = waiver.get("reason") if isinstance(waiver, dict) else None
            if isinstance(reason, str) and not gives_a_reason(reason):
                msg = f"the waiver for '{check}' needs a reason of {FEWEST_WORDS} words or more"
            if msg:
                raise ValueError(msg)
        return waivers

    @model_validator(mode="after")
    def _target_is_a_column(self) -> "Settings":
        target = self.columns.get(self.study.target)
        if target is None or target.role != "target":
            name = self.study.target
            msg = f"study.target '{name}' needs a [columns.{name}] with role = \"target\""
            raise ValueError(msg)
        for name, column in self.columns.items():
            if column.role == "input" and column.derived_from_target:
                why = "is derived from the target and can never be an input"
                msg = f"columns.{name} {why}: give it another role"
                raise ValueError(msg)
        if self.split.strategy in ("group", "time") and self.only(self.split.strategy) is None:
            msg = f"split.strategy '{self.split.strategy}' needs one column with that role"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _names_are_known(self, info: ValidationInfo) -> "Settings":
        from boxloop.measure.metrics import METRICS

        study = self.study
        metrics = [
            study.primary_metric,
            *study.secondary_metrics,
            *(c.metric for c in study.criteria if not c.of_chapter),
        ]
        for name in metrics:
            asked = study.kind.measures
            mine = [metric.name for metric in METRICS.values() if asked in metric.tasks]
            if not (name in METRICS and asked in METRICS[name].tasks):
                what = f"is not one of {asked}" if name in METRICS else "is not known"
                msg = f"metric '{name}' {what}; choose from {', '.join(mine)}"
                raise ValueError(msg)
        for name in self.thresholds:
            _must_exist("thresholds", name, (info.context or {}).get("root"))
        return self

    def role(self, role: str) -> list[str]:
        """Return the names of the columns with this role, in the order of the file."""
        return [name for name, column in self.columns.items() if column.role == role]

    @property
    def inputs(self) -> list[str]:
        """Names of the columns that a model may learn from."""
        return self.role("input")

    @property
    def seen(self) -> list[str]:
        """Names of the columns that estimators are handed: inputs, the resonance, and weights."""
        return [*self.inputs, *self.role("resonance"), *self.weights]

    @property
    def weights(self) -> list[str]:
        """Names of the columns that say how much a row counts: weights, and the target's error."""
        errors = [
            name for name in self.role("error") if self.columns[name].error_of == self.study.target
        ]
        return [*self.role("weight"), *errors]

    def error_of(self, name: str) -> Any:
        """Return the name of the column that holds the error of another one, or None."""
        return next(
            (error for error in self.role("error") if self.columns[error].error_of == name), None
        )

    def only(self, role: str) -> Any:
        """Return the one column with this role, or None."""
        names = self.role(role)
        return names[0] if len(names) == 1 else None


def _sentence(error: Any) -> str:
    """Return the first problem of a ValidationError: key, what is wrong, value."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"key {key} is not known: remove it or correct its spelling."
    if problem["type"] == "missing":
        return f"key {key} is missing: add it."
    what = problem["msg"].removeprefix("Value error, ")
    value = problem["input"]
    if not key or isinstance(value, dict | BaseModel):
        return (f"{key}: " if key else "") + what + "."
    return f"{key} = {value!r}: {what[0].lower()}{what[1:]}."


def _must_exist(table: str, name: str, root: "Path | None") -> None:
    """Refuse the name of a check that does not exist; those of a study come with its code."""
    from boxloop.checks import REGISTRY
    from boxloop.checks.own import PREFIX

    here = root is not None and root.is_absolute() and (root / "study").is_dir()
    elsewhere = name.startswith(PREFIX) and not here
    if name not in REGISTRY and not elsewhere:
        near = nearest(name, REGISTRY)
        unknown = f"{table} names the check '{name}', which does not exist"
        meant = f"perhaps to '{near}'" if near else "results/checks.json names those of a run"
        msg = f"{unknown}: correct it ({meant}) or remove it"
        raise ValueError(msg)


def _last_values(root: "Path | None") -> dict:
    """Return what the last run measured, by check; empty where nobody knows."""
    rows = read_cache(root / "results" / "checks.json") if root else None
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {row.get("id"): row.get("value") for row in found}


def _bound_form(check: str, reason: str, root: "Path | None") -> str:
    """Return what to write instead of a waiver that is a text alone, bound to no value."""
    from boxloop.checks.waiver import line_of

    values = _last_values(root)
    value = values.get(check)
    known = check in values and isinstance(value, int | float | None)
    if known and gives_a_reason(reason):
        return f"a waiver holds up to a value: write {line_of(check, reason, value)} instead"
    told = f"boxloop waive {check} --reason TEXT"
    return (
        f"the waiver for '{check}' is bound to no value: remove it, and after `boxloop run` type "
        f"`{told}`, with {FEWEST_WORDS} words or more"
    )


def parse_settings(text: str, path: "Path") -> "Settings":
    """Return the validated settings in the text of a ``study.toml``.

    Raises
    ------
    UserError
        If it is not TOML, or a key is unknown, missing or of a wrong type.
    """
    try:
        return Settings.model_validate(tomllib.loads(text), context={"root": path.parent})
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        msg = f"{path.name} is not valid TOML ({error}): mend that line."
        raise UserError(msg) from error
    except ValidationError as error:
        msg = f"{path.name}: {_sentence(error)}"
        raise UserError(msg) from error


def load_settings(path: "Path") -> "Settings":
    """Return the validated settings of a study.

    Raises
    ------
    UserError
        If the file is missing, is not TOML, or a key is unknown, missing or of a wrong type.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows may mark it
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path.name} cannot be read ({error}): make it a UTF-8 text file that you may read."
        raise UserError(msg) from error
    from boxloop.checks.own import know

    know(path.parent)
    return parse_settings(text, path)
