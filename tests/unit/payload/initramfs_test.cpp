// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/initramfs.h"
#include "payload/kernel.h"
#include "payload/lists.h"
#include "scratch.h"
#include "tiny_elf.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace std::string_literals;

namespace {

const std::string lists = MDRESCUE_SOURCE_DIR "/initramfs";

/// Another machine's root: programs are scripts here, so that no libraries are needed.
void make_root(const Scratch &root) {
    root.write("boot/vmlinuz-1.0", "kernel");
    root.write("boot/config-1.0", "CONFIG_RD_ZSTD=y\n");
    root.write("lib/modules/1.0/modules.dep",
               "kernel/drivers/md/raid1.ko:\nkernel/drivers/ata/ahci.ko:\nkernel/fs/xfs/xfs.ko:\n");
    root.write("lib/modules/1.0/modules.alias", "alias md-level-1 raid1\nalias fs-xfs xfs\n");
    root.write("lib/modules/1.0/kernel/drivers/md/raid1.ko", tiny_elf::module("license=GPL\0"s));
    root.write("lib/modules/1.0/kernel/drivers/ata/ahci.ko",
               tiny_elf::module("firmware=ahci.bin\0firmware=none.bin\0"s));
    root.write("lib/modules/1.0/kernel/fs/xfs/xfs.ko", tiny_elf::module(""));
    root.write("lib/firmware/ahci.bin", "firmware");
    root.write("bin/busybox", "#!\0ls\0blkid\0vi\0"s);
    for (const char *name : {"mdadm", "sfdisk", "blkid", "mkfs.xfs", "xfs_repair"})
        root.write("sbin/"s + name, name);
    root.write("bin/lsblk", "lsblk");
    root.write("sbin/wipefs", "wipefs");
    root.write("agent", "agent");
}

model::Machine machine() {
    model::Machine machine;
    model::Array array;
    array.level = 1;
    array.content.kind = model::Content::Kind::filesystem;
    array.content.filesystem = model::Filesystem{"xfs", "u", "", {}};
    machine.arrays.push_back(array);
    return machine;
}

payload::InitramfsRequest request(const Scratch &root) {
    payload::InitramfsRequest request;
    request.root = root.path();
    request.kernel = payload::find_kernel(root.path(), "1.0").value();
    request.machine = machine();
    request.skeleton = lists;
    request.agent = root.at("agent");
    request.epoch = 1700000000;
    return request;
}

const manifest::Node *find(const manifest::Tree &tree, const std::string &path) {
    for (const auto &node : tree)
        if (node.path == path)
            return &node;
    return nullptr;
}

} // namespace

TEST_CASE(
    "the rescue system is put together from another machine's root by the project's own lists") {
    const Scratch root;
    make_root(root);
    payload::InitramfsReport report;
    Listener listener;
    const auto tree = payload::initramfs_tree(request(root), report, listener);
    REQUIRE_MESSAGE(tree, tree.error().message);
    CHECK(listener.warnings.empty());
    CHECK(find(*tree, "init")->target == "usr/bin/mdrescue-agent");
    CHECK(find(*tree, "dev/console")->kind == manifest::Node::Kind::character_device);
    CHECK(find(*tree, "medium")->kind == manifest::Node::Kind::directory);
    CHECK(find(*tree, "etc/passwd") != nullptr);
    CHECK(find(*tree, "usr/lib/modules/1.0/kernel/drivers/ata/ahci.ko") != nullptr);
    CHECK(find(*tree, "usr/lib/modules/1.0/mdrescue.load") != nullptr);
    CHECK(find(*tree, "usr/lib/firmware/ahci.bin") != nullptr);
    CHECK(find(*tree, "usr/bin/mkfs.xfs")->kind == manifest::Node::Kind::file);
    CHECK(find(*tree, "usr/bin/mkfs.vfat") == nullptr); // no vfat on this machine
    CHECK(find(*tree, "usr/bin/blkid")->kind ==
          manifest::Node::Kind::file); // the real one, not the applet
    CHECK(find(*tree, "usr/bin/ls")->target == "busybox");
    CHECK(find(*tree, "usr/bin/tar") == nullptr); // unknown to this busybox
    for (const auto &node : *tree) {
        CHECK(node.mtime == 1700000000);
        CHECK(node.uid == 0);
    }
    CHECK(report.firmware_bytes == 8);
    CHECK(report.modules_bytes > 0);
}

