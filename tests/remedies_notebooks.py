"""Cases of notebooks that are damaged, gone, or no chapters, and of what they need."""

import json
import re

from fake_loop import GRAPH, make_project
from remedies import CASES, case


def notebook(person, name, change):
    """Change the content of a notebook."""
    path = person.path(f"notebooks/{name}.ipynb")
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


# Notebooks that are not what they should be.
def committed(name, content, words, says, file="notebooks/05_diagnose.ipynb"):
    """Take a case of a file that is damaged (None: deleted) and restored as it was committed."""

    def remedy(person):
        person.small()
        person.delete(file) if content is None else person.damage(file, content)
        yield person.types(*words), says
        person.restore(file)

    CASES[f"restored {name}"] = remedy


committed("a damaged notebook", "{", ["run"], "05_diagnose.ipynb is not a readable notebook")
committed(
    "a list for a notebook",
    "[]",
    ["run"],
    "05_diagnose.ipynb is not a notebook of format 4: restore it",
)
committed(
    "a notebook that is gone",
    None,
    ["status"],
    "is gone, so its results do not count: restore it from your last commit",
)
committed(
    "what needs one that is gone",
    None,
    ["run"],
    "05_diagnose made: restore notebooks/05_diagnose.ipynb from your last commit",
)
committed(
    "the notebook of the release",
    None,
    ["release", "--reason", "to see what it says"],
    "restore 08_release.ipynb from",
    "notebooks/08_release.ipynb",
)
committed(
    "a pass",
    "{",
    ["status"],
    "results/passes/001.json is damaged: restore it from your last commit, or",
    "results/passes/001.json",
)


@case
def a_notebook_that_is_gone_is_forgotten(person):
    person.small(), person.delete("notebooks/08_release.ipynb")
    yield (
        person.types("status"),
        "or delete results/08_release and report/notebooks/08_release.ipynb",
    )
    person.delete("results/08_release", "report/notebooks/08_release.ipynb")


@case
def all_notebooks_are_restored(person):
    person.small(ran=False)
    names = sorted(path.name for path in person.project.notebooks.iterdir())
    person.delete(*(f"notebooks/{name}" for name in names))
    yield person.types("run"), "There is no notebook such as 01_scoping.ipynb in"
    for name in names:
        person.restore(f"notebooks/{name}")


@case
def a_pass_is_deleted(person):
    person.small(), person.edit("study.toml", 'title = "Toy"', 'title = "Another"')
    person.does("run"), person.damage("results/passes/001.json")
    yield person.types("run"), "restore it from your last commit, or delete it"
    person.delete("results/passes/001.json")


@case
def a_notebook_says_what_it_needs(person):
    person.small()
    notebook(person, "02_baseline", lambda content: content["metadata"].pop("boxloop"))
    yield (
        person.types("run"),
        'add {"boxloop": {"needs": [], "makes": []}} to its notebook metadata',
    )
    notebook(
        person,
        "02_baseline",
        lambda content: content["metadata"].update(boxloop={"needs": [], "makes": []}),
    )


@case
def a_parameter_is_a_plain_value(person):
    (
        person.small(),
        person.edit("notebooks/06_stress_test.ipynb", "smoke = False", "smoke = not True"),
    )
    yield person.types("run"), "must hold plain values such as `smoke = False`"
    person.edit("notebooks/06_stress_test.ipynb", "smoke = not True", "smoke = False")


def renamed(name, old, new, says):
    """Take a case of a notebook under another name, and the name that the sentence asks for."""

    def remedy(person):
        person.small()
        if not person.path(old).exists():
            person.path(old).write_bytes(person.path(new).read_bytes())
        person.path(old).rename(person.path(f"notebooks/{name}.ipynb"))
        yield person.types("status"), says
        person.path(f"notebooks/{name}.ipynb").rename(person.path(old))

    CASES[f"renamed {name}"] = remedy


renamed(
    "05_diagnosis",
    "notebooks/05_diagnose.ipynb",
    None,
    "it makes the results of 05_diagnose, so give it that name",
)


def extra(name, says, change=lambda content: None):
    """Take a case of one more notebook, which is no chapter and is taken away again."""

    def remedy(person):
        person.small()
        person.path(f"notebooks/{name}.ipynb").write_bytes(
            person.path("notebooks/05_diagnose.ipynb").read_bytes()
        )
        notebook(person, name, change)
        yield person.types("status"), says
        person.delete(f"notebooks/{name}.ipynb")

    CASES[f"extra {name}"] = remedy


