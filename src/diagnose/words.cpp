// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/findings.h"
#include "model/loss.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::diagnose {
namespace {

using Kind = Finding::Kind;
using model::Disk;
using model::Machine;
using util::printable;

std::string named_disk(const Finding &finding, const Machine &machine) {
    const Disk *disk = model::find_disk(machine, finding.disk);
    return disk == nullptr ? "a disk" : disk_words(*disk);
}

std::string named_array(const std::string &uuid, const Machine &machine) {
    for (const model::Array &array : machine.arrays)
        if (array.uuid == uuid)
            return array_words(array);
    return "an array";
}

bool has_table(const Machine &machine, const std::string &id) {
    const Disk *disk = model::find_disk(machine, id);
    return disk != nullptr && disk->table.has_value();
}

/// "/boot and the swap space"
std::string gone_words(const std::vector<model::MountPoint> &gone) {
    std::vector<std::string> names;
    names.reserve(gone.size());
    for (const model::MountPoint &mount : gone)
        names.push_back(mount.type == "swap" ? "swap" : printable(mount.target));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string start_words(model::Start start) {
    switch (start) {
    case model::Start::yes: return " The machine still starts without it.";
    case model::Start::stops: return " Without it the machine starts, and stops at a prompt.";
    case model::Start::no: return " Without it the machine does not start.";
    case model::Start::unknown: return "";
    }
    return "";
}

std::string missing_disk(const Finding &finding, const Machine &machine) {
    const Disk *disk = model::find_disk(machine, finding.disk);
    if (disk == nullptr)
        return "A recorded disk is missing.";
    const model::DiskLoss loss = model::loss_of(machine, *disk);
    std::vector<std::string> held;
    for (const model::ArrayLoss &array : loss.arrays)
        held.push_back("a member of " + named_array(array.uuid, machine));
    if (!loss.gone.empty())
        held.push_back(gone_words(loss.gone));
    if (loss.boot_loader_here)
        held.emplace_back(loss.last_boot_loader ? "the only boot loader" : "a boot loader");
    return fmt::format("{} is missing. It held {}.{}", disk_words(*disk),
                       held.empty() ? std::string("nothing that is recorded")
                                    : fmt::format("{}", fmt::join(held, ", ")),
                       start_words(loss.start));
}

std::string degraded(const Finding &finding, const std::string &array) {
    const std::string left = finding.number == 0 ? "no further member may fail"
                             : finding.number == 1
                                 ? "one more member may fail"
                                 : fmt::format("{} more members may fail", finding.number);
    return fmt::format("{} runs degraded {}; {}.", array, printable(finding.text), left);
}

} // namespace

std::string volume_words(const model::Content &content) {
    switch (content.kind) {
    case model::Content::Kind::luks: return "an encrypted volume (LUKS)";
    case model::Content::Kind::lvm_pv: return "a physical volume of LVM";
    default: return "";
    }
}

std::string hibernated_words() {
    return "The installed system is hibernated: when it resumes, it would destroy what is changed "
           "now. Start it once with the kernel parameter noresume; or make its swap anew in a "
           "shell, mdadm --readwrite ARRAY if it is on one and mkswap -U UUID DEVICE. What it had "
           "open is lost then.";
}

std::string words(const Finding &finding, const model::Profile &profile) {
    const Machine &machine = profile.machine;
    const std::string text = printable(finding.text);
    const std::string disk = named_disk(finding, machine);
    const std::string array = named_array(finding.array, machine);
    const std::string host = printable(machine.host_name);
    switch (finding.kind) {
    case Kind::other_machine:
        return fmt::format("This record is of {}, and none of its arrays is here. It is not used "
                           "on another machine.",
                           host);
    case Kind::unknown_machine:
        return fmt::format("No array was found, so nothing shows that this machine is {}. Are its "
                           "disks connected?",
                           host);
    case Kind::cloned_machine:
        return fmt::format(
            "What is on the disks is {}'s, but each of them is another disk than recorded: this "
            "may be a copy of that machine. An image that was made on this one would be better.",
            host);
    case Kind::disk_missing: return missing_disk(finding, machine);
    case Kind::disk_moved: return fmt::format("{} is now at {}.", disk, text);
    case Kind::disk_resumed:
        return fmt::format("The replacement of {} was begun before; the recovery goes on there.",
                           disk);
    case Kind::duplicate_identity:
        return fmt::format(
            "Several disks carry the identity of {}: {}. Take all but one of them out.", disk,
            text);
    case Kind::no_replacement:
        return fmt::format(
            "No disk can take the place of {}{}. Put in a blank disk of at least the same size; "
            "until then you can start the installed system without it.",
            disk, text.empty() ? "" : ": " + text);
    case Kind::hibernated: return hibernated_words();
    case Kind::array_degraded: return degraded(finding, array);
    case Kind::array_lost:
        return fmt::format("{} has lost more members than it can do without. Connect the missing "
                           "disks again if any of them still "
                           "works; otherwise its data is gone and comes from a backup.{}",
                           array,
                           text.empty()
                               ? " Nothing is done to it; the rest is recovered without it."
                               : " " + text + ".");
    case Kind::array_absent:
        return fmt::format("No member of {} was found. Are all disks connected?", array);
    case Kind::array_not_started: return fmt::format("{} was not started: {}.", array, text);
    case Kind::array_dirty:
        return fmt::format("{} is degraded and was not shut down cleanly. Where data was being "
                           "written at that moment, "
                           "what the missing member held may come back wrong (the write hole of "
                           "RAID-5 and 6); the rest is "
                           "not concerned.",
                           array);
    case Kind::array_rebuilding: return fmt::format("{} is being rebuilt.", array);
    case Kind::array_read_only: return fmt::format("{} runs read-only.", array);
    case Kind::member_stale:
        return fmt::format("The member of {} on {} {}. It can be taken back and rebuilt.", array,
                           disk, text);
    case Kind::bad_blocks:
        return fmt::format("The member of {} on {} has sectors that md knows to be bad: files that "
                           "lie there may be damaged.",
                           array, disk);
    case Kind::filesystem_lost:
        return fmt::format("{} lay on {} alone: its data is gone and comes from a backup.", text,
                           disk);
    case Kind::volume_lost:
        return fmt::format("{} held {} outside any array: what was in it is gone, but for your "
                           "backups. {}",
                           disk, text,
                           has_table(machine, finding.disk) ? "Only its partition is made again."
                                                            : "It is not made again.");
    case Kind::unsupported: return fmt::format("{}. mdrescue does not handle that.", text);
    case Kind::firmware_mode:
        return machine.firmware.mode == model::Firmware::Mode::bios
                   ? fmt::format("This system was started by UEFI firmware, and {} starts by BIOS. "
                                 "Its own boot loader is put back all the same.",
                                 host)
                   : fmt::format("This system was started by BIOS firmware, and {} starts by UEFI. "
                                 "Its own boot loader is put back all the same, but boot entries "
                                 "can only be made where the firmware is UEFI.",
                                 host);
    case Kind::profile_degraded: return "The record was made while an array was degraded.";
    case Kind::layout_changed:
        return fmt::format("The machine has changed since it was recorded: {}{}.",
                           !finding.array.empty()  ? array + ": "
                           : !finding.disk.empty() ? disk + ": "
                                                   : "",
                           text);
    }
    return "";
}

} // namespace mdrescue::diagnose
