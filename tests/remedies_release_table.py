"""Cases of the table ``[release]`` of study.toml, and of what a release says of itself."""

from remedies import CASES, calls, case

from boxloop.parcel import containers, metadata
from boxloop.parcel.subject import Subject

RELEASE = '\n[release]\nkeywords = ["toy"]\n'
VERSIONS = 'here.keep(\\"environment.txt\\", here.requirements())\\n'


def release(name, line, says, *mends):
    """Take one case for each mend: a line of [release] is wrong, and is now the mend."""

    def made(mend):
        def remedy(person):
            person.small()
            path = person.path("study.toml")
            text = path.read_text(encoding="utf-8")
            person.damage("study.toml", f"{text}{RELEASE}{line}\n")
            yield person.types("status"), says
            person.edit("study.toml", line, mend)

        return remedy

    CASES.update(
        {f"release {name} {number}": made(mend) for number, mend in enumerate(mends, start=1)}
    )


def author(line):
    return f'[[release.authors]]\nfamily = "Lovelace"\n{line}'


release("version", 'version = "1 of 2"', "is no version: write letters", 'version = "1.2"')
release(
    "doi",
    'doi = "zenodo.1"',
    "is no DOI: write one such as 10.5281/zenodo.1234567, or remove the line",
    'doi = "10.5281/zenodo.1"',
    "",
)
release(
    "repository",
    'repository = "git@github.com:me/mine"',
    "is no address: write one that begins with https://, or remove the line",
    'repository = "https://github.com/me/mine"',
    "",
)
release(
    "data licence",
    'data_licence = "CC BY 4.0"',
    "is no name of the SPDX list: write one such as CC-BY-4.0, or remove the line",
    'data_licence = "CC-BY-4.0"',
    "",
)
release(
    "author without a name",
    '[[release.authors]]\nfamily = " "',
    "is empty: write the family name, or the only name there is",
    '[[release.authors]]\nfamily = "Lovelace"',
    '[[release.authors]]\nfamily = "Plato"',
)
release(
    "ORCID too short",
    author('orcid = "0000-0002-1825"'),
    "is no ORCID iD: write its sixteen digits",
    author('orcid = "0000-0002-1825-0097"'),
)
release(
    "ORCID misspelt",
    author('orcid = "0000-0002-1825-0079"'),
    "does not fit the others: copy it again",
    author('orcid = "https://orcid.org/0000-0002-1825-0097"'),
)


def nobody(name, where, line):
    """Take a case of a release by nobody, where an author is named afterwards."""

    def remedy(person):
        person.small()
        person.edit("study.toml", 'author = "Ada"\n', "")
        told = calls(lambda: metadata.write(person.folder, Subject(person.project)))
        yield told, "Nobody is named as author"
        person.edit("study.toml", where, f"{line}{where}")

    remedy.__name__ = f"author {name}"
    case(remedy)


nobody("of the study", "question =", 'author = "Ada Lovelace"\n')
nobody("of the release", "[split]", '[[release.authors]]\nfamily = "Lovelace"\n\n')


@case
def an_environment_without_python(person):
    person.small()
    check = 'here.check(\\"seal.openings\\", events)'
    person.edit("notebooks/08_release.ipynb", check, f"{VERSIONS}{check}")
    person.does("run", "--only", "08")
    name = "results/08_release/environment.txt"
    head, *lines = person.path(name).read_text(encoding="utf-8").splitlines()
    assert head.startswith("# Python")
    person.damage(name, "\n".join(lines))
    told = calls(lambda: containers.write(person.folder, Subject(person.project)))
    said = yield told, "does not begin with the version of Python"
    person.does_as_told(said)
