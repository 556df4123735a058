// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/plan.h"

#include "diagnose/marker.h"
#include "model/loss.h"
#include "plan/given_up.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::plan {
namespace {

using diagnose::Fitness;
using model::Array;
using model::BootLoader;
using model::Content;
using model::Disk;
using model::Machine;
using model::Profile;
using util::fail;
using util::Result;

std::string refusals(const std::vector<diagnose::Finding> &findings, const Profile &profile) {
    std::string text;
    for (const diagnose::Finding &finding : findings)
        if (finding.severity == diagnose::Severity::refusal)
            text += (text.empty() ? "" : " ") + diagnose::words(finding, profile);
    return text;
}

/// The disk for a vacancy: what was answered, or the only one there is.
Result<Replacement> replacement_for(const Profile &profile, const Machine &observed,
                                    const diagnose::Vacancy &vacancy, const Answers &answers) {
    const auto fit = diagnose::choices(vacancy);
    const Disk *recorded = model::find_disk(profile.machine, vacancy.recorded);
    const std::string name =
        recorded == nullptr ? vacancy.recorded : diagnose::disk_words(*recorded);
    const auto answer = answers.replacements.find(vacancy.recorded);
    if (answer == answers.replacements.end()) {
        if (fit.size() == 1)
            return Replacement{vacancy.recorded, fit[0].observed, fit[0].fitness};
        std::string names;
        for (const diagnose::Candidate &candidate : fit)
            if (const Disk *disk = model::find_disk(observed, candidate.observed))
                names += (names.empty() ? "" : ", ") + util::printable(disk->kernel_name);
        return fail(fit.empty()
                        ? fmt::format("no disk can take the place of {}", name)
                        : fmt::format("several disks can take the place of {}: {}", name, names),
                    fit.empty() ? "" : "Choose one.");
    }
    for (const diagnose::Candidate &candidate : vacancy.candidates) {
        if (candidate.observed != answer->second)
            continue;
        if (candidate.fitness == Fitness::unfit)
            return fail(fmt::format("the disk chosen for {} {}", name, candidate.reason));
        return Replacement{vacancy.recorded, candidate.observed, candidate.fitness};
    }
    return fail(fmt::format("the disk chosen for {} is not here", name));
}

/// The table on the replacement: a GPT takes a disk of another size up to its real end.
model::PartitionTable table_for(const Disk &recorded, std::uint64_t size) {
    model::PartitionTable table = *recorded.table;
    if (table.label == "gpt" && size != recorded.size) {
        const std::uint64_t sector = recorded.logical_sector;
        const std::uint64_t entries =
            (std::uint64_t{table.entry_count} * 128 + sector - 1) / sector;
        table.last_usable = size / sector - entries - 2; // a header and the entries end the disk
    }
    return table;
}

bool read_only(const Array &array) {
    return array.running_state == "readonly" || array.running_state == "read-auto";
}

/// The first place, /boot before others.
std::string mounted_at(const Machine &machine, const std::string &uuid) {
    std::string target;
    for (const std::string &other : model::mount_targets(machine, uuid))
        if (other.starts_with('/') && (target.empty() || other == "/boot"))
            target = other;
    return target;
}

class Planner {
  public:
    Planner(const Profile &profile, const Machine &observed)
        : profile_(profile), observed_(observed) {}

    Result<void> replace(Replacement replacement) {
        for (const Replacement &other : plan_.replacements)
            if (other.observed == replacement.observed)
                return fail("one disk cannot take the place of two");
        plan_.disks[replacement.recorded] = replacement.observed;
        plan_.replacements.push_back(std::move(replacement));
        return {};
    }

    void know_survivors(const diagnose::Comparison &comparison) {
        for (const diagnose::DiskMatch &match : comparison.disks)
            if (match.observed && !plan_.disks.contains(match.recorded))
                plan_.disks[match.recorded] = *match.observed;
    }

    void give_up(const std::vector<diagnose::Finding> &findings) {
        for (const diagnose::Finding &finding : findings)
            if (finding.kind == diagnose::Finding::Kind::array_lost)
                plan_.lost.push_back(finding.array);
    }

