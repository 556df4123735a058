// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a machine is made of, as plain data. Strings that come from disks are raw bytes: print them
/// through util::printable.
namespace mdrescue::model {

/// A block device named by what holds it: a disk of Machine::disks by its id, and a partition
/// number on it, 0 for the whole disk. Kernel names (sda) are never identity.
struct DeviceRef {
    std::string disk; ///< Disk::id
    unsigned partition = 0;
    bool operator==(const DeviceRef &) const = default;
    auto operator<=>(const DeviceRef &) const = default;
};

/// A filesystem (or swap, type "swap") as needed to make it again the same.
struct Filesystem {
    std::string type;  ///< as blkid names it: ext4, xfs, btrfs, vfat, swap, …
    std::string uuid;  ///< as blkid prints it (vfat: XXXX-XXXX)
    std::string label; ///< raw bytes
    /// What mkfs must be told to make the same again: for ext2/3/4 "features" (comma separated
    /// names as mke2fs -O takes them), "block_size", "inode_size", "reserved_blocks", "blocks",
    /// "hash_seed"; vfat "fat_bits", "sectors_per_cluster", …; swap "page_size"; xfs "sector_size",
    /// "version_features", …  Decimal numbers unless said otherwise in probe/filesystem.h.
    std::map<std::string, std::string> parameters;
    bool operator==(const Filesystem &) const = default;
};

/// What lies on a disk or partition.
struct Content {
    enum class Kind {
        empty,       ///< no signature known to blkid
        filesystem,  ///< also swap
        md_member,   ///< of the array `uuid`
        lvm_pv,      ///< physical volume `uuid`
        luks,        ///< `uuid`, "version", …
        partitioned, ///< whole disk with a partition table
        other, ///< a signature we only name: `type` as blkid does (isw_raid_member, zfs_member, …)
        ambiguous, ///< several signatures: `type` lists them
    };
    Kind kind = Kind::empty;
    std::string type; ///< blkid's TYPE
    std::string uuid; ///< blkid's UUID, spelled as for its kind (md: 8 hex digits x 4 with colons)
    std::optional<Filesystem> filesystem;       ///< kind filesystem
    std::map<std::string, std::string> details; ///< luks: version, cipher, …; others may be empty
    bool operator==(const Content &) const = default;
};

struct Partition {
    unsigned number = 0;
    std::uint64_t start = 0; ///< in logical sectors of the disk
    std::uint64_t size = 0;  ///< in logical sectors of the disk
    std::string type;        ///< MBR: hex without 0x ("83", "fd"); GPT: type GUID, upper case
    std::string uuid;        ///< partition GUID, upper case; MBR: ""
    std::string name;        ///< GPT name, UTF-8
    std::string attributes;  ///< GPT attributes as sfdisk spells them ("RequiredPartition GUID:60")
    bool bootable = false;   ///< MBR boot flag
    Content content;
    bool operator==(const Partition &) const = default;
};

struct PartitionTable {
    std::string label;                 ///< "dos" or "gpt"
    std::string id;                    ///< MBR disk id ("0x1234abcd") or GPT disk GUID (upper case)
    std::uint64_t first_usable = 0;    ///< GPT, in logical sectors
    std::uint64_t last_usable = 0;     ///< GPT, in logical sectors
    unsigned entry_count = 0;          ///< GPT: size of the entry array (128 as a rule)
    std::vector<Partition> partitions; ///< by number
    bool operator==(const PartitionTable &) const = default;
};

/// Bytes of a disk outside filesystems that a boot loader needs, kept for comparison and as the
/// last way back. Trailing zero bytes are left out of `bytes`; `size` says how long the area is.
struct BootArea {
    std::uint64_t offset = 0; ///< in bytes from the start of the disk
    std::uint64_t size = 0;   ///< in bytes
    std::string bytes;        ///< raw
    bool operator==(const BootArea &) const = default;
};

/// A boot loader found on one disk.
struct BootLoader {
    enum class Kind { grub_mbr_gap, grub_bios_boot, esp, other_mbr_code };
    Kind kind = Kind::other_mbr_code;
    unsigned partition = 0;         ///< of the BIOS boot partition or ESP; 0 for the MBR
    std::vector<std::string> files; ///< esp: its loaders, as \EFI\… paths
    bool operator==(const BootLoader &) const = default;
};

struct Disk {
    std::string
        id; ///< "disk1", "disk2", … by position; the name other parts of the profile refer to
    std::string kernel_name;             ///< "sda" at the time of the probe; for people only
    std::uint64_t size = 0;              ///< in bytes
    std::uint32_t logical_sector = 512;  ///< in bytes
    std::uint32_t physical_sector = 512; ///< in bytes
    std::string model;
    std::string serial; ///< may be empty or the same on several disks
    std::string wwn;
    std::string position;  ///< the name under /dev/disk/by-path, e.g.
                           ///< "pci-0000:00:05.0-scsi-0:0:1:0"; may be empty
    std::string transport; ///< "sata", "nvme", "usb", "virtio", "scsi", … or ""
    bool removable = false;
    bool read_only = false;
    Content content; ///< of the whole disk
    std::optional<PartitionTable> table;
    std::vector<BootArea> boot_areas;
    std::vector<BootLoader> boot_loaders;
    bool operator==(const Disk &) const = default;
};

/// Roles of members that are in no slot.
constexpr int spare_slot = -1;
constexpr int faulty_slot = -2;
constexpr int journal_slot = -3;

/// One member of an array as its own superblock tells it (Linux kernel,
/// include/uapi/linux/raid/md_p.h).
struct ArrayMember {
    DeviceRef device;
    std::string device_uuid;             ///< metadata 1.x; "" for 0.90
    int slot = spare_slot;               ///< or one of the roles above
    std::uint64_t data_offset = 0;       ///< in 512-byte sectors
    std::uint64_t data_size = 0;         ///< in 512-byte sectors
    std::uint64_t superblock_offset = 0; ///< in 512-byte sectors
    std::uint64_t events = 0;
    std::optional<std::uint64_t> recovery_offset; ///< in 512-byte sectors, while being rebuilt
    std::string array_state; ///< what this member believes of all slots: 'A' active, '.' missing,
                             ///< 'R' replacing; by slot
    bool clean = false;
    bool bad_blocks = false; ///< its bad-block log holds an entry
    bool operator==(const ArrayMember &) const = default;
};

struct Array {
    std::string uuid;                        ///< 8 hex digits x 4 with colons, as mdadm prints it
    std::string name;                        ///< 1.x: without the home host; 0.90: ""
    std::string homehost;                    ///< 1.x: before the colon of the name, may be ""
    std::string metadata;                    ///< "0.90", "1.0", "1.1", "1.2"
    int level = 0;                           ///< 0, 1, 4, 5, 6, 10; -1 linear
    std::uint32_t layout = 0;                ///< as in the superblock
    std::uint32_t chunk = 0;                 ///< in bytes; 0 where the level has none
    unsigned slots = 0;                      ///< raid_disks
    std::uint64_t component_size = 0;        ///< per member, in 512-byte sectors
    std::uint64_t size = 0;                  ///< of the array, in bytes; 0 when it is not running
    std::optional<unsigned> preferred_minor; ///< 0.90
    std::string bitmap;                      ///< "", "internal"
    bool journal = false;                    ///< has a write journal
    bool reshaping = false;
    std::string kernel_name;             ///< "md127" while it runs, else ""
    std::string running_state;           ///< sysfs array_state while it runs, else ""
    std::string sync_action;             ///< sysfs, else ""
    std::vector<bool> slots_up;          ///< while it runs: slot in sync; by slot
    std::vector<ArrayMember> members;    ///< by slot, spares last
    Content content;                     ///< what is on the array, where it runs
    std::optional<PartitionTable> table; ///< a partitioned array
    bool operator==(const Array &) const = default;
};

struct LogicalVolume {
    std::string name;
    std::string uuid;
    std::uint64_t size = 0; ///< in bytes
    Content content;
    bool operator==(const LogicalVolume &) const = default;
};

struct VolumeGroup {
    std::string name;
    std::string uuid;
    std::vector<std::string> physical_volumes; ///< PV UUIDs
    std::vector<LogicalVolume> volumes;
    std::string metadata_backup; ///< text as vgcfgbackup writes it
    bool operator==(const VolumeGroup &) const = default;
};

/// A filesystem in use: from /proc/self/mountinfo, or swap from /proc/swaps (type "swap", target
/// "none").
struct MountPoint {
    std::string source; ///< device as the kernel names it: "/dev/md1"
    std::string target;
    std::string type;
    std::string options;
    std::string uuid; ///< of what is on the source
    bool operator==(const MountPoint &) const = default;
};

/// A UEFI boot entry (UEFI specification 2.10, 3.1.3 Load Options), decoded as far as we need it.
struct BootEntry {
    unsigned number = 0; ///< Boot####
    std::string label;   ///< UTF-8
    bool active = false;
    std::string partition_guid; ///< upper case, of the HD() node; "" when there is none
    std::string file;           ///< \EFI\debian\shimx64.efi
    std::string raw;            ///< the variable without its 4 attribute bytes
    bool operator==(const BootEntry &) const = default;
};

struct Firmware {
    enum class Mode { bios, uefi };
    Mode mode = Mode::bios;
    bool secure_boot = false;
    std::vector<unsigned> boot_order;
    std::vector<BootEntry> boot_entries;
    bool operator==(const Firmware &) const = default;
};

/// A file of the machine kept word for word.
struct VerbatimFile {
    std::string path;
    std::string text;
    bool operator==(const VerbatimFile &) const = default;
};

/// The whole machine: what `probe` sees now (the observed machine) and what the profile keeps.
struct Machine {
    std::string host_name;
    std::string machine_id;   ///< /etc/machine-id; informs only
    std::string product;      ///< DMI vendor and product; informs only
    std::string os;           ///< PRETTY_NAME of os-release
    std::string architecture; ///< "x86_64"
    std::string kernel;       ///< version of the running one
    std::string command_line; ///< of the running kernel
    Firmware firmware;
    std::vector<Disk> disks;   ///< by position, then serial, then kernel name
    std::vector<Array> arrays; ///< by UUID
    std::vector<VolumeGroup> volume_groups;
    std::vector<MountPoint> mounts;    ///< block devices only
    std::vector<VerbatimFile> files;   ///< /etc/fstab, /etc/mdadm/mdadm.conf or /etc/mdadm.conf,
                                       ///< /etc/crypttab, where they exist
    std::vector<std::string> warnings; ///< what could not be read or understood, in words
    bool operator==(const Machine &) const = default;
};

/// The machine profile: machine.json.
struct Profile {
    static constexpr int current_version = 1;
    int version = current_version;
    std::string made_by;      ///< "mdrescue 0.1.0"
    std::int64_t made_at = 0; ///< seconds since 1970, UTC
    std::string image_id;     ///< UUID of the image, derived from the profile
    std::string image_kernel; ///< version of the kernel on the image
    bool degraded = false;    ///< made with --allow-degraded while an array was not whole
    Machine machine;
    bool operator==(const Profile &) const = default;
};

// Look-ups that every room needs.

[[nodiscard]] const Disk *find_disk(const Machine &machine, const std::string &id);
[[nodiscard]] const Array *find_array(const Machine &machine, const std::string &uuid);
[[nodiscard]] const Partition *find_partition(const Machine &machine, const DeviceRef &device);
/// The content of a disk or partition; nullptr where there is no such device.
[[nodiscard]] const Content *find_content(const Machine &machine, const DeviceRef &device);
[[nodiscard]] const VerbatimFile *find_file(const Machine &machine, const std::string &path);
[[nodiscard]] std::string file_text(const Machine &machine,
                                    const std::string &path); ///< "" where there is no such file
/// Where the filesystem with that UUID was mounted, in the order of the record; none for "".
[[nodiscard]] std::vector<std::string> mount_targets(const Machine &machine,
                                                     const std::string &uuid);
/// Whether the type of a partition in that table says EFI system partition (UEFI
/// specification 2.10, 5.2.2 for an MBR and table 5.7 for a GPT).
[[nodiscard]] bool is_esp(const PartitionTable &table, const Partition &partition);
/// The same, and its filesystem is its own: no array mirrors it, so it does not come back with one.
[[nodiscard]] bool is_native_esp(const PartitionTable &table, const Partition &partition);
[[nodiscard]] bool is_native_esp(const Machine &machine, const DeviceRef &device);
/// The EFI system partition of that number, as a boot loader; nullptr where the partition is none.
[[nodiscard]] const BootLoader *find_esp(const Disk &disk, unsigned partition);

/// Where an image keeps the files of an EFI system partition: "mdrescue/esp/disk1-1".
[[nodiscard]] std::string esp_snapshot_path(const DeviceRef &esp);

/// "/dev/sda2", "/dev/nvme0n1p2": for people.
[[nodiscard]] std::string device_path(const Disk &disk, unsigned partition);

/// Members up as people know it from /proc/mdstat: "[UU_UU]". Of a running array by its slots, of
/// one that is not running by the superblocks present that agree with the newest event count.
[[nodiscard]] std::string slot_map(const Array &array);
/// True when a slot is not up.
[[nodiscard]] bool degraded(const Array &array);
/// How many more members may go before data is lost; -1 when too many are gone already. RAID-10
/// counts its worst case.
[[nodiscard]] int redundancy_left(const Array &array);
[[nodiscard]] std::string level_name(int level); ///< "RAID-5", "linear"
[[nodiscard]] std::string role_name(int slot);   ///< "slot 2", "spare", "journal", "faulty"

} // namespace mdrescue::model