TEST_CASE(
    "what is missing is named with its package, or warned of where the image can do without") {
    const Scratch root;
    make_root(root);
    payload::InitramfsReport report;
    Listener listener;
    auto wanted = request(root);
    wanted.machine.arrays[0].level = 5;
    REQUIRE(payload::initramfs_tree(wanted, report, listener));
    REQUIRE(listener.warnings.size() == 1);
    CHECK(listener.warnings[0].find("md-level-5") != std::string::npos);

    std::filesystem::remove(root.at("sbin/mkfs.xfs"));
    const auto no_mkfs = payload::initramfs_tree(request(root), report, listener);
    REQUIRE_FALSE(no_mkfs);
    CHECK(no_mkfs.error().message.find("mkfs.xfs") != std::string::npos);
    CHECK(no_mkfs.error().hint.find("xfsprogs") != std::string::npos);
    wanted = request(root);
    wanted.machine.arrays.clear();
    CHECK(payload::initramfs_tree(wanted, report, listener));
    wanted.agent = root.at("none");
    CHECK_FALSE(payload::initramfs_tree(wanted, report, listener));
    wanted = request(root);
    wanted.skeleton = root.at("none");
    CHECK_FALSE(payload::initramfs_tree(wanted, report, listener));
    std::filesystem::remove(root.at("lib/modules/1.0/modules.dep"));
    CHECK(payload::initramfs_tree(request(root), report, listener).error().hint.find("depmod") !=
          std::string::npos);
}

TEST_CASE(
    "drivers of machines that the image may be started on come along, and what a rescue likes "
    "to have where it is installed") {
    const Scratch root;
    make_root(root);
    // With hyphens, in directories, and built in, as Debian's kernel has them.
    std::string dependencies = "kernel/drivers/md/raid1.ko:\nkernel/fs/xfs/xfs.ko:\n";
    const std::vector<std::string> drivers{"ata/ahci",
                                           "ata/ata_piix",
                                           "scsi/sd_mod",
                                           "scsi/sr_mod",
                                           "scsi/megaraid/megaraid_sas",
                                           "scsi/mpt3sas/mpt3sas",
                                           "scsi/aacraid/aacraid",
                                           "scsi/smartpqi/smartpqi",
                                           "scsi/hpsa",
                                           "message/fusion/mptsas",
                                           "message/fusion/mptspi",
                                           "nvme/host/nvme",
                                           "block/virtio_blk",
                                           "scsi/virtio_scsi",
                                           "virtio/virtio_pci",
                                           "hv/hv_vmbus",
                                           "scsi/hv_storvsc",
                                           "input/serio/hyperv-keyboard",
                                           "hid/hid-hyperv",
                                           "scsi/vmw_pvscsi",
                                           "block/xen-blkfront",
                                           "scsi/xen-scsifront",
                                           "usb/storage/usb-storage",
                                           "usb/storage/uas",
                                           "usb/host/xhci-pci",
                                           "usb/host/ehci-pci",
                                           "input/keyboard/atkbd",
                                           "hid/hid-generic",
                                           "hid/usbhid/usbhid",
                                           "md/raid0",
                                           "md/raid10",
                                           "md/raid456",
                                           "md/linear",
                                           "md/dm-mod",
                                           "md/dm-snapshot"};
    std::vector<std::string> paths;
    paths.reserve(drivers.size());
    for (const auto &driver : drivers)
        paths.push_back("kernel/drivers/" + driver + ".ko");
    for (const char *filesystem : {"isofs/isofs", "fat/vfat", "ext4/ext4", "nls/nls_cp437"})
        paths.push_back("kernel/fs/"s + filesystem + ".ko");
    const std::vector<std::string> useless{
        "kernel/drivers/scsi/scsi_debug.ko", "kernel/drivers/scsi/qla2xxx/qla2xxx.ko",
        "kernel/drivers/net/ethernet/intel/e1000/e1000.ko", "kernel/sound/pci/snd-ens1370.ko"};
    auto all = paths;
    all.insert(all.end(), useless.begin(), useless.end());
    for (const auto &path : all) {
        dependencies += path + ":\n";
        root.write("lib/modules/1.0/" + path, tiny_elf::module(""));
    }
    root.write("lib/modules/1.0/modules.dep", dependencies);
    payload::InitramfsReport report;
    Listener listener;
    auto tree = payload::initramfs_tree(request(root), report, listener);
    REQUIRE_MESSAGE(tree, tree.error().message);
    for (const auto &path : paths) {
        const auto *node = find(*tree, "usr/lib/modules/1.0/" + path);
        REQUIRE_MESSAGE(node != nullptr, path);
        // Word for word from the machine: a signature at its end counts under Secure Boot.
        const auto *source = std::get_if<manifest::FileSource>(&node->bytes);
        REQUIRE(source != nullptr);
        CHECK(source->path.ends_with(path));
        CHECK(source->size == std::filesystem::file_size(source->path));
    }
    for (const auto &path : useless)
        CHECK_MESSAGE(find(*tree, "usr/lib/modules/1.0/" + path) == nullptr, path);

    const std::vector<std::string> welcome{"smartctl", "sgdisk", "gdisk", "nano", "bash"};
    for (const auto &name : welcome) {
        CHECK(find(*tree, "usr/bin/" + name) == nullptr);
        root.write("usr/sbin/" + name, name);
    }
    CHECK(find(*tree, "usr/bin/vi")->target == "busybox"); // an editor in any case
    tree = payload::initramfs_tree(request(root), report, listener);
    REQUIRE(tree);
    for (const auto &name : welcome)
        CHECK_MESSAGE(find(*tree, "usr/bin/" + name) != nullptr, name);
    CHECK(listener.warnings.empty());
}