    /// Marker, table, signatures: before anything is put on the new disks.
    Result<void> prepare_disks() {
        for (const Replacement &replacement : plan_.replacements) {
            const Disk &recorded = disk(replacement.recorded);
            const Disk *target = model::find_disk(observed_, replacement.observed);
            if (target == nullptr)
                return fail("the replacement is not here");
            if (const auto offset = diagnose::marker_offset(recorded, target->size))
                add(MarkDisk{recorded.id, *offset, diagnose::marker_bytes(profile_, recorded.id)});
            if (!recorded.table)
                continue;
            add(WriteTable{recorded.id, table_for(recorded, target->size),
                           recorded.logical_sector});
            WipeSignatures wipe{recorded.id, {}};
            for (const model::Partition &partition : recorded.table->partitions)
                if (!is_extended(*recorded.table, partition))
                    wipe.partitions.push_back(partition.number);
            add(wipe);
        }
        return {};
    }

    Result<void> add_members(const std::vector<diagnose::Assembly> &assemblies) {
        std::vector<Step> members;
        for (const Array &array : profile_.machine.arrays)
            if (!lost(array.uuid))
                MDR_TRY(members_of(array, members));
        take_back(assemblies, members);
        for (const Step &step : members)
            touched_.push_back(std::get<AddMember>(step).array);
        const auto journals = std::stable_partition(members.begin(), members.end(), is_journal);
        plan_.steps.insert(plan_.steps.end(), members.begin(), journals);
        make_writable();
        plan_.steps.insert(plan_.steps.end(), journals, members.end());
        return {};
    }

    Result<void> native_filesystems() {
        for (const Replacement &replacement : plan_.replacements) {
            const Disk &recorded = disk(replacement.recorded);
            MDR_TRY(give_up(recorded));
            if (!recorded.table)
                continue;
            for (const model::Partition &partition : recorded.table->partitions)
                if (const model::DeviceRef device{recorded.id, partition.number};
                    partition.content.kind == Content::Kind::filesystem && !is_given_up(device))
                    native_filesystem(
                        device, *partition.content.filesystem,
                        mounted_at(profile_.machine, partition.content.filesystem->uuid));
        }
        remember_given_up();
        return {};
    }

    void boot_loaders() {
        for (const Replacement &replacement : plan_.replacements)
            for (const BootLoader &loader : disk(replacement.recorded).boot_loaders)
                // On an EFI system partition the boot loader is its files.
                if (loader.kind != BootLoader::Kind::esp)
                    add(InstallBootLoader{replacement.recorded, loader.kind});
    }

    /// Last of what starts the machine: an entry must never lead to files that are not there. Of
    /// survivors, too: firmware that was reset has forgotten theirs.
    void boot_entries() {
        for (const Disk &recorded : profile_.machine.disks) {
            if (!recorded.table || !plan_.disks.contains(recorded.id))
                continue;
            for (const model::Partition &partition : recorded.table->partitions) {
                const BootLoader *esp = model::find_esp(recorded, partition.number);
                const bool stays_empty = esp != nullptr && esp->files.empty() &&
                                         model::is_native_esp(*recorded.table, partition);
                if (esp == nullptr || stays_empty || partition.uuid.empty())
                    continue;
                for (const model::BootEntry &entry : profile_.machine.firmware.boot_entries)
                    if (entry.active && entry.partition_guid == partition.uuid)
                        add(MakeBootEntry{{recorded.id, partition.number},
                                          distinct(entry, recorded.id)});
            }
        }
    }

    void release_disks() {
        std::vector<Step> unmarks;
        for (const Step &step : plan_.steps)
            if (const auto *mark = std::get_if<MarkDisk>(&step))
                unmarks.emplace_back(UnmarkDisk{mark->disk, mark->offset});
        plan_.steps.insert(plan_.steps.end(), unmarks.begin(), unmarks.end());
    }

    /// Whatever is written on the root filesystem comes last, when its array is whole (safety rule
    /// 7).
    void finish() {
        WaitForRebuild wait;
        for (const Array &recorded : profile_.machine.arrays) {
            const Array *now = model::find_array(observed_, recorded.uuid);
            if (now != nullptr && !lost(recorded.uuid) && to_be_rebuilt(*now))
                wait.arrays.push_back(recorded.uuid);
        }
        if (!wait.arrays.empty())
            add(wait);
        add(RestoreConfiguration{});
        for (const Disk &recorded : profile_.machine.disks)
            if (starts_by_bios(recorded) && is_other_hardware(recorded))
                add(RememberBootDisk{recorded.id});
        add(SaveLog{});
    }

