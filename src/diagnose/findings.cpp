// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/findings.h"

#include "diagnose/unsupported.h"
#include "model/loss.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::diagnose {
namespace {

using Kind = Finding::Kind;
using model::Array;
using model::Content;
using model::Disk;
using model::Machine;

bool rebuilding(const Array &array) {
    return array.sync_action == "recover" || array.sync_action == "resync" ||
           std::any_of(array.members.begin(), array.members.end(),
                       [](const model::ArrayMember &member) { return !!member.recovery_offset; });
}

class Search {
  public:
    Search(const model::Profile &profile, const Machine &observed, const Comparison &comparison)
        : profile_(profile), observed_(observed), comparison_(comparison) {}

    void machine() {
        if (comparison_.match == MachineMatch::other)
            add({.kind = Kind::other_machine, .severity = Severity::refusal});
        if (comparison_.match == MachineMatch::unknown)
            add({.kind = Kind::unknown_machine, .severity = Severity::refusal});
        if (comparison_.match == MachineMatch::same && cloned())
            add({.kind = Kind::cloned_machine, .severity = Severity::warning});
        if (profile_.machine.firmware.mode != observed_.firmware.mode)
            add({.kind = Kind::firmware_mode, .severity = Severity::warning});
        if (profile_.degraded)
            add({.kind = Kind::profile_degraded, .severity = Severity::warning});
        if (hibernated(observed_))
            add({.kind = Kind::hibernated, .severity = Severity::refusal});
        for (const Duplicate &duplicate : comparison_.duplicates)
            add({.kind = Kind::duplicate_identity,
                 .severity = Severity::refusal,
                 .disk = duplicate.recorded,
                 .text = observed_names(duplicate.observed)});
    }

    void disks() {
        for (const DiskMatch &match : comparison_.disks) {
            const Disk *recorded = model::find_disk(profile_.machine, match.recorded);
            if (recorded == nullptr)
                continue;
            if (!match.observed) {
                add({.kind = Kind::disk_missing,
                     .severity = Severity::warning,
                     .disk = match.recorded});
                lost_contents(*recorded);
                unsupported(unsupported_on(*recorded, disk_words(*recorded), Fate::missing));
            } else if (const Disk *now = model::find_disk(observed_, *match.observed)) {
                survivor(*recorded, *now);
                // Without udev a path of multipath is not seen as one; the record has it.
                const std::string name = util::printable(now->kernel_name);
                const std::string seen = unsupported_on(*now, name, Fate::here);
                unsupported(seen.empty() ? unsupported_on(*recorded, name, Fate::here) : seen);
            }
        }
    }

    void vacancies(const std::vector<Vacancy> &vacancies) {
        for (const Vacancy &vacancy : vacancies) {
            const auto fits = [](Fitness wanted) {
                return [wanted](const Candidate &candidate) { return candidate.fitness == wanted; };
            };
            const auto &all = vacancy.candidates;
            if (std::any_of(all.begin(), all.end(), fits(Fitness::resumed)))
                add({.kind = Kind::disk_resumed, .disk = vacancy.recorded});
            if (std::all_of(all.begin(), all.end(), fits(Fitness::unfit)))
                add({.kind = Kind::no_replacement,
                     .severity = Severity::refusal,
                     .disk = vacancy.recorded,
                     .text = reasons(all)});
        }
    }

    void arrays(const std::vector<Assembly> &assemblies) {
        for (const Assembly &assembly : assemblies) {
            const Array *recorded = model::find_array(profile_.machine, assembly.uuid);
            if (recorded != nullptr)
                array(*recorded, model::find_array(observed_, assembly.uuid), assembly);
        }
        for (const std::string &uuid : comparison_.foreign_arrays)
            if (comparison_.match == MachineMatch::same)
                unrecorded_array(*model::find_array(observed_, uuid));
    }