extra("05_diagnose-Copy1", "is no chapter and does not run: it is a copy of 05_diagnose")
extra("05_other", "is no chapter and does not run: it makes the results of 05_diagnose.")


@case
def a_chapter_with_a_hyphen_gets_a_plain_name(person):
    person.small()
    person.damage(
        "notebooks/09_more-b.ipynb", person.path("notebooks/01_scoping.ipynb").read_bytes()
    )
    notebook(person, "09_more-b", _empty)
    yield person.types("status"), "a chapter has a name such as 05_diagnose"
    person.path("notebooks/09_more-b.ipynb").rename(person.path("notebooks/09_more.ipynb"))


@case
def a_chapter_says_what_it_needs(person):
    person.small()
    person.damage("notebooks/09_more.ipynb", person.path("notebooks/01_scoping.ipynb").read_bytes())
    notebook(
        person, "09_more", lambda content: (_empty(content), content["metadata"].pop("boxloop"))
    )
    yield person.types("status"), "its metadata do not say what it needs and makes"
    notebook(person, "09_more", _empty)


def _empty(content):
    content["metadata"]["boxloop"] = {"needs": [], "makes": []}
    content["cells"] = [item for item in content["cells"] if item["id"] == "parameters"]


@case
def an_answer_stands_under_its_question(person):
    person.small(), person.edit("notebooks/01_scoping.ipynb", "**Why?**\\n\\n", "**Why?** ")
    yield person.types("check"), "keep each question on a line of its own between double stars"
    person.edit("notebooks/01_scoping.ipynb", "**Why?** ", "**Why?**\\n\\n")


# What a notebook needs.
def graph(person, **changes):
    """Take the five notebooks of `fake_loop`, with other needs."""
    person.project = make_project(person.folder / "graph", graph=GRAPH | changes)


@case
def a_circle_is_mended(person):
    graph(person, **{"02_split": (["results/03_train/model.txt"], ["data/interim/train.txt"])})
    yield person.types("run"), "mend needs and makes in their metadata"
    graph(person)


@case
def what_another_notebook_makes_is_made(person):
    graph(person)
    said = yield (
        person.types("run", "--only", "03"),
        "which 02_split makes: run `boxloop run --from 02`",
    )
    while not (answer := person.types(*re.search(r"`boxloop (.+?)`", said)[1].split())()).through:
        said = answer.said  # 02 needs what 01 makes


@case
def what_no_notebook_makes_is_put_there(person):
    graph(person, **{"01_scoping": (["data/raw/catalogue.csv"], ["data/raw/all.txt"])})
    yield (
        person.types("run"),
        "needs data/raw/catalogue.csv, which is missing and which no notebook makes: put it there",
    )
    person.damage("data/raw/catalogue.csv", "x\n1\n")


def _marked(person, file):
    person.damage(file, b"\xef\xbb\xbf" + person.path(file).read_bytes())


@case
def a_notebook_with_a_byte_order_mark(person):
    person.small(), _marked(person, "notebooks/05_diagnose.ipynb")
    yield person.types("run"), "save it as UTF-8 without one"
    path = person.path("notebooks/05_diagnose.ipynb")
    path.write_text(path.read_text(encoding="utf-8-sig"), encoding="utf-8")


@case
def a_need_that_is_no_path(person):
    person.small()

    def needs(item):
        about = {"needs": [item], "makes": ["results/05_diagnose/intervals.json"]}
        return lambda content: content["metadata"].update(boxloop=about)

    notebook(person, "05_diagnose", needs("/etc/passwd"))
    yield person.types("run"), "write one such as results/04_train/model.skops"
    notebook(person, "05_diagnose", needs("results/04_train/model.json"))


@case
def an_answer_without_the_name_of_its_question(person):
    person.small()

    def change(content):
        content["cells"][1]["metadata"]["boxloop"] = [3]

    notebook(person, "01_scoping", change)
    yield (
        person.types("check"),
        "its metadata do not name its questions: restore the notebook from your last commit",
    )
    person.restore("notebooks/01_scoping.ipynb")
