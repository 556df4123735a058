# SPDX-License-Identifier: GPL-3.0-or-later
"""How each test last ended: a text file with one line for each, "ok 2026-11-26 149 s recovery_disc.2a_first_disk.1.2"."""

import dataclasses
import datetime


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a test ended, on which day (UTC), after how many seconds."""

    verdict: str
    day: str
    seconds: int


def read(file):
    """Test name -> Ended; empty when there is no such file."""
    if not file.exists():
        return {}
    lines = (line.split() for line in file.read_text().splitlines())
    return {name: Ended(verdict, day, int(seconds)) for verdict, day, seconds, _, name in lines}


def keep(file, name, verdict, seconds):
    """Replaces or adds one line."""
    ended = read(file)
    ended[name] = Ended(verdict, datetime.datetime.now(datetime.timezone.utc).date().isoformat(), round(seconds))
    file.write_text("".join(f"{one.verdict} {one.day} {one.seconds} s {test}\n" for test, one in sorted(ended.items())))
