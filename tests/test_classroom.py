"""`boxloop room`: thirty students on loopback, some of them killed, and what strangers send."""

import http.client
import json
import socket
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import classroom
import pytest
from classroom import Student, ask, served, state, tried

from boxloop.base.errors import UserError
from boxloop.classroom.addresses import addresses, is_of_this_machine
from boxloop.classroom.command import opened
from boxloop.classroom.handout import install_lines, wheels_are_for
from boxloop.classroom.members import JOURNAL, LETTERS
from boxloop.classroom.serve import MOST_BYTES

LIMIT = 0.1  # seconds of a page
MANY = 30


@pytest.fixture
def project(tmp_path):
    """A teacher's project with a student edition."""
    return classroom.teacher(tmp_path)


@pytest.fixture
def room(project):
    """A room that answers, and its students."""
    with served(project) as serving:
        yield serving


def works(serving, name, password, first, last):
    """Let a student join and send one state after the other, as they solve exercise 1.1."""
    student = Student(serving, name, password)
    for tries in range(first, last + 1):
        state_of = "right" if tries == last else "wrong"
        assert student.sends({"1.1": tried(state_of, tries, f"try {tries}")})[0] == 200
    return student.password


def test_thirty_students_half_are_killed_and_the_server_too(project):
    """No state is lost, and the page stays under 100 ms while all send."""
    names, words, slow = [f"student {at}" for at in range(MANY)], {}, []
    ended = threading.Event()

    def watches(serving):
        while not ended.is_set():
            slow.append(state(serving)[1])
            time.sleep(0.02)

    with served(project) as serving, ThreadPoolExecutor(MANY + 1) as pool:
        page = pool.submit(watches, serving)
        done = [pool.submit(works, serving, name, None, 1, 3) for name in names]
        words = dict(zip(names, (one.result() for one in done), strict=True))
        before = state(serving)[0]["members"]
        killed = names[::2]  # they know their password, and nothing else
        again = [pool.submit(works, serving, name, words[name], 4, 6) for name in killed]
        assert [one.result() for one in again] == [words[name] for name in killed]
        ended.set()
        page.result()
        told = state(serving)[0]["members"]
    with served(project) as serving:
        after = state(serving)[0]["members"]

    assert {one["name"]: one["exercises"]["1.1"]["tries"] for one in before} == dict.fromkeys(
        names, 3
    )
    tries = {name: 6 if name in killed else 3 for name in names}
    for found in (told, after):
        assert {one["name"]: one["exercises"]["1.1"]["tries"] for one in found} == tries
        assert all(one["exercises"]["1.1"]["state"] == "right" for one in found)
    slow.sort()
    print(
        f"{len(slow)} pages, median {slow[len(slow) // 2] * 1e3:.0f} ms, worst {slow[-1] * 1e3:.0f}"
    )
    assert slow[int(0.95 * len(slow))] < LIMIT


def test_a_line_that_was_cut_off_is_lost_alone(project):
    """A server that was killed while it wrote: all lines before are there, and later ones too."""
    with served(project) as serving:
        works(serving, "Ada", None, 1, 2)
        token = serving.room.token
        path = project.root / "workshop" / "room" / JOURNAL
        kept = path.read_text(encoding="utf-8")
    path.write_text(kept + kept.splitlines()[-1][:40], encoding="utf-8")

    with served(project) as serving:
        assert serving.room.token == token, "the address on the blackboard still holds"
        assert state(serving)[0]["members"][0]["exercises"]["1.1"]["tries"] == 2
        Student(serving, "Bob")
    with served(project) as serving:
        assert [one["name"] for one in state(serving)[0]["members"]] == ["Ada", "Bob"]


def test_what_was_taken_in_is_on_the_disk_before_it_is_answered(room):
    """A kill has no time to tidy up."""
    works(room, "Ada", None, 1, 1)

    lines = room.room.members.path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["exercises"]["1.1"]["state"] == "right"


