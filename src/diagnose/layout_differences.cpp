// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/findings.h"
#include "diagnose/freshness.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace mdrescue::diagnose {
namespace {

using Kind = Difference::Kind;
using model::Array;
using model::ArrayMember;
using model::Content;
using model::Disk;
using model::Machine;
using util::printable;

/// What find() says that bears on an image. The rest is about a recovery: what would be lost, what
/// could take a disk's place, what md is doing right now.
std::optional<Kind> kind_of(const Finding &finding) {
    using Found = Finding::Kind;
    switch (finding.kind) {
    case Found::other_machine:
    case Found::duplicate_identity: return Kind::machine;
    case Found::disk_missing:
    case Found::disk_moved: return Kind::disk;
    case Found::unknown_machine:
    case Found::array_degraded:
    case Found::array_lost:
    case Found::array_absent:
    case Found::array_not_started:
    case Found::array_dirty:
    case Found::member_stale: return Kind::degraded;
    case Found::profile_degraded: return Kind::image_degraded;
    case Found::layout_changed: // tables are looked at more closely here
        return finding.disk.empty() ? std::optional(Kind::array) : std::nullopt;
    case Found::cloned_machine: // each disk is told by itself
    case Found::firmware_mode:  // its words are about a recovery
    case Found::hibernated:     // of the running system it is none
    case Found::disk_resumed:
    case Found::no_replacement:
    case Found::array_rebuilding:
    case Found::array_read_only:
    case Found::bad_blocks:
    case Found::filesystem_lost:
    case Found::volume_lost:
    case Found::unsupported: return std::nullopt;
    }
    return std::nullopt;
}

template <class List> auto find_uuid(const List &list, const std::string &uuid) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto &one) { return one.uuid == uuid; });
    return found == list.end() ? nullptr : &*found;
}

std::string content_words(const Content &content) {
    if (content.kind == Content::Kind::empty)
        return "nothing";
    if (content.kind == Content::Kind::md_member)
        return "a member of array " + printable(content.uuid);
    std::string words = printable(content.type);
    if (content.filesystem && !content.filesystem->label.empty())
        words += fmt::format(" \"{}\"", printable(content.filesystem->label));
    return content.uuid.empty() ? words : fmt::format("{} {}", words, printable(content.uuid));
}

/// Where a partition lies, and what it is called: all but what is on it.
model::Partition without_content(model::Partition partition) {
    partition.content = {};
    return partition;
}

bool same_head(const model::PartitionTable &one, const model::PartitionTable &other) {
    return one.label == other.label && one.id == other.id &&
           one.first_usable == other.first_usable && one.last_usable == other.last_usable &&
           one.entry_count == other.entry_count;
}

const model::Partition *numbered(const model::PartitionTable &table, unsigned number) {
    for (const model::Partition &partition : table.partitions)
        if (partition.number == number)
            return &partition;
    return nullptr;
}

/// The kernel's parameters without those that the boot loader adds, which name the kernel.
std::string parameters(const std::string &command_line) {
    std::string kept;
    for (const auto word : util::split_words(command_line))
        if (!word.starts_with("BOOT_IMAGE=") && !word.starts_with("initrd="))
            kept += (kept.empty() ? "" : " ") + std::string(word);
    return kept;
}

/// Entries of a boot from the network and the like are made by the firmware itself.
std::vector<model::BootEntry> own_entries(const model::Firmware &firmware) {
    std::vector<model::BootEntry> own;
    for (const model::BootEntry &entry : firmware.boot_entries)
        if (!entry.partition_guid.empty())
            own.push_back(entry);
    return own;
}

std::string shape_words(const Array &array) {
    return fmt::format("metadata {}, layout {}, {} bitmap, {} journal", printable(array.metadata),
                       array.layout, array.bitmap.empty() ? "no" : printable(array.bitmap),
                       array.journal ? "a" : "no");
}

