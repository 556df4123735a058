// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/image_text.h"
#include "cli/json_output.h"
#include "media/image_reader.h"
#include "util/text.h"

#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

std::string age_text(std::int64_t made_at) {
    const std::int64_t seconds = std::time(nullptr) - made_at;
    if (seconds < 0)
        return "in the future by this computer's clock";
    const std::int64_t days = seconds / 86400;
    return days == 0 ? "today" : fmt::format("{} day{} ago", days, days == 1 ? "" : "s");
}

std::uint64_t bytes_under(const media::ImageInfo &info, std::string_view prefix) {
    std::uint64_t total = 0;
    for (const auto &file : info.files)
        if (std::string_view(file.path).starts_with(prefix))
            total += file.size;
    return total;
}

void print_info(const media::ImageInfo &info, bool colour) {
    const auto &profile = info.profile;
    const auto &machine = profile.machine;
    fmt::print("{}\n", util::printable(info.path));
    fmt::print("  machine     {} ({})\n", shown_host_name(machine.host_name),
               util::printable(machine.os));
    fmt::print("  made        {:%Y-%m-%d %H:%M} UTC, {}, by {}\n",
               fmt::gmtime(static_cast<std::time_t>(profile.made_at)), age_text(profile.made_at),
               util::printable(profile.made_by));
    fmt::print("  kernel      {}\n", util::printable(profile.image_kernel));
    fmt::print("  starts on   {}\n", starts_on_text(info.bios, info.uefi, info.secure_boot));
    fmt::print("  size        {} ({} bytes)\n", util::size_text(info.size), info.size);
    fmt::print("  on it       /boot {}, EFI partitions {}, initramfs {}\n",
               util::size_text(bytes_under(info, "boot/")),
               util::size_text(bytes_under(info, "mdrescue/esp/")),
               util::size_text(bytes_under(info, "mdrescue/initramfs")));
    fmt::print("  image id    {}\n", profile.image_id);
    if (profile.degraded)
        fmt::print("  {}made while an array lacked a member{}\n", colour ? "\x1b[31m" : "",
                   colour ? "\x1b[0m" : "");
    fmt::print("  disks\n");
    for (const auto &disk : machine.disks)
        fmt::print("    {:<7} {:>8}  serial {:<20}  {}\n", disk.id, util::size_text(disk.size),
                   disk.serial.empty() ? "(none)" : util::printable(disk.serial),
                   util::printable(disk.position));
    fmt::print("  arrays\n");
    for (const auto &array : machine.arrays)
        fmt::print("    {:<7} {} of {}, metadata {}, UUID {}\n", util::printable(array.kernel_name),
                   model::level_name(array.level), array.slots, array.metadata, array.uuid);
}

util::Error damage(const std::string &file, const media::Verification &verification) {
    std::string list;
    for (const auto &path : verification.damaged)
        list += "\n  damaged: " + util::printable(path);
    return {
        fmt::format("{} is damaged; do not rely on it{}", util::printable(file), list),
        "Build a new image, or copy it again from a place where `mdrescue verify` finds it sound."};
}

} // namespace

util::Result<void> inspect(const Context &context, const ImageOptions &options) {
    MDR_TRY_ASSIGN(const media::ImageInfo info, media::read_image(options.file));
    if (options.json)
        fmt::print("{}", inspect_json(info));
    else
        print_info(info, context.colour);
    return {};
}

util::Result<void> verify(const Context &context, const ImageOptions &options) {
    MDR_TRY_ASSIGN(const media::Verification verification,
                   media::verify_image(options.file, context.progress));
    context.progress.end();
    if (options.json)
        fmt::print("{}", verify_json(verification));
    if (!verification.sound)
        return tl::unexpected(damage(options.file, verification));
    if (!options.json)
        fmt::print("{} is sound: {} bytes checked\nsha256  {}\n", util::printable(options.file),
                   verification.bytes, verification.digest);
    return {};
}

} // namespace mdrescue::cli
