// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/image_sizes.h"
#include "cli/image_text.h"
#include "cli/json_output.h"
#include "cli/output.h"
#include "media/image_reader.h"
#include "util/text.h"

#include <ctime>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

std::string info_text(const media::ImageInfo &info, bool colour) {
    const auto &profile = info.profile;
    const auto &machine = profile.machine;
    std::string text = util::printable(info.path) + "\n";
    text += fmt::format("  machine     {} ({})\n", shown_host_name(machine.host_name),
                        util::printable(machine.os));
    text += fmt::format("  made        {}, by {}\n", made_text(profile.made_at, std::time(nullptr)),
                        util::printable(profile.made_by));
    text += fmt::format("  kernel      {}\n", util::printable(profile.image_kernel));
    text +=
        fmt::format("  starts on   {}\n", starts_on_text(info.bios, info.uefi, info.secure_boot));
    text += fmt::format("  size        {} ({} bytes)\n", util::size_text(info.size), info.size);
    text += fmt::format("  on it       {}\n",
                        parts_text(bytes_under(info, "boot/"), bytes_under(info, "mdrescue/esp/"),
                                   bytes_under(info, "mdrescue/initramfs")));
    text += fmt::format("  image id    {}\n", profile.image_id);
    if (profile.degraded)
        text += fmt::format("  {}made while an array lacked a member{}\n", colour ? "\x1b[31m" : "",
                            colour ? "\x1b[0m" : "");
    text += "  disks\n";
    for (const auto &disk : machine.disks)
        text +=
            fmt::format("    {:<7} {:>8}  serial {:<20}  {}\n", disk.id, util::size_text(disk.size),
                        disk.serial.empty() ? "(none)" : util::printable(disk.serial),
                        util::printable(disk.position));
    text += "  arrays\n";
    for (const auto &array : machine.arrays)
        text += fmt::format("    {:<7} {} of {}, metadata {}, UUID {}\n",
                            util::printable(array.kernel_name), model::level_name(array.level),
                            array.slots, array.metadata, array.uuid);
    return text;
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
    const auto parts = options.sizes ? size_parts(info) : std::vector<SizePart>{};
    return print(options.json
                     ? inspect_json(info, parts)
                     : info_text(info, context.colour) + (options.sizes ? sizes_text(parts) : ""));
}

util::Result<void> verify(const Context &context, const ImageOptions &options) {
    const auto verification = media::verify_image(options.file, context.progress);
    context.progress.end();
    if (!verification) {
        if (options.json && !util::cancel_requested)
            MDR_TRY(print(not_verified_json(verification.error())));
        return tl::unexpected(verification.error());
    }
    if (options.json)
        MDR_TRY(print(verify_json(*verification)));
    if (!verification->sound)
        return tl::unexpected(damage(options.file, *verification));
    if (options.json)
        return {};
    return print(fmt::format("{} is sound: {} bytes checked\nsha256  {}\n",
                             util::printable(options.file), verification->bytes,
                             verification->digest));
}

} // namespace mdrescue::cli
