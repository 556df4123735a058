// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// md superblocks as the Linux kernel lays them out (include/uapi/linux/raid/md_p.h), read from raw
/// bytes. The 0.90 one is in the byte order of its machine; little-endian ones are read.
namespace mdrescue::probe {

constexpr std::size_t md_superblock_size = 4096; ///< in bytes, of every version

/// Where a superblock of a version lies on a device of that size.
struct SuperblockPlace {
    std::string version;      ///< "0.90", "1.0", "1.1", "1.2"
    std::uint64_t sector = 0; ///< in 512-byte sectors from the start of the device
    bool operator==(const SuperblockPlace &) const = default;
};

/// All places that fit on the device (drivers/md/md.c: super_90_load, super_1_load). Size in
/// 512-byte sectors.
[[nodiscard]] std::vector<SuperblockPlace> superblock_places(std::uint64_t device_sectors);

/// Does a superblock of this version seem to begin here? The magic number and the major version
/// only.
[[nodiscard]] bool looks_like_superblock(std::string_view bytes, const std::string &version);

/// The bad-block log of a 1.x member that is in use.
struct BadBlockLog {
    std::uint64_t sector = 0; ///< in 512-byte sectors from the start of the device
    std::uint64_t size = 0;   ///< in 512-byte sectors
    bool operator==(const BadBlockLog &) const = default;
};

/// One member's superblock.
struct MdSuperblock {
    model::Array
        array; ///< what it says of the array; without members and anything about a running array
    model::ArrayMember member; ///< what it says of this member; without its device
    std::uint64_t created = 0; ///< seconds since 1970
    std::optional<BadBlockLog> bad_block_log;
};

/// Errors: truncated, another version, wrong checksum, not at this place (a copy of another
/// device's end), impossible numbers.
[[nodiscard]] util::Result<MdSuperblock> parse_superblock(std::string_view bytes,
                                                          const SuperblockPlace &place);

/// True when a bad-block log has an entry (drivers/md/md.c, super_1_load: an entry of all ones ends
/// it).
[[nodiscard]] bool has_bad_block(std::string_view log);

} // namespace mdrescue::probe
