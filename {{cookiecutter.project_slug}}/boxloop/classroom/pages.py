"""The two pages of a room: how to join it, and for the teacher who is where.

Both hold all that they need. What students have sent comes as JSON and is shown as text alone.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boxloop.classroom.handout import Line

# What students copy into a notebook of theirs where labels are hidden.
ENTRY = """\
from boxloop.teach import enter, hidden_rows

hidden = hidden_rows()  # as the table of the study, with `row` and without the target
predicted = model.predict(hidden)  # of a model of yours that was fitted
enter(hidden[["row"]].assign(prediction=predicted))"""
STYLE = """\
:root { color-scheme: light dark; --ink: #1b2530; --soft: #4d5a67; --page: #fff; --line: #c6ced6;
  --box: #f1f4f7; --link: #0b5394; --good: #14663a; --bad: #9c2a10; --warm: #fdf0e3 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #aab6c2; --page: #14191f;
  --line: #3d4854; --box: #1f262e; --link: #8cc3f5; --good: #7fd6a2; --bad: #ffab91;
  --warm: #38261a } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
.join { max-width: 52rem }
h1 { font-size: 1.6rem; margin: 0 0 .5rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 1rem 0 .25rem }
p, ol { margin: .5rem 0 } a { color: var(--link) } .soft { color: var(--soft) }
pre { margin: .25rem 0; padding: .7rem; background: var(--box); border: 1px solid var(--line);
  border-radius: .3rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .9rem }
button, input { font: inherit; color: inherit; background: var(--box); padding: .3rem .8rem;
  border: 1px solid var(--soft); border-radius: .3rem }
.board { font: 1.35rem/1.4 ui-monospace, Consolas, monospace; overflow-wrap: anywhere }
.scroll { overflow-x: auto; position: relative }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; padding: .25rem 0; color: var(--soft) }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top }
tbody th { font-weight: 600; white-space: nowrap } .n { text-align: center; white-space: nowrap }
.right { color: var(--good) } .wrong { color: var(--bad); font-weight: 600 }
.why { min-width: 16rem }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.stuck > * { background: var(--warm) }
@media (max-width: 40rem) { body { padding: 1rem } .board { font-size: 1.05rem } }
"""
COPY = """\
for (const button of document.querySelectorAll("button[data-of]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.of), said = button.textContent;
    const range = document.createRange();
    range.selectNodeContents(from);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    let done = false;
    try { await navigator.clipboard.writeText(from.textContent); done = true; }
    catch { done = document.execCommand("copy"); }
    button.textContent = done ? "Copied" : "Marked: press Ctrl-C";
    setTimeout(() => { button.textContent = said; }, 2500);
  });
}
"""
WATCH = """\
const part = (name) => document.getElementById(name);
const SHOWN = { right: "\\u2713", wrong: "\\u2717", "not-begun": "\\u00b7" };
function put(row, tag, text, kind) {
  const cell = document.createElement(tag);
  cell.textContent = text;
  if (kind) cell.className = kind;
  row.append(cell);
  return cell;
}
function ago(seconds) {
  if (seconds < 60) return "just now";
  if (seconds < 5400) return Math.round(seconds / 60) + " min ago";
  return Math.round(seconds / 3600) + " h ago";
}
function head(table, names) {
  const row = document.createElement("tr");
  for (const [name, kind] of names) put(row, "th", name, kind).scope = "col";
  table.tHead.replaceChildren(row);
}
function draw(room) {
  const stuck = room.members.filter((one) => one.stuck).length;
  part("count").textContent = room.members.length + " in the room, " + stuck + " stuck";
  head(part("who"), [["Nickname"], ["Stuck", "why"], ...room.exercises.map((n) => [n, "n"]),
    ["Checks that fail", "n"], ["Last heard", "n"]]);
  part("who").tBodies[0].replaceChildren(...room.members.map((one) => {
    const row = document.createElement("tr");
    if (one.stuck) row.className = "stuck";
    put(row, "th", one.name).scope = "row";
    put(row, "td", one.stuck ? one.stuck + (one.said ? ": " + one.said : "") : "\\u2013");
    for (const number of room.exercises) {
      const found = one.exercises[number];
      const times = found && found.tries > 1 ? " " + found.tries : "";
      const cell = put(row, "td", found ? SHOWN[found.state] + times : "\\u2013",
        "n " + (found ? found.state : ""));
      if (found) put(cell, "span", " " + found.state, "unseen");
    }
    put(row, "td", one.checks, "n");
    put(row, "td", ago(room.now - one.heard), "n");
    return row;
  }));
  part("sums").textContent = room.exercises.map((number) => number + ": " +
    room.members.filter((one) => (one.exercises[number] || {}).state === "right").length +
    " right").join(", ");
  part("contest").hidden = !room.metric;
  if (!room.metric) return;
  head(part("board"), [["Place", "n"], ["Nickname"], [room.metric + ", honest half", "n"],
    ["Best look", "n"], ["Looks left", "n"]]);
  part("board").tBodies[0].replaceChildren(...room.board.map((one, at) => {
    const row = document.createElement("tr"), judged = one.honest !== undefined;
    put(row, "td", judged ? String(at + 1) : "\\u2013", "n");
    put(row, "th", one.name).scope = "row";
    put(row, "td", judged ? one.honest.toPrecision(4) : "not yet", "n");
    put(row, "td", judged ? one.look.toPrecision(4) : "\\u2013", "n");
    put(row, "td", String(one.left), "n");
    return row;
  }));
}
let seen = "";
async function ask() {
  try {
    const answer = await fetch("state.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    draw(await answer.json());
    if (seen) part("state").textContent = seen = "";
  } catch {
    seen = part("state").textContent =
      "The room is not reached: boxloop room serve, on this laptop, brings it back.";
  }
  setTimeout(ask, 2000);
}
ask();
"""


def _page(title: str, body: str, *, kind: str = "", script: str = "") -> str:
    ending = f'<script src="{script}"></script>\n' if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f'<body class="{kind}">\n<main>\n{body}\n</main>\n{ending}</body>\n</html>\n'
    )


def door_page() -> str:
    """Return the page for whoever comes without the word of the room."""
    return _page(
        "The room is closed",
        "<h1>Which room?</h1>\n<p>The word stands on the blackboard.</p>\n"
        '<form action="/enter"><p><label for="word">Word of the room</label> '
        '<input id="word" name="word" autocomplete="off" autocapitalize="none" required> '
        "<button>Enter</button></p></form>",
        kind="join",
    )


def join_page(
    title: str,
    install: Iterable[Line],
    join: Iterable[Line],
    wheels_for: list[str],
    looks: int = 0,
) -> str:
    """Return the page that students open.

    Parameters
    ----------
    title : str
        Of the study.
    install, join : iterable of Line
        What is copied, by system.
    wheels_for : list of str
        Systems and Pythons that the room has wheels for; empty where there is another network.
    looks : int
        Entries that a student may have scored; 0 where no labels are hidden.
    """
    net = (
        f"<p>No internet is needed with {escape('; '.join(wheels_for))}.</p>"
        if wheels_for
        else "<p>This fetches packages from the internet.</p>"
    )
    body = (
        f"<h1>{escape(title)}</h1>\n"
        "<h2>1. Install</h2>\n<p>Copy one line into a terminal; it makes a folder there. "
        f"You need Python 3.11 or newer.</p>\n{net}\n{_lines('install', install)}\n"
        "<h2>2. Join</h2>\n<p>In the same terminal, with a nickname in place of NICKNAME. "
        "It is all that the room knows of you, so do not take your own name.</p>\n"
        f"{_lines('join', join)}\n"
        "<h2>3. Send</h2>\n<p>The last cell of each notebook sends which checks and exercises "
        "are right. Nothing is sent before you run it. The page of the room shows this to "
        f"whoever teaches, and nothing you wrote.</p>\n{_contest(looks)}"
        '<p class="soft">By hand: <a href="student.zip">student.zip</a>, '
        '<a href="wheels/">wheels</a>.</p>'
    )
    return _page(f"Join: {title}", body, kind="join", script="copy.js")


def _contest(looks: int) -> str:
    """Return how predictions of hidden labels are entered, where the room has some."""
    if not looks:
        return ""
    return (
        f"<h2>4. Enter</h2>\n<p>The room hides the labels of some rows. You may have {looks} "
        "entries scored on one half of them; the best then counts on the other half, which nobody "
        "has looked at. In a cell of a notebook:</p>\n"
        f'<pre id="entry0" tabindex="0" aria-label="a cell that enters">{escape(ENTRY)}</pre>\n'
        '<button type="button" data-of="entry0" hidden aria-label="Copy: a cell that enters">'
        "Copy</button>\n"
    )


def _lines(name: str, lines: Iterable[Line]) -> str:
    return "\n".join(
        f"<h3>{escape(one.system)} <span class=soft>({escape(one.terminal)})</span></h3>\n"
        f'<pre id="{name}{at}" tabindex="0" aria-label="{name}, {escape(one.system)}">'
        f"{escape(one.text)}</pre>\n"
        f'<button type="button" data-of="{name}{at}" hidden '
        f'aria-label="Copy: {name}, {escape(one.system)}">Copy</button>'
        for at, one in enumerate(lines)
    )


def teacher_page(title: str, blackboard: str, others: list[str]) -> str:
    """Return the page on the teacher's laptop; `WATCH` fills and renews it."""
    more = (
        f'<p class="soft">If that is not reached: {escape(", ".join(others))}.</p>'
        if others
        else ""
    )
    body = (
        f"<h1>{escape(title)}</h1>\n"
        f'<p>For the blackboard: <strong class="board">{escape(blackboard)}</strong></p>\n{more}\n'
        '<p id="count">Waiting for the room.</p>\n<p id="state" role="status" class="wrong"></p>\n'
        '<h2>Who is where</h2>\n<p id="sums"></p>\n<p class="soft">\u2713 right, \u2717 wrong, '
        "\u00b7 opened, with the number of tries.</p>\n"
        '<div class="scroll" tabindex="0" role="region" aria-label="Who is where">\n'
        '<table id="who"><thead></thead><tbody></tbody></table>'
        "</div>\n"
        '<section id="contest" hidden><h2>Hidden labels</h2>\n'
        '<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard">\n'
        '<table id="board"><caption>Who has looks left has no place yet: the honest half judges '
        "once the last look is spent.</caption><thead></thead><tbody></tbody></table></div>\n"
        "</section>"
    )
    return _page(f"Room: {title}", body, script="watch.js")


def wheels_page(names: Iterable[str]) -> str:
    """Return the list that pip reads."""
    links = "\n".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>' for name in names)
    return _page("Wheels", f"<h1>Wheels</h1>\n<ul>\n{links}\n</ul>", kind="join")
