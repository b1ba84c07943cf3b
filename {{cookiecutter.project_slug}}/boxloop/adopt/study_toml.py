"""Write the study.toml of an adopted table, and tell whether a person has changed one since."""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from typing import TYPE_CHECKING

from boxloop.adopt.plan import PARTS
from boxloop.base.errors import UserError
from boxloop.base.toml import quoted
from boxloop.measure.kinds import SEVERAL, TASKS
from boxloop.measure.transform import TRANSFORMS

if TYPE_CHECKING:
    from boxloop.adopt.roles import Guess


NAMES = ("train", "validation", "test")
BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
MARK = "# untouched: "
# Taken over from the study.toml before, so that to change them is no reason for a question.
OWN = ("title =", "author =", "task =")


def key(name: str) -> str:
    """Return a column's name as a TOML key."""
    return name if BARE.fullmatch(name) else quoted(name)


def comment(text: str) -> str:
    """Return text that may stand behind a `#`."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text))


def fingerprint(text: str) -> str:
    """Return the fingerprint of a study.toml, without its title, author, task and fingerprint."""
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if not line.startswith((*OWN, MARK))]
    return hashlib.sha256("\n".join(kept).strip().encode("utf-8")).hexdigest()[:16]


def marked(text: str) -> str:
    """Return the text with its fingerprint as its last line."""
    return f"{text.rstrip()}\n\n{MARK}{fingerprint(text)}\n"


def is_untouched(text: str) -> bool:
    """Whether a study.toml is as the template or `boxloop adopt` wrote it."""
    found = re.search(rf"^{MARK}(\w+)\s*$", text, re.MULTILINE)
    return found is not None and found[1] == fingerprint(text)


def release_of(text: str) -> str:
    """Return the text of ``[release]`` in a study.toml with all below it; empty without one.

    Raises
    ------
    UserError
        If it is written in a way that cannot be taken over as it is.
    """
    inside, kept = False, []
    for line in text.splitlines():
        head = line.strip().partition("#")[0].replace(" ", "").rstrip()
        if head.startswith("["):
            inside = head == "[release]" or head.startswith(("[release.", "[[release."))
        kept += [line] if inside else []
    if kept and kept[-1].strip().startswith("#") and "" in kept:  # it speaks of what comes next
        kept = kept[: len(kept) - 1 - kept[::-1].index("")]
    block = "\n".join(kept).rstrip()
    try:
        same = tomllib.loads(block).get("release") == tomllib.loads(text).get("release")
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        msg = (
            "study.toml: write [release] as a table of its own, with one key on each line, so that "
            "it can be taken over."
        )
        raise UserError(msg)
    return block


def compose(facts: dict, roles: dict, *, split: dict) -> str:
    """Return the text of a study.toml.

    Parameters
    ----------
    facts : dict
        ``title``, ``author``, ``question``, ``task``, ``target``, ``unit``, ``positive`` and
        ``why_positive`` (None for regression),
        ``classes`` (three or more, or None),
        ``table``, ``sha256``, ``rows``, ``deployment``, ``deployment_sha256``,
        ``release`` (the text of ``[release]``; that of the template where there is none).
    roles : dict of boxloop.adopt.roles.Guess, by column
    split : dict
        ``strategy``, ``why``, ``exploration``, ``folds``.
    """
    parts = [
        HEAD,
        _study(facts),
        _data(facts),
        COLUMNS,
        *(_column(name, guess) for name, guess in roles.items()),
        _split(split),
        TAIL.replace("{release}", (facts.get("release") or RELEASE).strip()),
    ]
    return marked("\n\n".join(part.strip("\n") for part in parts))


HEAD = """\
# The study: what is asked, which columns may be used, how rows are divided, stressed and judged.
# Written by `boxloop adopt`; it is yours now. What was guessed says why: correct it where needed.
# `boxloop run` refuses to start if a key is unknown or a value is wrong, and says which.
"""


def _study(facts: dict) -> str:
    kind = SEVERAL if facts.get("classes") else TASKS[facts["task"]]
    told = ("title", "author", "question", "task", "target", "unit")
    lines = ["[study]", *(f"{name} = {quoted(facts[name])}" for name in told)]
    if facts.get("transform"):
        words = comment(TRANSFORMS[facts["transform"]].words.format(facts["target"]))
        lines += [f"transform = {quoted(facts['transform'])}  # models learn {words}"]
    if kind.cut:
        point, words = facts.get("working_point") or (kind.cut.usual, kind.cut.words)
        lines += [
            f"positive_class = {quoted(facts['positive'])}  # {comment(facts['why_positive'])}",
            f"working_point = {point}  # {words}",
        ]
    if kind.several:
        names = ", ".join(quoted(name) for name in facts["classes"])
        lines += [f"classes = [{names}]  # rows of another class are left out"]
    measured = MEASURED_SCORES if kind.cut else MEASURED_NUMBERS
    lines += [
        f"primary_metric = {quoted(kind.primary_metric)}",
        f"secondary_metrics = {json.dumps(kind.secondary_metrics)}",
        MEASURED_CLASSES if kind.several else measured,
    ]
    return "\n".join(lines) + JUDGED.format(metric=quoted(kind.primary_metric))


MEASURED_NUMBERS = """\
# Optional: scale = "1+target" (residuals are divided by 1 + target, as for redshifts);
# outlier_bound = 0.15 (the residual from which on a row is an outlier, in the unit of the target or
# of the scale; else it is 3 NMAD of the reference);
# transform = "log10", "asinh" or "1+z" (models learn that of the target, and it is undone in every
# number: a prediction is then nearer to a median of the target than to its mean).\
"""
MEASURED_SCORES = """\
# Optional: prevalence = 0.01 (share of the class of interest where the model is used: purities and
# average precisions are told for it; else for that of the weights, or of the rows). Of a
# classification also primary_metric = "signal_efficiency" with false_positive_rate = 0.01 (or
# [0.01, 0.001]): the share of the class of interest that passes where so much of the rest does.\
"""
MEASURED_CLASSES = """\
# Optional: class_weights = {"NAME" = 2.0} (how much a class counts in class_log_loss, else 1).
# With positive_class = "NAME" instead of classes, and metrics such as roc_auc, one class is asked
# for against all others: `boxloop adopt ... --positive NAME --force` writes that.\
"""
JUDGED = """
seeds = [0, 1, 2, 3, 4]
motivation = "robustness"  # or "compute", "sharing", "no-other-solution": see 01
study_type = "inference"  # or "theoretical-limit"

