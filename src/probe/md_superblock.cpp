// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/md_superblock.h"

#include "util/bytes.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

using util::fail;
using util::little_endian;
using util::Result;

constexpr std::uint32_t md_magic = 0xa92b4efc;
constexpr std::uint64_t all_ones = ~std::uint64_t{0};

std::uint16_t u16(std::string_view bytes, std::size_t at) {
    return little_endian<std::uint16_t>(bytes, at);
}
std::uint32_t u32(std::string_view bytes, std::size_t at) {
    return little_endian<std::uint32_t>(bytes, at);
}
std::uint64_t u64(std::string_view bytes, std::size_t at) {
    return little_endian<std::uint64_t>(bytes, at);
}

std::uint32_t folded(std::uint64_t sum) {
    return static_cast<std::uint32_t>((sum & 0xffffffffU) + (sum >> 32U));
}

/// mdadm prints array UUIDs in groups of eight digits.
std::string grouped(const std::string &digits) {
    return fmt::format("{}:{}:{}:{}", digits.substr(0, 8), digits.substr(8, 8),
                       digits.substr(16, 8), digits.substr(24, 8));
}

/// Only these levels have chunks; what stands in the field of a RAID-1 means nothing.
bool has_chunks(int level) {
    return level == 0 || level == 4 || level == 5 || level == 6 || level == 10;
}

// --- metadata 0.90: words of 32 bits, struct mdp_superblock_s ---

namespace v0 {

constexpr std::size_t major = 1, minor = 2, uuid0 = 5, created = 6, level = 7, size_kib = 8,
                      slots = 10, preferred_minor = 11, uuid1 = 13, state = 33, checksum = 38,
                      events_low = 39, events_high = 40, layout = 64, chunk = 65, disks = 128,
                      words_per_disk = 32, disk_count = 27, this_disk = 992;
constexpr std::size_t disk_slot = 3, disk_state = 4; // struct mdp_device_descriptor_s
constexpr std::uint32_t faulty = 1U << 0U, sync = 1U << 2U, removed = 1U << 3U;
constexpr std::uint32_t clean = 1U << 0U, bitmap_present = 1U << 8U;

std::uint32_t word(std::string_view bytes, std::size_t number) { return u32(bytes, number * 4); }

std::uint32_t computed_checksum(std::string_view bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < md_superblock_size / 4; ++i)
        sum += i == checksum ? 0 : word(bytes, i);
    return folded(sum);
}

bool in_sync(std::uint32_t disk_flags) {
    return (disk_flags & sync) != 0 && (disk_flags & (faulty | removed)) == 0;
}

std::string slots_as_seen(std::string_view bytes, unsigned slot_count) {
    std::string seen(slot_count, '.');
    for (std::size_t i = 0; i < disk_count; ++i) {
        const std::size_t disk = disks + i * words_per_disk;
        const std::uint32_t slot = word(bytes, disk + disk_slot);
        if (slot < slot_count && in_sync(word(bytes, disk + disk_state)))
            seen[slot] = 'A';
    }
    return seen;
}

int own_slot(std::string_view bytes, unsigned slot_count) {
    const std::uint32_t flags = word(bytes, this_disk + disk_state);
    const std::uint32_t slot = word(bytes, this_disk + disk_slot);
    if ((flags & faulty) != 0)
        return -2;
    return in_sync(flags) && slot < slot_count ? static_cast<int>(slot) : -1;
}

Result<void> check(std::string_view bytes) {
    if (word(bytes, major) != 0 || (word(bytes, minor) != 90 && word(bytes, minor) != 91))
        return fail(fmt::format("metadata version {}.{} is not known", word(bytes, major),
                                word(bytes, minor)));
    if (word(bytes, checksum) != computed_checksum(bytes))
        return fail("wrong checksum");
    if (word(bytes, slots) > disk_count)
        return fail(fmt::format("{} slots are more than 0.90 can have", word(bytes, slots)));
    return {};
}

