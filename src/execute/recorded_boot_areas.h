// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <string>

/// The boot areas of the record: the last way to a boot loader, valid because the new disk has the
/// same layout and its filesystems the same UUIDs.
namespace mdrescue::execute {

/// The disk has them, byte for byte.
[[nodiscard]] util::Result<bool> has_recorded_areas(Context &context,
                                                    const std::string &recorded_disk);

/// Writes them, the boot sector last and only its boot code, to a replacement of this plan. Error:
/// nothing was written when an area would touch the partition table, the start marker, or a
/// partition that is none for boot loaders.
[[nodiscard]] util::Result<void> write_recorded_areas(Context &context,
                                                      const std::string &recorded_disk);

} // namespace mdrescue::execute
