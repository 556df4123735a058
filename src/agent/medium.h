// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/devices.h"
#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <optional>
#include <string>
#include <vector>

/// The medium this system was started from: a CD, or a USB disk the image was written to.
namespace mdrescue::agent {

inline constexpr const char *medium_directory = "/medium";
/// Names the device a copy in memory was read from: a later session must know it.
inline constexpr const char *copied_from_path = "/run/mdrescue/medium-device";

struct Medium {
    std::string device;    ///< "/dev/sr0"
    std::string copy = {}; ///< "/dev/loop0": in memory, and mounted in its place (medium_copy.h)

    /// What its bytes are read from.
    [[nodiscard]] const std::string &source() const { return copy.empty() ? device : copy; }
};

/// Looks once at every device for an ISO 9660 file system with /mdrescue/id-IMAGE_ID (any image of
/// ours when image_id is empty), and mounts it read-only at `directory`.
[[nodiscard]] std::optional<Medium> find_medium(system::System &system, const std::string &image_id,
                                                const std::vector<BlockDevice> &devices,
                                                const std::string &directory = medium_directory);

/// The machine profile on the medium mounted at `directory`, its digest checked first. Errors:
/// unreadable, not in SHA256SUMS, damaged, made for another image.
[[nodiscard]] util::Result<model::Profile>
read_profile(system::System &system, const std::string &image_id,
             const std::string &directory = medium_directory);

} // namespace mdrescue::agent
