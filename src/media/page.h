// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

#include <string>
#include <string_view>
#include <vector>

/// The pages at the image's root, for a person with any computer: whose machine, which disk is
/// where, what to do when one dies.
namespace mdrescue::media {

struct PageRequest {
    model::Profile profile;
    std::vector<model::DeviceRef> saved_esps; ///< EFI system partitions whose files are on it
    bool bios = true;                         ///< what the image starts on
    bool uefi = true;
    bool secure_boot = false;
};

/// README.html: one file without scripts or anything from elsewhere; light and dark; prints.
/// template_text: templates/README.html.in of the data directory. All that comes from the machine
/// is escaped. Error: a template of another version.
[[nodiscard]] util::Result<std::string> page_html(const PageRequest &request,
                                                  std::string_view template_text);

/// README.txt: the same in plain text, at most 80 columns but for words that are longer.
/// template_text: templates/README.txt.in.
[[nodiscard]] util::Result<std::string> page_text(const PageRequest &request,
                                                  std::string_view template_text);

} // namespace mdrescue::media
