// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::payload {

/// Firmware files a module may ask for: the firmware= entries of its .modinfo section
/// (MODULE_FIRMWARE of the kernel). module: a .ko file, also compressed as .ko.xz, .ko.zst or
/// .ko.gz: it is decompressed in memory only to be read.
[[nodiscard]] util::Result<std::vector<std::string>> firmware_names(const std::string &module);

struct FirmwareFile {
    std::string place; ///< below /lib/firmware, as the kernel asks for it, with .xz or .zst where
                       ///< it is stored so
    std::string file;  ///< absolute path on this system, symbolic links followed
    bool operator==(const FirmwareFile &) const = default;
};

/// Those of the named files that are installed below `root`; the directories are searched in the
/// kernel's order (kernel documentation, driver-api/firmware/fw_search_path): updates/VERSION,
/// updates, VERSION, then lib/firmware itself.
[[nodiscard]] std::vector<FirmwareFile> installed_firmware(const std::string &root,
                                                           const std::string &kernel_version,
                                                           const std::vector<std::string> &names);

} // namespace mdrescue::payload
