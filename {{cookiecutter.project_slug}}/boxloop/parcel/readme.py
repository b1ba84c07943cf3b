"""The README of a release: what it is, three commands, and what is not in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.files import write_text
from boxloop.parcel.manifest import archive_name
from boxloop.predict.layout import BUNDLE, MANIFEST, TOY
from boxloop.record.cards import as_written

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject
    from boxloop.settings.tables import Author

README = "README.md"
PAGE = """\
# {title}, release {version}

{question}

**Verdict: {state}.** {sentence}

Read `model_card.md` before you use the model: what it is for, where it breaks, and how well each
check could have seen a fault. {report}

## Use it

With Python {python} or later, in a fresh environment:

```console
python -m pip install {archive}
boxloop predict FILE --out predictions.parquet --release {archive}
boxloop referee {archive}
```

The first installs what the model needs.
The second takes a table of yours and says of each row its prediction, and whether it is `in_scope`
or why not; no row is dropped.
The third checks what you were sent: every hash, every number that can be measured again, the
openings of the test set; `--rerun` runs the whole study anew.
In this folder instead of the zip, install with `python -m pip install .` and write `--release .`.

## What is here

`{manifest}` has the id of this release and the hash of every file.
{shared}

## Licence and citation

{licence}
{cite}
"""


def write(folder: Path, subject: Subject) -> None:
    """Write ``README.md``."""
    write_text(folder / README, page(folder, subject))


def page(folder: Path, subject: Subject) -> str:
    """Return its text; what lies in the folder is told in it."""
    verdict, study = subject.verdict or {}, subject.settings.study
    return PAGE.format(
        title=as_written(subject.title),
        version=subject.version,
        question=as_written(study.question),
        state=verdict.get("state", "none yet"),
        sentence=as_written(verdict.get("sentence", "")),
        report=_report(folder),
        python="3.11",
        archive=archive_name(subject.name, subject.version),
        manifest=MANIFEST,
        shared=_shared(folder, subject),
        licence=_licence(folder, subject),
        cite=cited(subject),
    )


def _report(folder: Path) -> str:
    there = (folder / "report" / "index.html").is_file()
    shows = "`report/index.html` is the whole study; its chapters show example rows of the data."
    return shows if there else "The report is not here, because its chapters show rows of the data."


def _shared(folder: Path, subject: Subject) -> str:
    """Return what is in it of data and predictions, and what is not."""
    said = ["The rows of the test set are sealed in the project; their ledger is here."]
    if subject.shares_data:
        said = [
            "`data/raw/` and `data/interim/` hold the data; the file of sealed rows is not here."
        ]
    else:
        stand_in = f" `{TOY}/` holds a toy table that stands in." if (folder / TOY).is_dir() else ""
        said.append(f"The data are not shared: no row of them is here.{stand_in}")
    if not subject.shares_predictions:
        said.append("Truth and prediction of single rows are not shared.")
    said.append(f"`{BUNDLE}/onnx.txt` says whether the model is here as ONNX too.")
    return "\n".join(said)


def _licence(folder: Path, subject: Subject) -> str:
    named = next((path.name for path in sorted(folder.glob("LICEN[SC]E*"))), None)
    code = f"Code: {subject.licence}" if subject.licence else "Code: no licence is named"
    data = subject.settings.release.data_licence
    of_data = f" Data: {data}." if data else ""
    return f"{code}{f', see `{named}`' if named else ''}.{of_data}"


def cited(subject: Subject) -> str:
    """Return how the release is cited, in one sentence."""
    names = "; ".join(map(_named, subject.authors)) or "the authors"
    year = f" ({subject.opened_at[:4]})" if subject.opened_at else ""
    doi = subject.settings.release.doi
    where = f", https://doi.org/{doi}" if doi else ""
    said = f"{names}{year}: {subject.title}, version {subject.version}{where}"
    return f"Cite it as {as_written(said)}; `CITATION.cff` has the same for programs."


def _named(author: Author) -> str:
    return ", ".join(filter(None, [author.family, author.given]))
