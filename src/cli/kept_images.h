// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "etc/settings.h"
#include "system/system.h"
#include "util/result.h"

#include <cstdint>
#include <string>
#include <vector>

/// The images of one machine that are kept in one directory, by their names.
namespace mdrescue::cli {

inline constexpr const char *installed_settings = "/etc/mdrescue.conf";

/// "" reads the installed file, and where there is none the defaults count. Error: names the file
/// and the line.
[[nodiscard]] util::Result<etc::Settings> read_settings(system::System &system,
                                                        const std::string &file);

/// Name of an image of that machine, made at that time (seconds since 1970). Characters that do not
/// belong into a file name become "_". Pure.
[[nodiscard]] std::string image_name(const etc::Settings &settings, const std::string &host_name,
                                     std::int64_t time);

/// Those of the names that image_name() gives for that machine, the newest first. What a clock that
/// was wrong has put more than a day into the future comes last: it is not the newest for ever.
/// Pure.
[[nodiscard]] std::vector<std::string> image_names(const etc::Settings &settings,
                                                   const std::string &host_name,
                                                   const std::vector<std::string> &names,
                                                   std::int64_t now);

/// The images that are kept, as paths in that order; none where there is no directory.
[[nodiscard]] util::Result<std::vector<std::string>> kept_images(system::System &system,
                                                                 const etc::Settings &settings,
                                                                 const std::string &host_name,
                                                                 std::int64_t now);

/// Why there is no image to look at.
[[nodiscard]] std::string no_image_in(const etc::Settings &settings);

struct KeptImage {
    std::string path;
    bool good = false; ///< of this machine, readable, and not made while an array was not whole
};

/// What may go, of images with the newest first: those for which `keep` newer good ones are there,
/// and of those that are not good all but `keep`. The last good one never goes. Pure.
[[nodiscard]] std::vector<std::string> superfluous(const std::vector<KeptImage> &images,
                                                   unsigned keep);

} // namespace mdrescue::cli
