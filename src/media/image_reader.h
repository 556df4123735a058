// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/progress.h"
#include "util/result.h"

#include <map>
#include <string>
#include <vector>

namespace mdrescue::media {

struct ImagePart {
    std::string path;
    std::uint64_t size = 0; ///< in bytes
};

/// What an image says of itself.
struct ImageInfo {
    std::string path;
    std::uint64_t size = 0; ///< of the image, in bytes (a device may be larger)
    std::string volume_id;
    model::Profile profile;
    bool bios = false, uefi = false, secure_boot = false; ///< what it starts on
    std::vector<ImagePart> files;                         ///< every regular file
};

/// Reads an image, or a medium that holds one. Errors: not readable, not ISO 9660, ISO but not
/// ours, truncated, profile of a newer version.
[[nodiscard]] util::Result<ImageInfo> read_image(const std::string &path);

/// The bytes of one file of the image ("mdrescue/machine.json").
[[nodiscard]] util::Result<std::string> read_image_file(const std::string &path,
                                                        const std::string &file);

/// SHA-256 by path of every file but the boot images, as SHA256SUMS on the image says. Error: it is
/// not the one that was written.
[[nodiscard]] util::Result<std::map<std::string, std::string>>
read_image_sums(const std::string &path);

struct Verification {
    bool sound = false;
    std::uint64_t bytes = 0; ///< checked
    /// SHA-256 of these bytes as they lie there (what sha256sum prints of the file).
    std::string digest;
    /// Files whose digest differs, or "volume descriptors or boot records" for anything outside
    /// files.
    std::vector<std::string> damaged;
};

/// Reads every byte of the image once and compares with the digests on it.
[[nodiscard]] util::Result<Verification> verify_image(const std::string &path,
                                                      util::Progress &progress);

} // namespace mdrescue::media
