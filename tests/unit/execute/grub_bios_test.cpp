// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/grub_bios.h"

#include "profile/profile.h"
#include "system/system.h"
#include "util/bytes.h"
#include "util/digest.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::execute;

namespace {

/// What GRUB 2.06's grub-install left on the first disk of the recorded example machine.
struct Recorded {
    std::string boot_code;
    std::string gap; ///< from the second sector on
};

Recorded recorded() {
    const auto text = system::real_system()->read_file(MDRESCUE_SOURCE_DIR
                                                       "/examples/linux-journal/machine.json");
    const auto areas = profile::from_json(text.value()).value().machine.disks.front().boot_areas;
    Recorded result{areas.at(0).bytes, areas.at(1).bytes};
    result.boot_code.resize(grub::boot_code_size);
    return result;
}

/// The files it was written from, got back by undoing what the installer filled in; the digests are
/// those of /boot/grub/i386-pc on that machine (of boot.img: its first 440 bytes).
std::string boot_img() {
    std::string image = recorded().boot_code;
    image.replace(0x66, 2, "\xeb\x05");
    REQUIRE(util::sha256(image) ==
            "b8cea7475422d35cd6f85ad099fb4f921557fd1b25db62cd2a92709ace21cf0f");
    image.resize(512); // the rest is where the disk's own partition table stays
    return image;
}

std::string core_img() {
    std::string image = recorded().gap.substr(0, 27023);
    util::put_little_endian<std::uint16_t>(image, 508, 52); // grub-mkimage: its own size
    util::put_little_endian<std::uint32_t>(image, 512 + 0x10, 0);
    REQUIRE(util::sha256(image) ==
            "eade0c74cecb1cd693a86f739640ab52f08ab31aee11a3309d769607a470394b");
    return image;
}

std::string changed(std::string bytes, std::size_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    return bytes;
}

} // namespace

TEST_CASE("a disk written by grub-install is known by boot.img and core.img") {
    const Recorded disk = recorded();
    CHECK(grub::same_boot_code(disk.boot_code, boot_img()));
    CHECK(grub::same_core(disk.gap, core_img()));
    CHECK(grub::core_sector(disk.boot_code) == 1U);
    // 53 sectors of core.img and as many of codes behind them, the first apart.
    CHECK(grub::core_rest(disk.gap).value() == std::vector<grub::Extent>{{2, 105}});
}

TEST_CASE("boot code: the installer's own fields may differ, nothing else") {
    const std::string code = recorded().boot_code;
    CHECK(grub::same_boot_code(changed(code, 0x10), boot_img())); // BIOS parameter block
    CHECK(grub::same_boot_code(changed(code, 0x5c), boot_img())); // sector of the core image
    for (const std::size_t at : {0x0U, 0x2U, 0x5aU, 0x5bU, 0x64U, 0x65U, 0x66U, 0x68U, 0x1b7U})
        CHECK_FALSE(grub::same_boot_code(changed(code, at), boot_img()));
    CHECK_FALSE(grub::same_boot_code(code.substr(0, 400), boot_img()));
    CHECK_FALSE(grub::same_boot_code(code, boot_img().substr(0, 440)));
    CHECK_FALSE(grub::same_boot_code(std::string(440, '\0'), boot_img()));
}

TEST_CASE("core image: the list of sectors and the length of the codes may differ, nothing else") {
    const std::string core = recorded().gap;
    const std::string image = core_img();
    CHECK(grub::same_core(changed(core, 0x1fc), image));
    CHECK(grub::same_core(changed(core, 512 + 0x11), image));
    CHECK(grub::same_core(changed(core, image.size()), image)); // codes
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{0x1e7}, std::size_t{512}, std::size_t{512 + 0xf},
          std::size_t{512 + 0x14}, std::size_t{20000}, image.size() - 1})
        CHECK_FALSE(grub::same_core(changed(core, at), image));
    CHECK_FALSE(grub::same_core(core.substr(0, image.size() - 1), image));
    CHECK_FALSE(grub::same_core(core, ""));
}

TEST_CASE("the list of sectors: several pieces, no list, no end") {
    std::string sector(512, '\0');
    const auto entry = [&](std::size_t number, std::uint64_t first, std::uint16_t count) {
        util::put_little_endian(sector, 512 - 12 * (number + 1), first);
        util::put_little_endian(sector, 512 - 12 * (number + 1) + 8, count);
    };
    CHECK_FALSE(grub::core_rest(sector).has_value());
    entry(0, 2, 10);
    entry(1, 40, 7);
    CHECK(grub::core_rest(sector).value() == std::vector<grub::Extent>{{2, 10}, {40, 7}});
    entry(1, 40, 5000);
    CHECK_FALSE(grub::core_rest(sector).has_value());
    CHECK_FALSE(grub::core_rest(std::string(512, '\1')).has_value());
    CHECK_FALSE(grub::core_rest("short").has_value());
    CHECK_FALSE(grub::core_sector(std::string(440, '\0')).has_value());
    CHECK_FALSE(grub::core_sector("GRUB ").has_value());
}
