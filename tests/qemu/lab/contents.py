# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be on a disk that is put into a machine: things an operator would miss if they were overwritten.

Each function takes the disk's file, and fills it with the tools of the host or byte by byte. No device of the host is touched.
"""

import random
import struct
import subprocess
import uuid

from .disks import MIB, SECTOR

FOREIGN = uuid.UUID("0f0e1a2b-feed-4c0d-8a8b-f00dfacef00d")  # an array of some other machine
MD_MAGIC = 0xA92B4EFC
TIME = 1_600_000_000  # of the foreign array's last change
CHUNK, LEFT_SYMMETRIC = 65536, 2
FIRST = 2048  # first sector of a first partition


def _run(*argv, text=None):
    subprocess.run(argv, check=True, timeout=120, capture_output=True, text=True, input=text)


def ext4(file):
    """A filesystem on the whole disk."""
    _run("mke2fs", "-q", "-F", "-t", "ext4", "-L", "precious", str(file))


def gpt(file):
    """A partition table with one partition that holds a filesystem of its own."""
    _run("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", str(file), text="label: gpt\nsize=64MiB, type=linux, name=precious\n")


def gpt_at_end(file):
    """A partition table whose first copy was overwritten; the one at the end of the disk is whole."""
    gpt(file)
    with open(file, "r+b") as disk:
        disk.write(bytes(34 * SECTOR))


def noise(file):
    """Nothing that anyone knows, all over the disk: what an encrypted disk without a header looks like."""
    source = random.Random(str(FOREIGN))
    with open(file, "r+b") as disk:
        for _ in range(file.stat().st_size // MIB):
            disk.write(source.randbytes(MIB))


def _checksum(words):
    """md's: all 32-bit words added, the carry added once more."""
    total = sum(words)
    return ((total & 0xFFFFFFFF) + (total >> 32)) & 0xFFFFFFFF


def superblock_1(minor, sectors, device, array=FOREIGN, slot=0):
    """A superblock of metadata 1.<minor> of a clean RAID-5 of two, and its first byte on a device of so many sectors (kernel: md_p.h)."""
    start = {0: ((sectors - 16) & ~7), 1: 0, 2: 8}[minor]
    data_offset = 0 if minor == 0 else 2048
    used = (start if minor == 0 else sectors - data_offset) & ~127
    block = bytearray(256)
    struct.pack_into("<IIII16s32s", block, 0, MD_MAGIC, 1, 0, 0, array.bytes, b"elsewhere:0")
    struct.pack_into("<QiIQII", block, 64, TIME, 5, LEFT_SYMMETRIC, used, CHUNK // SECTOR, 2)
    struct.pack_into("<QQQQ", block, 128, data_offset, sectors - data_offset if minor else used, start, 0)
    struct.pack_into("<II16s", block, 160, slot, 0, uuid.uuid5(array, device).bytes)
    struct.pack_into("<QQQII", block, 192, TIME, 17, 0xFFFFFFFFFFFFFFFF, 0, 128)
    block += struct.pack("<128H", 0, 1, *[0xFFFE] * 126)
    struct.pack_into("<I", block, 216, _checksum(struct.unpack(f"<{len(block) // 4}I", block)))
    return bytes(block), start * SECTOR


def superblock_0(sectors, array=FOREIGN, slot=0):
    """A superblock of metadata 0.90 of a clean RAID-5 of two, and its first byte on a device of so many sectors (kernel: md_p.h)."""
    start = (sectors * SECTOR & ~0xFFFF) - 0x10000
    identity = struct.unpack("<4I", array.bytes)
    words = [0] * 1024
    words[:13] = [MD_MAGIC, 0, 90, 0, 0, identity[0], TIME, 5, start // 1024, 2, 2, 9, 0]
    words[13:16] = identity[1:]
    words[32:42] = [TIME, 1, 2, 2, 0, 0, 0, 17, 0, 17]  # 1: clean; events, low half first
    for number in range(2):
        words[128 + 32 * number:133 + 32 * number] = [number, 8, 16 * number, number, 6]  # 6: active, in sync
    words[992:997] = [slot, 8, 16 * slot, slot, 6]
    words[64:66] = [LEFT_SYMMETRIC, CHUNK]
    words[38] = _checksum(words)
    return struct.pack("<1024I", *words), start


def _place(file, first, sectors, metadata, slot):
    if metadata == "0.90":
        block, start = superblock_0(sectors, slot=slot)
    else:
        block, start = superblock_1(int(metadata.split(".")[1]), sectors, f"{file} {first}", slot=slot)
    with open(file, "r+b") as disk:
        disk.seek(first * SECTOR + start)
        disk.write(block)


def member(metadata, slot=0):
    """The whole disk is a member (0 or 1) of a RAID-5 of some other machine."""
    return lambda file: _place(file, 0, file.stat().st_size // SECTOR, metadata, slot)


def partition_member(metadata, slot=0):
    """The disk's one partition is a member (0 or 1) of a RAID-5 of some other machine."""
    def fill(file):
        sectors = file.stat().st_size // SECTOR - FIRST
        _run("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", str(file), text=f"label: dos\nstart={FIRST}, size={sectors}, type=fd\n")
        _place(file, FIRST, sectors, metadata, slot)
    return fill
