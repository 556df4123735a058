// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/snapshot_metadata.h"
#include "system/system.h"
#include "util/result.h"

#include <map>
#include <string>
#include <vector>

/// A snapshot on the medium held against a directory that should be the same.
namespace mdrescue::execute {

struct Snapshot {
    std::string medium; ///< directory the image is mounted at
    std::string prefix; ///< on the image: "boot"
    manifest::Tree tree;
    std::map<std::string, std::string> digests; ///< SHA-256 by path on the image
};

/// Error: the medium does not hold it or is damaged: a node outside the prefix or without its
/// directory, a file without a digest.
[[nodiscard]] util::Result<Snapshot>
read_snapshot(system::System &system, const std::string &medium, const std::string &prefix);

/// What of a file a filesystem can keep.
struct Keeps {
    bool owners = true;         ///< owner, mode, xattrs, links
    std::int64_t time_step = 1; ///< in seconds
    bool root_time = true;      ///< the time of its topmost directory
};
/// FAT keeps no owners, the time to two seconds (Linux: fs/fat/misc.c), and none of its topmost
/// directory (fs/fat/inode.c, fat_read_root).
[[nodiscard]] Keeps kept_by(const std::string &filesystem_type);

/// Where a node belongs below the directory that stands for the prefix.
[[nodiscard]] std::string place_of(const Snapshot &snapshot, const manifest::Node &node,
                                   const std::string &directory);

struct Difference {
    enum class Kind {
        missing,    ///< nothing of that name is there
        content,    ///< the recorded time, other bytes: a copy that went bad
        foreign,    ///< other bytes and another time: not written by a restore
        other_type, ///< another type of file
        attributes, ///< owner, mode, xattrs
        time,       ///< the time alone
    };
    const manifest::Node *node = nullptr; ///< of Snapshot::tree
    Kind kind = Kind::missing;
};

/// Every node of the snapshot that is not there exactly as recorded, in the tree's order. Files are
/// read and their digests compared. No symbolic link is followed, and nothing is looked at below
/// what is no directory. More files than recorded are no difference.
[[nodiscard]] util::Result<std::vector<Difference>> differences(system::System &system,
                                                                const Snapshot &snapshot,
                                                                const std::string &directory,
                                                                const Keeps &keeps);

/// SHA-256 of a file, read in pieces.
[[nodiscard]] util::Result<std::string> file_digest(system::System &system,
                                                    const std::string &path);

} // namespace mdrescue::execute
