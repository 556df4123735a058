# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the lab keeps its things, and how patient it is."""

import os
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"
PROJECT = Path(__file__).resolve().parents[3]


def cache_folder():
    """The folder of what is made once: $MDRESCUE_CACHE, else the user's cache folder."""
    if named := os.environ.get("MDRESCUE_CACHE"):
        return Path(named).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "mdrescue-lab"


def artifacts_folder():
    """The folder of what a person may want to look at afterwards."""
    return Path(os.environ.get("MDRESCUE_ARTIFACTS") or PROJECT / "build" / "artifacts").absolute()


def patience(seconds):
    """A limit for an emulated machine: the given seconds times $MDRESCUE_LAB_PATIENCE (1 when unset)."""
    return seconds * float(os.environ.get("MDRESCUE_LAB_PATIENCE") or 1)


def at_once():
    """How many tests are run at the same time: $MDRESCUE_LAB_AT_ONCE, else two."""
    return int(os.environ.get("MDRESCUE_LAB_AT_ONCE") or 2)


def words(path):
    """The lines of a list file, without comments and blank lines."""
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]
