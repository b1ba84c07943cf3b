"""What a cell puts out is kept within bounds: beginning, end, the count of the rest, any error."""

import pytest

from boxloop.run import outputs
from boxloop.run.outputs import FIRST, LAST, LINES, MARKUP, PICTURE, TEXT, Outputs, bounded


def stream(name, text):
    return {"output_type": "stream", "name": name, "text": text}


def shown(png="", **more):
    return {
        "output_type": "display_data",
        "data": {"text/plain": "<Figure>", "image/png": png} | more,
        "metadata": {},
    }


def error(text="no"):
    return {"output_type": "error", "ename": "ValueError", "evalue": text, "traceback": [text]}


def kept(*outs):
    """Return what a cell keeps of these."""
    held = Outputs([], stream)
    for out in outs:
        held.add(out)
    held.finish()
    return held.outs


def text(outs, name="stdout"):
    return "".join(out["text"] for out in outs if out.get("name") == name)


def test_ordinary_output_stays_as_it_is():
    """In its order; what was printed in a row is one output."""
    outs = [
        stream("stdout", "a\n"),
        stream("stdout", "b"),
        shown("x" * 1000),
        stream("stderr", "c"),
        stream("stdout", "d"),
        error(),
    ]

    assert kept(*outs) == [stream("stdout", "a\nb"), *outs[2:]]


@pytest.mark.parametrize("at_once", [1, 7, 1000, 10**6])
def test_a_million_lines(at_once):
    """However many come in one message: the first and the last lines, and how many between."""
    lines = [f"{number}\n" for number in range(10**5 if at_once == 1 else 10**6)]
    messages = (
        stream("stdout", "".join(lines[n : n + at_once])) for n in range(0, len(lines), at_once)
    )
    (out,) = kept(*messages)

    assert out["text"] == "".join(
        [*lines[:LINES], f"… {len(lines) - 2 * LINES:,} lines left out …\n", *lines[-LINES:]]
    )


def test_the_memory_stays_bounded_meanwhile():
    """Not only at the end."""
    held = Outputs([], stream)
    for number in range(10**5):
        held.add(stream("stdout", f"{number}\n" * 10))
        assert number % 10_000 or len(text(held.outs)) + held._last_text < 3 * TEXT


@pytest.mark.parametrize("count", [2 * LINES - 1, 2 * LINES, 2 * LINES + 1])
def test_nothing_is_left_out_before_it_must(count):
    """A line at a time around the bound."""
    (out,) = kept(*(stream("stdout", f"{n}\n") for n in range(count)))

    assert ("1 line left out" in out["text"]) == (count > 2 * LINES)
    assert out["text"].count("\n") == min(count, 2 * LINES + 1)


@pytest.mark.parametrize("at_once", [100, 10**7])
def test_one_line_without_end(at_once):
    """Characters are counted then."""
    line = "0123456789" * 10**6
    (out,) = kept(*(stream("stdout", line[n : n + at_once]) for n in range(0, len(line), at_once)))

    assert (
        out["text"]
        == f"{line[:TEXT]}\n… {len(line) - 2 * TEXT:,} characters left out …\n{line[-TEXT:]}"
    )


def test_streams_that_take_turns():
    """Order and names stay, in the beginning and at the end."""
    outs = [stream(name, f"{n}\n") for n in range(1000) for name in ("stdout", "stderr")]
    found = kept(*outs)

    assert found[:FIRST] == outs[:FIRST]
    assert found[-LAST + 1 :] == outs[-LAST + 1 :] and found[-LAST]["text"].endswith(
        outs[-LAST]["text"]
    )
    assert (
        sum("left out" in out["text"] for out in found) == 1
        and f"{2000 - FIRST - LAST:,} lines left out" in found[FIRST]["text"]
    )


def test_many_figures():
    """The first and the last, and how many more there were."""
    found = kept(*(shown(str(n)) for n in range(1000)))

    assert [out["data"]["image/png"] for out in found if "data" in out] == [
        *map(str, range(FIRST)),
        *map(str, range(1000 - LAST, 1000)),
    ]
    assert found[FIRST] == stream("stdout", f"… {1000 - FIRST - LAST:,} outputs left out …\n")


def test_large_figures_in_sum():
    """Pictures of ordinary size are kept; those beyond what a page can hold leave a word."""
    assert "image/png" in kept(shown("x" * 10**6))[0]["data"]
    found = kept(*(shown("x" * (PICTURE - 1)) for _ in range(10)))

    assert sum("image/png" in out["data"] for out in found) == outputs.CELL // PICTURE
    assert "left out: image/png of 14,999,999 characters" in found[-1]["data"]["text/plain"]


def test_a_table_without_end():
    """Markup cannot be cut: its plain text stands for it, and says so."""
    data = bounded({"text/html": "<td>" * MARKUP, "text/plain": "a" * 10**6 + "z"}, outputs.CELL)

    assert list(data) == ["text/plain"]
    assert (
        data["text/plain"].startswith("aaa")
        and "801,001 characters left out" not in data["text/plain"]
    )
    assert "800,001 characters left out" in data["text/plain"] and data["text/plain"].endswith(
        "left out: text/html of 8,000,000 characters …"
    )


@pytest.mark.parametrize(
    "before", [[], [stream("stdout", "x\n" * 10**5)], [shown() for _ in range(1000)]]
)
def test_the_error_is_never_left_out(before):
    """Nor buried by what comes after it."""
    found = kept(*before, error("too hot"), *before)
    assert [out["evalue"] for out in found if out["output_type"] == "error"] == ["too hot"]

    (out,) = kept({**error("x" * 10**6), "traceback": [f"frame {n}" for n in range(10**4)]})
    assert len(out["evalue"]) < 30_000 and len(out["traceback"]) == 101
    assert out["traceback"][0] == "frame 0" and out["traceback"][-1] == "frame 9999"


@pytest.mark.parametrize("before", ["", "x\n" * 10**4])
def test_a_progress_bar_leaves_its_last_state(before):
    """As on a terminal, however many states there were."""
    bars = [f"\r{n:6} of 100000" for n in range(100_001)]
    assert (
        text(kept(stream("stderr", before), *(stream("stderr", bar) for bar in bars)), "stderr")
        .splitlines()[-1]
        .strip()
        == "100000 of 100000"
    )
    ends = [f"{n}\r" for n in range(1000)]
    assert (
        text(
            kept(
                *(stream("stdout", end) for end in ends),
                stream("stdout", "\n"),
                stream("stdout", "done\r\n"),
            )
        )
        == "999\r\ndone\r\n"
    )


def test_cleared_output_is_gone():
    """With its count of what was left out."""
    held = Outputs([], stream)
    held.add(stream("stdout", "x\n" * 10**5))
    held.clear()
    held.add(stream("stdout", "y"))
    held.finish()

    assert held.outs == [stream("stdout", "y")]