MdSuperblock parse(std::string_view bytes, const SuperblockPlace &place) {
    MdSuperblock result;
    model::Array &array = result.array;
    array.uuid = fmt::format("{:08x}:{:08x}:{:08x}:{:08x}", word(bytes, uuid0), word(bytes, uuid1),
                             word(bytes, uuid1 + 1), word(bytes, uuid1 + 2));
    array.metadata = place.version;
    array.level = static_cast<std::int32_t>(word(bytes, level));
    array.layout = word(bytes, layout);
    array.chunk = has_chunks(array.level) ? word(bytes, chunk) : 0;
    array.slots = word(bytes, slots);
    array.component_size = std::uint64_t{word(bytes, size_kib)} * 2;
    array.preferred_minor = word(bytes, preferred_minor);
    array.bitmap = (word(bytes, state) & bitmap_present) != 0 ? "internal" : "";
    array.reshaping = word(bytes, minor) == 91; // md writes 0.91 while it reshapes
    result.created = word(bytes, created);

    model::ArrayMember &member = result.member;
    member.slot = own_slot(bytes, array.slots);
    member.data_size = place.sector; // the data begin at 0 and end before the superblock
    member.superblock_offset = place.sector;
    member.events = (std::uint64_t{word(bytes, events_high)} << 32U) | word(bytes, events_low);
    member.array_state = slots_as_seen(bytes, array.slots);
    member.clean = (word(bytes, state) & clean) != 0;
    return result;
}

} // namespace v0

// --- metadata 1.x: struct mdp_superblock_1, byte offsets ---

namespace v1 {

constexpr std::size_t major = 4, features = 8, uuid = 16, name = 32, created = 64, level = 72,
                      layout = 76, size = 80, chunk = 88, slots = 92, data_offset = 128,
                      data_size = 136, super_offset = 144, recovery_offset = 152, dev_number = 160,
                      device_uuid = 168, log_size = 186, log_offset = 188, events = 200,
                      resync_offset = 208, checksum = 216, role_count = 220, roles = 256;
constexpr std::size_t most_roles = (md_superblock_size - roles) / 2;
constexpr std::uint32_t bitmap = 1, recovery = 2, reshape = 4, bad_blocks = 8, has_journal = 512;
constexpr std::uint16_t role_spare = 0xffff, role_faulty = 0xfffe, role_journal = 0xfffd;

/// calc_sb_1_csum: the words, then a half word where the number of roles is odd.
std::uint32_t computed_checksum(std::string_view bytes) {
    const std::size_t length = roles + 2 * std::size_t{u32(bytes, role_count)};
    std::uint64_t sum = 0;
    std::size_t at = 0;
    for (; at + 4 <= length; at += 4)
        sum += at == checksum ? 0 : u32(bytes, at);
    if (at + 2 == length)
        sum += u16(bytes, at);
    return folded(sum);
}

Result<void> check(std::string_view bytes, const SuperblockPlace &place) {
    if (u32(bytes, major) != 1)
        return fail(fmt::format("metadata version {} is not known", u32(bytes, major)));
    if (u32(bytes, role_count) > most_roles)
        return fail("more roles than a superblock can hold");
    if (u32(bytes, checksum) != computed_checksum(bytes))
        return fail("wrong checksum");
    if (u64(bytes, super_offset) != place.sector)
        return fail("it belongs to another device: it does not lie where it says");
    if (u32(bytes, slots) > most_roles)
        return fail(fmt::format("{} slots are more than a superblock can hold", u32(bytes, slots)));
    return {};
}

std::uint16_t role(std::string_view bytes, std::size_t number) {
    return u16(bytes, roles + 2 * number);
}

int own_slot(std::string_view bytes) {
    const std::uint32_t number = u32(bytes, dev_number);
    const std::uint16_t mine = number < u32(bytes, role_count) ? role(bytes, number) : role_spare;
    switch (mine) {
    case role_spare: return -1;
    case role_faulty: return -2;
    case role_journal: return -3;
    default: return mine;
    }
}

/// As `mdadm --examine` draws it: two devices in one slot mean that one replaces the other.
std::string slots_as_seen(std::string_view bytes, unsigned slot_count) {
    std::string seen(slot_count, '.');
    for (std::size_t i = 0; i < u32(bytes, role_count); ++i)
        if (const std::uint16_t slot = role(bytes, i); slot < slot_count)
            seen[slot] = seen[slot] == '.' ? 'A' : 'R';
    return seen;
}

void set_name(model::Array &array, std::string_view field) {
    const std::string_view full = field.substr(0, field.find('\0'));
    const auto colon = full.find(':');
    array.homehost = colon == std::string_view::npos ? "" : full.substr(0, colon);
    array.name = colon == std::string_view::npos ? full : full.substr(colon + 1);
}

std::optional<BadBlockLog> log_place(std::string_view bytes, const SuperblockPlace &place) {
    const auto offset =
        static_cast<std::int32_t>(u32(bytes, log_offset)); // signed, from the superblock on
    const std::uint16_t sectors = u16(bytes, log_size);
    const auto sector = static_cast<std::int64_t>(place.sector) + offset;
    if ((u32(bytes, features) & bad_blocks) == 0 || sectors == 0 || sector < 0)
        return std::nullopt;
    return BadBlockLog{static_cast<std::uint64_t>(sector), sectors};
}

MdSuperblock parse(std::string_view bytes, const SuperblockPlace &place) {
    const std::uint32_t flags = u32(bytes, features);
    MdSuperblock result;
    model::Array &array = result.array;
    array.uuid = grouped(util::hex(bytes.substr(uuid, 16)));
    set_name(array, bytes.substr(name, 32));
    array.metadata = place.version;
    array.level = static_cast<std::int32_t>(u32(bytes, level));
    array.layout = u32(bytes, layout);
    array.chunk = has_chunks(array.level) ? u32(bytes, chunk) * 512 : 0;
    array.slots = u32(bytes, slots);
    array.component_size = u64(bytes, size);
    array.bitmap = (flags & bitmap) != 0 ? "internal" : "";
    array.journal = (flags & has_journal) != 0;
    array.reshaping = (flags & reshape) != 0;
    result.created = u64(bytes, created) & 0xffffffffffU; // the upper 24 bits are microseconds

    model::ArrayMember &member = result.member;
    member.device_uuid = grouped(util::hex(bytes.substr(device_uuid, 16)));
    member.slot = own_slot(bytes);
    member.data_offset = u64(bytes, data_offset);
    member.data_size = u64(bytes, data_size);
    member.superblock_offset = place.sector;
    member.events = u64(bytes, events);
    if ((flags & recovery) != 0)
        member.recovery_offset = u64(bytes, recovery_offset);
    member.array_state = slots_as_seen(bytes, array.slots);
    member.clean = u64(bytes, resync_offset) == all_ones;
    result.bad_block_log = log_place(bytes, place);
    return result;
}

} // namespace v1

} // namespace

