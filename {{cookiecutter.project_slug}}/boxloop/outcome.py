"""What became of a run."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """What became of one chapter: `state` is ok, failed, current or skipped."""

    name: str
    state: str
    seconds: float = 0.0
    message: str = ""


@dataclass
class Outcome:
    """What became of one run."""

    results: list[Result] = field(default_factory=list)
    pass_number: int | None = None
    report: object = None
    problems: list[str] = field(default_factory=list)

    @property
    def failed(self):
        return [result for result in self.results if result.state == "failed"]

    @property
    def ok(self):
        return not self.failed and not self.problems

    @property
    def changed(self):
        """Whether a notebook was run."""
        return any(result.state in ("ok", "failed") for result in self.results)
