# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's machine protocol: one JSON line each way over a local socket."""

import json
import socket
import time

from . import settings


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    """A connection to one QEMU process."""

    def __init__(self, path, alive):
        deadline = time.monotonic() + settings.patience(30)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(settings.patience(60))
        while True:
            try:
                self.socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if not alive() or time.monotonic() > deadline:
                    raise QmpError("QEMU did not start") from None
                time.sleep(0.02)
        self.lines = self.socket.makefile("r")
        self._next()
        self.command("qmp_capabilities")

    def _next(self):
        line = self.lines.readline()
        if not line:
            raise QmpError("QEMU closed the connection")
        return json.loads(line)

    def command(self, name, **arguments):
        """Runs a command and returns its answer; events in between are passed over."""
        request = {"execute": name, "arguments": {key.replace("_", "-"): value for key, value in arguments.items()}}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = self._next()
            if "error" in answer:
                raise QmpError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def event(self, name):
        """Waits for an event (at most the socket's limit) and returns its data."""
        while True:
            answer = self._next()
            if answer.get("event") == name:
                return answer.get("data", {})

    def close(self):
        """Ends the connection."""
        self.lines.close()
        self.socket.close()
