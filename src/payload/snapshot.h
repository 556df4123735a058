// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "util/progress.h"
#include "util/result.h"

#include <string>

namespace mdrescue::payload {

/// A directory as it is: owners, modes, times, symbolic links (not followed), hard links, xattrs
/// (user, security, system POSIX ACL and trusted where readable), device nodes and FIFOs. Stays on
/// the directory's filesystem: a mount point inside becomes an empty directory. Sockets are left
/// out with a warning. A file that cannot be opened for reading is an error naming it. directory:
/// absolute. prefix: where its content goes in the tree ("boot"); the tree's first node is that
/// directory itself.
[[nodiscard]] util::Result<manifest::Tree>
snapshot(const std::string &directory, const std::string &prefix, util::Progress &progress);

} // namespace mdrescue::payload
