// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/boot_images.h"
#include "media/iso_boot_catalog.h"
#include "media_fixture.h"

#include "util/bytes.h"

#include <algorithm>

using namespace mdrescue;
using namespace mdrescue::media::test;

namespace {

util::Progress silent;

/// What firmware looks at, read from the bytes of an image.
struct BootRecords {
    std::string code; ///< of the MBR, up to where GRUB's writer patches it
    std::uint64_t core_sector = 0;
    std::vector<media::BootEntryRecord> entries;
    struct Partition {
        std::uint8_t flag, type;
        std::uint32_t start, size;
    };
    std::vector<Partition> partitions;
};

constexpr std::size_t block = 2048;

BootRecords records(const std::string &image) {
    BootRecords found;
    found.code = image.substr(0, 0x1b0);
    found.core_sector = util::little_endian<std::uint64_t>(image, 0x1b0);
    REQUIRE(util::little_endian<std::uint16_t>(image, 510) == 0xaa55);
    for (std::size_t at = 446; at < 510; at += 16)
        if (image.substr(at, 16) != std::string(16, '\0'))
            found.partitions.push_back({static_cast<std::uint8_t>(image[at]),
                                        static_cast<std::uint8_t>(image[at + 4]),
                                        util::little_endian<std::uint32_t>(image, at + 8),
                                        util::little_endian<std::uint32_t>(image, at + 12)});
    const std::size_t catalog = util::little_endian<std::uint32_t>(image, 17 * block + 71) * block;
    const auto entries = media::parse_boot_catalog(std::string_view(image).substr(catalog, block));
    REQUIRE(entries);
    found.entries = *entries;
    return found;
}

/// Sum of the 32-bit words from byte 64 on, as the boot information table wants it.
std::uint32_t word_sum(std::string bytes) {
    bytes.resize((bytes.size() + 3) / 4 * 4, '\0');
    std::uint32_t sum = 0;
    for (std::size_t at = 64; at < bytes.size(); at += 4)
        sum += util::little_endian<std::uint32_t>(bytes, at);
    return sum;
}

/// The boot information table (mkisofs(8), "EL TORITO BOOT INFORMATION TABLE") and GRUB's own: the
/// 512-byte sector of the second 2 KiB of the loader, plus one.
void check_boot_information(const std::string &image, std::uint32_t at_block,
                            const std::string &loader) {
    const std::string patched = image.substr(at_block * block, loader.size());
    CHECK(util::little_endian<std::uint32_t>(patched, 8) == 16);
    CHECK(util::little_endian<std::uint32_t>(patched, 12) == at_block);
    CHECK(util::little_endian<std::uint32_t>(patched, 16) == loader.size());
    CHECK(util::little_endian<std::uint32_t>(patched, 20) == word_sum(patched));
    CHECK(util::little_endian<std::uint64_t>(patched, 0x9f4) == at_block * 4U + 5);
    // Nothing else of it has changed.
    CHECK(patched.substr(64, 0x9f4 - 64) == loader.substr(64, 0x9f4 - 64));
    CHECK(patched.substr(0x9fc) == loader.substr(0x9fc));
}

bool protective(const BootRecords &found, std::size_t size) {
    return std::any_of(found.partitions.begin(), found.partitions.end(),
                       [&](const auto &partition) {
                           return partition.type == 0xee && partition.start == 1 &&
                                  partition.size == size / 512 - 1;
                       });
}

} // namespace

