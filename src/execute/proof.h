// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <string>
#include <vector>

/// What is true at the end, read from the disks again. Nothing is called proven that was not looked
/// at.
namespace mdrescue::execute {

struct Proof {
    bool proven = false;
    std::string sentence; ///< "md1: all 6 members up, no bad blocks"; printable
    std::string disk{};   ///< of what was put on a replacement: the recorded disk
    bool expected = true; ///< false: `sentence` says that there was nothing to prove
};

struct ProofReport {
    std::vector<Proof>
        arrays; ///< each recorded array: all members up and every bad-block list empty
    std::vector<Proof>
        steps; ///< table, files, filesystem, boot loader of each replacement, read back
    std::vector<Proof>
        disks; ///< one for each recorded disk: "disk1 (serial …) starts this machine: yes"
    [[nodiscard]] bool all() const;
};

[[nodiscard]] ProofReport prove(Context &context);

/// What the plan puts on one recorded disk to stay there, read back: table, filesystems, files,
/// boot loader.
[[nodiscard]] std::vector<Proof> prove_disk(Context &context, const std::string &recorded);

} // namespace mdrescue::execute
