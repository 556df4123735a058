// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace mdrescue::manifest {

/// Bytes of a regular file that are read when they are needed.
struct FileSource {
    std::string path;       ///< absolute, on this system
    std::uint64_t size = 0; ///< in bytes, as found; another size while writing is an error
    std::uint64_t device =
        0; ///< st_dev and st_ino where the file has more than one link, else 0: links to one file
    std::uint64_t inode = 0;
    bool operator==(const FileSource &) const = default;
};

/// One thing in a tree of files that goes into an image or an initramfs.
struct Node {
    enum class Kind { directory, file, symlink, character_device, block_device, fifo };
    Kind kind = Kind::file;
    std::string path;          ///< from the tree's root, without a leading slash; raw bytes
    std::uint32_t mode = 0644; ///< permission bits with setuid, setgid and sticky
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0; ///< seconds since 1970
    std::uint32_t mtime_nsec = 0;
    std::variant<std::string, FileSource> bytes; ///< kind file: in memory, or on disk
    std::string target;                          ///< kind symlink
    std::uint64_t rdev = 0;                      ///< devices: as in st_rdev
    std::map<std::string, std::string> xattrs;   ///< raw values
    bool operator==(const Node &) const = default;
};

/// Sorted by path, every directory before what is in it, no path twice.
using Tree = std::vector<Node>;

} // namespace mdrescue::manifest