    std::vector<Finding> take() {
        std::stable_sort(found_.begin(), found_.end(), [](const Finding &a, const Finding &b) {
            return static_cast<int>(a.severity) > static_cast<int>(b.severity);
        });
        return std::move(found_);
    }

  private:
    void add(Finding finding) { found_.push_back(std::move(finding)); }

    /// Its content is the recorded machine's, its hardware is another's. A disk without serial and
    /// WWN, or with one that several have, says nothing, and then nothing is said.
    [[nodiscard]] bool cloned() const {
        const auto is_here = [](const DiskMatch &match) { return match.observed.has_value(); };
        const auto same = [&](const DiskMatch &match) {
            return is_here(match) && (!match.other_hardware || same_serial(match));
        };
        const auto &disks = comparison_.disks;
        return std::any_of(disks.begin(), disks.end(), is_here) &&
               std::none_of(disks.begin(), disks.end(), same);
    }

    /// A disk on another controller may have another model (a virtual one, one behind USB).
    [[nodiscard]] bool same_serial(const DiskMatch &match) const {
        const Disk *recorded = model::find_disk(profile_.machine, match.recorded);
        const Disk *now = model::find_disk(observed_, *match.observed);
        return recorded != nullptr && now != nullptr && !now->serial.empty() &&
               recorded->serial == now->serial;
    }

    [[nodiscard]] std::string kernel_name(const std::string &observed) const {
        const Disk *disk = model::find_disk(observed_, observed);
        return disk == nullptr ? observed : disk->kernel_name;
    }

    [[nodiscard]] std::string observed_names(const std::vector<std::string> &disks) const {
        std::string names;
        for (const std::string &disk : disks)
            names += (names.empty() ? "" : ", ") + kernel_name(disk);
        return names;
    }

    [[nodiscard]] std::string reasons(const std::vector<Candidate> &candidates) const {
        std::string text;
        for (const Candidate &candidate : candidates)
            text += (text.empty() ? "" : "; ") + kernel_name(candidate.observed) + " " +
                    candidate.reason;
        return text;
    }

    [[nodiscard]] std::string recorded_disk(const std::string &observed) const {
        for (const DiskMatch &match : comparison_.disks)
            if (match.observed == observed)
                return match.recorded;
        return "";
    }

    /// What lay on the dead disk alone, and of which the image has nothing: its data is gone.
    void lost_contents(const Disk &disk) {
        lost_content(disk, 0, disk.content);
        if (disk.table)
            for (const model::Partition &partition : disk.table->partitions)
                lost_content(disk, partition.number, partition.content);
    }

    void lost_content(const Disk &disk, unsigned partition, const Content &content) {
        const auto lost = [&](Kind kind, std::string text) {
            add({.kind = kind,
                 .severity = Severity::warning,
                 .disk = disk.id,
                 .text = std::move(text)});
        };
        if (std::string volume = volume_words(content); !volume.empty())
            lost(Kind::volume_lost, std::move(volume));
        if (content.kind != Content::Kind::filesystem)
            return;
        if (partition == 0 && content.type == "swap")
            lost(Kind::volume_lost, "swap space");
        else if (content.type != "swap" &&
                 (partition == 0 || !has_snapshot(disk, partition, content)))
            lost(Kind::filesystem_lost, name_of(partition, content));
    }

    /// The image has the files of /boot, and of EFI system partitions, mounted or not; one that was
    /// recorded without any has nothing to lose while nobody mounts it.
    [[nodiscard]] bool has_snapshot(const Disk &disk, unsigned partition,
                                    const Content &content) const {
        const auto targets = model::mount_targets(profile_.machine, content.uuid);
        const model::BootLoader *esp = model::find_esp(disk, partition);
        return std::find(targets.begin(), targets.end(), "/boot") != targets.end() ||
               (esp != nullptr && (!esp->files.empty() || targets.empty()));
    }

