// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

#include <set>
#include <string>
#include <vector>

namespace mdrescue::payload {

/// What the lists in initramfs/ may ask of a machine, as section names: "always"; "fs:TYPE" for
/// every filesystem type it has or mounts ("fs:ext4", "fs:vfat", "fs:swap"); "raid:LEVEL"; "lvm";
/// "luks"; "uefi" or "bios".
[[nodiscard]] std::set<std::string> conditions(const model::Machine &machine);

struct ListEntry {
    std::string condition;
    std::vector<std::string> words;
    unsigned line = 0;
};

/// A list: one entry a line, words at blanks, # to the end of the line is a comment, `[condition]`
/// begins a section. Returns the entries of the sections that `wanted` holds. Error: an entry
/// before the first section, a broken section line.
[[nodiscard]] util::Result<std::vector<ListEntry>> read_list(const std::string &path,
                                                             const std::set<std::string> &wanted);

} // namespace mdrescue::payload
