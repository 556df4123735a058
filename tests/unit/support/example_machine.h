// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"

#include <fmt/format.h>
#include <string>

/// Machines for tests, built by hand. Header only, so that any room's test program can use them
/// without linking more.
namespace mdrescue::test {

inline constexpr std::uint64_t journal_disk_sectors = 35566478; // an 18.2 GB SCSI disk of 2003
inline constexpr std::uint64_t journal_first_sectors = 512000;  // 250 MB
inline const std::string journal_swap_array = "6e1c2f0a:9b0d4e55:3c7a1f22:81d0e6b4";
inline const std::string journal_root_array = "c41f7b93:0a5e8d16:3c7a1f22:5f29ab07";

inline model::Content md_member_content(const std::string &array_uuid) {
    model::Content content;
    content.kind = model::Content::Kind::md_member;
    content.type = "linux_raid_member";
    content.uuid = array_uuid;
    return content;
}

inline model::Content filesystem_content(const std::string &type, const std::string &uuid,
                                         const std::string &label,
                                         std::map<std::string, std::string> parameters = {}) {
    model::Content content;
    content.kind = model::Content::Kind::filesystem;
    content.type = type;
    content.uuid = uuid;
    content.filesystem = model::Filesystem{type, uuid, label, std::move(parameters)};
    return content;
}

inline model::Content partitioned_content(const std::string &label) {
    model::Content content;
    content.kind = model::Content::Kind::partitioned;
    content.type = label;
    return content;
}

/// Disk `number` (1 to 6) of the article's machine: on the first a native /boot, on the others a
/// member of md0; then a member of md1 on each.
inline model::Disk linux_journal_disk(unsigned number) {
    model::Disk disk;
    disk.id = fmt::format("disk{}", number);
    disk.kernel_name = std::string("sd") + static_cast<char>('a' + number - 1);
    disk.size = journal_disk_sectors * 512;
    disk.model = "SEAGATE ST318406LW";
    disk.serial = fmt::format("3FE0{}X7{:02}", static_cast<char>('A' + number), 10 + number * 7);
    disk.position = fmt::format("pci-0000:00:05.0-scsi-0:0:{}:0", number - 1);
    disk.transport = "scsi";
    disk.content = partitioned_content("dos");

    model::PartitionTable table;
    table.label = "dos";
    table.id = fmt::format("0x5c0d1a{:02x}", number);
    model::Partition first;
    first.number = 1;
    first.start = 63;
    first.size = journal_first_sectors;
    first.type = number == 1 ? "83" : "fd";
    first.bootable = number == 1;
    first.content =
        number == 1 ? filesystem_content("ext2", "2f4c8d3e-7a61-4b0e-9d15-6c3b8e0f1a27", "/boot",
                                         {{"block_size", "1024"}, {"blocks", "256000"}})
                    : md_member_content(journal_swap_array);
    model::Partition second;
    second.number = 2;
    second.start = first.start + first.size;
    second.size = journal_disk_sectors - second.start;
    second.type = "fd";
    second.content = md_member_content(journal_root_array);
    table.partitions = {first, second};
    disk.table = table;

    if (number == 1) {
        disk.boot_areas = {{0, 440, std::string("\xeb\x63\x90\x00\xff", 5)}, {512, 31744, "RV"}};
        disk.boot_loaders = {{model::BootLoader::Kind::grub_mbr_gap, 0, {}}};
    } else {
        disk.boot_areas = {{0, 440, ""}};
    }
    return disk;
}

/// A running RAID-5 over one partition of some of the disks. metadata "0.90" or "1.2".
inline model::Array linux_journal_array(const std::string &metadata, const std::string &uuid,
                                        unsigned minor, unsigned first_disk, unsigned partition) {
    const bool old = metadata == "0.90";
    model::Array array;
    array.uuid = uuid;
    array.metadata = metadata;
    array.level = 5;
    array.layout = 2; // left-symmetric
    array.chunk = 65536;
    array.slots = 6 - first_disk + 1;
    array.component_size = partition == 1 ? 511872 : 35054272;
    array.size = array.component_size * 512 * (array.slots - 1);
    if (old) {
        array.preferred_minor = minor;
    } else {
        array.name = fmt::format("{}", minor);
        array.homehost = "journal";
    }
    array.kernel_name = fmt::format("md{}", minor);
    array.running_state = "clean";
    array.sync_action = "idle";
    array.slots_up.assign(array.slots, true);
    for (unsigned slot = 0; slot < array.slots; ++slot) {
        model::ArrayMember member;
        member.device = {fmt::format("disk{}", first_disk + slot), partition};
        member.slot = static_cast<int>(slot);
        if (!old)
            member.device_uuid = fmt::format("{:08x}:00c0ffee:{:08x}:0badcafe", minor, slot);
        member.data_offset = old ? 0 : 2048;
        member.superblock_offset = old ? array.component_size : 8;
        member.data_size = array.component_size;
        member.events = 214;
        member.array_state = std::string(array.slots, 'A');
        member.clean = true;
        array.members.push_back(member);
    }
    return array;
}

/// The machine of the 2003 article "High Availability Linux with Software RAID": six SCSI disks,
/// native /boot and GRUB on the first alone, RAID-5 md0 (swap) of five, RAID-5 md1 (root) of six.
inline model::Machine linux_journal_machine(const std::string &metadata = "0.90") {
    model::Machine machine;
    machine.host_name = "journal";
    machine.machine_id = "4f1c0de5a0b94c6f8e2d7a3b5c6d7e8f";
    machine.product = "Dell Computer Corporation PowerEdge 2550";
    machine.os = "Debian GNU/Linux 12 (bookworm)";
    machine.architecture = "x86_64";
    machine.kernel = "6.1.0-56-amd64";
    machine.command_line = "BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 root=/dev/md1 ro quiet console=tty0 "
                           "console=ttyS0,115200n8";
    for (unsigned number = 1; number <= 6; ++number)
        machine.disks.push_back(linux_journal_disk(number));

    model::Array swap = linux_journal_array(metadata, journal_swap_array, 0, 2, 1);
    swap.content = filesystem_content("swap", "b7d5c3a1-90e2-4f6b-8a17-3d2e1c0b9f84", "",
                                      {{"page_size", "4096"}});
    model::Array root = linux_journal_array(metadata, journal_root_array, 1, 1, 2);
    root.content = filesystem_content("ext3", "0d9a6b58-4c37-4e21-b1f0-a5e4d3c2b1a0", "/",
                                      {{"block_size", "4096"}});
    machine.arrays = {swap, root};

    machine.mounts = {
        {"/dev/sda1", "/boot", "ext2", "rw,relatime", "2f4c8d3e-7a61-4b0e-9d15-6c3b8e0f1a27"},
        {"/dev/md1", "/", "ext3", "rw,relatime", "0d9a6b58-4c37-4e21-b1f0-a5e4d3c2b1a0"},
        {"/dev/md0", "none", "swap", "", "b7d5c3a1-90e2-4f6b-8a17-3d2e1c0b9f84"}};
    machine.files = {
        {"/etc/fstab", "/dev/md1\t/\text3\tdefaults\t1 1\nLABEL=/boot\t/boot\text2\tdefaults\t1 2\n"
                       "/dev/md0\tswap\tswap\tdefaults\t0 0\n"},
        {"/etc/mdadm/mdadm.conf", "ARRAY /dev/md0 UUID=" + journal_swap_array +
                                      "\nARRAY /dev/md1 UUID=" + journal_root_array + "\n"}};
    return machine;
}

/// Disk `number` (1 or 2) of a UEFI mirror: an ESP, a member of md0 (/boot), a member of md127
/// (LVM).
inline model::Disk mirror_uefi_disk(unsigned number) {
    model::Disk disk;
    disk.id = fmt::format("disk{}", number);
    disk.kernel_name = fmt::format("nvme{}n1", number - 1);
    disk.size = 960197124096;
    disk.physical_sector = 4096;
    disk.model = "SAMSUNG MZ1LB960HAJQ-00007";
    disk.serial = fmt::format("S435NA0R20{:04}", 4710 + number);
    disk.wwn = fmt::format("eui.34333530524{:05}0025384100000001", number);
    disk.position = fmt::format("pci-0000:0{}:00.0-nvme-1", number);
    disk.transport = "nvme";
    disk.content = partitioned_content("gpt");

    model::PartitionTable table;
    table.label = "gpt";
    table.id = fmt::format("8E2B1A5{:X}-7C0D-4F3E-9A6B-1D2C3E4F5A6B", number);
    table.first_usable = 2048;
    table.last_usable = 1875385008 - 34;
    table.entry_count = 128;
    const auto partition = [&](unsigned index, std::uint64_t start, std::uint64_t size,
                               const std::string &type, const std::string &name,
                               model::Content content) {
        model::Partition made;
        made.number = index;
        made.start = start;
        made.size = size;
        made.type = type;
        made.uuid =
            fmt::format("0A1B2C3{:X}-0{:X}00-4000-8000-00000000000{:X}", index, number, index);
        made.name = name;
        made.content = std::move(content);
        table.partitions.push_back(made);
    };
    const std::string raid = "A19D880F-05FC-4D3B-A006-743F0F84911E";
    partition(
        1, 2048, 1048576, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EFI System",
        filesystem_content("vfat", fmt::format("5E1D-00A{}", number), "", {{"fat_bits", "32"}}));
    partition(2, 1050624, 2097152, raid, "boot",
              md_member_content("0b0b0b0b:11112222:33334444:55556666"));
    partition(3, 3147776, 1872236544, raid, "data",
              md_member_content("0c0c0c0c:77778888:9999aaaa:bbbbcccc"));
    disk.table = table;
    disk.boot_areas = {{0, 440, ""}};
    disk.boot_loaders = {
        {model::BootLoader::Kind::esp,
         1,
         {"\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\debian\\grubx64.efi", "\\EFI\\debian\\shimx64.efi"}}};
    return disk;
}

inline model::Array mirror_array(const std::string &uuid, const std::string &name,
                                 const std::string &kernel_name, unsigned partition,
                                 std::uint64_t component_size) {
    model::Array array;
    array.uuid = uuid;
    array.name = name;
    array.homehost = "web7";
    array.metadata = "1.2";
    array.level = 1;
    array.slots = 2;
    array.component_size = component_size;
    array.size = component_size * 512;
    array.bitmap = "internal";
    array.kernel_name = kernel_name;
    array.running_state = "active";
    array.sync_action = "idle";
    array.slots_up = {true, true};
    for (unsigned slot = 0; slot < 2; ++slot) {
        model::ArrayMember member;
        member.device = {fmt::format("disk{}", slot + 1), partition};
        member.device_uuid = fmt::format("d0d0d0d{}:e{}e0e0e0:f0f0f0f0:01020304", slot, partition);
        member.slot = static_cast<int>(slot);
        member.data_offset = 2048;
        member.data_size = component_size;
        member.superblock_offset = 8;
        member.events = 1234567;
        member.array_state = "AA";
        array.members.push_back(member);
    }
    return array;
}

/// A mirror with an ESP on each disk, Secure Boot, /boot on md0 and LVM on md127.
inline model::Machine mirror_uefi_machine() {
    model::Machine machine;
    machine.host_name = "web7";
    machine.machine_id = "a0b94c6f8e2d7a3b5c6d7e8f4f1c0de5";
    machine.product = "Supermicro SYS-1029P-WTR";
    machine.os = "Debian GNU/Linux 12 (bookworm)";
    machine.architecture = "x86_64";
    machine.kernel = "6.1.0-56-amd64";
    machine.command_line =
        "BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 root=/dev/mapper/vg0-root ro nomodeset quiet";
    machine.firmware.mode = model::Firmware::Mode::uefi;
    machine.firmware.secure_boot = true;
    machine.firmware.boot_order = {3, 0};
    machine.firmware.boot_entries = {
        {0, "UEFI PXE", true, "", "", std::string("\x01\x00\x00\x00", 4)},
        {3, "debian", true, "0A1B2C31-0100-4000-8000-000000000001", "\\EFI\\debian\\shimx64.efi",
         std::string("\x01\x00\xfe\xff", 4)}};
    machine.disks = {mirror_uefi_disk(1), mirror_uefi_disk(2)};

    model::Array boot =
        mirror_array("0b0b0b0b:11112222:33334444:55556666", "boot", "md0", 2, 2093056);
    boot.content = filesystem_content("ext4", "11111111-2222-4333-8444-555555555555", "boot");
    model::Array data =
        mirror_array("0c0c0c0c:77778888:9999aaaa:bbbbcccc", "data", "md127", 3, 1871970304);
    data.content.kind = model::Content::Kind::lvm_pv;
    data.content.type = "LVM2_member";
    data.content.uuid = "aBcDeF-0123-4567-89ab-cdef-0123-456789";
    machine.arrays = {boot, data};

    model::VolumeGroup group;
    group.name = "vg0";
    group.uuid = "zYxWvU-0123-4567-89ab-cdef-0123-456789";
    group.physical_volumes = {data.content.uuid};
    group.volumes = {
        {"root", "root00-0123-4567-89ab-cdef-0123-456789", 64424509440,
         filesystem_content("xfs", "22222222-3333-4444-8555-666666666666", "")},
        {"swap", "swap00-0123-4567-89ab-cdef-0123-456789", 8589934592,
         filesystem_content("swap", "33333333-4444-4555-8666-777777777777", "")},
    };
    group.metadata_backup = "vg0 {\n}\n";
    machine.volume_groups = {group};
    machine.mounts = {
        {"/dev/mapper/vg0-root", "/", "xfs", "rw", "22222222-3333-4444-8555-666666666666"},
        {"/dev/md0", "/boot", "ext4", "rw", "11111111-2222-4333-8444-555555555555"},
        {"/dev/nvme0n1p1", "/boot/efi", "vfat", "rw,umask=0077", "5E1D-00A1"},
        {"/dev/mapper/vg0-swap", "none", "swap", "", "33333333-4444-4555-8666-777777777777"}};
    machine.files = {{"/etc/fstab", "/dev/mapper/vg0-root / xfs defaults 0 1\n"}};
    return machine;
}

inline model::Profile profile_of(model::Machine machine) {
    model::Profile profile;
    profile.made_by = "mdrescue 0.1.0";
    profile.made_at = 1763800200; // 2025-11-22 08:30:00 UTC
    profile.image_id = "6f2f0b2e-1d3c-8a4b-9c5d-0e1f2a3b4c5d";
    profile.image_kernel = machine.kernel;
    profile.machine = std::move(machine);
    return profile;
}

} // namespace mdrescue::test