    /// By where it was mounted, as people know it.
    [[nodiscard]] std::string name_of(unsigned partition, const Content &content) const {
        const auto targets = model::mount_targets(profile_.machine, content.uuid);
        if (!targets.empty())
            return fmt::format("{}", fmt::join(targets, ", "));
        return partition == 0 ? fmt::format("A filesystem ({})", content.type)
                              : fmt::format("Partition {} ({})", partition, content.type);
    }

    void survivor(const Disk &recorded, const Disk &now) {
        if (now.position != recorded.position && !now.position.empty())
            add({.kind = Kind::disk_moved, .disk = recorded.id, .text = now.position});
        const bool same_table = recorded.table.has_value() == now.table.has_value() &&
                                (!recorded.table || same_partitions(*recorded.table, *now.table));
        if (!same_table)
            add({.kind = Kind::layout_changed,
                 .severity = Severity::warning,
                 .disk = recorded.id,
                 .text = "its partition table is not the recorded one"});
    }

    static bool same_partitions(const model::PartitionTable &one,
                                const model::PartitionTable &other) {
        return std::equal(one.partitions.begin(), one.partitions.end(), other.partitions.begin(),
                          other.partitions.end(), [](const auto &left, const auto &right) {
                              return left.number == right.number && left.start == right.start &&
                                     left.size == right.size;
                          });
    }

    /// FAULTS 28. A disk that is none of the recorded ones is judged as a replacement.
    void unsupported(std::string words) {
        if (!words.empty())
            add({.kind = Kind::unsupported,
                 .severity = Severity::refusal,
                 .text = std::move(words)});
    }

    void array(const Array &recorded, const Array *now, const Assembly &assembly) {
        if (now == nullptr || assembly.verdict == Verdict::absent) {
            if (!gone_with_their_disks(recorded, nullptr))
                add({.kind = Kind::array_absent,
                     .severity = Severity::refusal,
                     .array = recorded.uuid});
            else
                lost(recorded, nullptr, assembly);
            return;
        }
        for (const LeftOut &left_out : assembly.left_out)
            add({.kind = Kind::member_stale,
                 .severity = Severity::warning,
                 .disk = recorded_disk(left_out.device.disk),
                 .array = recorded.uuid,
                 .text = left_out.reason});
        for (const model::ArrayMember &member : now->members)
            if (member.bad_blocks)
                add({.kind = Kind::bad_blocks,
                     .severity = Severity::warning,
                     .disk = recorded_disk(member.device.disk),
                     .array = recorded.uuid});
        if (changed(recorded, *now))
            add({.kind = Kind::layout_changed,
                 .severity = Severity::refusal,
                 .array = recorded.uuid,
                 .text = "its level, size or number of members is not the recorded one"});
        state(recorded, *now, assembly);
    }

    /// FAULTS 32: the rest recovers, unless the machine cannot start without it. A member that is
    /// out of date, or whose disk is here and cannot be read, may still save it (mdadm(8),
    /// --force): then its owner decides first.
    void lost(const Array &recorded, const Array *now, const Assembly &assembly) {
        const std::string why_kept = why_not_given_up(recorded, now, assembly);
        add({.kind = Kind::array_lost,
             .severity = why_kept.empty() ? Severity::warning : Severity::refusal,
             .array = recorded.uuid,
             .text = why_kept});
    }

    /// "" for an array that the rest recovers without.
    [[nodiscard]] std::string why_not_given_up(const Array &recorded, const Array *now,
                                               const Assembly &assembly) const {
        if (!assembly.left_out.empty())
            return fmt::format("A member that was left out may still save it, though what it "
                               "missed since then comes back wrong or old. By hand, after mdadm "
                               "--stop: mdadm --assemble --force {}{}{} (mdadm(8)); then look at "
                               "its data, read-only, before anything else",
                               assembly.node, member_paths(assembly), left_out_paths(assembly));
        if (!gone_with_their_disks(recorded, now))
            return "A disk that held a member is here, and its member is not: find out why first";
        if (!starts_without(recorded))
            return "The installed system lies on it, or may: without it there is nothing to start";
        return "";
    }

