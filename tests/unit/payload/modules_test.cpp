// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/firmware.h"
#include "payload/modules.h"
#include "scratch.h"
#include "tiny_elf.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

using namespace mdrescue;
using namespace std::string_literals;

namespace {

/// As depmod writes them for Debian's kernel: crc32c has two providers, one for some processors
/// only; raid456 reaches it by libcrc32c.
std::string module_directory(const Scratch &scratch) {
    scratch.write("m/modules.dep",
                  "kernel/lib/libcrc32c.ko:\n"
                  "kernel/crypto/crc32c_generic.ko:\n"
                  "kernel/arch/x86/crypto/crc32c-intel.ko.xz:\n"
                  "kernel/crypto/xor.ko:\n"
                  "kernel/crypto/async_xor.ko: kernel/crypto/xor.ko\n"
                  "kernel/drivers/md/md-mod.ko:\n"
                  "kernel/drivers/md/raid456.ko: kernel/drivers/md/md-mod.ko "
                  "kernel/crypto/async_xor.ko kernel/crypto/xor.ko kernel/lib/libcrc32c.ko\n"
                  "kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko\n"
                  "kernel/fs/jbd2/jbd2.ko:\n"
                  "kernel/drivers/ata/ahci.ko:\n"
                  "kernel/drivers/ata/pata_test.ko:\n"
                  "kernel/drivers/ata/deeper/hidden.ko:\n"
                  "kernel/a/ring1.ko:\nkernel/a/ring2.ko:\n");
    scratch.write("m/modules.softdep", "# Soft dependencies extracted from modules themselves.\n"
                                       "softdep libcrc32c pre: crc32c\n"
                                       "softdep ext4 pre: crypto-crc32c\n"
                                       "softdep ring1 pre: ring2\nsoftdep ring2 pre: ring1\n"
                                       "softdep ahci ignored post: pata-test\n");
    scratch.write("m/modules.alias",
                  "# Aliases extracted from modules themselves.\n"
                  "alias crypto-crc32c crc32c_intel\nalias crc32c crc32c_intel\n"
                  "alias cpu:type:x86,ven*fam*mod*:feature:*0094* crc32c_intel\n"
                  "alias crypto-crc32c crc32c_generic\nalias crc32c crc32c_generic\n"
                  "alias md-level-5 raid456\nalias fs-ext4 ext4\n"
                  "alias pci:v*d*sv*sd*bc01sc06i01* ahci\n");
    scratch.write("m/modules.builtin", "kernel/drivers/input/keyboard/atkbd.ko\n");
    scratch.write("m/modules.builtin.modinfo", "tmpfs.alias=fs-tmpfs\0tmpfs.license=GPL\0"s);
    return scratch.at("m");
}

std::ptrdiff_t place(const std::vector<std::string> &list, const std::string &name) {
    return std::find(list.begin(), list.end(), name) - list.begin();
}

} // namespace

TEST_CASE(
    "dependencies and softdeps are followed, hard requirements only to what loads everywhere") {
    const Scratch scratch;
    const auto index = payload::ModuleIndex::load(module_directory(scratch));
    REQUIRE(index);
    payload::ModuleWishes wishes;
    wishes.names = {"absent_here"};
    wishes.needed = {"md-level-5", "fs-ext4", "fs-tmpfs", "atkbd", "fs-zfs"};
    wishes.load = {"atkbd", "raid456", "crc32c"};
    const auto selection = payload::select_modules(*index, wishes);

    CHECK(selection.warnings ==
          std::vector<std::string>{"this kernel has no module fs-zfs, which this machine needs"});
    CHECK(selection.load == std::vector<std::string>{"raid456", "crc32c_generic", "crc32c_intel"});
    CHECK_FALSE(selection.modules.contains("ahci"));
    CHECK(selection.modules.contains("crc32c_intel"));
    const auto &before = selection.modules.at("raid456");
    CHECK(before.size() == 5);
    CHECK(place(before, "crc32c_generic") < place(before, "libcrc32c"));
    CHECK(place(before, "xor") < place(before, "async_xor"));
    CHECK(place(before, "crc32c_intel") == 5); // refuses to load on some processors
    CHECK(selection.modules.at("ext4") == std::vector<std::string>{"crc32c_generic", "jbd2"});

    const auto files = payload::dependency_files(*index, selection);
    // Right to left is the order of loading, modules.dep(5).
    CHECK(files.at("modules.dep")
              .find("kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko "
                    "kernel/crypto/crc32c_generic.ko\n") != std::string::npos);
    CHECK(files.at("modules.dep").find("crc32c-intel.ko.xz:\n") != std::string::npos);
    CHECK(files.at("modules.alias").find("pci:") == std::string::npos);
    CHECK(files.at("modules.alias").find("alias crypto-crc32c crc32c_intel\n") !=
          std::string::npos);
    CHECK(files.at("modules.softdep") ==
          "softdep ext4 pre: crypto-crc32c\nsoftdep libcrc32c pre: crc32c\n");
    CHECK(files.at("mdrescue.load") == "raid456\ncrc32c_generic\ncrc32c_intel\n");
}

