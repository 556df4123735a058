// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/boot_gaps.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/esp_snapshots.h"
#include "cli/image_text.h"
#include "cli/image_tree.h"
#include "cli/json_output.h"
#include "cli/output.h"
#include "cli/scratch.h"
#include "cli/subject.h"
#include "diagnose/unsupported.h"
#include "media/boot_images.h"
#include "media/grub_menu.h"
#include "media/image_output.h"
#include "media/image_reader.h"
#include "media/image_writer.h"
#include "payload/files.h"
#include "payload/initramfs.h"
#include "payload/kernel.h"
#include "payload/snapshot.h"
#include "profile/profile.h"
#include "profile/recorded.h"
#include "util/digest.h"
#include "util/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace mdrescue::cli {
namespace {

/// SOURCE_DATE_EPOCH (reproducible-builds.org) where it is set, else now.
util::Result<std::int64_t> build_epoch() {
    const char *text = std::getenv("SOURCE_DATE_EPOCH");
    if (text == nullptr)
        return std::time(nullptr);
    std::int64_t epoch = -1;
    const std::string_view digits(text);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
    // Rock Ridge and FAT dates, and what people can mean: 1980 to 2107.
    if (error != std::errc{} || end != digits.data() + digits.size() || epoch < 315532800 ||
        epoch >= 4354819200)
        return util::fail(fmt::format("SOURCE_DATE_EPOCH is not a time between 1980 and 2107: {}",
                                      util::printable(digits)),
                          "Give seconds since 1970, or unset it.");
    return epoch;
}

util::Result<bool> check_arrays(const model::Machine &machine, const BuildOptions &options,
                                util::Progress &progress) {
    std::string list;
    for (const auto &array : machine.arrays)
        if (model::degraded(array))
            list += fmt::format("{}{} {} {}", list.empty() ? "" : ", ",
                                array.kernel_name.empty() ? array.uuid : array.kernel_name,
                                model::level_name(array.level), model::slot_map(array));
    if (machine.arrays.empty())
        progress.warn("this machine has no md array; the image can restore /boot and the boot "
                      "loader, no array");
    if (list.empty())
        return false;
    if (!options.allow_degraded)
        return util::fail(fmt::format("an array lacks a member right now: {}", list),
                          "Repair it first, so that the image records a whole machine; or give "
                          "--allow-degraded, and the image will say so.");
    progress.warn(fmt::format("recording a degraded machine: {}", list));
    return true;
}

/// The image is named after what is on it, so the same machine, kernel and time give the same id.
model::Profile make_profile(const model::Machine &machine, const payload::Kernel &kernel,
                            bool degraded, std::int64_t epoch) {
    model::Profile profile;
    profile.made_by = "mdrescue " MDRESCUE_VERSION;
    profile.made_at = epoch;
    profile.image_kernel = kernel.version;
    profile.degraded = degraded;
    profile.machine = profile::recorded(machine);
    profile.image_id = util::derived_uuid(profile::to_json(profile));
    return profile;
}

std::uint64_t file_bytes(const manifest::Tree &tree) {
    std::uint64_t total = 0;
    for (const auto &node : tree)
        if (const auto *file = std::get_if<manifest::FileSource>(&node.bytes))
            total += file->size;
        else
            total += std::get<std::string>(node.bytes).size();
    return total;
}

std::string human_report(const BuildReport &report) {
    std::string text = fmt::format("{}  the rescue image of {}\n", util::printable(report.output),
                                   shown_host_name(report.host_name));
    text += fmt::format("  kernel      {}\n", util::printable(report.kernel));
    text += fmt::format("  starts on   {}\n",
                        starts_on_text(report.bios, report.uefi, report.secure_boot));
    text += fmt::format("  size        {} ({} bytes)\n", util::size_text(report.size), report.size);
    text += fmt::format("  on it       {}\n",
                        parts_text(report.boot_bytes, report.esp_bytes, report.initramfs_bytes));
    text += fmt::format("  sha256      {}\n", report.digest);
    text += "Every byte was read back. Keep it near this machine, but not on its disks: on a disc\n"
            "or a stick. Build it again when the kernel or the disks change.\n";
    return text;
}

/// A record of the machine while it was whole says more than one of what is left of it.
bool would_lose_a_better_one(system::System &system, const model::Profile &profile) {
    const auto text = system.read_file(kept_profile);
    const auto before = text ? profile::from_json(*text)
                             : util::Result<model::Profile>(tl::unexpected(text.error()));
    return profile.degraded && before && profile::is_whole_record_of(*before, profile);
}

/// Where `recover` looks for it. The image is complete without, and `recover --from` reads it
/// there.
void keep_profile(system::System &system, const model::Profile &profile, util::Progress &progress) {
    if (would_lose_a_better_one(system, profile)) {
        progress.warn("mdrescue recover goes by the record of this machine when it was whole, and "
                      "needs the image of that time; with --from it takes this one");
        return;
    }
    const auto kept = [&]() -> util::Result<void> {
        MDR_TRY(system.make_directory(std::filesystem::path(kept_profile).parent_path()));
        return system.replace_file(kept_profile, profile::to_json(profile), 0600);
    }();
    if (!kept)
        progress.warn(fmt::format("no copy of the record is kept for mdrescue recover: {}. Give "
                                  "it the image with --from.",
                                  kept.error().message));
}

/// At most 32 of A-Z 0-9 _ (ECMA-119, 7.4.1): media of several machines, or of several times, can
/// be told apart wherever a label is shown.
std::string volume_id(const model::Profile &profile) {
    std::string id = "MDRESCUE_" + profile.image_id.substr(0, 8);
    std::transform(id.begin(), id.end(), id.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return id;
}

/// The snapshots and the initramfs.
util::Result<ImageParts> gather_parts(const Context &context, const BuildOptions &options,
                                      const DataFiles &data, const std::string &scratch,
                                      const payload::Kernel &kernel, const model::Profile &profile,
                                      std::vector<EspSnapshot> esps) {
    auto &progress = context.progress;
    const bool here = this_machine(options);
    ImageParts parts{.profile = profile, .kernel = kernel, .boot = {}, .esps = {}, .initramfs = {}};
    MDR_TRY_ASSIGN(parts.boot, boot_snapshot(options, progress));
    for (const std::string &gap : boot_gaps(parts.boot, kernel.version))
        progress.warn(gap);
    for (const std::string &gap : disk_gaps(profile.machine))
        progress.warn(gap);
    parts.esps = std::move(esps);
    MDR_TRY_ASSIGN(parts.initramfs, payload::build_initramfs({.root = options.root,
                                                              .kernel = kernel,
                                                              .machine = profile.machine,
                                                              .skeleton = data.initramfs,
                                                              .agent = data.agent,
                                                              .epoch = profile.made_at,
                                                              .sysfs = here ? "/sys" : ""},
                                                             ::geteuid() == 0 ? data.cache : "",
                                                             scratch + "/initramfs", progress));
    return parts;
}

/// Writes the image; it gets its name once every byte was read back as it was written.
util::Result<media::Verification> write_and_verify(const media::ImageRequest &request,
                                                   const BuildOptions &options,
                                                   util::Progress &progress) {
    media::Verification verification;
    const auto read_back = [&](const std::string &path) -> util::Result<void> {
        MDR_TRY_ASSIGN(verification, media::verify_image(path, progress));
        if (verification.sound)
            return {};
        return util::fail(
            fmt::format("{} does not read back as it was written", util::printable(options.output)),
            "The disk or the memory of this machine is not reliable, and the image was thrown "
            "away. Write to another disk.");
    };
    MDR_TRY(media::write_image(request, options.output, options.force, progress, read_back));
    return verification;
}

BuildReport report_of(const BuildOptions &options, const ImageParts &parts,
                      const media::BootImages &boot, const media::Verification &verification) {
    BuildReport report{.output = options.output,
                       .size = verification.bytes,
                       .digest = verification.digest,
                       .image_id = parts.profile.image_id,
                       .host_name = parts.profile.machine.host_name,
                       .kernel = parts.kernel.version,
                       .bios = !boot.bios.empty(),
                       .uefi = !boot.esp.empty(),
                       .secure_boot = boot.secure_boot,
                       .boot_bytes = file_bytes(parts.boot),
                       .esp_bytes = 0,
                       .initramfs_bytes = parts.initramfs.size,
                       .firmware_bytes = parts.initramfs.firmware_bytes};
    for (const auto &esp : parts.esps)
        report.esp_bytes += file_bytes(esp.tree);
    return report;
}

} // namespace

util::Result<void> build(const Context &context, const BuildOptions &options) {
    auto &progress = context.progress;
    MDR_TRY(media::check_output(options.output, options.force));
    MDR_TRY(media::check_password_hash(options.password_hash));
    MDR_TRY_ASSIGN(const DataFiles data, find_data_files());
    MDR_TRY_ASSIGN(const std::int64_t epoch, build_epoch());
    MDR_TRY_ASSIGN(const Scratch scratch, Scratch::make());

    progress.phase(this_machine(options) ? "Reading the machine" : "Reading the record", 0);
    MDR_TRY_ASSIGN(model::Machine machine, machine_of(context, options));
    for (const auto &warning : machine.warnings)
        progress.warn(util::printable(warning));
    for (const std::string &words : diagnose::unsupported_in(machine))
        progress.warn("this will stop a recovery: " + words);
    MDR_TRY_ASSIGN(const bool degraded, check_arrays(machine, options, progress));
    MDR_TRY_ASSIGN(const payload::Kernel kernel,
                   payload::find_kernel(options.root,
                                        options.kernel.empty() ? machine.kernel : options.kernel));
    MDR_TRY_ASSIGN(std::vector<EspSnapshot> esps,
                   esps_of(context, options, machine, scratch.path()));
    know_loaders(machine, esps);
    const model::Profile profile = make_profile(machine, kernel, degraded, epoch);
    MDR_TRY_ASSIGN(const ImageParts parts, gather_parts(context, options, data, scratch.path(),
                                                        kernel, profile, std::move(esps)));

    progress.phase("Making the boot loaders", 0);
    MDR_TRY_ASSIGN(const media::BootImages boot,
                   media::make_boot_images(
                       context.system,
                       {.root = options.root,
                        .grub_directory = data.grub,
                        .image_id = profile.image_id,
                        .kernel = options.root == "/" ? kernel.image : options.root + kernel.image,
                        .scratch = scratch.path(),
                        .epoch = epoch},
                       progress));
    MDR_TRY_ASSIGN(manifest::Tree tree,
                   image_tree(parts, boot, data, options.password_hash, epoch));
    MDR_TRY_ASSIGN(const media::Verification verification,
                   write_and_verify({.tree = std::move(tree),
                                     .boot = boot,
                                     .volume_id = volume_id(profile),
                                     .image_id = profile.image_id,
                                     .epoch = epoch,
                                     .joliet = options.joliet},
                                    options, progress));
    if (this_machine(options))
        keep_profile(context.system, profile, progress);
    progress.end();
    const BuildReport report = report_of(options, parts, boot, verification);
    return print(options.json ? build_json(report) : human_report(report));
}

} // namespace mdrescue::cli
