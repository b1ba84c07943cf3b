"""The tables of ``study.toml``, one class each: what may stand in them, and in which type."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from boxloop.base.written import FEWEST_WORDS, gives_a_reason, says_something
from boxloop.measure import at_rates
from boxloop.measure.kinds import CLASSIFICATION, TASKS, TaskKind, TaskName, kind_of

Role = Literal[
    "input",
    "target",
    "id",
    "group",
    "time",
    "weight",
    "error",
    "nuisance",
    "truth",
    "resonance",
    "ignored",
]
FEWEST_CLASSES = 3  # of two, one is the class of interest and tells the other
Motivation = Literal["compute", "robustness", "sharing", "no-other-solution"]


class Table(BaseModel):
    """A table of study.toml: unknown keys are refused, types are not bent."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Waiver(Table):
    """Why a check may fail, and up to which value; see `boxloop.checks.waiver`."""

    reason: str
    at: float | None = Field(
        None, allow_inf_nan=False, description="the value when the reason was written"
    )

    def __str__(self) -> str:
        """Its reason: chapters of older projects show that."""
        return self.reason


class Column(Table):
    """One row of the feature manifest (Huppenkothen et al. §2.4)."""

    role: Role
    unit: str
    description: str
    available_at_inference: bool = True
    derived_from_target: bool = False
    min: float | None = None
    max: float | None = None
    expected: Literal["increasing", "decreasing"] | None = None
    slope: float | None = Field(None, description="d column / d target in the physical law")
    error_of: str | None = Field(
        None, description="the column whose error this is, in its unit, where the role is error"
    )
    missing: list[float] = Field(
        [], description="numbers in the file, such as -999, that mean: not measured"
    )
    spellings: dict[str, str] = Field(
        {}, description="words in the file that mean another one: { 'rr lyrae' = 'RR Lyrae' }"
    )
    reference: str | None = None
    known_by: Waiver | None = Field(
        None,
        description="how a value is known before the target, where a check asks, and up to which "
        "value of the check; a text alone is bound to none",
    )

    @field_validator("known_by", mode="before")
    @classmethod
    def _said(cls, known_by: Any) -> Any:
        told = {"reason": known_by} if isinstance(known_by, str) else known_by
        reason = told.get("reason") if isinstance(told, dict) else None
        if isinstance(reason, str) and not gives_a_reason(reason):
            msg = (
                f"is too short: write in {FEWEST_WORDS} words or more how the value is known "
                "before the target"
            )
            raise ValueError(msg)
        return told


class Reference(Table):
    """The domain reference: the method that the field would use (Huppenkothen et al. §2.1)."""

    name: str
    kind: Literal["domain", "none"] = "domain"
    citation: str
    reason: str | None = Field(None, description="why there is none, when kind is none")

    @property
    def label(self) -> str:
        """Its name; while nobody has named one, what stands in its place."""
        return self.name if says_something(self.name) else "a stand-in for the domain reference"


class Criterion(Table):
    """A success number, written before any model is trained (Huppenkothen et al. §2.1).

    It is met where what was measured is at least, at most, or above (and not equal to) its bound.
    Where its `set` is a chapter, such as ``06_stress_test``, its `metric` is a number that the
    chapter keeps with ``here.number``; ``low`` and ``high`` are the ends of its interval.
    """

    name: str
    metric: str
    set: str
    quantity: Literal["value", "low", "high", "gain", "difference_low"] = "value"
    at_least: float | None = Field(None, allow_inf_nan=False)
    at_most: float | None = Field(None, allow_inf_nan=False)
    above: float | None = Field(None, allow_inf_nan=False)

    @property
    def of_chapter(self) -> bool:
        """Whether it asks for a number of a chapter, and not for a metric of a set of rows."""
        return re.match(r"\d\d_", self.set) is not None

    @model_validator(mode="after")
    def _has_a_quantity(self) -> "Criterion":
        if self.of_chapter and self.quantity not in ("value", "low", "high"):
            asks = f"criterion '{self.name}' asks the chapter {self.set} for {self.quantity}"
            msg = f"{asks}: write value, low or high"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _one_bound(self) -> "Criterion":
        if sum(bound is not None for bound in (self.at_least, self.at_most, self.above)) != 1:
            msg = f"criterion '{self.name}' needs exactly one of at_least, at_most and above"
            raise ValueError(msg)
        return self