TEST_CASE("patterns stop at a slash, exceptions hold, circles of softdeps end, post softdeps come "
          "along") {
    const Scratch scratch;
    const auto index = payload::ModuleIndex::load(module_directory(scratch));
    REQUIRE(index);
    payload::ModuleWishes wishes;
    wishes.patterns = {"kernel/drivers/ata/*"};
    wishes.excluded = {"pata-test"};
    wishes.names = {"ring1"};
    auto selection = payload::select_modules(*index, wishes);
    CHECK_FALSE(selection.modules.contains("hidden"));
    CHECK(selection.modules.contains("pata_test")); // ahci wants it after itself
    CHECK(selection.modules.at("ahci").empty());
    CHECK(selection.modules.at("ring1") == std::vector<std::string>{"ring2"});

    wishes.excluded.emplace_back("kernel/drivers/ata/ahci");
    selection = payload::select_modules(*index, wishes);
    CHECK_FALSE(selection.modules.contains("pata_test"));
    CHECK_FALSE(selection.modules.contains("ahci"));
}

TEST_CASE("a directory without modules.dep or with a damaged one is refused") {
    const Scratch scratch;
    scratch.write("a/modules.alias", "");
    const auto none = payload::ModuleIndex::load(scratch.at("a"));
    REQUIRE_FALSE(none);
    CHECK(none.error().hint.find("depmod") != std::string::npos);
    scratch.write("b/modules.dep", "kernel/fs/ext4/ext4.ko kernel/fs/jbd2/jbd2.ko\n");
    CHECK_FALSE(payload::ModuleIndex::load(scratch.at("b")));
}

TEST_CASE("drivers in use are found on the way to a disk") {
    const Scratch scratch;
    const std::string pci = "sys/devices/pci0000:00/0000:00:05.0";
    scratch.write(pci + "/virtio2/host2/2:0:0:0/block/sda/sda1/partition", "1");
    for (const char *module : {"virtio_pci", "virtio_scsi", "sd_mod"})
        scratch.write(std::string("sys/module/") + module + "/refcnt", "1");
    const auto bind = [&](const std::string &device, const std::string &module) {
        scratch.link("sys/bus/" + module + "/module", "../../module/" + module);
        scratch.link(device + "/driver", scratch.at("sys/bus/" + module));
    };
    bind(pci, "virtio_pci");
    bind(pci + "/virtio2", "virtio_scsi");
    bind(pci + "/virtio2/host2/2:0:0:0", "sd_mod");
    scratch.link("sys/class/block/sda1",
                 "../../devices/pci0000:00/0000:00:05.0/virtio2/host2/2:0:0:0/block/sda/sda1");
    scratch.link("sys/class/block/dangling", "../../devices/gone");
    CHECK(payload::bound_modules(scratch.at("sys")) ==
          std::set<std::string>{"sd_mod", "virtio_pci", "virtio_scsi"});
    CHECK(payload::bound_modules(scratch.at("none")).empty());
}

TEST_CASE("firmware names are read from plain and compressed modules") {
    const Scratch scratch;
    const std::string module =
        tiny_elf::module("license=GPL\0firmware=a/one.bin\0\0depends=\0firmware=two.bin\0"s);
    const std::vector<std::string> expected{"a/one.bin", "two.bin"};
    CHECK(payload::firmware_names(scratch.write("x.ko", module)).value() == expected);

    for (const char *suffix : {".xz", ".zst"}) {
        const std::string path = scratch.at("y.ko"s + suffix);
        archive *writer = ::archive_write_new();
        ::archive_write_set_format_raw(writer);
        suffix == ".xz"s ? ::archive_write_add_filter_xz(writer)
                         : ::archive_write_add_filter_zstd(writer);
        REQUIRE(::archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
        archive_entry *entry = ::archive_entry_new();
        ::archive_entry_set_filetype(entry, AE_IFREG);
        ::archive_write_header(writer, entry);
        ::archive_write_data(writer, module.data(), module.size());
        ::archive_entry_free(entry);
        ::archive_write_free(writer);
        CHECK(payload::firmware_names(path).value() == expected);
        scratch.write("cut.ko"s + suffix, bytes_of(path).substr(0, 30));
        CHECK_FALSE(payload::firmware_names(scratch.at("cut.ko"s + suffix)));
    }
    CHECK_FALSE(payload::firmware_names(scratch.write("script.ko", "#!/bin/sh")));
    for (std::size_t length = 0; length < module.size(); ++length)
        CHECK_FALSE(payload::firmware_names(scratch.write("cut.ko", module.substr(0, length))));
}

TEST_CASE("firmware is found in the kernel's order and never outside its directory") {
    const Scratch root;
    root.write("lib/firmware/a.bin", "old");
    root.write("lib/firmware/updates/6.1/a.bin", "new");
    root.write("lib/firmware/b.bin.xz", "packed");
    root.link("lib/firmware/c.bin", "/lib/firmware/a.bin");
    root.write("etc/shadow", "secret");
    const auto files = payload::installed_firmware(
        root.path(), "6.1", {"b.bin", "a.bin", "../../etc/shadow", "none", "c.bin", "a.bin"});
    REQUIRE(files.size() == 3);
    CHECK(files[0] == payload::FirmwareFile{"a.bin", root.at("lib/firmware/updates/6.1/a.bin")});
    CHECK(files[1] == payload::FirmwareFile{"b.bin.xz", root.at("lib/firmware/b.bin.xz")});
    CHECK(files[2] == payload::FirmwareFile{"c.bin", root.at("lib/firmware/a.bin")});
}
