"""Order, parallel branches and skipping: doit runs one task per chapter.

doit's own data base stays in memory: what a notebook was made from stands in ``results/`` and in
its executed copy, which go along with the repo. Two records of that could contradict each other.
"""

from doit.action import BaseAction
from doit.control import TaskControl
from doit.dependency import Dependency
from doit.exceptions import TaskFailed, UnmetDependency
from doit.runner import MThreadRunner, Runner
from doit.task import Task

from boxloop.notebooks.graph import upstream


class Memory(dict):
    """What doit keeps about its tasks, for one run."""

    def __init__(self, name, **_):
        super().__init__()
        self.name = name

    def set(self, task, key, value):
        self.setdefault(task, {})[key] = value

    def get(self, task, key):
        return super().get(task, {}).get(key)

    def in_(self, task):
        return task in self

    def remove(self, task):
        self.pop(task, None)

    def remove_all(self):
        self.clear()

    def dump(self):
        """There is no file."""


class Action(BaseAction):
    """Run one chapter; `work` returns None, or in one line how it failed."""

    def __init__(self, work):
        self.work, self.out, self.err, self.result, self.values = work, None, None, None, {}

    def execute(self, out=None, err=None):
        message = self.work()
        return TaskFailed(message) if message else None


class Reporter:
    """Hand doit's news on: `current(name)`, `lost(name, needed)`; the rest is told by the work itself."""

    def __init__(self, current, lost):
        self.current, self.lost = current, lost

    def skip_uptodate(self, task):
        self.current(task.name)

    def add_failure(self, task, fail):
        if isinstance(fail, UnmetDependency):
            self.lost(task.name, sorted(fail.message.split()))

    def runtime_error(self, text):
        raise RuntimeError(text)

    def __getattr__(self, name):
        return lambda *_: None


class Threads(MThreadRunner):
    """doit's threads, waiting so that Ctrl-C is heard on Windows too."""

    class Queue(MThreadRunner.Queue):
        def get(self, block=True, timeout=None):
            from queue import Empty

            while True:
                try:
                    return super().get(block, 0.2)
                except Empty:
                    continue


def go(chapters, selected, *, is_current, work, current, lost, jobs=1):
    """Bring the selected chapters up to date, each after those it needs.

    Parameters
    ----------
    chapters, selected : list of Chapter
        The whole loop, and the part of it to look at, in order.
    is_current : callable
        ``(chapter) -> bool``, asked when all that the chapter needs has come through.
    work : callable
        ``(chapter) -> str or None``: runs it, returns how it failed.
    current, lost : callable
        Told the name of a chapter that was current, and of one that was left out together with
        the names that it waited for.
    jobs : int
        Chapters at a time.
    """
    names = {chapter.name for chapter in selected}
    tasks = [
        Task(
            chapter.name,
            [Action(lambda chapter=chapter: work(chapter))],
            task_dep=sorted(upstream(chapter, chapters) & names),
            uptodate=[lambda chapter=chapter: is_current(chapter)],
        )
        for chapter in selected
    ]
    control = TaskControl(tasks)
    control.process(None)
    options = {"continue_": True}
    if jobs > 1:
        runner = Threads(
            Dependency(Memory, "loop"), Reporter(current, lost), num_process=jobs, **options
        )
    else:
        runner = Runner(Dependency(Memory, "loop"), Reporter(current, lost), **options)
    runner.run_all(control.task_dispatcher())