std::vector<SuperblockPlace> superblock_places(std::uint64_t device_sectors) {
    constexpr std::uint64_t sectors = md_superblock_size / 512;
    constexpr std::uint64_t reserved_090 = 128; // MD_RESERVED_SECTORS: 64 KiB
    std::vector<SuperblockPlace> places;
    if (device_sectors >= 2 * reserved_090)
        places.push_back({"0.90", (device_sectors & ~(reserved_090 - 1)) - reserved_090});
    if (device_sectors >= 4 * sectors) {
        places.push_back({"1.0", (device_sectors - 16) & ~std::uint64_t{7}});
        places.push_back({"1.1", 0});
        places.push_back({"1.2", 8});
    }
    return places;
}

bool looks_like_superblock(std::string_view bytes, const std::string &version) {
    const std::uint32_t major = version == "0.90" ? 0 : 1;
    return bytes.size() >= 8 && u32(bytes, 0) == md_magic && u32(bytes, 4) == major;
}

Result<MdSuperblock> parse_superblock(std::string_view bytes, const SuperblockPlace &place) {
    if (bytes.size() < md_superblock_size)
        return fail("truncated");
    if (u32(bytes, 0) != md_magic)
        return fail("no md superblock");
    if (place.version == "0.90") {
        MDR_TRY(v0::check(bytes));
        return v0::parse(bytes, place);
    }
    MDR_TRY(v1::check(bytes, place));
    return v1::parse(bytes, place);
}

bool has_bad_block(std::string_view log) {
    for (std::size_t at = 0; at + 8 <= log.size(); at += 8) {
        const std::uint64_t entry = u64(log, at);
        if (entry == all_ones)
            return false;
        if (entry != 0) // never written: not even a length
            return true;
    }
    return false;
}

} // namespace mdrescue::probe
