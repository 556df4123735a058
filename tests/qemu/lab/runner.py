# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the tests, runs them two at a time (unless told otherwise), and says how each ended.

A test is a function `test_…(lab)` in a file `test_*.py` beside the lab; its docstring says what it proves. `@cases`
makes several tests of one function; those marked `thorough` are run with --all only.
"""

import dataclasses
import importlib
import inspect
import queue
import signal
import tempfile
import threading
import time
import traceback
from pathlib import Path

from . import processes, results, settings
from .lab import Lab, Run, Skip


@dataclasses.dataclass(frozen=True)
class Case:
    """One test made of a function: a name and the arguments after `lab`."""

    name: str
    arguments: tuple
    thorough: bool = False


def case(name, *arguments, thorough=False):
    """A case for `cases`."""
    return Case(name, arguments, thorough)


def cases(*given):
    """Makes one test of each case."""
    def mark(function):
        function.cases = given
        return function
    return mark


@dataclasses.dataclass(frozen=True)
class Test:
    """One test ready to be run."""

    name: str
    proves: str
    function: object
    arguments: tuple
    thorough: bool


def discover(folder):
    """All tests below the folder, in the order of the files and of the lines in them."""
    found = []
    for file in sorted(Path(folder).glob("test_*.py")):
        module = importlib.import_module(file.stem)
        functions = [value for name, value in vars(module).items()
                     if name.startswith("test_") and inspect.isfunction(value) and value.__module__ == file.stem]
        for function in sorted(functions, key=lambda one: one.__code__.co_firstlineno):
            base = f"{file.stem.removeprefix('test_')}.{function.__name__.removeprefix('test_')}"
            proves = inspect.getdoc(function) or ""
            if not hasattr(function, "cases"):
                found.append(Test(base, proves, function, (), getattr(function, "thorough", False)))
            for one in getattr(function, "cases", ()):
                found.append(Test(f"{base}.{one.name}", proves, function, one.arguments, one.thorough))
    return found


def named(tests, patterns):
    """The tests whose names contain one of the patterns (all when there is none)."""
    return [test for test in tests if not patterns or any(pattern in test.name for pattern in patterns)]


class Report:
    """One line for each test on the terminal, and the count."""

    def __init__(self, kept=None):
        self.lock = threading.Lock()
        self.kept = kept  # file that keeps how each test last ended
        self.counts = {"ok": 0, "FAILED": 0, "skipped": 0}
        self.started = time.monotonic()

    def say(self, line):
        """A line between the tests' own."""
        with self.lock:
            print(f"[{time.monotonic() - self.started:5.0f} s] {line}", flush=True)

    def ended(self, test, verdict, seconds, why=""):
        """How a test ended."""
        with self.lock:
            self.counts[verdict] += 1
            if self.kept and verdict != "skipped":
                results.keep(self.kept, test.name, verdict, seconds)
        self.say(f"{verdict:7} {test.name} {seconds:.0f} s" + (f": {why}" if why else ""))

    def left_out(self, test):
        """A test that only --all runs."""
        self.counts["skipped"] += 1
        print(f"skipped {test.name}: --all runs it", flush=True)

    def summary(self):
        """The last line."""
        return f"{self.counts['ok']} passed, {self.counts['FAILED']} failed, {self.counts['skipped']} skipped"


def run_test(run, test, report):
    """Runs one test and reports it."""
    started = time.monotonic()
    lab = Lab(run, test.name)
    try:
        test.function(lab, *test.arguments)
        report.ended(test, "ok", time.monotonic() - started)
    except Skip as why:
        report.ended(test, "skipped", time.monotonic() - started, str(why))
    except Exception as error:  # whatever went wrong is this test's failure, not the end of the run
        (lab.logs / "failure.txt").write_text(f"{test.name}: {test.proves}\n\n{traceback.format_exc()}")
        reason = (str(error) or type(error).__name__).strip()
        report.ended(test, "FAILED", time.monotonic() - started, f"{reason}\n        see {lab.logs}")
    finally:
        lab.stop()


def _terminated(*_):
    raise KeyboardInterrupt


def run_all(tests, artifacts, package, kept=None, left_out=()):
    """Runs the tests; returns the exit status. How each ended is kept in a file when one is given. `left_out`: thorough ones, named as skipped."""
    report = Report(kept)
    waiting = queue.SimpleQueue()
    for test in tests:
        waiting.put(test)
    stopping = threading.Event()

    def worker(run):
        while not stopping.is_set():
            try:
                test = waiting.get_nowait()
            except queue.Empty:
                return
            run_test(run, test, report)

    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGHUP, _terminated)
    with tempfile.TemporaryDirectory(prefix="mdrescue-lab-", dir="/var/tmp", ignore_cleanup_errors=True) as work:
        run = Run(work, artifacts, package, report.say)
        workers = [threading.Thread(target=worker, args=(run,)) for _ in range(settings.at_once())]
        try:
            for thread in workers:
                thread.start()
            for thread in workers:
                thread.join()
        except KeyboardInterrupt:
            stopping.set()
            while any(thread.is_alive() for thread in workers):  # a test may be just about to start a machine
                processes.end_all()
                for thread in workers:
                    thread.join(0.2)
            print("interrupted;", report.summary())
            return 130
    for test in left_out:
        report.left_out(test)
    print(report.summary(), flush=True)
    return 1 if report.counts["FAILED"] else 0
