"""What machines read of a release is right, whole, and clean by other people's validators."""

import functools
import hashlib
import json
import re
import shutil
import tomllib

import described_release
import pytest
import validators
import yaml
from conftest import ROOT
from described_release import AUTHORS, STUDIES, says
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from boxloop.adopt.study_toml import RELEASE
from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.parcel import citation, metadata
from boxloop.parcel.said import address, media_type
from boxloop.parcel.subject import Subject
from boxloop.settings.tables import Author, Release

SCHEMA = ROOT / "tests" / "fixtures" / "citation_file_format" / "schema-1.2.0.json"
DAY = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
TEXT, WORDS = {"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}}
# Written from https://developers.zenodo.org/#representation: Zenodo publishes no schema of it.
ZENODO = {
    "type": "object",
    "required": ["title", "upload_type", "description", "creators", "access_right", "version"],
    "additionalProperties": False,
    "properties": {
        "title": TEXT,
        "upload_type": {"enum": ["publication", "dataset", "software", "other"]},
        "description": TEXT,
        "version": TEXT,
        "publication_date": DAY,
        "access_right": {"enum": ["open", "embargoed", "restricted", "closed"]},
        "access_conditions": TEXT,
        "license": {"type": "string", "pattern": "^[a-z0-9.-]+$"},
        "keywords": WORDS | {"minItems": 1},
        "creators": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {
                    "name": TEXT,
                    "affiliation": TEXT,
                    "orcid": {"type": "string", "pattern": r"^(\d{4}-){3}\d{3}[\dX]$"},
                    "gnd": TEXT,
                },
            },
        },
        "related_identifiers": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["identifier", "relation"],
                "additionalProperties": False,
                "properties": {
                    "identifier": TEXT,
                    "relation": {"enum": ["cites", "isSupplementTo", "references", "isPartOf"]},
                    "scheme": {"enum": ["doi", "url", "arxiv"]},
                },
            },
        },
    },
    "allOf": [
        {
            "if": {"properties": {"access_right": {"const": "open"}}},
            "then": {"required": ["license"]},
        },
        {
            "if": {"properties": {"access_right": {"const": "restricted"}}},
            "then": {"required": ["access_conditions"]},
        },
    ],
}
LINK = {"type": "string", "format": "uri", "pattern": "^https?://"}
THING = {"type": "object", "required": ["@type", "name"]}
# Written from the terms of CodeMeta 3.0, https://codemeta.github.io/terms/: it has no schema.
CODEMETA = {
    "type": "object",
    "required": ["@context", "@type", "name", "description", "version", "author"],
    "additionalProperties": False,
    "properties": {
        "@context": {"const": "https://w3id.org/codemeta/3.0"},
        "@type": {"const": "SoftwareSourceCode"},
        "name": TEXT,
        "description": TEXT,
        "identifier": LINK,
        "version": TEXT,
        "author": {
            "type": "array",
            "minItems": 1,
            "items": THING | {"properties": {"@type": {"const": "Person"}, "@id": LINK}},
        },
        "license": LINK,
        "codeRepository": LINK,
        "datePublished": DAY,
        "keywords": WORDS,
        "programmingLanguage": THING,
        "runtimePlatform": TEXT,
        "softwareRequirements": {"type": "array", "items": THING},
        "referencePublication": {"type": "array", "items": THING},
    },
}
# What roc-validator recommends and we do not know: who publishes a release before it is archived,
# where an author works, the address of that place. It asks that source code has an address in the
# web, which a file of a crate has not.
UNKNOWN = re.compile(
    r"`publisher` property|organizational.*affiliation|organization SHOULD have a URL"
    r"|SoftwareApplication id SHOULD be an absolute URI",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def released(bake, tmp_path_factory):
    """Return ``released(study)``: a baked project, as if it had been released; baked once."""

    @functools.cache
    def released(study="clusters"):
        return described_release.project(bake, tmp_path_factory.mktemp(study), study)

    return released


@pytest.fixture(scope="module")
def described(released, tmp_path_factory):
    """Return ``described(study, shared=True, more="")``: folder, Subject; made once."""

    @functools.cache
    def described(study="clusters", *, shared=True, more=""):
        baked, folder = released(study), tmp_path_factory.mktemp("described") / "release"
        before = says(baked, more)
        _, subject = described_release.release(baked, folder, shared=shared)
        baked.settings_file.write_text(before, encoding="utf-8", newline="\n")
        return folder, subject

    return described


@pytest.fixture
def mine(released, tmp_path):
    """A released project of one's own, to be edited."""
    shutil.copytree(released().root, tmp_path / "mine")
    return Project(tmp_path / "mine")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def faults(schema, value, kind=Draft202012Validator):
    found = kind(schema, format_checker=FormatChecker()).iter_errors(value)
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in found]


