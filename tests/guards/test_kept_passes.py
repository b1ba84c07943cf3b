"""A pass is a record: written when there is something new to say, and else left alone."""

from boxloop.record.passes import all_passes
from boxloop.run.loop import run

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick


def test_a_pass_that_would_say_the_same_is_not_written_again(project, quick):
    """Whoever looks at the dates of the files sees when a pass was completed."""
    run(project, note="first", echo=lambda _: None)
    path = project.passes / "001.json"
    before = path.stat().st_mtime_ns, path.read_bytes()
    assert run(project, only="05", echo=lambda _: None).pass_number == 1
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before

    run(project, only="05", note="second", echo=lambda _: None)
    assert path.stat().st_mtime_ns != before[0]
    assert [found["note"] for found in all_passes(project)] == ["second"]