class Study(Table):
    """What is asked, of which column, and how success is measured."""

    title: str
    author: str = ""
    question: str
    task: TaskName
    target: str
    unit: str
    primary_metric: str
    secondary_metrics: list[str] = Field(min_length=1)
    seeds: list[int] = Field(min_length=5, max_length=5)
    motivation: Motivation
    study_type: Literal["inference", "theoretical-limit"]
    positive_class: str | None = Field(
        None, description="the class of interest, where the task has one"
    )
    classes: list[str] | None = Field(
        None, description="three or more classes, where every one of them is asked for"
    )
    class_weights: dict[str, float] = Field(
        {}, description="how much a class counts in class_log_loss; 1 where nothing is said"
    )
    working_point: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="what a score is cut by; see boxloop.measure.kinds.Cut",
    )
    false_positive_rate: float | list[float] | None = Field(
        None, description="where signal_efficiency is read; see boxloop.measure.at_rates"
    )
    scale: Literal["1+target"] | None = Field(
        None, description="what residuals are divided by, as those of redshifts are"
    )
    transform: Literal["log10", "asinh", "1+z"] | None = Field(
        None, description="what models learn instead of the target; see boxloop.measure.transform"
    )
    outlier_bound: float | None = Field(
        None, gt=0, description="the (scaled) residual from which on a row is an outlier"
    )
    prevalence: float | None = Field(
        None, gt=0, lt=1, description="share of the class of interest where the model is used"
    )
    reference: Reference
    criteria: list[Criterion] = Field(min_length=1)

    @property
    def kind(self) -> TaskKind:
        """What its task asks; see `boxloop.measure.kinds.kind_of`."""
        return kind_of(self)

    @model_validator(mode="before")
    @classmethod
    def _usual_working_point(cls, values: Any) -> dict:
        kind = TASKS.get(str(values.get("task"))) if isinstance(values, dict) else None
        if kind and kind.cut and not values.get("classes"):
            return {"working_point": kind.cut.usual} | values
        return values

    @model_validator(mode="before")
    @classmethod
    def _metrics_at_rates(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        of_interest = values.get("task") == CLASSIFICATION and not values.get("classes")
        return at_rates.spelled_out(values, classification=of_interest)

    @model_validator(mode="after")
    def _read_at_a_rate(self) -> "Study":
        of_interest = self.task == CLASSIFICATION and self.classes is None
        if msg := at_rates.faulty(self, classification=of_interest):
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _several_classes(self) -> "Study":
        if msg := self._faulty_classes():
            raise ValueError(msg)
        return self

    def _faulty_classes(self) -> str:
        """Return what is wrong with `classes` and what goes with them, or nothing."""
        if self.classes is None:
            return "study.class_weights belongs to study.classes: remove it" * bool(
                self.class_weights
            )
        if self.task != CLASSIFICATION:
            return "study.classes belongs to classification: remove it"
        names = [name.strip() for name in self.classes]
        if len(set(names)) < FEWEST_CLASSES or len(set(names)) < len(names) or "" in names:
            return (
                "study.classes needs three or more different names; of two classes name one as "
                "study.positive_class instead"
            )
        if self.positive_class is not None:
            return "study.classes and study.positive_class exclude each other: remove one of them"
        for name in ("working_point", "prevalence"):
            if getattr(self, name) is not None:
                return f"study.{name} belongs to a class of interest, and not to classes: remove it"
        for name, weight in self.class_weights.items():
            if name not in names:
                return f"study.class_weights names '{name}', which is not in study.classes"
            if not 0 < weight < float("inf"):
                return f"study.class_weights.{name} is {weight:g} and must be above 0"
        return ""

    @model_validator(mode="after")
    def _class_of_interest(self) -> "Study":
        has_classes, of_interest = self.kind.has_classes, self.kind.cut is not None
        if of_interest and not (self.positive_class or "").strip():
            msg = (
                "study.positive_class is missing: "
                f"name the class of interest, one of the values of '{self.target}'"
            )
            raise ValueError(msg)
        if not has_classes and self.positive_class is not None:
            msg = "study.positive_class belongs to classification and anomaly-detection: remove it"
            raise ValueError(msg)
        if has_classes and (self.scale or self.outlier_bound) is not None:
            msg = "study.scale and study.outlier_bound belong to regression: remove them"
            raise ValueError(msg)
        if has_classes and self.transform is not None:
            msg = "study.transform belongs to regression: remove it"
            raise ValueError(msg)
        if not has_classes and self.prevalence is not None:
            msg = "study.prevalence belongs to classification and anomaly-detection: remove it"
            raise ValueError(msg)
        return self


class Data(Table):
    """The table that `boxloop adopt` took in; a worked example makes its own."""

    table: str = Field(description="path from the project's root")
    sha256: str = ""
    deployment: str | None = Field(
        None, description="unlabelled objects that the model is meant for"
    )
    deployment_sha256: str | None = None
    inside: str | None = Field(
        None, description="which table of a file that holds several: its name or number"
    )
    deployment_inside: str | None = Field(None, description="the same for `deployment`")
    deployment_footer: str | None = Field(
        None,
        description="of a deployment table that is kept by reference: the sha256 of its size and "
        "footer; see boxloop.table.sampled.footer",
    )
    deployment_rows: int | None = Field(None, gt=0, description="how many rows it has")
    deployment_sample: int | None = Field(
        None, gt=0, description="how many of them are drawn at random, for the chapters"
    )
    sources: dict[str, str] = Field(
        {}, description="sha256 of the files that the table was made of, by name"
    )

    @model_validator(mode="after")
    def _by_reference(self) -> "Data":
        known = (self.deployment_footer, self.deployment_rows, self.deployment_sample)
        if any(known) and not (self.deployment and all(known)):
            msg = (
                "data.deployment, deployment_footer, deployment_rows and deployment_sample belong "
                "together: adopt the table again with --deployment"
            )
            raise ValueError(msg)
        return self

    @property
    def drawn(self) -> str:
        """What is to be said of deployment rows that are a sample; nothing where all are here."""
        if not (self.deployment_rows and self.deployment_sample):
            return ""
        few, all_of_them = f"{self.deployment_sample:,}", f"{self.deployment_rows:,}"
        return f"Of {all_of_them} deployment rows {few} were drawn at random."


class Split(Table):
    """How the labelled rows are divided; fractions are of groups where there are groups."""

    strategy: Literal["random", "stratified", "group", "time"]
    train: float = Field(gt=0, lt=1)
    validation: float = Field(gt=0, lt=1)
    test: float = Field(gt=0, lt=1)
    exploration: float = Field(gt=0, lt=1, description="share of all groups, inside training")
    folds: int = Field(5, ge=2)
    seed: int = 0

    @model_validator(mode="after")
    def _fractions(self) -> "Split":
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            msg = f"train + validation + test is {total:g} and must be 1"
            raise ValueError(msg)
        if self.exploration > self.train:
            msg = f"exploration {self.exploration:g} is part of train and cannot exceed it"
            raise ValueError(msg)
        return self


class Author(Table):
    """One of those who made the study."""

    given: str = ""
    family: str = Field(description="the family name, or the only one there is")
    orcid: str | None = Field(
        default=None, description="https://orcid.org/0000-0002-1825-0097, or its sixteen digits"
    )
    affiliation: str = ""
    email: str = ""

    @field_validator("family")
    @classmethod
    def _named(cls, family: str) -> str:
        if not family.strip():
            msg = "is empty: write the family name, or the only name there is"
            raise ValueError(msg)
        return family.strip()

    @field_validator("orcid")
    @classmethod
    def _checked(cls, orcid: str | None) -> str | None:
        """Return the address of an ORCID iD whose last digit fits (ISO 7064, mod 11-2)."""
        if orcid is None or not orcid.strip():
            return None
        digits = re.sub(r"^https?://orcid\.org/|[\s-]", "", orcid.strip()).upper()
        if not re.fullmatch(r"\d{15}[\dX]", digits):
            msg = "is no ORCID iD: write its sixteen digits, such as 0000-0002-1825-0097"
            raise ValueError(msg)
        total = 0
        for digit in digits[:15]:
            total = (total + int(digit)) * 2
        last = (12 - total % 11) % 11
        if digits[15] != ("X" if last == 10 else str(last)):
            msg = "is no ORCID iD, because its last digit does not fit the others: copy it again"
            raise ValueError(msg)
        return "https://orcid.org/" + "-".join(digits[k : k + 4] for k in range(0, 16, 4))


class Release(Table):
    """What a release says of itself, beside what was computed."""

    version: str = "0.1.0"
    authors: list[Author] = Field(default=[], description="none: those of CITATION.cff")
    doi: str | None = Field(default=None, description="10.5281/zenodo.1234567, or its address")
    repository: str | None = Field(default=None, description="https://github.com/NAME/REPOSITORY")
    keywords: list[str] = Field(default=[])
    share_data: bool = Field(
        default=True, description="false: a toy table and its generator stand in for the rows"
    )
    share_predictions: bool = Field(
        default=True, description="truth and guess of each row, without its inputs and ids"
    )
    data_licence: str | None = Field(default=None, description="SPDX name, such as CC-BY-4.0")

    @field_validator("version")
    @classmethod
    def _versioned(cls, version: str) -> str:
        if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+_-]*", version):
            msg = "is no version: write letters, digits, dots, + and -, such as 1.0.0"
            raise ValueError(msg)
        return version

    @field_validator("doi")
    @classmethod
    def _identified(cls, doi: str | None) -> str | None:
        """Return a DOI without the address of its resolver."""
        if doi is None or not doi.strip():
            return None
        found = re.sub(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", doi.strip())
        if not re.fullmatch(r"10\.\d{4,9}(?:\.\d+)*/\S+", found):
            msg = "is no DOI: write one such as 10.5281/zenodo.1234567, or remove the line"
            raise ValueError(msg)
        return found

    @field_validator("repository")
    @classmethod
    def _reached(cls, repository: str | None) -> str | None:
        if repository is None or not repository.strip():
            return None
        if not re.fullmatch(r"https?://[^\s/@]+(?:/\S*)?", repository.strip()):
            msg = "is no address: write one that begins with https://, or remove the line"
            raise ValueError(msg)
        return repository.strip()

    @field_validator("data_licence")
    @classmethod
    def _licensed(cls, licence: str | None) -> str | None:
        if licence is None or not licence.strip():
            return None
        if not re.fullmatch(r"[A-Za-z0-9.+-]+", licence.strip()):
            msg = "is no name of the SPDX list: write one such as CC-BY-4.0, or remove the line"
            raise ValueError(msg)
        return licence.strip()
