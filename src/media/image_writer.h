// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "media/boot_images.h"
#include "util/progress.h"
#include "util/result.h"

#include <functional>
#include <string>

namespace mdrescue::media {

struct ImageRequest {
    manifest::Tree tree; ///< everything that goes on the image but the boot images and SHA256SUMS
    BootImages boot;
    std::string volume_id; ///< at most 32 of A-Z 0-9 _
    std::string image_id;  ///< UUID; the GPT disk GUID derives from it
    std::int64_t epoch = 0;
    bool joliet = false;
};

struct ImageReport {
    std::uint64_t size = 0; ///< in bytes
    /// The one stored in the image: SHA-256 with the digest field as zeros (image_digest.h). What
    /// sha256sum prints of the file comes from verify_image().
    std::string digest;
};

/// Looks at the complete image before it gets its name; its error ends the writing.
using ImageCheck = std::function<util::Result<void>(const std::string &path)>;

/// Streams the image to `output` once, through a temporary file in its directory: fsync, rename,
/// mode 0600; nothing is left on an error or cancel, not even one of `check`. Adds
/// /mdrescue/SHA256SUMS, computed while streaming, the marker /mdrescue/id-<image id> that GRUB
/// finds the medium by (unless the tree has it), the boot images, and directories that are missing
/// above these. Never leaves zeros for a file that shrank or could not be read: that is an error.
[[nodiscard]] util::Result<ImageReport> write_image(const ImageRequest &request,
                                                    const std::string &output, bool replace,
                                                    util::Progress &progress,
                                                    const ImageCheck &check = {});

} // namespace mdrescue::media
