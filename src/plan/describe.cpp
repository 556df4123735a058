// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"

#include "diagnose/findings.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::plan {
namespace {

using model::Disk;
using util::printable;

class Speaker {
  public:
    Speaker(const Plan &plan, const Machines &machines) : plan_(plan), machines_(machines) {}

    /// "QEMU HARDDISK, serial NEW00001, slot pci-…, 897 MB (sda)"
    [[nodiscard]] std::string target(const std::string &recorded) const {
        const auto observed = plan_.disks.find(recorded);
        const Disk *disk = observed == plan_.disks.end()
                               ? nullptr
                               : model::find_disk(machines_.observed, observed->second);
        if (disk == nullptr)
            return "a disk that is not here";
        std::vector<std::string> parts;
        if (!disk->model.empty())
            parts.push_back(printable(disk->model));
        parts.push_back(disk->serial.empty() ? "no serial" : "serial " + printable(disk->serial));
        if (!disk->position.empty())
            parts.push_back("slot " + printable(disk->position));
        parts.push_back(util::size_text(disk->size));
        return fmt::format("{} ({})", fmt::join(parts, ", "), printable(disk->kernel_name));
    }

    [[nodiscard]] std::string partition(const model::DeviceRef &device) const {
        return device.partition == 0
                   ? printable(device.disk)
                   : fmt::format("partition {} of {}", device.partition, printable(device.disk));
    }

    [[nodiscard]] std::string array(const std::string &uuid) const {
        for (const model::Array &array : machines_.profile.machine.arrays)
            if (array.uuid == uuid)
                return diagnose::array_words(array);
        return "an array";
    }

    [[nodiscard]] std::string arrays(const std::vector<std::string> &uuids) const {
        std::vector<std::string> names;
        names.reserve(uuids.size());
        for (const std::string &uuid : uuids)
            names.push_back(array(uuid));
        return fmt::format("{}", fmt::join(names, ", "));
    }

  private:
    const Plan &plan_;
    const Machines &machines_;
};

std::string label_words(const model::Filesystem &filesystem) {
    return filesystem.label.empty() ? "" : fmt::format(", label {}", printable(filesystem.label));
}

std::string kind_words(const model::Filesystem &filesystem) {
    return filesystem.type == "swap" ? "swap space" : printable(filesystem.type) + " filesystem";
}

std::string joins(AddMember::Role role, const std::string &member, const std::string &array) {
    switch (role) {
    case AddMember::Role::slot: return fmt::format("Add {} to {}; md rebuilds it.", member, array);
    case AddMember::Role::spare: return fmt::format("Add {} to {} as a spare.", member, array);
    case AddMember::Role::journal:
        return fmt::format("Give {} to {} as its write journal.", member, array);
    case AddMember::Role::returning: break;
    }
    return fmt::format("Take {} back into {}; md brings it up to date.", member, array);
}

std::string table_words(const model::PartitionTable &table) {
    return fmt::format("{} partition{}, {}", table.partitions.size(),
                       table.partitions.size() == 1 ? "" : "s",
                       table.label == "gpt" ? "GPT" : "MBR");
}

/// Its files are not on the image. An EFI system partition without any was empty before.
bool stays_empty(const MakeFilesystem &made, const Plan &plan, const Machines &machines) {
    const Disk *disk = model::find_disk(machines.profile.machine, made.device.disk);
    const bool restored = std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step &step) {
        const auto *files = std::get_if<RestoreFiles>(&step);
        return files != nullptr && files->device == made.device;
    });
    return !restored && made.filesystem.type != "swap" && disk != nullptr &&
           model::find_esp(*disk, made.device.partition) == nullptr;
}

/// By where it is mounted, as people know it.
std::string filesystem_name(const MakeFilesystem &made, const Plan &plan,
                            const Machines &machines) {
    const auto targets = model::mount_targets(machines.profile.machine, made.filesystem.uuid);
    return targets.empty() ? Speaker(plan, machines).partition(made.device)
                           : printable(targets.front());
}

} // namespace