@pytest.mark.parametrize("path", ["", "student.zip", "wheels/", "hidden.csv", "copy.js"])
def test_nobody_comes_in_without_the_word(room, path):
    """The page says where the word stands, and no more."""
    word = "k" * len(room.room.token)
    for asked in (f"/{word}/{path}", "/", "/../", f"/{room.room.token[:-1]}/{path}"):
        status, _, said = ask(room, asked)
        assert status == 403
        assert room.room.token not in said and "Toy" not in said


def test_nothing_is_taken_in_without_the_word(room):
    """Not to join, not to send."""
    for what in ("join", "report", "entry"):
        assert ask(room, f"/{'k' * 10}/{what}", json.dumps({"name": "Eve"}))[0] == 403
    assert room.room.members.known == {}


def test_the_word_is_typed_at_the_door(room):
    """Where somebody has typed the address alone."""
    assert ask(room, "/enter?word=wrong")[0] == 403
    status, headers, _ = ask(room, f"/enter?word=+{room.room.token.upper()}")
    assert (status, headers["Location"]) == (302, f"/{room.room.token}/")


def test_the_teachers_page_is_for_the_teacher(room):
    """Not for a student's word, and not for a page elsewhere that has turned its name here."""
    page = f"/teacher/{room.room.teacher}/"
    assert ask(room, page)[0] == 200
    assert ask(room, f"/teacher/{room.room.token}/")[0] == 403
    assert ask(room, page, Host="evil.example")[0] == 403
    assert ask(room, f"/{room.room.token}/", Host="evil.example:80")[0] == 403


def test_a_nickname_is_one(room):
    """No markup, no control characters, not too long; letters of all languages."""
    path = f"/{room.room.token}/join"
    bad = (
        "<b>Ada</b>",
        "",
        " ",
        "a" * 25,
        "a\u202eb",
        "a\x00b",
        None,
        3,
        ["Ada"],
        "'; drop",
        "../x",
    )
    for name in bad:
        status, _, said = ask(room, path, json.dumps({"name": name}))
        assert (status, "This is no nickname" in said) == (400, True), name
    for name in ("Ada", "Zoë 2", "李雷", "O'Neil", "x_1"):
        assert Student(room, name).joined["name"] == name


def test_a_name_that_is_taken_is_somebodys(room):
    """In any case; with the password they come in again."""
    ada = Student(room, "Ada")
    for password in (None, "wrong", 3):
        status, _, said = ask(
            room, f"/{room.room.token}/join", json.dumps({"name": "ADA", "password": password})
        )
        assert status == 400 and "choose another nickname" in said
    assert Student(room, "ada", ada.password).joined["name"] == "Ada"


def test_a_message_that_was_overheard_is_worth_nothing(room):
    """It cannot be changed, nor sent by another name, nor sent again after a newer one."""
    ada, eve = Student(room, "Ada"), Student(room, "Eve")
    first = ada.signed("report", {"number": 1, "exercises": {"1.1": tried()}})
    path = f"/{room.room.token}/report"

    def replayed(body, right):
        return ask(room, path, body, **{"Boxloop-Signature": right})[0]

    assert replayed(*first) == 200
    assert replayed(*first) == 200, "its answer may have been lost"
    assert replayed(first[0].replace("wrong", "right"), first[1]) == 400
    assert replayed(first[0].replace("Ada", "Eve"), first[1]) == 400
    assert replayed(first[0], "") == 400
    ada.number = 1
    assert ada.sends({"1.1": tried("right", 2)})[0] == 200
    assert replayed(*first) == 409
    assert replayed(*ada.signed("entry", {"number": 9, "exercises": {}})) == 400
    assert room.room.members.known["ada"].exercises["1.1"]["state"] == "right"
    assert eve.number == 0 and room.room.members.known["eve"].exercises == {}


HOSTILE = [
    {"exercises": []},
    {"exercises": {"<script>": tried()}},
    {"exercises": {"1.1": tried("<b>")}},
    {"exercises": {"1.1": tried(tries=-1)}},
    {"exercises": {"1.1": tried(tries=True)}},
    {"exercises": {"1.1": tried(tries=10**9)}},
    {"exercises": {"1.1": tried(said=3)}},
    {"exercises": {"1.1": "right"}},
    {"exercises": {f"{a}.{b}": tried() for a in range(1, 50) for b in range(1, 50)}},
    {"checks": {"split.groups": "fine"}},
    {"checks": {"split.groups": []}},
    {"checks": 3},
]


