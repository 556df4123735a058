// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/commands.h"
#include "diagnose/freshness.h"
#include "media/image_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A machine held against its images: what `status` prints and `refresh` goes by. Nothing is
/// written.
namespace mdrescue::cli {

/// The machine as it is now, as far as an image says anything of it.
struct Present {
    model::Machine machine;
    std::optional<diagnose::Files> boot;    ///< none: could not be read
    std::optional<diagnose::EspFiles> esps; ///< none: could not be read
    diagnose::Differences unread;           ///< what could not be read, and why
};

/// Error: the machine itself cannot be read. A /boot or an EFI system partition that cannot is
/// data: its disk may just have died.
[[nodiscard]] util::Result<Present> read_present(const Context &context, const Subject &subject);

struct ImageStatus {
    std::string path;
    std::optional<model::Profile> profile; ///< none: could not be read
    diagnose::Differences differences;
};

struct Wanted {
    std::int64_t now = 0;      ///< seconds since 1970
    unsigned max_age_days = 0; ///< an older image differs
    bool verify = false;       ///< read every byte of the image
};

/// Error: cancelled. An image that cannot be read is a difference.
[[nodiscard]] util::Result<ImageStatus> image_status(const std::string &path,
                                                     const Present &present, const Wanted &wanted,
                                                     util::Progress &progress);

struct MachineStatus {
    std::string host_name;
    std::int64_t now = 0;
    std::vector<ImageStatus> images;
    std::vector<diagnose::ArrayState> arrays;
    std::string no_image; ///< why there is none; "" where there are some
};

/// Of these images, with the arrays as the first one that is of this machine records them.
[[nodiscard]] MachineStatus machine_status(const Present &present, std::vector<ImageStatus> images,
                                           std::int64_t now);

/// There is an image, and nothing differs.
[[nodiscard]] bool fresh(const MachineStatus &status);
/// Nothing where it is fresh, else an error that says how many differences there are, and what to
/// do.
[[nodiscard]] util::Result<void> must_be_fresh(const MachineStatus &status);

/// For people: one line for each difference.
[[nodiscard]] std::string status_text(const MachineStatus &status, bool colour);
/// For node_exporter: Prometheus' text format (exposition format 0.0.4).
[[nodiscard]] std::string status_metrics(const MachineStatus &status);

} // namespace mdrescue::cli