TEST_CASE("our boot records are those of an image made by grub-mkrescue") {
    const Directory scratch;
    const auto machine = system::real_system();
    put(scratch / "vmlinuz", "MZ");
    const auto boot =
        media::make_boot_images(*machine,
                                {"/", MDRESCUE_SOURCE_DIR "/grub", victim_profile().image_id,
                                 scratch / "vmlinuz", scratch.path(), 1700000000},
                                silent);
    REQUIRE_MESSAGE(boot.has_value(), (boot ? "" : boot.error().message));
    REQUIRE_FALSE(boot->bios.empty());
    REQUIRE_FALSE(boot->esp.empty());
    auto request = small_request();
    request.boot = *boot;
    REQUIRE(media::write_image(request, scratch / "ours.iso", false, silent));
    put(scratch / "tree/boot/config", "CONFIG_MD=y\n");
    run({"grub-mkrescue", "-o", scratch / "theirs.iso", scratch / "tree"});
    const std::string our_image = get(scratch / "ours.iso"),
                      their_image = get(scratch / "theirs.iso");
    const BootRecords ours = records(our_image), theirs = records(their_image);

    // grub-mkrescue puts an Apple driver map over the first 8 bytes; the code jumps over them.
    CHECK(ours.code.substr(8) == theirs.code.substr(8));
    CHECK(ours.code == boot->bios_mbr.substr(0, ours.code.size()));
    REQUIRE(ours.entries.size() == 2);
    REQUIRE(theirs.entries.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(ours.entries[i].platform == theirs.entries[i].platform);
        CHECK(ours.entries[i].bootable);
        CHECK(theirs.entries[i].bootable);
    }
    CHECK(ours.entries[0].sectors == 4);
    CHECK(theirs.entries[0].sectors == 4);
    // UEFI loads as many sectors as the entry says: all of the FAT image.
    CHECK(ours.entries[1].sectors == boot->esp.size() / 512);
    CHECK(std::string_view(our_image).substr(ours.entries[1].block * block, boot->esp.size()) ==
          boot->esp);
    // The MBR code continues 2 KiB into the El Torito image.
    CHECK(theirs.core_sector == theirs.entries[0].block * 4U + 4);
    CHECK(ours.core_sector == ours.entries[0].block * 4U + 4);
    check_boot_information(our_image, ours.entries[0].block, boot->bios);
    CHECK(util::little_endian<std::uint32_t>(their_image, theirs.entries[0].block * block + 12) ==
          theirs.entries[0].block);
    CHECK(
        util::little_endian<std::uint64_t>(their_image, theirs.entries[0].block * block + 0x9f4) ==
        theirs.entries[0].block * 4U + 5);
    CHECK(protective(ours, our_image.size()));
    CHECK(protective(theirs, their_image.size()));
    // Some BIOSes start only a disk with an active partition; grub-mkrescue leaves that out.
    CHECK(std::count_if(ours.partitions.begin(), ours.partitions.end(),
                        [](const auto &p) { return p.flag == 0x80; }) == 1);
    const std::string verified = run({"sgdisk", "-v", scratch / "ours.iso"});
    CHECK(verified.find("No problems found") != std::string::npos);
    const std::string printed = run({"sgdisk", "-i", "2", scratch / "ours.iso"});
    CHECK(printed.find("C12A7328-F81F-11D2-BA4B-00A0C93EC93B") != std::string::npos);
}

TEST_CASE("nothing of ours lies under /boot") {
    const Directory scratch;
    REQUIRE(media::write_image(small_request(), scratch / "x.iso", false, silent));
    const std::string listing =
        run({"xorriso", "-indev", scratch / "x.iso", "-find", "/boot", "-exec", "echo"});
    CHECK(listing.find("'/boot/config'") != std::string::npos);
    CHECK(listing.find("'/boot/grub") == std::string::npos);
}

TEST_CASE("an image for UEFI alone has a valid GPT too") {
    const Directory scratch;
    auto request = small_request();
    request.boot.bios.clear();
    request.boot.bios_mbr.clear();
    REQUIRE(media::write_image(request, scratch / "x.iso", false, silent));
    CHECK(run({"sgdisk", "-v", scratch / "x.iso"}).find("No problems found") != std::string::npos);
    const BootRecords found = records(get(scratch / "x.iso"));
    REQUIRE(found.entries.size() == 1);
    CHECK(found.entries[0].platform == 0xef);
}

TEST_CASE("a damaged boot catalog is refused") {
    CHECK_FALSE(media::parse_boot_catalog(""));
    CHECK_FALSE(media::parse_boot_catalog(std::string(2048, '\0')));
    std::string catalog(2048, '\0');
    catalog[0] = 1;
    util::put_little_endian<std::uint16_t>(catalog, 30, 0xaa55);
    CHECK_FALSE(media::parse_boot_catalog(catalog)); // wrong sum
    util::put_little_endian<std::uint16_t>(catalog, 28,
                                           static_cast<std::uint16_t>(0x10000 - 0xaa55 - 1));
    CHECK(media::parse_boot_catalog(catalog));
    // A section that claims more entries than there are.
    catalog[64] = '\x90';
    util::put_little_endian<std::uint16_t>(catalog, 66, 0xffff);
    const auto entries = media::parse_boot_catalog(catalog);
    REQUIRE(entries);
    CHECK(entries->size() == 1 + (2048 - 96) / 32);
}