    Plan take() { return std::move(plan_); }

  private:
    void add(Step step) { plan_.steps.push_back(std::move(step)); }

    [[nodiscard]] const Disk &disk(const std::string &recorded) const {
        return *model::find_disk(profile_.machine, recorded);
    }

    [[nodiscard]] bool replaced(const std::string &recorded) const {
        return replacement_of(plan_, recorded) != nullptr;
    }

    static bool starts_by_bios(const Disk &recorded) {
        return std::any_of(
            recorded.boot_loaders.begin(), recorded.boot_loaders.end(),
            [](const BootLoader &loader) { return loader.kind != BootLoader::Kind::esp; });
    }

    /// Two disks with the same loader often have the same label: people must be able to tell the
    /// entries apart, and grub-install(8) removes all others of its own label.
    [[nodiscard]] model::BootEntry distinct(model::BootEntry entry, const std::string &disk) const {
        for (const model::BootEntry &other : profile_.machine.firmware.boot_entries)
            if (other.label == entry.label && other.partition_guid != entry.partition_guid &&
                other.number < entry.number) {
                entry.label += " (" + disk + ")";
                break;
            }
        return entry;
    }

    /// Replaced now, or before the recovery that this one goes on with was cut short.
    [[nodiscard]] bool is_other_hardware(const Disk &recorded) const {
        const auto there = plan_.disks.find(recorded.id);
        const Disk *now =
            there == plan_.disks.end() ? nullptr : model::find_disk(observed_, there->second);
        return now != nullptr && (replaced(recorded.id) || now->serial != recorded.serial ||
                                  now->wwn != recorded.wwn || now->position != recorded.position);
    }

    [[nodiscard]] bool lost(const std::string &array) const { return is_lost(plan_, array); }

    [[nodiscard]] bool to_be_rebuilt(const Array &array) const {
        return touched(array.uuid) || model::degraded(array);
    }

    /// Arrays that are rebuilt, and the root's, which is written to at the end.
    void make_writable() {
        for (const Array &array : observed_.arrays)
            if (read_only(array) && !lost(array.uuid) &&
                model::find_array(profile_.machine, array.uuid) != nullptr &&
                (to_be_rebuilt(array) || holds_root(array.uuid)))
                add(MakeWritable{array.uuid});
    }

    [[nodiscard]] bool touched(const std::string &array) const {
        return std::find(touched_.begin(), touched_.end(), array) != touched_.end();
    }

    [[nodiscard]] bool holds_root(const std::string &array) const {
        for (const model::MountPoint &mount : profile_.machine.mounts)
            if (mount.target == "/") {
                const model::Place place = model::locate(profile_.machine, mount);
                return std::find(place.arrays.begin(), place.arrays.end(), array) !=
                       place.arrays.end();
            }
        return false;
    }

    /// MBR types of the frame around logical partitions (Linux: block/partitions/msdos.c).
    static bool is_extended(const model::PartitionTable &table, const model::Partition &partition) {
        return table.label == "dos" &&
               (partition.type == "5" || partition.type == "f" || partition.type == "85");
    }

    static bool is_journal(const Step &member) {
        return std::get<AddMember>(member).role == AddMember::Role::journal;
    }

    static AddMember::Role role_of(const model::ArrayMember &member) {
        return member.slot >= 0                     ? AddMember::Role::slot
               : member.slot == model::journal_slot ? AddMember::Role::journal
                                                    : AddMember::Role::spare;
    }

    /// Slots first, then spares, so that md takes the new members for the slots.
    Result<void> members_of(const Array &array, std::vector<Step> &members) {
        for (const bool in_slots : {true, false})
            for (const model::ArrayMember &member : array.members) {
                if (!replaced(member.device.disk) || (member.slot >= 0) != in_slots)
                    continue;
                if (member.slot == model::faulty_slot)
                    return fail(fmt::format("the member of {} on {} was marked faulty when it was "
                                            "recorded: what its place is now is not known",
                                            diagnose::array_words(array),
                                            util::printable(member.device.disk)));
                members.emplace_back(AddMember{array.uuid, member.device, role_of(member)});
            }
        return {};
    }

