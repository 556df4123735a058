// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/kernel.h"
#include "scratch.h"

#include <doctest/doctest.h>

using namespace mdrescue;

TEST_CASE("kernels are listed by version, with what their configuration says") {
    const Scratch root;
    for (const char *version : {"6.1.0-9-amd64", "6.1.0-56-amd64", "2.4.18-14"}) {
        root.write(std::string("boot/vmlinuz-") + version, "image");
        root.write(std::string("usr/lib/modules/") + version + "/modules.dep", "");
    }
    root.link("lib", "usr/lib");
    root.write("boot/config-6.1.0-56-amd64", "# CONFIG_RD_XZ is not set\nCONFIG_RD_ZSTD=y\n");
    root.write("boot/config-6.1.0-9-amd64", "# CONFIG_RD_ZSTD=y would be nice\n");
    root.write("boot/vmlinuz-no-modules", "image");
    root.write("lib/modules/no-image/modules.dep", "");

    const auto kernels = payload::installed_kernels(root.path());
    REQUIRE(kernels.size() == 3);
    CHECK(kernels[0].version == "2.4.18-14");
    CHECK(kernels[1].version == "6.1.0-9-amd64");
    CHECK(kernels[2].version == "6.1.0-56-amd64");
    CHECK(kernels[2].image == "/boot/vmlinuz-6.1.0-56-amd64");
    CHECK(kernels[2].modules == root.at("usr/lib/modules/6.1.0-56-amd64"));
    CHECK(kernels[2].zstd_initramfs);
    CHECK_FALSE(kernels[1].zstd_initramfs);

    const auto found = payload::find_kernel(root.path() + "/", "2.4.18-14");
    REQUIRE(found);
    CHECK_FALSE(found->zstd_initramfs);
}

TEST_CASE("a kernel that cannot be used is refused with what is there instead") {
    const Scratch root;
    root.write("boot/vmlinuz-1.0", "image");
    root.write("lib/modules/1.0/modules.dep", "");
    root.write("boot/vmlinuz-2.0", "image");
    root.write("lib/modules/3.0/modules.dep", "");

    const auto no_modules = payload::find_kernel(root.path(), "2.0");
    REQUIRE_FALSE(no_modules);
    CHECK(no_modules.error().message.find("no modules: /lib/modules/2.0") != std::string::npos);
    CHECK(no_modules.error().hint.find("Installed are: 1.0.") != std::string::npos);
    const auto no_image = payload::find_kernel(root.path(), "3.0");
    REQUIRE_FALSE(no_image);
    CHECK(no_image.error().message.find("/boot/vmlinuz-3.0 is missing") != std::string::npos);
    for (const char *version : {"", "4.0", ".", "../1.0", "1.0/", "\x1b[2J"}) {
        const auto none = payload::find_kernel(root.path(), version);
        REQUIRE_FALSE(none);
        CHECK(none.error().message.find("is installed") != std::string::npos);
        CHECK(none.error().message.find('\x1b') == std::string::npos);
    }
    const Scratch empty;
    CHECK(payload::find_kernel(empty.path(), "1.0").error().hint.find("No kernel is installed") !=
          std::string::npos);
}