KINDS = [(study, shared, more) for study in STUDIES for shared, more in ((1, ""), (0, AUTHORS))]


@pytest.mark.parametrize(("study", "shared", "more"), KINDS)
def test_citation_codemeta_and_zenodo_are_valid(described, study, shared, more):
    """By the schema of CFF 1.2.0, and by what CodeMeta and Zenodo say of their fields."""
    folder, _ = described(study, shared=bool(shared), more=more)
    cff = yaml.load((folder / "CITATION.cff").read_text(encoding="utf-8"), yaml.BaseLoader)
    for one in cff["references"]:
        one["year"] = int(one["year"])  # the one number; all else is text

    assert faults(read(SCHEMA), cff, Draft7Validator) == []
    assert faults(CODEMETA, read(folder / "codemeta.json")) == []
    assert faults(ZENODO, read(folder / ".zenodo.json")) == []


def test_authors_are_those_of_the_release(described):
    """With ORCID, affiliation and whatever signs their names have, in each format's own form."""
    folder, _ = described(more=AUTHORS)
    cff = yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))
    name = 'van "Beethoven" \\ {x} # & ü'
    zenodo, codemeta = read(folder / ".zenodo.json"), read(folder / "codemeta.json")
    people = {
        one["@id"]: one
        for one in read(folder / "ro-crate-metadata.json")["@graph"]
        if one["@type"] in ("Person", "Organization")
    }

    assert cff["authors"] == [
        {
            "family-names": "Lovelace",
            "given-names": "Ada",
            "affiliation": "Analytical Society",
            "orcid": "https://orcid.org/0000-0002-1825-0097",
            "email": "ada@example.org",
        },
        {"family-names": name, "given-names": "Ludwig", "affiliation": "Analytical Society"},
        {"name": "The Collaboration", "orcid": "https://orcid.org/0000-0001-5109-3700"},
    ]
    assert cff["doi"] == "10.5281/zenodo.1234567"
    assert cff["repository-code"] == "https://github.com/example/study"
    assert zenodo["creators"][0]["orcid"] == "0000-0002-1825-0097"
    assert [one["name"] for one in zenodo["creators"]] == [
        "Lovelace, Ada",
        f"{name}, Ludwig",
        "The Collaboration",
    ]
    assert [one["name"] for one in codemeta["author"]] == [
        "Ada Lovelace",
        f"Ludwig {name}",
        "The Collaboration",
    ]
    assert list(people) == [
        "https://orcid.org/0000-0002-1825-0097",
        "#author-2",
        "https://orcid.org/0000-0001-5109-3700",
        "#affiliation-1",
        "https://zenodo.org/",
    ]
    assert people["#author-2"]["affiliation"] == {"@id": "#affiliation-1"}


def test_without_authors_those_of_the_project_are_kept(mine, tmp_path):
    """Its CITATION.cff keeps what somebody wrote there, and gets what is known of the release."""
    own = (
        'cff-version: 1.2.0\nmessage: "Cite us."\ntitle: "Old"\nversion: "0.0"\n'
        "authors:\n  - family-names: Curie\n    given-names: Marie\n    website: https://x.org\n"
        "keywords: [radium]\ncontact:\n  - name: Lab\n    email: a@b.org\n"
        "references:\n  - {type: book, title: Radioactivity, authors: [{name: M. Curie}]}\n"
    )
    (mine.root / "CITATION.cff").write_text(own, encoding="utf-8")
    folder = tmp_path / "release"
    _, subject = described_release.release(mine, folder)
    found = yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))

    assert found["authors"] == [
        {"family-names": "Curie", "given-names": "Marie", "website": "https://x.org"}
    ]
    assert (found["message"], found["title"], found["version"]) == ("Cite us.", "My study", "0.1.0")
    assert found["contact"] == [{"name": "Lab", "email": "a@b.org"}]
    assert [one["title"][:13] for one in found["references"]] == [
        "Radioactivity",
        "Constructing ",
        "Bridging Mach",
    ]
    assert found["date-released"] == subject.opened_at
    assert read(folder / "codemeta.json")["author"][0]["familyName"] == "Curie"
    assert found["keywords"] == subject.settings.release.keywords


def test_papers_are_cited_where_the_study_names_them(described, tmp_path):
    """Without them in references.bib, nothing is cited in its name."""
    folder, _ = described()
    place = tmp_path / "study"
    place.mkdir()
    text = (folder / "study" / "references.bib").read_text(encoding="utf-8")
    (place / "references.bib").write_text(text.replace("2310.12528", ""), encoding="utf-8")

    assert [one["doi"] for one in citation.cited(folder)] == [
        "10.48550/arXiv.2310.12528",
        "10.48550/arXiv.2210.13441",
    ]
    assert [one["doi"] for one in citation.cited(tmp_path)] == ["10.48550/arXiv.2210.13441"]
    assert citation.cited(tmp_path / "nowhere") == []


