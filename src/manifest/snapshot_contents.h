// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "util/result.h"

#include <map>
#include <string>

namespace mdrescue::manifest {

/// What is at each path of a snapshot, so that two of them can be compared: "sha256 <hex>" of a
/// file, "link to <target>" of a symbolic link, "device" or "fifo". Directories are left out, and
/// so are owners, modes and times. Paths begin below the prefix ("grub/grub.cfg"). digests: SHA-256
/// by path in the tree. Error: a file without one.
[[nodiscard]] util::Result<std::map<std::string, std::string>>
snapshot_contents(const Tree &tree, const std::string &prefix,
                  const std::map<std::string, std::string> &digests);

} // namespace mdrescue::manifest