/// What is on a volume that is not active was not looked at (probe/volume_groups.cpp).
bool active(const model::LogicalVolume &volume) { return volume.content.type != "inactive"; }

class Layout {
  public:
    Layout(const model::Profile &profile, const Machine &now, const Comparison &comparison)
        : profile_(profile), recorded_(profile.machine), now_(now), comparison_(comparison) {}

    void findings() {
        for (const Finding &finding :
             find(profile_, now_, comparison_, decide_assembly(recorded_, now_), {}))
            if (const auto kind = kind_of(finding); kind && !passes(finding))
                add(*kind, words(finding, profile_));
    }

    void disks() {
        for (const DiskMatch &match : comparison_.disks) {
            const Disk *recorded = model::find_disk(recorded_, match.recorded);
            const Disk *now = match.observed ? model::find_disk(now_, *match.observed) : nullptr;
            if (recorded != nullptr && now != nullptr)
                disk(*recorded, *now, match.other_hardware);
        }
        for (const std::string &id : comparison_.new_disks)
            if (const Disk *disk = model::find_disk(now_, id); disk != nullptr && !disk->removable)
                add(Kind::disk, fmt::format("{} is new: {}.", node(*disk), disk_words(*disk)));
    }

    void arrays() {
        for (const Array &recorded : recorded_.arrays)
            if (const Array *now = model::find_array(now_, recorded.uuid))
                array(recorded, *now);
    }

    void volume_groups() {
        for (const auto &recorded : recorded_.volume_groups) {
            const auto *now = find_uuid(now_.volume_groups, recorded.uuid);
            if (now == nullptr)
                add(Kind::lvm, fmt::format("Volume group {} is gone.", printable(recorded.name)));
            else
                volume_group(recorded, *now);
        }
        for (const auto &now : now_.volume_groups)
            if (find_uuid(recorded_.volume_groups, now.uuid) == nullptr)
                add(Kind::lvm, fmt::format("Volume group {} is new.", printable(now.name)));
    }

    void system() {
        if (recorded_.host_name != now_.host_name)
            add(Kind::machine,
                fmt::format("The machine is called {} now, and was {}.", printable(now_.host_name),
                            printable(recorded_.host_name)));
        if (profile_.image_kernel != now_.kernel)
            add(Kind::kernel,
                fmt::format("Kernel {} runs; the image starts {}.", printable(now_.kernel),
                            printable(profile_.image_kernel)));
        const std::string given = parameters(now_.command_line);
        if (given != parameters(recorded_.command_line))
            add(Kind::kernel,
                fmt::format("The kernel was started with other parameters: {}.", printable(given)));
        firmware();
        files();
    }

    Differences take() { return std::move(found_); }

  private:
    void add(Kind kind, std::string text) { found_.push_back({kind, std::move(text)}); }

    static std::string node(const Disk &disk, unsigned partition = 0) {
        return printable(model::device_path(disk, partition));
    }

    /// A removable medium that was taken out or moved, an array that was recorded as not running
    /// either, an old member beside an array that is whole without it.
    [[nodiscard]] bool passes(const Finding &finding) const {
        const Disk *disk = model::find_disk(recorded_, finding.disk);
        const Array *array = model::find_array(recorded_, finding.array);
        if (array == nullptr)
            return disk != nullptr && disk->removable;
        const Array *now = model::find_array(now_, finding.array);
        switch (finding.kind) {
        case Finding::Kind::array_not_started:
        case Finding::Kind::array_dirty: return array->kernel_name.empty();
        case Finding::Kind::member_stale: return now != nullptr && !model::degraded(*now);
        default: return false;
        }
    }