def test_the_crate_has_every_file_with_its_hash(described):
    """But itself, and the manifest, which is written after it."""
    folder, _ = described()
    graph = {one["@id"]: one for one in read(folder / "ro-crate-metadata.json")["@graph"]}
    files = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    files.remove("ro-crate-metadata.json")
    parts = [one["@id"] for one in graph["./"]["hasPart"]]

    assert sorted(parts) == sorted(map(address, files))
    for name in set(files) - {"release.json"}:
        entity, data = graph[address(name)], (folder / name).read_bytes()
        assert entity["sha256"] == hashlib.sha256(data).hexdigest(), name
        assert entity["contentSize"] == str(len(data)), name
        assert entity["encodingFormat"] == media_type(name), name
    assert "data/raw/as%20it%20came.parquet" in parts


def test_the_crate_tells_how_the_results_were_made(described):
    """Eight chapters are a workflow; its run took data and left results."""
    folder, subject = described()
    graph = {one["@id"]: one for one in read(folder / "ro-crate-metadata.json")["@graph"]}
    workflow, run = graph["boxloop/run/loop.py"], graph["#run"]
    chapters = [one["@id"] for one in workflow["hasPart"]]

    assert graph["./"]["mainEntity"] == run["instrument"] == {"@id": "boxloop/run/loop.py"}
    assert [name[10:12] for name in chapters] == [f"0{at}" for at in range(1, 9)]
    assert graph["notebooks/03_split.ipynb"]["name"]
    assert run["endTime"] == graph["./"]["datePublished"] == subject.opened_at
    assert {"@id": "data/raw/unread.csv"} in run["object"]
    assert run["result"] == {"@id": "results/metrics.json"}


def test_columns_are_described_as_study_toml_does(described):
    """Name, type, description and unit; files that only the machinery can read have no rows."""
    folder, subject = described("own_data")
    found = read(folder / "croissant.json")
    sets = {one["@id"]: one for one in found["recordSet"]}
    fields = {one["name"]: one for one in sets["data/interim/train.parquet/rows"]["field"]}

    assert set(fields) == set(subject.settings.columns)
    assert fields["σ/km s⁻¹"]["dataType"] == "sc:Float"
    assert "Role: input" in fields["σ/km s⁻¹"]["description"]
    assert sorted(one["name"] for one in found["distribution"]) == [
        "data/interim/train.parquet",
        "data/raw/as it came.parquet",
        "data/raw/unread.csv",
    ]
    assert len(sets) == 2
    clusters = read(described()[0] / "croissant.json")["recordSet"][0]["field"]
    said = next(one["description"] for one in clusters if one["name"] == "gas_mass")
    assert said.endswith("Unit: 1e13 Msun. Role: input.")


def test_what_is_not_shared_is_not_described(described):
    """The toy table is, in its place."""
    folder, _ = described("own_data", shared=False, more=AUTHORS)
    found = read(folder / "croissant.json")

    assert [one["name"] for one in found["distribution"]] == ["toy/table.csv"]
    assert [one["@id"] for one in found["recordSet"]] == ["toy/table.csv/rows"]
    assert found["license"] == "https://spdx.org/licenses/CC-BY-4.0"
    assert "data/" not in (folder / "ro-crate-metadata.json").read_text(encoding="utf-8")


def test_answers_become_what_is_said_of_responsible_use(described):
    """Without links of Markdown; of a question that waits nothing is said."""
    text = (described()[0] / "croissant.json").read_text(encoding="utf-8")
    waiting = read(described("own_data")[0] / "croissant.json")

    assert '"rai:dataLimitations"' in text
    assert "](#" not in text
    assert [key for key in waiting if key.startswith("rai:")] == []


