// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "manifest/tree.h"
#include "media/image_writer.h"
#include "media/iso_stream.h"
#include "util/result.h"

struct Iso_Image; // libisofs' IsoImage

namespace mdrescue::media {

/// The request's tree together with what the boot images need on the ISO: El Torito image, the
/// stubs of the signed GRUB, the file GRUB finds the medium by, and the directories above them.
/// Errors: two nodes of one path, a path that is not clean (empty, absolute, "." or ".." in it) or
/// whose parent is no directory.
[[nodiscard]] util::Result<manifest::Tree> complete_tree(const ImageRequest &request);

/// Puts the tree and SHA256SUMS on the image. `tree` and `contents` must outlive it.
[[nodiscard]] util::Result<void> add_nodes(Iso_Image *image, const manifest::Tree &tree,
                                           std::int64_t epoch, IsoContents &contents);

} // namespace mdrescue::media
