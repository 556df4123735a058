// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/machine_status.h"

#include "cli/esp_snapshots.h"
#include "cli/scratch.h"
#include "cli/subject.h"
#include "manifest/snapshot_contents.h"
#include "manifest/snapshot_metadata.h"
#include "payload/snapshot_digests.h"
#include "profile/recorded.h"
#include "util/digest.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

using diagnose::Difference;
using Kind = Difference::Kind;
using Sums = std::map<std::string, std::string>;
using util::Result;

/// An error as one line: what is read by a program is one line for each thing.
std::string sentence(const util::Error &error) {
    std::string text = error.message + ".";
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

// --- the machine ---

Result<diagnose::Files> files_here(const manifest::Tree &tree, const std::string &prefix,
                                   util::Progress &progress) {
    MDR_TRY_ASSIGN(const Sums digests, payload::snapshot_digests(tree, progress));
    return manifest::snapshot_contents(tree, prefix, digests);
}

Result<diagnose::Files> boot_here(const Subject &subject, util::Progress &progress) {
    MDR_TRY_ASSIGN(const manifest::Tree tree, boot_snapshot(subject, progress));
    return files_here(tree, "boot", progress);
}

Result<diagnose::EspFiles> esps_here(const std::vector<EspSnapshot> &snapshots,
                                     util::Progress &progress) {
    diagnose::EspFiles files;
    for (const EspSnapshot &esp : snapshots) {
        MDR_TRY_ASSIGN(files[esp.device], files_here(esp.tree, esp.prefix, progress));
    }
    return files;
}

/// The value, or nothing and the reason among the differences.
template <class T>
std::optional<T> read_or_note(Result<T> read, Kind kind, diagnose::Differences &unread) {
    if (read)
        return std::move(*read);
    unread.push_back({kind, sentence(read.error())});
    return std::nullopt;
}

// --- the image ---

/// A file of the image, when it is the one that was written.
Result<std::string> checked_file(const std::string &image, const std::string &file,
                                 const Sums &sums) {
    MDR_TRY_ASSIGN(std::string bytes, media::read_image_file(image, file));
    const auto sum = sums.find(file);
    if (sum == sums.end() || sum->second != util::sha256(bytes))
        return util::fail(fmt::format("{}: {} is damaged", util::printable(image), file));
    return bytes;
}

Result<diagnose::Files> files_on_image(const std::string &image, const std::string &metadata,
                                       const std::string &prefix, const Sums &sums) {
    MDR_TRY_ASSIGN(const std::string text, checked_file(image, metadata, sums));
    MDR_TRY_ASSIGN(const manifest::Tree tree, manifest::parse_snapshot_metadata(text));
    return manifest::snapshot_contents(tree, prefix, sums);
}

/// Those that the image has a snapshot of.
Result<diagnose::EspFiles> esps_on_image(const media::ImageInfo &info, const Sums &sums) {
    diagnose::EspFiles files;
    for (const auto &disk : info.profile.machine.disks)
        for (const auto &partition :
             disk.table ? disk.table->partitions : std::vector<model::Partition>{}) {
            const model::DeviceRef device{disk.id, partition.number};
            const std::string prefix = model::esp_snapshot_path(device);
            if (sums.contains(prefix + ".jsonl")) {
                MDR_TRY_ASSIGN(files[device],
                               files_on_image(info.path, prefix + ".jsonl", prefix, sums));
            }
        }
    return files;
}

void append(diagnose::Differences &all, diagnose::Differences more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

Result<diagnose::Differences> file_differences(const media::ImageInfo &info,
                                               const diagnose::Comparison &comparison,
                                               const Present &present) {
    MDR_TRY_ASSIGN(const Sums sums, media::read_image_sums(info.path));
    MDR_TRY(checked_file(info.path, "mdrescue/machine.json", sums));
    MDR_TRY_ASSIGN(
        const diagnose::Files boot,
        files_on_image(info.path, std::string(manifest::boot_metadata_path), "boot", sums));
    MDR_TRY_ASSIGN(const diagnose::EspFiles esps, esps_on_image(info, sums));
    diagnose::Differences found = present.unread;
    if (present.boot)
        append(found, diagnose::boot_differences(boot, *present.boot));
    if (present.esps)
        append(found, diagnose::esp_differences(info.profile, present.machine, comparison, esps,
                                                *present.esps));
    return found;
}

Result<diagnose::Differences> damage(const std::string &path, util::Progress &progress) {
    MDR_TRY_ASSIGN(const media::Verification verification, media::verify_image(path, progress));
    diagnose::Differences found;
    for (const std::string &file : verification.damaged)
        found.push_back(
            {Kind::image_damaged, fmt::format("{} is damaged.", util::printable(file))});
    return found;
}

Result<diagnose::Differences> all_differences(const media::ImageInfo &info, const Present &present,
                                              const Wanted &wanted, util::Progress &progress) {
    diagnose::Differences found;
    if (wanted.verify) {
        MDR_TRY_ASSIGN(found, damage(info.path, progress));
    }
    const auto comparison = diagnose::recognise(info.profile, present.machine);
    append(found, diagnose::layout_differences(info.profile, present.machine, comparison));
    if (comparison.match == diagnose::MachineMatch::same) {
        MDR_TRY_ASSIGN(diagnose::Differences files, file_differences(info, comparison, present));
        append(found, std::move(files));
    }
    if (const auto age =
            diagnose::age_difference(info.profile.made_at, wanted.now, wanted.max_age_days))
        found.push_back(*age);
    return found;
}

const char *what_to_do(const MachineStatus &status) {
    const auto any = [&](Kind kind) {
        return std::any_of(
            status.images.begin(), status.images.end(),
            [&](const ImageStatus &image) { return diagnose::has(image.differences, kind); });
    };
    if (any(Kind::degraded))
        return "Make the arrays whole first (`mdrescue recover --dry-run` shows how); the image "
               "you have is the one to do it with.";
    if (any(Kind::machine))
        return "If that image is another machine's, keep it for that one. Run `mdrescue refresh`, "
               "or `mdrescue build`, to make one of this machine.";
    return "Run `mdrescue refresh`, or `mdrescue build`, to make a new one.";
}

} // namespace

Result<Present> read_present(const Context &context, const Subject &subject) {
    auto &progress = context.progress;
    MDR_TRY_ASSIGN(const Scratch scratch, Scratch::make());
    progress.phase(this_machine(subject) ? "Reading the machine" : "Reading the record", 0);
    Present present;
    MDR_TRY_ASSIGN(present.machine, machine_of(context, subject));
    for (const auto &warning : present.machine.warnings)
        progress.warn(util::printable(warning));
    present.boot = read_or_note(boot_here(subject, progress), Kind::boot, present.unread);
    auto snapshots = esps_of(context, subject, present.machine, scratch.path());
    if (snapshots)
        know_loaders(present.machine, *snapshots);
    present.esps = read_or_note(
        snapshots.and_then([&](const auto &esps) { return esps_here(esps, progress); }), Kind::esp,
        present.unread);
    if (util::cancel_requested)
        return util::cancelled();
    present.machine = profile::recorded(std::move(present.machine));
    return present;
}

Result<ImageStatus> image_status(const std::string &path, const Present &present,
                                 const Wanted &wanted, util::Progress &progress) {
    ImageStatus status{path, std::nullopt, {}};
    auto info = media::read_image(path);
    if (!info) {
        status.differences = {{Kind::image_unreadable, sentence(info.error())}};
        return status;
    }
    auto found = all_differences(*info, present, wanted, progress);
    if (util::cancel_requested)
        return util::cancelled();
    status.differences =
        found ? std::move(*found)
              : diagnose::Differences{{Kind::image_unreadable, sentence(found.error())}};
    status.profile = std::move(info->profile);
    return status;
}

MachineStatus machine_status(const Present &present, std::vector<ImageStatus> images,
                             std::int64_t now) {
    MachineStatus status{present.machine.host_name, now, std::move(images), {}, ""};
    const auto recorded =
        std::find_if(status.images.begin(), status.images.end(), [](const ImageStatus &image) {
            return image.profile && !diagnose::has(image.differences, Kind::machine);
        });
    status.arrays = diagnose::array_states(
        recorded == status.images.end() ? nullptr : &recorded->profile->machine, present.machine);
    return status;
}

bool fresh(const MachineStatus &status) {
    return !status.images.empty() &&
           std::all_of(status.images.begin(), status.images.end(),
                       [](const ImageStatus &image) { return image.differences.empty(); });
}

Result<void> must_be_fresh(const MachineStatus &status) {
    if (fresh(status))
        return {};
    if (status.images.empty())
        return util::fail(status.no_image, "Run `mdrescue refresh` to make one, or name an image.");
    std::size_t count = 0;
    for (const ImageStatus &image : status.images)
        count += image.differences.size();
    return util::fail(fmt::format("not fresh: {} difference{}", count, count == 1 ? "" : "s"),
                      what_to_do(status));
}

} // namespace mdrescue::cli