    /// Every member that is not here was on a disk that is gone, or that was replaced: its place is
    /// there, and empty.
    [[nodiscard]] bool gone_with_their_disks(const Array &recorded, const Array *now) const {
        return std::all_of(recorded.members.begin(), recorded.members.end(),
                           [&](const model::ArrayMember &member) {
                               return member.slot < 0 || is_here(now, member.slot) ||
                                      is_gone(member.device);
                           });
    }

    /// A member for that slot is there; one that is out of date was left out before.
    static bool is_here(const Array *array, int slot) {
        return array != nullptr &&
               std::any_of(array->members.begin(), array->members.end(),
                           [&](const model::ArrayMember &member) { return member.slot == slot; });
    }

    [[nodiscard]] bool is_gone(const model::DeviceRef &recorded) const {
        for (const DiskMatch &match : comparison_.disks)
            if (match.recorded == recorded.disk && match.observed) {
                const Content *content =
                    model::find_content(observed_, {*match.observed, recorded.partition});
                return content != nullptr && content->kind == Content::Kind::empty;
            }
        return true;
    }

    /// Nothing of the system lies on it: where something lies at an unknown place, it may be here.
    [[nodiscard]] bool starts_without(const Array &recorded) const {
        const auto lies_here = [&](const model::MountPoint &mount) {
            const model::Place place = model::locate(profile_.machine, mount);
            return !place.known() || std::find(place.arrays.begin(), place.arrays.end(),
                                               recorded.uuid) != place.arrays.end();
        };
        const auto &mounts = profile_.machine.mounts;
        return !holds_esp(recorded) &&
               std::none_of(mounts.begin(), mounts.end(), [&](const model::MountPoint &mount) {
                   return model::is_of_system(mount.target) && lies_here(mount);
               });
    }

    /// Firmware starts the machine from it, whether it was mounted or not.
    [[nodiscard]] bool holds_esp(const Array &recorded) const {
        return std::any_of(recorded.members.begin(), recorded.members.end(),
                           [&](const model::ArrayMember &member) {
                               const Disk *disk =
                                   model::find_disk(profile_.machine, member.device.disk);
                               return disk != nullptr &&
                                      model::find_esp(*disk, member.device.partition) != nullptr;
                           });
    }

    static bool changed(const Array &recorded, const Array &now) {
        return recorded.level != now.level || recorded.slots != now.slots ||
               recorded.component_size != now.component_size || recorded.chunk != now.chunk;
    }

    void state(const Array &recorded, const Array &now, const Assembly &assembly) {
        const int left = model::redundancy_left(now);
        if (left < 0 || assembly.verdict == Verdict::too_few) {
            lost(recorded, &now, assembly);
            return;
        }
        const bool started = assembly.verdict == Verdict::start ||
                             assembly.verdict == Verdict::restart ||
                             assembly.verdict == Verdict::running;
        if (assembly.verdict == Verdict::dirty_degraded) {
            add({.kind = Kind::array_dirty, .severity = Severity::refusal, .array = recorded.uuid});
            return;
        }
        if (!started || !assembly.error.empty() || now.kernel_name.empty()) {
            add({.kind = Kind::array_not_started,
                 .severity = Severity::refusal,
                 .array = recorded.uuid,
                 .text = why_not_started(assembly)});
            return;
        }
        if (rebuilding(now))
            add({.kind = Kind::array_rebuilding, .array = recorded.uuid});
        if (model::degraded(now))
            add({.kind = Kind::array_degraded,
                 .severity = Severity::warning,
                 .array = recorded.uuid,
                 .text = model::slot_map(now),
                 .number = left});
    }

