# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: real Debian machines on real md arrays in QEMU."""
