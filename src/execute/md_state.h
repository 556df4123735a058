// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What sysfs tells of a running array now (kernel documentation, admin-guide/md.rst).
namespace mdrescue::execute {

struct MdMember {
    std::string device; ///< kernel name: "sda2"
    std::optional<std::uint64_t> slot;
    bool in_sync = false;
    bool faulty = false;
    std::string bad_blocks{}; ///< its list: lines "sector length", in sectors of 512 bytes
};

/// An attribute below /sys/block/<md>/md without white space at its ends; "" when it cannot be
/// read.
[[nodiscard]] std::string md_attribute(system::System &system, const std::string &md,
                                       const std::string &name);
[[nodiscard]] std::optional<std::uint64_t> md_number(system::System &system, const std::string &md,
                                                     const std::string &name);

/// By kernel name of the device.
[[nodiscard]] std::vector<MdMember> md_members(system::System &system, const std::string &md);

/// "/dev/md1", after a look at a member's superblock: md numbers are given out anew when an array
/// was stopped. Errors: the array does not run, or its node is another array's now.
[[nodiscard]] util::Result<std::string> confirm_array(Context &context, const std::string &uuid);

} // namespace mdrescue::execute