    void disk(const Disk &recorded, const Disk &now, bool other_hardware) {
        if (other_hardware)
            add(Kind::disk,
                fmt::format("{} was replaced by {}.", disk_words(recorded), disk_words(now)));
        if (recorded.size != now.size || recorded.logical_sector != now.logical_sector)
            add(Kind::disk, fmt::format("{} has {} bytes in sectors of {}; recorded are {} in "
                                        "sectors of {}.",
                                        node(now), now.size, now.logical_sector, recorded.size,
                                        recorded.logical_sector));
        content(node(now), recorded.content, now.content);
        if (recorded.table && now.table)
            table(now, *recorded.table, *now.table);
        else if (recorded.table || now.table)
            add(Kind::table, fmt::format("{} has {} partition table; recorded is {}.", node(now),
                                         now.table ? "a" : "no", recorded.table ? "one" : "none"));
        boot_code(recorded, now);
    }

    void content(const std::string &place, const Content &recorded, const Content &now) {
        const std::string was = content_words(recorded);
        const std::string is = content_words(now);
        if (was != is)
            add(Kind::content, fmt::format("{} holds {}; recorded is {}.", place, is, was));
        else if (recorded != now)
            add(Kind::content,
                fmt::format("{} holds {} with other parameters than recorded.", place, is));
    }

    void table(const Disk &disk, const model::PartitionTable &recorded,
               const model::PartitionTable &now) {
        if (!same_head(recorded, now))
            add(Kind::table, fmt::format("The partition table of {} is another one: {} {}.",
                                         node(disk), printable(now.label), printable(now.id)));
        for (const model::Partition &partition : recorded.partitions) {
            const model::Partition *present = numbered(now, partition.number);
            const std::string place = node(disk, partition.number);
            if (present == nullptr) {
                add(Kind::table, place + " is gone.");
                continue;
            }
            if (without_content(partition) != without_content(*present))
                add(Kind::table, place + " is not the recorded partition: its place, type or name "
                                         "has changed.");
            content(place, partition.content, present->content);
        }
        for (const model::Partition &partition : now.partitions)
            if (numbered(recorded, partition.number) == nullptr)
                add(Kind::table, node(disk, partition.number) + " is new.");
    }

    void boot_code(const Disk &recorded, const Disk &now) {
        if (recorded.boot_areas != now.boot_areas)
            add(Kind::boot_loader, fmt::format("The boot code on {} has changed.", node(now)));
        else if (recorded.boot_loaders != now.boot_loaders)
            add(Kind::boot_loader, fmt::format("The boot loaders on {} have changed.", node(now)));
    }

    void array(const Array &recorded, const Array &now) {
        const std::string name = array_words(recorded);
        if (shape_words(recorded) != shape_words(now))
            add(Kind::array, fmt::format("{} has {}; recorded are {}.", name, shape_words(now),
                                         shape_words(recorded)));
        members(recorded, now);
        if (recorded.kernel_name.empty() || now.kernel_name.empty())
            return; // nothing can be said of what is on one that does not run
        content(name, recorded.content, now.content);
        if (recorded.table != now.table)
            add(Kind::table, fmt::format("The partition table on {} has changed.", name));
    }

    /// A member by what it is and where, under the recorded name of its disk.
    [[nodiscard]] std::string member_words(const ArrayMember &member,
                                           const Machine &machine) const {
        const auto match = std::find_if(
            comparison_.disks.begin(), comparison_.disks.end(), [&](const DiskMatch &candidate) {
                return &machine == &now_ && candidate.observed == member.device.disk;
            });
        const std::string disk =
            match == comparison_.disks.end() ? member.device.disk : match->recorded;
        std::string words = printable(disk);
        if (member.device.partition != 0)
            words += fmt::format(" partition {}", member.device.partition);
        return member.device_uuid.empty()
                   ? words
                   : fmt::format("{} ({})", words, printable(member.device_uuid));
    }

    using Members = std::map<int, std::set<std::string>>; // by slot
    [[nodiscard]] Members members_of(const Array &array, const Machine &machine) const {
        Members members;
        for (const ArrayMember &member : array.members)
            members[member.slot].insert(member_words(member, machine));
        return members;
    }

