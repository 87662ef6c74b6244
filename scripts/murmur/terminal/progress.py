"""Progress of a run: which rules have started, how many of their jobs are done, and when they will be."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from logging import LogRecord

from murmur.terminal.words import counted, done_so_far, duration, to_do

LINES = 10  # lines of a rule, at most
LONG = 60.0  # seconds left, from which on it is worth a line


class Progress:
    """Jobs of a run. A rule has a line when it starts, and more if it takes long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        """Take the clock."""
        self._clock = clock
        self.totals: dict[str, int] = {}
        self.done = Counter()
        self._rules: dict[int, str] = {}  # by the number of a job
        self._running = Counter()  # jobs of a rule
        self._since: dict[str, float] = {}  # when the first of the jobs that are running started, by rule
        self._busy = Counter()  # seconds during which any job of a rule was running
        self._of_mice: set[str] = set()  # rules with a job for each mouse
        self._shown: dict[str, int] = {}  # jobs of a rule that were done at its latest line

    def plan(self, totals: Mapping[str, int]) -> None:
        """Take the number of jobs of every rule."""
        self.totals = dict(totals)

    def start(self, job: LogRecord) -> str:
        """Note the start of a job; return the line of its rule if it is the first, else an empty text."""
        rule = self._rules[job.jobid] = job.rule_name
        is_first = rule not in self._since
        if not self._running[rule]:
            self._since[rule] = self._clock()
        self._running[rule] += 1
        if not is_first:
            return ""
        total = self.totals.get(rule, 1)
        if total == 1:
            return self._numbered(job.rule_msg or rule)
        self._of_mice |= {rule} if "mouse" in job.wildcards else set()
        return self._numbered(to_do(rule, total, rule in self._of_mice))

    def finish(self, jobid: int) -> str:
        """Note the end of a job; return a line if its rule takes long and there has been none for a while."""
        rule = self._rules.get(jobid)
        if rule not in self.totals:
            return ""
        self.done[rule] += 1
        self._running[rule] -= 1
        done, total, now = self.done[rule], self.totals[rule], self._clock()
        self._busy[rule] += now - self._since[rule]
        self._since[rule] = now
        left = self._busy[rule] / done * (total - done)
        is_news = done - self._shown.get(rule, 0) >= total / LINES and left >= LONG
        if not (is_news or (done == total and rule in self._shown)):
            return ""
        self._shown[rule] = done
        words = done_so_far(rule, done, total, rule in self._of_mice)
        return self._numbered(f"{words}, about {duration(left)} left" if left else words)

    def counts(self) -> str:
        """Return how many jobs are done: 12 of 59 jobs."""
        return f"{self.done.total()} of {counted(sum(self.totals.values()), 'job')}"

    def _numbered(self, line: str) -> str:
        total = str(sum(self.totals.values()))
        return f"[{self.done.total():>{len(total)}}/{total}] {line}"
