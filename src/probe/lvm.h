// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "probe/facts.h"
#include "util/result.h"

#include <string>
#include <vector>

/// LVM2 as it lies on the physical volumes. No lvm program is run: the text metadata on disk is its
/// machine format, is there before anything is activated, and is what vgcfgrestore takes back. Fact
/// "lvm/<device>": the volume group's text metadata.
namespace mdrescue::probe {

void collect_lvm(Collector &collector, const std::string &device);

/// A run of bytes on a device.
struct ByteRange {
    std::uint64_t offset = 0, size = 0;
};
/// The metadata areas named in a physical volume's label, from its first 2 KiB. Errors: no label.
[[nodiscard]] util::Result<std::vector<ByteRange>>
lvm_metadata_areas(std::string_view start_of_device);
/// Where the text lies inside an area, from its header (512 bytes): two runs when it goes round the
/// end of the area, none when the group is new.
[[nodiscard]] util::Result<std::vector<ByteRange>> lvm_text_ranges(std::string_view area_header,
                                                                   const ByteRange &area);

/// A group and how new its text is.
struct LvmText {
    model::VolumeGroup group; ///< volumes without content
    std::uint64_t sequence = 0;
};
[[nodiscard]] util::Result<LvmText> parse_lvm_text(std::string_view text);

} // namespace mdrescue::probe
