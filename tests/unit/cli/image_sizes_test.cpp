// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_sizes.h"

#include "cli/json_output.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace mdrescue;

TEST_CASE("the parts of an image add up to it") {
    media::ImageInfo info;
    info.size = 60'000'000;
    info.files = {{"boot/vmlinuz", 8'000'000},
                  {"boot/grub/grub.cfg", 1'000'000},
                  {"mdrescue/esp/disk1-1/EFI/BOOT/BOOTX64.EFI", 2'000'000},
                  {"mdrescue/initramfs", 14'000'000},
                  {"mdrescue/machine.json", 90'000},
                  {"README.html", 10'000},
                  {"mdrescue/grub/eltorito.img", 300'000},
                  {"EFI/BOOT/grub.cfg", 100}};
    const auto parts = cli::size_parts(info);
    REQUIRE(parts.size() == 6);
    CHECK(parts[0].bytes == 9'000'000);
    CHECK(parts[1].bytes == 2'000'000);
    CHECK(parts[2].bytes == 14'000'000);
    CHECK(parts[2].limit == 24'000'000);
    CHECK(parts[3].bytes == 100'000);
    CHECK(std::accumulate(parts.begin(), parts.end() - 1, std::uint64_t{0},
                          [](std::uint64_t sum, const auto &part) { return sum + part.bytes; }) ==
          info.size);
    CHECK(parts[5].bytes == 49'000'000);
    CHECK(parts[5].limit == 36'000'000);
    CHECK(cli::sizes_text(parts).find("rescue system                      14 MB  of at most 24 "
                                      "MB\n") != std::string::npos);
    const auto said = nlohmann::json::parse(cli::inspect_json(info, parts));
    CHECK(said["sizes"][2]["limit"] == 24'000'000);
    CHECK_FALSE(nlohmann::json::parse(cli::inspect_json(info, {})).contains("sizes"));
}