# The method that the field would use. Write it in study/baseline.py and name it here; until then a
# linear model stands in.
[study.reference]
name = "TODO"
citation = "TODO"

# Success numbers, written before any model is trained. Add the size of the improvement that would
# be worth having. Each has one bound: at_least, at_most, or above, which must be exceeded.
[[study.criteria]]
name = "The improvement over the domain reference is not chance"
metric = {metric}
set = "test"
quantity = "difference_low"
above = 0  # in any unit: a model that equals the reference is no improvement
"""


def _data(facts: dict) -> str:
    lines = [
        f"# {facts['rows']:,} rows. The file is never changed; one with another sha256 is refused.",
        "[data]",
    ]
    lines += [f"table = {quoted(facts['table'])}", f"sha256 = {quoted(facts['sha256'])}"]
    lines += _deployment(facts)
    lines += [
        f"{name} = {quoted(facts[name])}"
        for name in ("inside", "deployment_inside")
        if facts.get(name)
    ]
    if facts.get("sources"):
        files = (f"{quoted(name)} = {quoted(sha)}" for name, sha in facts["sources"].items())
        lines += ["# The files that it was made of.", f"sources = {{ {', '.join(files)} }}"]
    return "\n".join(lines)


def _deployment(facts: dict) -> list[str]:
    """Return what is said of the objects that the model is meant for."""
    if not facts["deployment"]:
        return []
    lines = [f"deployment = {quoted(facts['deployment'])}"]
    if not facts.get("deployment_footer"):
        return [*lines, f"deployment_sha256 = {quoted(facts['deployment_sha256'])}"]
    return [
        "# Too large for memory: it stays where it is, and chapters see a random sample of it. It",
        "# is known by its size and its footer (rows, and size and range of each column), not by",
        "# every byte.",
        *lines,
        f"deployment_footer = {quoted(facts['deployment_footer'])}",
        f"deployment_rows = {facts['deployment_rows']}",
        f"deployment_sample = {facts['deployment_sample']}",
    ]


COLUMNS = """
# The feature manifest. Roles: input, target, id, group, time, weight, error (with error_of),
# nuisance, truth, resonance, ignored.
# Optional: missing = [-999.0] (numbers that mean: not measured), description,
# spellings = { "rr lyrae" = "RR Lyrae" } (words in the file that mean another one),
# min and max (a value outside stops the run),
# expected = "increasing" or "decreasing", reference, derived_from_target = true,
# available_at_inference = false for what a new object would not have,
# known_by = "..." where a check asks how a value is known before the target.
"""


def _column(name: str, guess: Guess) -> str:
    lines = [
        f"# {comment(guess.reason)}; seen: {comment(guess.seen)}",
        f"[columns.{key(name)}]",
        f"role = {quoted(guess.role)}",
    ]
    lines += [f"error_of = {quoted(guess.error_of)}"] if guess.error_of else []
    if guess.missing:
        lines += [f"missing = [{', '.join(map(str, guess.missing))}]  # {_why_missing(guess)}"]
    if guess.spellings:
        said = ", ".join(f"{quoted(a)} = {quoted(b)}" for a, b in guess.spellings.items())
        lines += [f"spellings = {{ {said} }}  # read as one word; remove what is another"]
    lines += [f"unit = {quoted(guess.unit)}", f"description = {quoted(guess.description)}"]
    lines += ["available_at_inference = false"] if guess.role in ("target", "truth") else []
    return "\n".join(lines)


def _why_missing(guess: Guess) -> str:
    """Return why numbers are taken for marks of a missing value."""
    if guess.error_of is not None:
        return "read as no error given"
    if all(math.isinf(mark) for mark in guess.missing):
        return "read as not measured"
    return "read as not measured, because far from all other values; remove what was measured"


def _split(split: dict) -> str:
    return "\n".join(
        [
            f"# {comment(split['why'])}",
            "[split]",
            f"strategy = {quoted(split['strategy'])}",
            *(f"{name} = {part}" for name, part in zip(NAMES, PARTS, strict=True)),
            "# Share that 01 and 02 may look at; it stays inside training.",
            f"exploration = {split['exploration']:g}",
            f"folds = {split['folds']}",
            "seed = 0",
        ]
    )


RELEASE = """[release]
version = "0.1.0"
keywords = []
share_data = true  # false: toy rows and what makes them stand in
share_predictions = true  # truth and guess of each row, without its inputs and ids
# Optional: doi = "10.5281/zenodo.1234567", repository = "https://github.com/NAME/REPOSITORY",
# data_licence = "CC-BY-4.0" (of the rows, where it is not that of the code).
# One block for each author, in their order; all but family may be left out:
# [[release.authors]]
# given = "Ada"
# family = "Lovelace"
# orcid = "0000-0002-1825-0097"
# affiliation = "Analytical Society"
# email = "ada@example.org"
"""
TAIL = """
# Levels of the stress tests in study/stress.py; every test says what a level means.
[stress]
noise = [0.1, 0.3, 1.0]
missing = [0.1, 0.5, 1.0]
extreme = [0.5, 0.2]
scale = [-0.05, 0.05]

# What a release says of itself; without authors it names those of CITATION.cff.
{release}

# A check's own threshold holds unless it is set here: "check.id" = number
[thresholds]

# Rules may be broken, with a reason and as far as they are broken today; `boxloop waive` writes:
# "check.id" = { reason = "why, and why it does no harm here", at = 1.75 }
[waivers]
"""