@pytest.mark.parametrize("sent", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_report_is_refused_in_one_sentence(room, sent):
    """And nothing of it is kept."""
    ada = Student(room, "Ada")
    status, said = ada.posts("report", {"number": 1} | sent)

    assert status == 400 and said["said"].count(". ") == 0
    assert room.room.members.known["ada"].number == 0


HALF = json.dumps({"name": "Ada", "said": "\ud83d"})  # of a character: a string of JSON may hold it


@pytest.mark.parametrize("body", ["", "{", "[]", "[" * 100_000, "\x00", '{"name": NaN}', HALF])
def test_what_is_no_message_is_refused(room, body):
    """Whatever the door."""
    for what in ("join", "report", "entry"):
        assert ask(room, f"/{room.room.token}/{what}", body)[0] == 400


def test_a_huge_body_is_not_read(room):
    """The line is closed, and the next student is served."""
    try:
        status = ask(room, f"/{room.room.token}/join", b"x" * (MOST_BYTES + 1))[0]
    except OSError:  # closed while it was sent
        status = 400
    assert status in (400, 413)
    Student(room, "Ada")


def test_no_path_leads_out_of_the_folders(room, tmp_path):
    """Only what stands in the list is a wheel."""
    (tmp_path / "secret.whl").write_text("secret", encoding="utf-8")
    for path in (
        "../secret.whl",
        "..%2fsecret.whl",
        "%2e%2e/secret.whl",
        "..\\secret.whl",
        "a.whl",
    ):
        status, _, said = ask(room, f"/{room.room.token}/wheels/{path}")
        assert status in (403, 404) and said != "secret"


def test_a_thousand_requests_leave_it_as_it_was(room):
    """Half of them with wrong words; a page in the middle of them is answered."""
    ada = Student(room, "Ada")

    def asks(number):
        line = http.client.HTTPConnection("127.0.0.1", room.port, timeout=30)
        found = []
        for at in range(number):
            word = room.room.token if at % 2 else f"{at:010d}"
            line.request("GET", f"/{word}/copy.js")
            answer = line.getresponse()
            answer.read()
            found.append(answer.status)
        line.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(asks, 250) for _ in range(4)]
        took = [state(room)[1] for _ in range(5)]
        found = [status for one in done for status in one.result()]

    assert (found.count(200), found.count(403)) == (500, 500)
    assert sorted(took)[2] < LIMIT
    assert ada.sends({"1.1": tried()})[0] == 200


def test_who_is_stuck_stands_first(room):
    """After three tries, or when they ask; what the check said is shown."""
    Student(room, "Ada")
    for name, tries in (("Eva", 2), ("Fay", 3)):
        Student(room, name).sends({"1.1": tried("wrong", tries, "A group is in two folds.")})
    Student(room, "Gil").sends({}, help=True)

    told = state(room)[0]
    stuck = [(one["name"], one["stuck"]) for one in told["members"] if one["stuck"]]
    assert stuck == [("Fay", "1.1"), ("Gil", "asks for help")]
    assert [one["name"] for one in told["members"]][:2] == ["Fay", "Gil"]
    assert told["members"][0]["said"] == "A group is in two folds."
    assert told["exercises"] == ["1.1", "3.2"]