    /// A slot that nothing claims any more is told by the array's being degraded, and so is one
    /// that a stale member claims beside the recorded one.
    void members(const Array &recorded, const Array &now) {
        constexpr int faulty = -2;
        Members was = members_of(recorded, recorded_);
        Members is = members_of(now, now_);
        was.erase(faulty);
        is.erase(faulty);
        for (const auto &[slot, members] : is) {
            const auto &known = was[slot];
            const bool as_recorded = !known.empty() && std::includes(members.begin(), members.end(),
                                                                     known.begin(), known.end());
            if (slot >= 0 && !as_recorded)
                add(Kind::array, fmt::format("Slot {} of {} is {}; recorded is {}.", slot,
                                             array_words(recorded), names(members), names(known)));
        }
        for (const int role : {-1, -3})
            if (was[role] != is[role])
                add(Kind::array,
                    fmt::format("{} of {}: {}; recorded: {}.", role == -1 ? "Spares" : "Journals",
                                array_words(recorded), names(is[role]), names(was[role])));
    }

    static std::string names(const std::set<std::string> &members) {
        return members.empty() ? "none" : fmt::format("{}", fmt::join(members, " and "));
    }

    void volume_group(const model::VolumeGroup &recorded, const model::VolumeGroup &now) {
        const std::string name = printable(now.name);
        if (recorded.name != now.name || recorded.physical_volumes != now.physical_volumes)
            add(Kind::lvm,
                fmt::format("Volume group {} has another name or other physical volumes.", name));
        for (const auto &volume : recorded.volumes) {
            const auto *present = find_uuid(now.volumes, volume.uuid);
            const std::string place = fmt::format("{}/{}", name, printable(volume.name));
            if (present == nullptr) {
                add(Kind::lvm, place + " is gone.");
                continue;
            }
            if (volume.name != present->name)
                add(Kind::lvm,
                    fmt::format("{} is called {} now.", place, printable(present->name)));
            if (volume.size != present->size)
                add(Kind::lvm, fmt::format("{} has {} bytes; recorded are {}.", place,
                                           present->size, volume.size));
            if (active(volume) && active(*present))
                content(place, volume.content, present->content);
        }
        for (const auto &volume : now.volumes)
            if (find_uuid(recorded.volumes, volume.uuid) == nullptr)
                add(Kind::lvm, fmt::format("{}/{} is new.", name, printable(volume.name)));
    }

    void firmware() {
        const bool uefi = now_.firmware.mode == model::Firmware::Mode::uefi;
        if (recorded_.firmware.mode != now_.firmware.mode)
            add(Kind::boot_loader, fmt::format("The machine starts by {} now, and did by {}.",
                                               uefi ? "UEFI" : "BIOS", uefi ? "BIOS" : "UEFI"));
        else if (own_entries(recorded_.firmware) != own_entries(now_.firmware))
            add(Kind::boot_loader, "The boot entries of the firmware have changed.");
    }

    void files() {
        for (const auto &file : recorded_.files) {
            const auto *now = model::find_file(now_, file.path);
            if (now == nullptr)
                add(Kind::configuration, printable(file.path) + " is gone.");
            else if (now->text != file.text)
                add(Kind::configuration, printable(file.path) + " has changed.");
        }
        for (const auto &file : now_.files)
            if (model::find_file(recorded_, file.path) == nullptr)
                add(Kind::configuration, printable(file.path) + " is new.");
    }

    const model::Profile &profile_;
    const Machine &recorded_;
    const Machine &now_;
    const Comparison &comparison_;
    Differences found_;
};

} // namespace

Differences layout_differences(const model::Profile &recorded, const Machine &observed,
                               const Comparison &comparison) {
    Layout layout(recorded, observed, comparison);
    layout.findings();
    if (comparison.match == MachineMatch::same) {
        layout.disks();
        layout.arrays();
        layout.volume_groups();
        layout.system();
    }
    return layout.take();
}

} // namespace mdrescue::diagnose