    /// Members that are here and out of date, on disks that were not replaced (FAULTS 16).
    void take_back(const std::vector<diagnose::Assembly> &assemblies, std::vector<Step> &members) {
        for (const diagnose::Assembly &assembly : assemblies)
            for (const diagnose::LeftOut &left_out :
                 lost(assembly.uuid) ? std::vector<diagnose::LeftOut>{} : assembly.left_out)
                for (const auto &[recorded, observed] : plan_.disks)
                    if (observed == left_out.device.disk && !replaced(recorded))
                        members.emplace_back(AddMember{assembly.uuid,
                                                       {recorded, left_out.device.partition},
                                                       AddMember::Role::returning});
    }

    /// What is on the new disk in its place is left to its owner.
    Result<void> give_up(const Disk &recorded) {
        for (const GivenUp &one : given_up(profile_.machine, recorded)) {
            if (!one.needed.empty())
                return fail(fmt::format("{} lay on {}, in {} outside any array, which cannot be "
                                        "made again in this version: the system does not start "
                                        "without it",
                                        one.needed, util::printable(recorded.id), one.what));
            plan_.lost_parts.push_back(one.device);
        }
        return {};
    }

    /// After a restart a new disk is taken for the recorded one: what a recovery before this has
    /// given up is an empty place on it.
    void remember_given_up() {
        for (const Disk &recorded : profile_.machine.disks)
            if (recorded.table && !replaced(recorded.id))
                for (const GivenUp &one : given_up(profile_.machine, recorded))
                    if (is_empty_now(one.device))
                        plan_.lost_parts.push_back(one.device);
    }

    [[nodiscard]] bool is_given_up(const model::DeviceRef &device) const {
        const auto &parts = plan_.lost_parts;
        return std::find(parts.begin(), parts.end(), device) != parts.end();
    }

    [[nodiscard]] bool is_empty_now(const model::DeviceRef &recorded) const {
        const auto there = plan_.disks.find(recorded.disk);
        const Content *now =
            there == plan_.disks.end()
                ? nullptr
                : model::find_content(observed_, {there->second, recorded.partition});
        return now != nullptr && now->kind == Content::Kind::empty;
    }

    void native_filesystem(const model::DeviceRef &device, const model::Filesystem &filesystem,
                           const std::string &target) {
        add(MakeFilesystem{device, filesystem});
        const BootLoader *esp = model::find_esp(disk(device.disk), device.partition);
        if (target == "/boot")
            add(RestoreFiles{device, filesystem.type, filesystem.uuid, "boot", target});
        else if (esp != nullptr && !esp->files.empty())
            add(RestoreFiles{device, filesystem.type, filesystem.uuid,
                             model::esp_snapshot_path(device), target});
    }

    const Profile &profile_;
    const Machine &observed_;
    Plan plan_;
    std::vector<std::string> touched_; ///< arrays that get members
};

} // namespace

Result<Plan> make_plan(const Profile &profile, const Machine &observed,
                       const diagnose::Comparison &comparison,
                       const std::vector<diagnose::Assembly> &assemblies,
                       const std::vector<diagnose::Vacancy> &vacancies, const Answers &answers) {
    const auto findings = diagnose::find(profile, observed, comparison, assemblies, vacancies);
    if (diagnose::refuses(findings))
        return fail(refusals(findings, profile), "Nothing was written.");
    Planner planner(profile, observed);
    for (const diagnose::Vacancy &vacancy : vacancies) {
        MDR_TRY_ASSIGN(Replacement replacement,
                       replacement_for(profile, observed, vacancy, answers));
        MDR_TRY(planner.replace(std::move(replacement)));
    }
    planner.know_survivors(comparison);
    planner.give_up(findings);
    MDR_TRY(planner.prepare_disks());
    MDR_TRY(planner.add_members(assemblies));
    MDR_TRY(planner.native_filesystems());
    planner.boot_loaders();
    planner.boot_entries();
    planner.release_disks();
    planner.finish();
    return planner.take();
}

} // namespace mdrescue::plan
