// SPDX-License-Identifier: GPL-3.0-or-later
#include "media_fixture.h"

using namespace mdrescue;
using media::make_fat_image;

namespace {

void check_by_tools(const std::vector<media::FatFile> &files) {
    const media::test::Directory scratch;
    const auto image = make_fat_image({files, "MDRESCUE", 0x0badf00d, 1700000000});
    REQUIRE(image);
    const std::string path = scratch / "fat.img";
    media::test::put(path, *image);
    media::test::run({"fsck.fat", "-n", "-V", path});
    for (const auto &file : files) {
        const std::string copy = scratch / "copy";
        media::test::run({"mcopy", "-o", "-i", path, "::/" + file.path, copy});
        CHECK(media::test::get(copy) == file.bytes);
    }
    const std::string listing = media::test::run({"mdir", "-i", path, "-/", "::"});
    CHECK(listing.find("Volume in drive : is MDRESCUE") != std::string::npos);
    CHECK(listing.find("0BAD-F00D") != std::string::npos);
    CHECK(listing.find("2023-11-14") != std::string::npos);
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(i * 31 + i / 251);
    return bytes;
}

} // namespace

TEST_CASE("a FAT12 image is clean for fsck.fat and readable for mtools") {
    check_by_tools({{"EFI/BOOT/BOOTX64.EFI", pattern(1'000'001)},
                    {"EFI/BOOT/grub.cfg", "search\n"},
                    {"EFI/debian/grub.cfg", "search\n"},
                    {"EMPTY", ""}});
}

TEST_CASE("more than 4084 clusters make it FAT16") {
    check_by_tools({{"EFI/BOOT/BOOTX64.EFI", pattern(9'000'000)}});
}

TEST_CASE("a directory of many entries spans clusters") {
    std::vector<media::FatFile> files;
    for (int i = 0; i < 150; ++i)
        files.push_back({"EFI/F" + std::to_string(i), std::to_string(i)});
    check_by_tools(files);
}

TEST_CASE("the same request gives the same FAT image, in any order of files") {
    const media::FatFile a{"A/X.EFI", "1"}, b{"B/Y.EFI", "2"};
    CHECK(*make_fat_image({{a, b}, "L", 1, 5}) == *make_fat_image({{b, a}, "L", 1, 5}));
}

TEST_CASE("what does not fit a FAT image is refused") {
    const auto refused = [](const std::string &path) {
        return !make_fat_image({{{path, "x"}}, "L", 1, 0});
    };
    CHECK(refused("almalinux/x.cfg"));
    CHECK(refused("toolongext.conf"));
    CHECK(refused("a b.cfg"));
    CHECK(refused("EFI//x"));
    CHECK(refused(""));
    CHECK_FALSE(make_fat_image({{{"A", "1"}, {"a", "2"}}, "L", 1, 0}));
    CHECK_FALSE(make_fat_image({{{"A", "1"}, {"A/B", "2"}}, "L", 1, 0}));
    const auto large = make_fat_image({{{"A", std::string(40'000'000, 'x')}}, "L", 1, 0});
    REQUIRE_FALSE(large);
    CHECK(large.error().message.find("33553920") != std::string::npos);
}
