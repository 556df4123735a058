# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's terminal on a machine's serial line."""

import os
import select
import sys
import termios
import time
import tty

from .console import POLL

LEAVE = b"\x1d"  # Ctrl-]


def connect(machine, first_line=""):
    """Joins the terminal with the machine's serial line until Ctrl-] or the machine's end; types `first_line` there first.

    Tells whether it was Ctrl-].
    """
    console, here = machine.console, sys.stdin.fileno()
    before = termios.tcgetattr(here) if os.isatty(here) else None
    position = console.log.stat().st_size
    try:
        if before:
            tty.setraw(here)
        if first_line:
            console.line(first_line)
        watched = [here]
        while machine.alive():
            with open(console.log, "rb") as log:
                log.seek(position)
                said = log.read()
            if said:
                position += len(said)
                os.write(sys.stdout.fileno(), said)
            if select.select(watched, [], [], POLL)[0]:
                typed = os.read(here, 1024)
                if LEAVE in typed:
                    return True
                if not typed:
                    watched = []  # end of input: go on showing what the machine says
                console.send(typed.decode("utf-8", "surrogateescape"))
            elif not watched:
                time.sleep(POLL)
        return False
    finally:
        if before:
            termios.tcsetattr(here, termios.TCSADRAIN, before)
