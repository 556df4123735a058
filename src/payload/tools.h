// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "payload/lists.h"
#include "payload/tree_builder.h"
#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::payload {

/// Puts programs with their libraries, and files, of `root` into the tree as the entries of
/// tools.list ask:
///   required|optional program NAME PACKAGE      looked up in usr/sbin, usr/bin, sbin, bin
///   required|optional file PATH[,PATH…] PACKAGE the first that exists
///   optional library NAME PACKAGE               opened at run time by a program, so that no ELF
///   header tells
/// Error: a required one is missing; names it and its package.
[[nodiscard]] util::Result<void> add_tools(TreeBuilder &builder, const std::string &root,
                                           const std::vector<ListEntry> &entries);

/// Links the applets of the busybox in the tree (below /usr/bin) where no real program has that
/// name. Only applets that this busybox knows.
[[nodiscard]] util::Result<void> add_applets(TreeBuilder &builder, const std::string &root,
                                             const std::vector<ListEntry> &entries);

} // namespace mdrescue::payload