    [[nodiscard]] std::string why_not_started(const Assembly &assembly) const {
        if (!assembly.error.empty())
            return assembly.error;
        switch (assembly.verdict) {
        case Verdict::split_brain:
            return "its halves were written to apart from each other; one must be chosen";
        case Verdict::duplicate: return "two disks claim the same slot; take one of them out";
        case Verdict::reshaping: return "it was being reshaped, which is left to its own system";
        case Verdict::journal_lost:
            return fmt::format("its write journal is gone, and with it perhaps the last writes. "
                               "To go on without them, start it by hand, which leaves it "
                               "read-only, and look again: mdadm --assemble --force {}{} "
                               "(mdadm(8))",
                               assembly.node, member_paths(assembly));
        case Verdict::start:
        case Verdict::restart:
        case Verdict::running:
        case Verdict::absent:
        case Verdict::dirty_degraded:
        case Verdict::too_few: return "it does not run";
        }
        return "it does not run";
    }

    [[nodiscard]] std::string path_of(const model::DeviceRef &observed) const {
        const model::Disk *disk = model::find_disk(observed_, observed.disk);
        return disk == nullptr ? "" : " " + model::device_path(*disk, observed.partition);
    }

    [[nodiscard]] std::string member_paths(const Assembly &assembly) const {
        std::string paths;
        for (const model::DeviceRef &member : assembly.members)
            paths += path_of(member);
        return paths;
    }

    [[nodiscard]] std::string left_out_paths(const Assembly &assembly) const {
        std::string paths;
        for (const LeftOut &member : assembly.left_out)
            paths += path_of(member.device);
        return paths;
    }

    /// An array made after the profile. When it misses a member, the dead disk may have been part
    /// of it, and the recorded table would not be the last one.
    void unrecorded_array(const Array &array) {
        const bool on_our_disks =
            std::any_of(array.members.begin(), array.members.end(), [&](const auto &member) {
                return !recorded_disk(member.device.disk).empty();
            });
        if (on_our_disks)
            add({.kind = Kind::layout_changed,
                 .severity = model::degraded(array) ? Severity::refusal : Severity::warning,
                 .text = "array " + (array.name.empty() ? array.uuid : array.name) +
                         " is not in the record"});
    }

    const model::Profile &profile_;
    const Machine &observed_;
    const Comparison &comparison_;
    std::vector<Finding> found_;
};

} // namespace

std::vector<Finding> find(const model::Profile &profile, const Machine &observed,
                          const Comparison &comparison, const std::vector<Assembly> &assemblies,
                          const std::vector<Vacancy> &vacancies) {
    Search search(profile, observed, comparison);
    search.machine();
    if (comparison.match == MachineMatch::same) {
        search.disks();
        search.vacancies(vacancies);
        search.arrays(assemblies);
    }
    return search.take();
}

bool hibernated(const Machine &machine) {
    const auto image = [](const Content &content) { return content.type == "swsuspend"; };
    const auto in_table = [&](const std::optional<model::PartitionTable> &table) {
        return table &&
               std::any_of(table->partitions.begin(), table->partitions.end(),
                           [&](const model::Partition &one) { return image(one.content); });
    };
    const auto in_group = [&](const model::VolumeGroup &group) {
        return std::any_of(group.volumes.begin(), group.volumes.end(),
                           [&](const model::LogicalVolume &one) { return image(one.content); });
    };
    const auto here = [&](const auto &device) {
        return image(device.content) || in_table(device.table);
    };
    return std::any_of(machine.disks.begin(), machine.disks.end(), here) ||
           std::any_of(machine.arrays.begin(), machine.arrays.end(), here) ||
           std::any_of(machine.volume_groups.begin(), machine.volume_groups.end(), in_group);
}

bool any_of_kind(const std::vector<Finding> &findings, Finding::Kind kind) {
    return std::any_of(findings.begin(), findings.end(),
                       [kind](const Finding &finding) { return finding.kind == kind; });
}

bool refuses(const std::vector<Finding> &findings) {
    return std::any_of(findings.begin(), findings.end(), [](const Finding &finding) {
        return finding.severity == Severity::refusal;
    });
}

} // namespace mdrescue::diagnose