@pytest.mark.parametrize("study", ["clusters", "own_data"])
def test_the_same_study_gives_the_same_bytes(described, tmp_path, study):
    """Whatever lies in the folder from before; and no path of this machine is in them."""
    folder, subject = described(study)
    again = tmp_path / "elsewhere"
    shutil.copytree(folder, again)
    (again / "ro-crate-metadata.json").write_text("{}", encoding="utf-8")
    metadata.write(again, subject)

    for name in ("CITATION.cff", "codemeta.json", ".zenodo.json", "croissant.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name
    crates = [(one / "ro-crate-metadata.json").read_bytes() for one in (again, folder)]
    assert crates[0] == crates[1]
    assert str(subject.project.root).encode() not in crates[0]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1694-233x", "https://orcid.org/0000-0002-1694-233X"),
        ("http://orcid.org/0000 0002 1694 233X", "https://orcid.org/0000-0002-1694-233X"),
        ("", None),
        ("0000-0002-1825-0098", "does not fit the others"),
        ("0000-0002-1694-2339", "does not fit the others"),
        ("0000-0002-1825-00977", "is no ORCID iD"),
        ("https://example.org/0000-0002-1825-0097", "is no ORCID iD"),
    ],
)
def test_an_orcid_is_one(said, kept):
    """Its address is kept however it is written, and a slip in it is heard."""
    if kept and not kept.startswith("https"):
        with pytest.raises(ValueError, match=kept):
            Author(family="Lovelace", orcid=said)
    else:
        assert Author(family="Lovelace", orcid=said).orcid == kept


@pytest.mark.parametrize(
    "said", ["10.5281/zenodo.1", "doi:10.5281/zenodo.1", "https://doi.org/10.5281/zenodo.1"]
)
def test_a_doi_is_kept_without_its_address(said):
    """In whichever form somebody has copied it."""
    assert Release(doi=said).doi == "10.5281/zenodo.1"


@pytest.mark.parametrize("study", [name for name in STUDIES if name != "own_data"])
def test_authors_are_asked_for_in_study_toml(study):
    """The commented block is what it takes: without its signs, it is read."""
    text = (ROOT / "templates" / "studies" / f"{study}.toml").read_text(encoding="utf-8")
    block = text[text.index("[release]") : text.index("# A check's own threshold")]
    asked = re.sub(r"(?m)^# (?=\[\[|given|family|orcid|affiliation|email)", "", block)
    release = Release.model_validate(tomllib.loads(asked)["release"])

    assert [one.family for one in release.authors] == ["Lovelace"]
    kept = next(line for line in block.splitlines() if line.startswith("keywords"))
    assert block.strip() == RELEASE.strip().replace("keywords = []", kept)


def test_nobody_is_no_author(mine, tmp_path):
    """A work by nobody is refused, with the key to write."""
    (mine.root / "CITATION.cff").unlink()
    text = mine.settings_file.read_text(encoding="utf-8")
    mine.settings_file.write_text(text.replace('author = "Your Name"\n', ""), encoding="utf-8")

    with pytest.raises(UserError, match=r"Nobody is named as author: .*\[\[release.authors\]\]"):
        metadata.write(tmp_path, Subject(mine))


def test_where_no_licence_is_named_nothing_is_opened(mine, tmp_path):
    """Zenodo would choose one; the crate says that there is none."""
    for name in ("pyproject.toml", "CITATION.cff"):
        text = (mine.root / name).read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("license")]
        (mine.root / name).write_text("\n".join(lines), encoding="utf-8")
    folder = tmp_path / "release"
    described_release.release(mine, folder)
    (folder / "LICENSE").unlink()
    metadata.write(folder, Subject(mine))
    root = read(folder / "ro-crate-metadata.json")["@graph"][1]

    assert read(folder / ".zenodo.json")["access_right"] == "restricted"
    assert faults(ZENODO, read(folder / ".zenodo.json")) == []
    assert "license" not in read(folder / "codemeta.json")
    assert root["license"].startswith("No licence is named")


@pytest.fixture(scope="module")
def judges():
    """Skip where nobody has the validators, and say why."""
    _, why = validators.python()
    if why:
        pytest.skip(why)


@pytest.mark.slow
def test_loaders_of_others_read_the_tables(judges, described):
    """Every row and column comes out of mlcroissant, without a warning; cffconvert is content."""
    made = [described(study, shared=bool(shared), more=more) for study, shared, more in KINDS]
    found = validators.croissants([folder / "croissant.json" for folder, _ in made])

    for folder, subject in made:
        errors, warnings, sets = found[str(folder / "croissant.json")]
        assert (errors, warnings) == ([], [])
        assert sets
        for rows in sets.values():
            assert len(rows) == 5
            assert len(rows[0]) == len(subject.settings.columns)
    validators.citations([folder / "CITATION.cff" for folder, _ in made])


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_the_crate_is_one_for_others(judges, described, study):
    """roc-validator, with all that Workflow Run Crate and what it builds on require."""
    shared = [described(study)[0]]
    also = [described(study, shared=False, more=AUTHORS)[0]] if study == "own_data" else []
    found = validators.crates([*shared, *also], "workflow-run-crate")

    for issues in found.values():
        assert [one for one in issues if one[0] == "REQUIRED"] == []
        assert [one for one in issues if not UNKNOWN.search(one[2])] == []
