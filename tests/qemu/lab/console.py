# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine's serial line: wait for what it says, type, run commands at its root prompt.

QEMU writes the line to a file and reads what we type from a fifo; both keep every character on a busy host, which
sockets do not. Nothing here sleeps for a fixed time: every wait is for a pattern, and has a limit.
"""

import codecs
import itertools
import os
import re
import time
from pathlib import Path

from . import settings

POLL = 0.03
EACH_BYTE = "question-mark-for-each-byte"  # what is no UTF-8 (firmware draws so) must keep its length, since positions are counted in bytes
codecs.register_error(EACH_BYTE, lambda error: ("?" * (error.end - error.start), error.end))
ESCAPE = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78cDEHM])"
# What is nothing in plain text (group 1: escapes, carriage returns at the end of a line), and what is a new line there.
CONTROL = re.compile(rf"({ESCAPE}|\r(?=(?:{ESCAPE}|\r)*\n))|\r(?:{ESCAPE}|\r)*")


class ConsoleError(Exception):
    """The machine did not say what was expected of it, or died."""


class CommandFailed(ConsoleError):
    """A command at the prompt ended with another status than 0."""

    def __init__(self, command, status, output):
        super().__init__(f"status {status} of: {command}\n{output.strip()[-2000:]}")
        self.status, self.output = status, output


def plain(text):
    """The text without terminal escapes; what is written over another line stands on a line of its own."""
    return CONTROL.sub(lambda match: "" if match[1] else "\n", text)


class Console:
    """The serial line of one machine. `alive` tells whether the machine still runs."""

    def __init__(self, log: Path, fifo: Path, alive):
        self.log, self.alive = log, alive
        self.position = 0  # bytes of the log that a wait has already consumed
        self.numbers = itertools.count(1)
        log.write_bytes(b"")
        os.mkfifo(fifo)
        self.input = os.open(fifo, os.O_RDWR)

    def close(self):
        """Lets the line go."""
        if self.input is not None:
            os.close(self.input)
            self.input = None

    def text(self, start=0):
        """All the machine has said since byte `start`, escapes included."""
        with open(self.log, "rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", EACH_BYTE)

    def wait(self, pattern, seconds=180, failure=None):
        """Waits until `pattern` appears after what was consumed before, consumes it, and returns the match.

        The pattern is matched against plain text (see `plain`). When `failure` is given, its
        appearance ends the wait with an error at once.
        """
        limit = settings.patience(seconds)
        deadline = time.monotonic() + limit
        wanted = re.compile(pattern, re.M)
        while True:
            running = self.alive()  # asked before reading, so that last words are not missed
            raw = self.text(self.position)
            said = plain(raw)
            if match := wanted.search(said):
                self.position += self._raw_length(raw, match.end())
                return match
            if failure and (bad := re.search(failure, said, re.M)):
                raise ConsoleError(f"waiting for /{pattern}/, the machine said: {bad.group(0)}\n{self._tail(said)}")
            if not running:
                raise ConsoleError(f"the machine ended while /{pattern}/ was expected\n{self._tail(said)}")
            if time.monotonic() > deadline:
                raise ConsoleError(f"no /{pattern}/ within {limit:.0f} s\n{self._tail(said)}")
            time.sleep(POLL)

    @staticmethod
    def _raw_length(raw, end):
        """How many bytes of raw text make the first `end` characters of its plain form."""
        seen = position = 0
        for match in CONTROL.finditer(raw):
            if seen + match.start() - position >= end:
                break
            seen += match.start() - position + (not match[1])
            position = match.end()
        position += max(0, end - seen)
        return len(raw[:position].encode())

    @staticmethod
    def _tail(said):
        return "last lines on its console:\n" + "\n".join(said.splitlines()[-15:])

    def tail(self):
        """The last lines, for messages."""
        return self._tail(plain(self.text()))

    def send(self, text):
        """Types the text as it is."""
        data = text.encode()
        while data:
            data = data[os.write(self.input, data[:1024]):]

    def line(self, text=""):
        """Types a line."""
        self.send(text + "\n")

    def take_prompt(self):
        """Makes the shell at the other end quiet (no echo, no line editor, no prompt), and the kernel but for panics, so that `run` works."""
        token = f"quiet-{next(self.numbers)}"
        self.line(f"echo 1 >/proc/sys/kernel/printk; set +o emacs +o vi; stty -echo; PS1= PS2=; export PAGER=cat SYSTEMD_COLORS=0; echo @@''{token}@@")
        self.wait(f"^@@{token}@@$", 60)

    def run(self, command, seconds=60, check=True):
        """Runs shell commands at the root prompt, in a shell of their own; returns (status, output).

        Raises CommandFailed when `check` is set and the status is not 0.
        """
        token = f"{os.getpid()}-{next(self.numbers)}"
        self.line(f"printf '@@%s@@\\n' begin-{token}\n(\n{command}\n) </dev/null 2>&1\nprintf '\\n@@%s %d@@\\n' end-{token} $?")
        self.wait(f"^@@begin-{token}@@\n", seconds)
        match = self.wait(rf"(?s)(.*?)\n?@@end-{token} (\d+)@@$", seconds)
        status, output = int(match.group(2)), match.group(1)
        if check and status:
            raise CommandFailed(command, status, output)
        return status, output

    def output(self, command, seconds=60):
        """The output of a command that has to succeed."""
        return self.run(command, seconds)[1]
