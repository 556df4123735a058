// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/data_partition.h"

#include "burn/stick_writer.h"
#include "manifest/image_digest.h"
#include "manifest/kept_table.h"
#include "util/bytes.h"

#include <charconv>
#include <fmt/format.h>

namespace mdrescue::burn {
namespace {

using util::fail;
using util::Result;
using namespace std::chrono_literals;

constexpr std::uint64_t mebibyte = 1U << 20U, sector = 512;
constexpr std::uint64_t least_size = 16 * mebibyte;
/// "Microsoft basic data": what every system takes for a stick's files (UEFI specification 2.10,
/// 5.3.3, and sfdisk(8)).
constexpr const char *basic_data = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7";
constexpr const char *label = "MDRESCUE-D"; // FAT allows 11 characters

/// The MBR's partition records (UEFI specification 2.10, 5.2.1): the second one of an image is
/// empty but for its boot flag.
constexpr std::size_t second_record = 446 + 16, record_size = 16;

/// GPT, 5.3.2: the number of partition entries is at byte 80 of the header, the entries' size at
/// 84; the entries follow at sector 2. Which entries are in use: a type that is not zero.
constexpr std::size_t header_at = 512, entry_count_at = 80, entry_size_at = 84,
                      entries_at = 2 * std::size_t{512};

Result<unsigned> first_free_entry(std::string_view area) {
    const auto count = util::little_endian<std::uint32_t>(area, header_at + entry_count_at);
    const auto size = util::little_endian<std::uint32_t>(area, header_at + entry_size_at);
    if (area.substr(header_at, 8) != "EFI PART" || size < 128)
        return fail("the image has no GUID partition table");
    for (unsigned i = 0; i < count; ++i) {
        const std::size_t at = entries_at + std::size_t{i} * size;
        if (at + 16 > area.size())
            break;
        if (area.substr(at, 16).find_first_not_of('\0') == std::string_view::npos)
            return i + 1;
    }
    return fail("the image's partition table is full");
}

Result<void> sfdisk(system::System &system, std::vector<std::string> argv, std::string input) {
    const auto done =
        system::run_ok(system, {.argv = std::move(argv), .input = std::move(input), .limit = 60s});
    if (!done)
        return util::with_context("the rest of the stick was not made a partition", done.error());
    return {};
}

Result<void> change_table(system::System &system, const std::string &path, std::uint64_t start) {
    MDR_TRY(sfdisk(system,
                   {"sfdisk", "--no-reread", "--no-tell-kernel", "--relocate", "gpt-bak-std", path},
                   ""));
    // The image's own signatures are no leftovers: only those in the new partition go.
    return sfdisk(system,
                  {"sfdisk", "--no-reread", "--no-tell-kernel", "--wipe", "never",
                   "--wipe-partitions", "always", "--append", path},
                  fmt::format("start={}, type={}, name=\"data\"\n", start / sector, basic_data));
}

Result<void> put_boot_flag_back(system::ClaimedDevice &stick, const std::string &area) {
    MDR_TRY_ASSIGN(std::string first, stick.read(0, sector));
    first.replace(second_record, record_size, area, second_record, record_size);
    return stick.write(0, first);
}

} // namespace

std::uint64_t data_partition_start(std::uint64_t image_bytes) {
    const std::uint64_t end = manifest::kept_table_offset(image_bytes) + manifest::kept_table_size;
    return (end + mebibyte - 1) / mebibyte * mebibyte;
}

Result<void> confirm_data_room(std::uint64_t device_bytes, std::uint64_t image_bytes) {
    const std::uint64_t needed = data_partition_start(image_bytes) + least_size + mebibyte;
    if (device_bytes >= needed)
        return {};
    return fail(fmt::format("there is no room for a partition behind the image: {} bytes are "
                            "missing",
                            needed - device_bytes),
                "Take a larger stick, or leave --data-partition out.");
}

Result<unsigned> add_data_partition(system::System &system, system::ClaimedDevice &stick,
                                    const std::string &path, const Source &source) {
    MDR_TRY_ASSIGN(const std::string area, stick.read(0, manifest::system_area_size));
    MDR_TRY_ASSIGN(const unsigned number, first_free_entry(area));
    MDR_TRY_ASSIGN(const std::string text,
                   stick.read(manifest::digest_field_offset / sector * sector, 2 * sector));
    const auto field = manifest::parse_digest_field(std::string_view(text).substr(
        manifest::digest_field_offset % sector, manifest::digest_field_size));
    if (!field)
        return fail("the stick does not hold the image");
    const std::uint64_t record = manifest::kept_table_offset(source.image.size);
    MDR_TRY(stick.write(record, manifest::kept_table_text(field->sha256, area)));
    MDR_TRY(stick.flush());
    MDR_TRY(change_table(system, path, data_partition_start(source.image.size)));
    MDR_TRY(stick.forget_cached());
    MDR_TRY(put_boot_flag_back(stick, area));
    MDR_TRY(stick.flush());
    return number;
}

Result<void> confirm_still_sound(system::ClaimedDevice &stick, const Source &source,
                                 util::Progress &progress) {
    const std::uint64_t total = source.image.size;
    progress.phase("Reading the stick back once more", total);
    MDR_TRY(stick.forget_cached());
    MDR_TRY_ASSIGN(const std::string record,
                   stick.read(manifest::kept_table_offset(total), manifest::kept_table_size));
    const std::string_view area = std::string_view(record).substr(manifest::kept_table_header_size);
    MDR_TRY_ASSIGN(const std::string found,
                   digest_of(stick, total, progress, [&](std::uint64_t at, std::string &bytes) {
                       manifest::put_kept_table(area, at, bytes.data(), bytes.size());
                   }));
    if (found != source.digest)
        return fail("the image on the stick was damaged when the partition was added",
                    "Write the stick again without --data-partition.");
    return {};
}

Result<void> make_data_filesystem(system::System &system, const std::string &partition) {
    constexpr auto limit = 10s;
    const auto end = system.now() + limit;
    while (!system.exists(partition) && system.now() < end) // udev or devtmpfs makes the node
        system.sleep(100ms);
    const auto made =
        system::run_ok(system, {.argv = {"mkfs.vfat", "-n", label, partition}, .limit = 120s});
    if (!made)
        return fail(fmt::format("the partition {} is there, but has no filesystem: {}", partition,
                                made.error().message),
                    "The image on the stick is sound. Make a filesystem there yourself.");
    return {};
}

} // namespace mdrescue::burn