def test_the_student_edition_goes_out_as_a_zip(project):
    """No key, no link, nothing hidden; each notebook ends with the cell that sends."""
    student = project.root / "workshop" / "student"
    for name in ("data/sealed/seal.key", ".env", "data/sealed/ledger.jsonl", "attic/old.txt"):
        (student / name).parent.mkdir(parents=True, exist_ok=True)
        (student / name).write_text("secret", encoding="utf-8")
    (student / "link.txt").symlink_to(project.root / "study.toml")
    with opened(project) as room, zipfile.ZipFile(room.zip) as archive:
        names = archive.namelist()
        book = json.loads(archive.read("student/notebooks/01_some.ipynb"))

    wanted = ["notebooks/01_some.ipynb", "notebooks/03_some.ipynb", "study.toml"]
    assert sorted(names) == [f"student/{name}" for name in wanted]
    assert book["cells"][-1]["source"].endswith("send()")
    source = json.loads((student / "notebooks/01_some.ipynb").read_text(encoding="utf-8"))
    assert len(source["cells"]) == 1, "the edition itself is as it was built"


def test_wheels_are_handed_out_as_pip_wants_them(project, tmp_path):
    """A list of links; which systems they are for is read off numpy's."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    names = [
        "numpy-2.1.0-cp312-cp312-win_amd64.whl",
        "numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "six-1.17.0-py2.py3-none-any.whl",
    ]
    for name in names:
        (wheels / name).write_bytes(name.encode())
    (wheels / "notes.txt").write_text("no wheel", encoding="utf-8")
    with served(project, wheels=wheels) as serving:
        below = f"/{serving.room.token}/wheels/"
        page = ask(serving, below)[2]
        assert [name for name in names if f'href="{name}"' in page] == names
        assert "notes" not in page and ask(serving, f"{below}notes.txt")[0] == 404
        assert ask(serving, below + names[0])[2] == names[0]
        joined = ask(serving, f"/{serving.room.token}/")[2]
    assert wheels_are_for(names) == ["Linux: Python 3.11", "Windows: Python 3.12"]
    assert "Linux: Python 3.11; Windows: Python 3.12" in joined


def test_the_line_to_copy_needs_no_other_network():
    """It tells pip that plain HTTP of this host will do."""
    unix, windows = install_lines("http://192.168.1.20:8765/word", "student", wheels=True)
    found = "--no-index --find-links http://192.168.1.20:8765/word/wheels/"
    for line in (unix, windows):
        assert f"pip install {found} --trusted-host 192.168.1.20 -e ." in line.text
        assert "http://192.168.1.20:8765/word/student.zip" in line.text
    assert ".venv\\Scripts\\python" in windows.text and "&&" not in windows.text
    assert "--no-index" not in install_lines("http://x:1/w", "s", wheels=False)[0].text


def adapter(ip):
    """Return an adapter with one address, as psutil says it."""
    return [SimpleNamespace(family=socket.AF_INET, address=ip)]


def test_the_blackboard_gets_the_address_of_the_room():
    """Not of a container, a virtual machine or a VPN, and none that is down."""
    found = addresses(
        {
            "lo": adapter("127.0.0.1"),
            "docker0": adapter("172.17.0.1"),
            "tun0": adapter("10.8.0.2"),
            "eth0": adapter("169.254.3.4"),
            "enp3s0": adapter("192.168.7.9"),
            "wlp2s0": adapter("192.168.1.20"),
            "wlan9": adapter("192.168.9.9"),
        },
        {"lo", "docker0", "tun0", "eth0", "enp3s0", "wlp2s0"},
    )

    assert [one.ip for one in found][:2] == ["192.168.1.20", "192.168.7.9"]
    assert found[-1].ip == "169.254.3.4"
    assert "192.168.9.9" not in [one.ip for one in found]


def test_a_name_of_elsewhere_is_none_of_this_machine():
    """Addresses are, and localhost."""
    assert all(map(is_of_this_machine, ("127.0.0.1:80", "192.168.1.2", "[::1]:8765", "localhost")))
    assert not any(map(is_of_this_machine, ("evil.example:80", "localhost.evil.example", "")))


def test_one_room_has_one_server(project):
    """Two with one journal would lose what the other takes in."""
    with opened(project), pytest.raises(UserError, match="served already"), opened(project):
        pass


def test_words_can_be_read_off_a_blackboard(room):
    """No letter that looks like another, and fifty bits."""
    assert len(room.room.token) == 10
    assert not set("ilo01") & set(LETTERS)
