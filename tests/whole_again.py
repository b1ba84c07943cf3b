"""A whole study asked again: every check, every number of every set, and the verdict."""

import json

from boxloop.base.files import plain
from boxloop.measure.sets import measured_again
from boxloop.record.again import judged_again, recomputed
from boxloop.settings.load import load_settings

# Asked again in every study, whatever it found.
ALWAYS = {
    "answers.complete", "baseline.beats_trivial", "criteria.unchanged", "data.schema",
    "features.identifier", "features.missingness", "log.complete", "log.explained",
    "provenance.chain", "release.licence", "seal.openings", "seal.untouched", "split.duplicates",
    "split.deployment_shift", "split.groups",
}  # fmt: skip


def assert_agrees(root):
    """Nobody honest is accused, and most is asked."""
    rows = {row["id"]: row for row in recomputed(root)}
    assert [row for row in rows.values() if row["agrees"] is False] == []
    assert ALWAYS - {name for name, row in rows.items() if row["agrees"]} == set()
    assert all(row["why_not"] for row in rows.values() if row["agrees"] is None)
    judged = judged_again(root)
    assert judged["agrees"], judged["why_not"]
    settings, count = load_settings(root / "study.toml"), 0
    for path in sorted((root / "results").glob("*/metrics.json")):
        for name, found in json.loads(path.read_text(encoding="utf-8"))["sets"].items():
            again = measured_again(path.parent / "sets" / name, settings)
            assert plain(again) == found["metrics"], f"{path.parent.name}: {name}"
            count += 1
    assert count >= 3
