// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "util/result.h"

#include <string>
#include <string_view>

namespace mdrescue::manifest {

/// Where the lines of the /boot snapshot stand on the image; those of an ESP beside its directory,
/// "<prefix>.jsonl".
inline constexpr std::string_view boot_metadata_path = "mdrescue/boot.jsonl";

/// What ISO 9660 with Rock Ridge does not keep (nanoseconds, xattrs, hard links) together with all
/// it keeps, as JSON lines, one per node in tree order: what the restore works from. Digests are in
/// SHA256SUMS. The same tree gives the same bytes. An object has
///   "path"; "kind": directory, file, symlink, character_device, block_device or fifo; "mode":
///   octal text ("0755"); "uid"; "gid"; "mtime" and "mtime_nsec"; of files "size" and, when the
///   file has an earlier name in this tree, "link": that name; of links "target"; of devices
///   "major" and "minor"; where there are any, "xattrs": a list of {"name": …, "value": …}.
/// Paths, targets and xattrs are bytes: a text where they are valid UTF-8, else {"base64": "…"}.
[[nodiscard]] std::string snapshot_metadata(const Tree &tree);

/// The reverse. Files come back as FileSource with the size, no path, and, where they are links to
/// one file, the same number other than 0 as inode. Error: names the line; unknown keys, kinds and
/// paths that lead out of the tree are errors, since the restore writes by them.
[[nodiscard]] util::Result<Tree> parse_snapshot_metadata(std::string_view text);

} // namespace mdrescue::manifest
