// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/page_words.h"

#include "util/text.h"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>

namespace mdrescue::media {
namespace {

using model::Content;

// GRUB manual, "BIOS installation"; MBR types of extended partitions.
constexpr std::string_view bios_boot_type = "21686148-6449-6E6F-744E-656564454649";

bool is_extended(const model::Partition &partition) {
    return partition.type == "5" || partition.type == "f" || partition.type == "85";
}

bool has_esp_of_its_own(const model::Disk &disk) {
    return disk.table && std::any_of(disk.table->partitions.begin(), disk.table->partitions.end(),
                                     [&](const auto &partition) {
                                         return model::is_native_esp(*disk.table, partition);
                                     });
}

bool contains(const std::vector<std::string> &list, const std::string &value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

std::string mount_words(const model::MountPoint &mount) {
    return mount.type == "swap" ? "swap" : mount.target;
}

bool only_digits(const std::string &text) {
    return text.find_first_not_of("0123456789") == std::string::npos;
}

std::string array_name(const model::Array &array) {
    if (array.kernel_name.empty())
        return array.name.empty() ? array.uuid : array.name;
    return only_digits(array.name) ? array.kernel_name
                                   : fmt::format("{} ({})", array.kernel_name, array.name);
}

/// What people keep on an array: mount points and swap, through LVM too.
std::vector<std::string> mounts_on(const model::Machine &machine, const model::Array &array) {
    std::vector<std::string> uses;
    for (const auto &mount : machine.mounts)
        if (contains(model::locate(machine, mount.uuid).arrays, array.uuid) &&
            !contains(uses, mount_words(mount)))
            uses.push_back(mount_words(mount));
    return uses;
}

std::string content_words(const Content &content) {
    switch (content.kind) {
    case Content::Kind::empty: return "empty";
    case Content::Kind::filesystem: {
        const std::string label = content.filesystem ? content.filesystem->label : "";
        return label.empty() ? content.type : fmt::format("{} labelled {}", content.type, label);
    }
    case Content::Kind::md_member: return "member of an array that was not read";
    case Content::Kind::lvm_pv: return "LVM";
    case Content::Kind::luks: return "LUKS (encrypted)";
    case Content::Kind::partitioned: return "partitioned";
    case Content::Kind::other: return content.type;
    case Content::Kind::ambiguous: return "several signatures: " + content.type;
    }
    return "";
}

std::string array_use(const model::Machine &machine, const model::Array &array) {
    std::string group_name;
    for (const auto &group : machine.volume_groups)
        if (contains(model::locate(machine, group).arrays, array.uuid))
            group_name = "LVM " + group.name;
    const std::string mounts = joined(mounts_on(machine, array), ", ");
    if (!group_name.empty())
        return mounts.empty() ? group_name : fmt::format("{}: {}", group_name, mounts);
    return mounts.empty() ? content_words(array.content) : mounts;
}

/// What lies there without an array, by its mount point where it has one.
std::string native_use(const model::Machine &machine, const Content &content) {
    for (const auto &mount : machine.mounts)
        if (!content.uuid.empty() && mount.uuid == content.uuid)
            return mount.type == "swap" ? "swap"
                                        : fmt::format("{} ({})", mount.target, content.type);
    if (content.kind == Content::Kind::lvm_pv)
        for (const auto &group : machine.volume_groups)
            if (contains(group.physical_volumes, content.uuid))
                return "LVM " + group.name;
    return content_words(content);
}

Piece piece_of(const model::Machine &machine, const model::Disk &disk, unsigned partition,
               std::uint64_t size, const Content &content) {
    Piece piece{model::device_path(disk, partition).substr(5), size, native_use(machine, content),
                "", -1};
    for (std::size_t i = 0; i < machine.arrays.size(); ++i)
        for (const auto &member : machine.arrays[i].members)
            if (member.device == model::DeviceRef{disk.id, partition}) {
                piece.use = fmt::format("{} {}", array_name(machine.arrays[i]),
                                        model::role_name(member.slot));
                piece.user = array_use(machine, machine.arrays[i]);
                piece.array = static_cast<int>(i);
            }
    return piece;
}

std::vector<Piece> pieces_of(const model::Machine &machine, const model::Disk &disk) {
    if (!disk.table)
        return {piece_of(machine, disk, 0, disk.size, disk.content)};
    std::vector<Piece> pieces;
    for (const auto &partition : disk.table->partitions) {
        if (is_extended(partition))
            continue;
        auto piece = piece_of(machine, disk, partition.number, partition.size * disk.logical_sector,
                              partition.content);
        if (model::is_esp(*disk.table, partition) && piece.array < 0)
            piece.use = piece.use.rfind('/', 0) == 0 ? "EFI, " + piece.use : "EFI system partition";
        if (partition.type == bios_boot_type)
            piece.use = "BIOS boot (GRUB)";
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

std::string disk_name(const model::Disk &disk) {
    return disk.id.rfind("disk", 0) == 0 ? "Disk " + disk.id.substr(4) : disk.id;
}

std::string serial_words(const model::Disk &disk) {
    return disk.serial.empty() ? "none" : disk.serial;
}

std::string tolerance_words(int redundancy_left) {
    if (redundancy_left < 0)
        return "lost";
    if (redundancy_left == 0)
        return "can lose no disk";
    return redundancy_left == 1 ? "can lose any one disk"
                                : fmt::format("can lose any {} disks", redundancy_left);
}

std::string array_sentence(const model::Machine &machine, const model::ArrayLoss &loss) {
    const model::Array &array = *model::find_array(machine, loss.uuid);
    const std::string name = fmt::format("{} [{}]", array_name(array), array_use(machine, array));
    if (loss.redundancy_left < 0)
        return fmt::format("Array {} is lost: {} {} cannot do without this disk. Its data must "
                           "come from a backup.",
                           name, model::level_name(array.level), loss.slots);
    if (loss.slots == model::slot_map(array))
        return fmt::format("Array {} loses no slot: {}.", name, loss.slots);
    return fmt::format("Array {} goes on without it: {}. {}", name, loss.slots,
                       loss.redundancy_left == 0
                           ? "No other of its disks may die before it is rebuilt."
                           : "It is still redundant.");
}

bool esp_is_saved(const PageRequest &request, const model::Disk &disk) {
    const auto &saved = request.saved_esps;
    return std::any_of(saved.begin(), saved.end(),
                       [&](const model::DeviceRef &device) { return device.disk == disk.id; });
}

/// Of things that lie on this disk without an array.
std::vector<std::string> gone_sentences(const PageRequest &request, const model::Disk &disk,
                                        const model::DiskLoss &loss) {
    const model::Profile &profile = request.profile;
    std::vector<std::string> sentences;
    if (has_esp_of_its_own(disk))
        sentences.emplace_back(
            esp_is_saved(request, disk)
                ? "Its EFI system partition is gone. This medium holds the files."
                : "Its EFI system partition is gone, and this medium does not hold the files.");
    for (const auto &mount : loss.gone) {
        if (!model::locate(profile.machine, mount.uuid).on_disk(disk.id))
            continue;
        if (mount.type == "vfat" && mount.target != "/boot" && has_esp_of_its_own(disk))
            sentences.push_back(fmt::format("It is mounted as {}.", mount.target));
        else if (mount.type == "swap")
            sentences.emplace_back("Swap on it is gone; a program that had memory there fails.");
        else if (mount.target == "/boot")
            sentences.push_back(
                fmt::format("{} is only on this disk. This medium holds its files as of {}.",
                            mount.target, date_words(profile.made_at)));
        else
            sentences.push_back(fmt::format("{} is only on this disk and is not on this medium: "
                                            "its files must come from a backup.",
                                            mount.target));
    }
    return sentences;
}

std::string loader_sentence(const model::Machine &machine, const model::Disk &disk,
                            const model::DiskLoss &loss) {
    if (!loss.boot_loader_here)
        return "";
    std::vector<std::string> others;
    for (const auto &other : machine.disks)
        if (other.id != disk.id && model::starts_machine(machine, other))
            others.push_back(disk_name(other));
    const std::string what = machine.firmware.mode == model::Firmware::Mode::uefi
                                 ? "EFI boot loader"
                                 : "boot loader (GRUB)";
    if (others.empty())
        return fmt::format("It carries the machine's only {}.", what);
    return fmt::format(
        "Its {} is gone; {} {} one, too. The firmware may have to be told to start from there.",
        what, joined(others, ", "), others.size() == 1 ? "has" : "have");
}

std::string answer_words(const model::DiskLoss &loss) {
    switch (loss.start) {
    case model::Start::yes: return "The machine starts by itself without it.";
    case model::Start::stops:
        return "The machine starts, but then waits for what is gone and may stop at a prompt.";
    case model::Start::no:
        return loss.root_gone ? "The machine does not start: its root filesystem is gone."
                              : "The machine does not start without it. Start it from this medium.";
    case model::Start::unknown:
        return "Whether the machine starts without it cannot be told from its record.";
    }
    return "";
}

DiskWords words_of(const PageRequest &request, const model::Disk &disk) {
    const model::Machine &machine = request.profile.machine;
    const auto loss = model::loss_of(machine, disk);
    DiskWords words{disk_name(disk),
                    disk.kernel_name,
                    serial_words(disk),
                    pieces_of(machine, disk),
                    loss.start,
                    answer_words(loss),
                    {}};
    for (const auto &array : loss.arrays)
        words.follows.push_back(array_sentence(machine, array));
    for (auto &sentence : gone_sentences(request, disk, loss))
        words.follows.push_back(std::move(sentence));
    if (auto sentence = loader_sentence(machine, disk, loss); !sentence.empty())
        words.follows.push_back(std::move(sentence));
    words.follows.push_back(fmt::format(
        "Replace it by a blank disk of at least {} bytes ({}) with sectors of {} bytes.",
        exact_size(disk.size), util::size_text(disk.size), disk.logical_sector));
    return words;
}

} // namespace

std::string joined(const std::vector<std::string> &parts, const std::string &separator) {
    return fmt::format("{}", fmt::join(parts, separator));
}

std::string host_words(const model::Profile &profile) {
    return profile.machine.host_name.empty() ? "a machine without a name"
                                             : profile.machine.host_name;
}

std::string date_words(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm utc{};
    gmtime_r(&time, &utc);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min);
}

std::string exact_size(std::uint64_t bytes) {
    std::string digits = fmt::format("{}", bytes);
    for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4)
        digits.insert(digits.size() - from_end, ",");
    return digits;
}

std::string firmware_words(const model::Firmware &firmware) {
    if (firmware.mode == model::Firmware::Mode::bios)
        return "BIOS";
    return firmware.secure_boot ? "UEFI, Secure Boot on" : "UEFI, Secure Boot off";
}

std::string starts_on_words(const PageRequest &request) {
    const std::string uefi =
        request.secure_boot ? "UEFI (Secure Boot may stay on)" : "UEFI (Secure Boot must be off)";
    if (request.bios && request.uefi)
        return "BIOS and " + uefi;
    return request.bios ? "BIOS" : uefi;
}

std::vector<DiskWords> disk_words(const PageRequest &request) {
    std::vector<DiskWords> words;
    for (const auto &disk : request.profile.machine.disks)
        words.push_back(words_of(request, disk));
    return words;
}

std::vector<ArrayWords> array_words(const model::Machine &machine) {
    std::vector<ArrayWords> words;
    for (const auto &array : machine.arrays)
        words.push_back({array_name(array), model::level_name(array.level), model::slot_map(array),
                         array.size, array_use(machine, array),
                         tolerance_words(model::redundancy_left(array))});
    return words;
}

std::vector<std::string> recovery_steps() {
    // The brackets tell one text over several lines from a forgotten comma.
    return {
        ("Find out which disk died. Names like sda change when a disk is missing; the serial "
         "number on its label does not. The table below says what each one is."),
        "Take out that disk and no other. Put a blank disk in its place, at least as large.",
        "Start the machine from this medium (see \"Starting from this medium\").",
        ("Leave the menu at \"Guided recovery\". It looks for the disks, shows a plan, and writes "
         "nothing before you have agreed to it."),
        "To work first and repair later, choose \"Start the installed system from this medium\"."};
}

std::string vital_disks(const std::vector<DiskWords> &disks) {
    std::vector<std::string> vital;
    for (const auto &disk : disks)
        if (disk.start == model::Start::no)
            vital.push_back(fmt::format("{} (serial {})", disk.name, disk.serial));
    return joined(vital, ", ");
}

} // namespace mdrescue::media