TEST_CASE("a kernel that does not say it unpacks zstd gets gzip") {
    const Scratch root, work;
    make_root(root);
    root.write("boot/config-1.0", "# CONFIG_RD_ZSTD is not set\n");
    Listener listener;
    const auto made = payload::build_initramfs(request(root), "", work.at("initramfs"), listener);
    REQUIRE_MESSAGE(made, made.error().message);
    CHECK(made->compression == "gzip -9");
    CHECK(bytes_of(made->path).substr(0, 2) == "\x1f\x8b");
}

TEST_CASE("unchanged inputs reuse the archive, changed ones do not, and a cache that cannot be "
          "written only warns") {
    const Scratch root, work;
    make_root(root);
    Listener listener;
    const std::string cache = work.at("cache"), out = work.at("initramfs");
    const auto first = payload::build_initramfs(request(root), cache, out, listener);
    REQUIRE_MESSAGE(first, first.error().message);
    CHECK_FALSE(first->reused);
    CHECK(first->compression == "zstd -10");
    CHECK(first->size == std::filesystem::file_size(out));
    const std::string bytes = bytes_of(out);
    const auto second = payload::build_initramfs(request(root), cache, out, listener);
    CHECK(second->reused);
    CHECK(bytes_of(out) == bytes);
    root.write("sbin/mdadm", "MDADM");
    const auto third = payload::build_initramfs(request(root), cache, out, listener);
    CHECK_FALSE(third->reused);
    CHECK(bytes_of(out) != bytes);
    CHECK(listener.warnings.empty());
    CHECK(
        payload::build_initramfs(request(root), work.write("file", "") + "/cache", out, listener));
    CHECK(listener.warnings.size() == 1);
}

TEST_CASE("broken lists are refused with file and line") {
    const Scratch scratch;
    const auto all = std::set<std::string>{"always"};
    CHECK(payload::read_list(scratch.write("a", "# c\n\nentry\n"), all)
              .error()
              .message.find("/a:3:") != std::string::npos);
    CHECK_FALSE(payload::read_list(scratch.write("b", "[always\n"), all));
    CHECK_FALSE(payload::read_list(scratch.write("c", "[]\n"), all));
    const auto entries = payload::read_list(
        scratch.write("d", "[always] # x\n one  two # three\n[fs:xfs]\nfour\n"), all);
    REQUIRE(entries);
    REQUIRE(entries->size() == 1);
    CHECK((*entries)[0].words == std::vector<std::string>{"one", "two"});
}
