// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/image_sizes.h"
#include "cli/machine_status.h"
#include "media/image_reader.h"

#include <cstdint>
#include <string>

namespace mdrescue::cli {

/// What `build` made, for people and for machines.
struct BuildReport {
    std::string output;
    std::uint64_t size = 0; ///< in bytes
    std::string digest;     ///< SHA-256 of the file
    std::string image_id;
    std::string host_name;
    std::string kernel;
    bool bios = false, uefi = false, secure_boot = false;
    std::uint64_t boot_bytes = 0;      ///< /boot snapshot
    std::uint64_t esp_bytes = 0;       ///< ESP snapshots
    std::uint64_t initramfs_bytes = 0; ///< compressed
    std::uint64_t firmware_bytes = 0;  ///< inside the initramfs, before compression
};

/// What `burn` did.
struct BurnReport {
    std::string device;      ///< as it was opened
    std::string medium;      ///< "stick", or the disc's profile: "DVD+RW"
    std::uint64_t bytes = 0; ///< of the image
    std::string sha256{};    ///< of these
    bool simulated = false;
    bool compared = false;        ///< read back, and the digest is the same
    std::string data_partition{}; ///< its device; "" for none
};

// Each is one JSON object with a newline at the end; raw bytes that are not UTF-8 come as printable
// text.
[[nodiscard]] std::string build_json(const BuildReport &report);
/// sizes: empty where they were not asked for.
[[nodiscard]] std::string inspect_json(const media::ImageInfo &info,
                                       const std::vector<SizePart> &sizes);
[[nodiscard]] std::string verify_json(const media::Verification &verification);
/// Of what could not be read to its end, or is no image: not sound, and the reason.
[[nodiscard]] std::string not_verified_json(const util::Error &reason);
[[nodiscard]] std::string burn_json(const BurnReport &report);
[[nodiscard]] std::string status_json(const MachineStatus &status);

} // namespace mdrescue::cli
