# SPDX-License-Identifier: GPL-3.0-or-later
"""Results kept by a digest of their inputs.

A result is a folder. It is made under another name and renamed when complete, so that it is there whole or not at
all; a lock for each key lets two processes (or two threads) ask for the same one at once, and only the first makes it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from pathlib import Path

from . import settings


def digest(*inputs):
    """A short digest of paths (their content), and of anything JSON can say."""
    total = hashlib.sha256()
    for value in inputs:
        if isinstance(value, Path):
            part = hashlib.sha256(value.read_bytes()).digest()
        else:
            part = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
        total.update(part)
    return total.hexdigest()[:16]


@contextlib.contextmanager
def locked(path):
    """Holds the lock file at path; others wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def obtain(name, key, make, report=print):
    """The folder of the result `name` with this key; `make(folder)` fills it when it is not there yet."""
    root = settings.cache_folder()
    final = root / f"{name}-{key}"
    if final.is_dir():
        return final
    with locked(root / f"{name}-{key}.lock"):
        if final.is_dir():
            return final
        making = root / f"{name}-{key}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        report(f"making {name} (not in the cache)")
        started = time.monotonic()
        try:
            make(making)
            os.rename(making, final)
        except BaseException:
            keep = settings.artifacts_folder() / f"failed-{name}"
            keep.mkdir(parents=True, exist_ok=True)
            for log in making.glob("*.log"):
                shutil.copy(log, keep / log.name)
            shutil.rmtree(making, ignore_errors=True)
            raise
        report(f"made {name} in {time.monotonic() - started:.0f} s")
    return final