std::string describe(const Step &step, const Plan &plan, const Machines &machines) {
    const Speaker say(plan, machines);
    return std::visit(
        Visitor{
            [&](const MarkDisk &one) {
                return fmt::format(
                    "Mark {} as the replacement of {}, so that this can go on after a power cut.",
                    say.target(one.disk), printable(one.disk));
            },
            [&](const WriteTable &one) {
                return fmt::format("Write the recorded partition table of {} ({}) to {}.",
                                   printable(one.disk), table_words(one.table),
                                   say.target(one.disk));
            },
            [&](const WipeSignatures &one) {
                return fmt::format("Clear old signatures inside the new partitions of {}.",
                                   printable(one.disk));
            },
            [&](const MakeWritable &one) {
                return fmt::format("Let {} be written to: it was started read-only.",
                                   say.array(one.array));
            },
            [&](const AddMember &one) {
                return joins(one.role, say.partition(one.device), say.array(one.array));
            },
            [&](const MakeFilesystem &one) {
                return fmt::format("Make the {} on {} again (UUID {}{}).",
                                   kind_words(one.filesystem), say.partition(one.device),
                                   printable(one.filesystem.uuid), label_words(one.filesystem));
            },
            [&](const RestoreFiles &one) {
                return fmt::format("Copy {} back from the disc to {}, every digest checked.",
                                   one.target.empty() ? "its files" : printable(one.target),
                                   say.partition(one.device));
            },
            [&](const InstallBootLoader &one) {
                return fmt::format("Install the boot loader on {}, and read it back.",
                                   printable(one.disk));
            },
            [&](const MakeBootEntry &one) {
                return fmt::format("Have the firmware start {} on {} (boot entry \"{}\"), where "
                                   "it has forgotten that.",
                                   firmware_path(one.entry.file), say.partition(one.device),
                                   printable(one.entry.label));
            },
            [&](const UnmarkDisk &one) {
                return fmt::format(
                    "Remove the mark from {}: everything written to it here is proven.",
                    printable(one.disk));
            },
            [&](const WaitForRebuild &one) {
                return fmt::format("Wait until md has rebuilt {}.", say.arrays(one.arrays));
            },
            [&](const RestoreConfiguration &) {
                return std::string("Put back the lines of fstab and crypttab that were taken out, "
                                   "where there are any.") +
                       (loses_data(plan)
                            ? " Take out those of what is lost: " + lost_words(plan, machines) + "."
                            : "");
            },
            [&](const RememberBootDisk &one) {
                return fmt::format(
                    "Tell the installed system that its boot loader is on the new {}.",
                    printable(one.disk));
            },
            [&](const SaveLog &) {
                return std::string("Save the log of this recovery in /var/log/mdrescue.");
            },
        },
        step);
}

std::string lost_words(const Plan &plan, const Machines &machines) {
    const Speaker say(plan, machines);
    std::vector<std::string> names;
    for (const std::string &uuid : plan.lost)
        names.push_back(say.array(uuid));
    for (const model::DeviceRef &part : plan.lost_parts)
        names.push_back((part.partition == 0 ? "all of " : "") + say.partition(part));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string lost_data_words(const Plan &plan, const Machines &machines) {
    std::string words = lost_words(plan, machines);
    for (const Step &step : plan.steps)
        if (const auto *made = std::get_if<MakeFilesystem>(&step);
            made != nullptr && stays_empty(*made, plan, machines))
            words += (words.empty() ? "" : ", ") + filesystem_name(*made, plan, machines);
    return words;
}

std::string firmware_path(const std::string &file) {
    std::vector<std::string> names;
    for (const std::string_view name : util::split(file, '\\'))
        names.push_back(printable(name));
    return fmt::format("{}", fmt::join(names, "\\"));
}

std::string name_of(const RestoreFiles &step) {
    return step.target.empty() ? "the EFI system partition of " + printable(step.device.disk)
                               : printable(step.target);
}

std::string title(const Step &step, const Plan &plan, const Machines &machines) {
    const Speaker say(plan, machines);
    return std::visit(
        Visitor{
            [&](const MarkDisk &one) { return "mark " + printable(one.disk); },
            [&](const WriteTable &one) { return "partition table of " + printable(one.disk); },
            [&](const WipeSignatures &one) {
                return "clear old signatures on " + printable(one.disk);
            },
            [&](const MakeWritable &one) { return "make " + say.array(one.array) + " writable"; },
            [&](const AddMember &one) {
                return fmt::format("{}: add {}", say.array(one.array), say.partition(one.device));
            },
            [&](const MakeFilesystem &one) {
                return fmt::format("{} on {}", kind_words(one.filesystem),
                                   say.partition(one.device));
            },
            [&](const RestoreFiles &one) { return "files of " + name_of(one); },
            [&](const InstallBootLoader &one) { return "boot loader on " + printable(one.disk); },
            [&](const MakeBootEntry &one) {
                return fmt::format("boot entry \"{}\"", printable(one.entry.label));
            },
            [&](const UnmarkDisk &one) { return "remove the mark from " + printable(one.disk); },
            [&](const WaitForRebuild &one) { return "rebuild of " + say.arrays(one.arrays); },
            [&](const RestoreConfiguration &) { return std::string("fstab and crypttab"); },
            [&](const RememberBootDisk &one) {
                return "boot disk in the installed system: " + printable(one.disk);
            },
            [&](const SaveLog &) { return std::string("save the log"); },
        },
        step);
}

} // namespace mdrescue::plan
