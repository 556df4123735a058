# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running programs the lab has started: they end with this process, however it ends, and can be ended all at once."""

import subprocess
import threading

_running = set()
_lock = threading.Lock()


def start(argv, signal="KILL", **options):
    """Starts a program, which gets the signal when the thread that started it is gone."""
    process = subprocess.Popen(["setpriv", "--pdeathsig", signal, "--", *argv], stdin=subprocess.DEVNULL, **options)
    with _lock:
        _running.add(process)
    return process


def ended(process):
    """The program has ended and is no longer to be cared for."""
    with _lock:
        _running.discard(process)


def end(process, seconds=10):
    """Asks a program to end, and makes it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    ended(process)


def end_all():
    """Ends everything that was started here; whoever waits for it is told."""
    with _lock:
        processes = list(_running)
    for process in processes:
        end(process)
