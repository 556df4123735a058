// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/candidates.h"

#include "diagnose/marker.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::diagnose {
namespace {

using model::Content;
using model::Disk;
using model::Machine;
using model::Profile;
using util::printable;

const DiskMatch *match_of(const Comparison &comparison, const std::string &recorded) {
    const auto found =
        std::find_if(comparison.disks.begin(), comparison.disks.end(),
                     [&](const DiskMatch &match) { return match.recorded == recorded; });
    return found == comparison.disks.end() ? nullptr : &*found;
}

bool answers_for_a_recorded_disk(const Comparison &comparison, const std::string &observed) {
    return std::any_of(comparison.disks.begin(), comparison.disks.end(),
                       [&](const DiskMatch &match) { return match.observed == observed; });
}

/// "/dev/sda" and its partitions, not "/dev/sdaa".
bool lies_on(const std::string &device, const Disk &disk) {
    const std::string whole = model::device_path(disk, 0);
    if (!device.starts_with(whole))
        return false;
    const std::string first = model::device_path(disk, 1);
    const std::string rest = device.substr(std::min(first.size() - 1, device.size()));
    return device == whole ||
           (device.starts_with(first.substr(0, first.size() - 1)) && !rest.empty() &&
            rest.find_first_not_of("0123456789") == std::string::npos);
}

bool in_use(const Machine &observed, const Disk &disk) {
    return std::any_of(observed.mounts.begin(), observed.mounts.end(),
                       [&](const model::MountPoint &mount) { return lies_on(mount.source, disk); });
}

std::string content_words(const Content &content) {
    switch (content.kind) {
    case Content::Kind::empty: return "";
    case Content::Kind::filesystem:
        return fmt::format("holds a {} filesystem{}", printable(content.type),
                           content.filesystem && !content.filesystem->label.empty()
                               ? " \"" + printable(content.filesystem->label) + "\""
                               : "");
    case Content::Kind::md_member: return "is a member of an array that is not this machine's";
    case Content::Kind::lvm_pv: return "is an LVM physical volume";
    case Content::Kind::luks: return "is encrypted (LUKS)";
    case Content::Kind::partitioned:
        return fmt::format("has a partition table ({})",
                           content.type.empty() ? "unknown kind" : printable(content.type));
    case Content::Kind::other:
    case Content::Kind::ambiguous: return "holds " + printable(content.type);
    }
    return "holds something unknown";
}

/// The most telling thing on the disk; "" when no signature is known on it.
std::string occupied(const Disk &disk) {
    if (disk.content.kind != Content::Kind::empty &&
        disk.content.kind != Content::Kind::partitioned)
        return content_words(disk.content);
    if (disk.table)
        for (const model::Partition &partition : disk.table->partitions)
            if (const std::string words = content_words(partition.content); !words.empty())
                return fmt::format("has partitions; number {} {}", partition.number, words);
    return disk.table ? content_words({Content::Kind::partitioned, disk.table->label, "", {}, {}})
                      : content_words(disk.content);
}

/// Nothing, or what the plan itself puts there.
bool ours(const Content &now, const Content &recorded) {
    return now.kind == Content::Kind::empty ||
           (now.kind == recorded.kind && !now.uuid.empty() && now.uuid == recorded.uuid);
}

bool same_place(const model::Partition &one, const model::Partition &other) {
    return one.number == other.number && one.start == other.start && one.size == other.size;
}

/// Only this plan's own output: a table that is being written with nothing in it yet, or the
/// recorded one with what is recorded.
bool only_our_output(const Disk &recorded, const Disk &now) {
    if (now.content.kind != Content::Kind::empty && now.content.kind != Content::Kind::partitioned)
        return ours(now.content, recorded.content);
    if (!now.table)
        return true;
    for (const model::Partition &partition : now.table->partitions) {
        const model::Partition *known = nullptr;
        if (recorded.table)
            for (const model::Partition &candidate : recorded.table->partitions)
                if (same_place(candidate, partition))
                    known = &candidate;
        if (partition.content.kind != Content::Kind::empty &&
            (known == nullptr || !ours(partition.content, known->content)))
            return false;
    }
    return true;
}

/// Bytes a member that is a whole disk needs: its data, and room for a superblock at its end
/// (metadata 0.90 and 1.0 keep it in the last 128 KiB; drivers/md/md.c).
std::uint64_t whole_disk_need(const Machine &recorded, const Disk &disk) {
    constexpr std::uint64_t end_superblock = 128U << 10U;
    std::uint64_t need = 0;
    for (const model::Array &array : recorded.arrays)
        for (const model::ArrayMember &member : array.members)
            if (member.device == model::DeviceRef{disk.id, 0})
                need = std::max(need, (member.data_offset + array.component_size) * 512 +
                                          (member.data_offset == 0 ? end_superblock : 0));
    return need;
}

struct Scene {
    const Profile &profile;
    const Machine &observed;
    const Comparison &comparison;
    const Surveys &surveys;
    const std::string &medium;

