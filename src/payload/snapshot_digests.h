// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "util/progress.h"
#include "util/result.h"

#include <map>
#include <string>

namespace mdrescue::payload {

/// SHA-256 of every file of a snapshot, by its path in the tree. Reads them all.
[[nodiscard]] util::Result<std::map<std::string, std::string>>
snapshot_digests(const manifest::Tree &tree, util::Progress &progress);

} // namespace mdrescue::payload
