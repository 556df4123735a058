// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>
#include <string_view>

/// /etc/mdrescue.conf as mdrescue.conf(5) describes it.
namespace mdrescue::etc {

struct Settings {
    std::string images = "/var/lib/mdrescue/images"; ///< directory, absolute
    unsigned keep = 3;                               ///< images, 1 to 1000
    /// Name of an image: {time} in it once, {host} at most once, no slash.
    std::string name = "mdrescue-{host}-{time}.iso";
    unsigned max_age_days = 30; ///< 1 to 36500
    std::string prometheus;     ///< file, absolute, *.prom; "" for none
    bool hooks = true;          ///< hooks and the timer make new images
    bool operator==(const Settings &) const = default;
};

/// Lines KEY=VALUE, comments (#) and empty ones; what is not named keeps its default. A value is
/// what stands behind the =, without blanks around it: nothing is expanded, quotes are an error.
/// Error: names the line.
[[nodiscard]] util::Result<Settings> parse_settings(std::string_view text);

} // namespace mdrescue::etc