    [[nodiscard]] const Survey *survey(const std::string &disk) const {
        const auto found = surveys.find(disk);
        return found == surveys.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::string marked_for(const std::string &disk) const {
        const Survey *known = survey(disk);
        return known == nullptr ? "" : marked_disk(profile, known->marker);
    }
};

/// Why a disk can never be written to, whatever is on it; "" when it can.
std::string never(const std::string &medium, const Disk &disk) {
    if (lies_on(medium, disk))
        return "is the medium this runs from";
    if (disk.size == 0)
        return "has no size";
    if (disk.read_only)
        return "is read-only";
    return disk.removable ? "is a removable drive" : "";
}

/// "" when the record's partitions fit; bytes: how many are missing.
std::string too_small(const Scene &scene, const Disk &recorded, const Disk &disk,
                      std::uint64_t &missing) {
    if (disk.logical_sector != recorded.logical_sector)
        return fmt::format("has sectors of {} bytes, and {} needs sectors of {} bytes",
                           disk.logical_sector, printable(recorded.id), recorded.logical_sector);
    const std::uint64_t need =
        std::max(bytes_needed(recorded), whole_disk_need(scene.profile.machine, recorded));
    if (disk.size >= need)
        return "";
    missing = need - disk.size;
    return fmt::format("is too small: {} bytes are missing", missing);
}

Candidate judged(const Scene &scene, const Disk &recorded, const Disk &disk) {
    Candidate candidate{disk.id, Fitness::unfit, never(scene.medium, disk), 0};
    if (candidate.reason.empty())
        candidate.reason = too_small(scene, recorded, disk, candidate.bytes_missing);
    if (!candidate.reason.empty())
        return candidate;
    const std::string marked = scene.marked_for(disk.id);
    if (!marked.empty() && marked != recorded.id) {
        candidate.reason = "is a half-written replacement of " + printable(marked);
        return candidate;
    }
    if (marked == recorded.id && only_our_output(recorded, disk))
        return {disk.id, Fitness::resumed, "was begun by this recovery before", 0};
    candidate.reason = in_use(scene.observed, disk)
                           ? "is in use: something on it is mounted or swapped on"
                           : occupied(disk);
    const Survey *survey = scene.survey(disk.id);
    if (!candidate.reason.empty())
        return candidate;
    if (survey == nullptr || survey->bytes == Survey::Bytes::unreadable) {
        candidate.reason =
            survey == nullptr ? "was not read" : "cannot be read: " + printable(survey->problem);
        return candidate;
    }
    if (survey->backup_gpt) {
        candidate.reason = "has a partition table (gpt, its backup at the end alone)";
        return candidate;
    }
    if (survey->bytes == Survey::Bytes::used)
        return {disk.id, Fitness::ask, "has no known content, but is not blank", 0};
    return {disk.id, Fitness::blank, "is blank", 0};
}

bool half_written(const Scene &scene, const Disk &recorded, const DiskMatch &match) {
    return match.observed && scene.marked_for(*match.observed) == recorded.id;
}

Vacancy vacancy_of(const Scene &scene, const Disk &recorded, const DiskMatch &match) {
    Vacancy vacancy{recorded.id, {}};
    for (const Disk &disk : scene.observed.disks) {
        if (match.observed ? *match.observed != disk.id
                           : answers_for_a_recorded_disk(scene.comparison, disk.id))
            continue;
        vacancy.candidates.push_back(judged(scene, recorded, disk));
    }
    return vacancy;
}

} // namespace

std::vector<Candidate> choices(const Vacancy &vacancy) {
    std::vector<Candidate> fit = vacancy.candidates;
    std::erase_if(fit,
                  [](const Candidate &candidate) { return candidate.fitness == Fitness::unfit; });
    return fit;
}

std::uint64_t bytes_needed(const Disk &recorded) {
    if (!recorded.table)
        return 0;
    std::uint64_t end = 0;
    for (const model::Partition &partition : recorded.table->partitions)
        end = std::max(end, partition.start + partition.size);
    end *= recorded.logical_sector;
    if (recorded.table->label != "gpt")
        return end;
    // The backup of the table: entries of 128 bytes and a header of one sector behind the last
    // usable sector (UEFI specification 2.10, 5.3).
    const std::uint64_t entries = std::uint64_t{recorded.table->entry_count} * 128;
    const std::uint64_t sector = recorded.logical_sector;
    return end + (entries + sector - 1) / sector * sector + sector;
}

std::vector<Vacancy> find_vacancies(const Profile &profile, const Machine &observed,
                                    const Comparison &comparison, const Surveys &surveys,
                                    const std::string &medium) {
    const Scene scene{profile, observed, comparison, surveys, medium};
    std::vector<Vacancy> vacancies;
    for (const Disk &recorded : profile.machine.disks) {
        const DiskMatch *match = match_of(comparison, recorded.id);
        if (match != nullptr && (!match->observed || half_written(scene, recorded, *match)))
            vacancies.push_back(vacancy_of(scene, recorded, *match));
    }
    return vacancies;
}

bool worth_surveying(const Disk &observed, const std::string &medium) {
    return never(medium, observed).empty();
}

} // namespace mdrescue::diagnose
