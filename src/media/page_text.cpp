// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/page.h"
#include "media/page_words.h"
#include "media/template.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::media {
namespace {

constexpr std::size_t columns = 78;
constexpr const char *esp_line =
    "  mdrescue/esp/             the files of each EFI system partition\n";

/// Escaped and broken at blanks; `first` begins the first line, as many blanks the following ones.
std::string paragraph(const std::string &first, const std::string &raw) {
    return util::paragraph(first, util::printable(raw), columns);
}

std::string facts(const model::Profile &profile) {
    const model::Machine &machine = profile.machine;
    std::string text = paragraph("  Machine    ", machine.product);
    text += paragraph("  System     ", machine.os);
    text += paragraph("  Kernel     ", profile.image_kernel + " (on this medium)");
    text += paragraph("  Firmware   ", firmware_words(machine.firmware));
    text += paragraph("  Machine id ", machine.machine_id);
    text += paragraph("  Made       ",
                      fmt::format("{} by {}", date_words(profile.made_at), profile.made_by));
    return text + paragraph("  Image id   ", profile.image_id);
}

std::string notices(const model::Profile &profile, const std::vector<DiskWords> &disks) {
    std::string text;
    if (const auto vital = vital_disks(disks); !vital.empty())
        text += paragraph("  ! ", "The machine does not start without " + vital + ".");
    if (profile.degraded)
        text += paragraph("  ! ", "An array was degraded when this image was made.");
    for (const auto &line : profile.machine.warnings)
        text += paragraph("  ! ", "While the machine was read: " + line);
    return text.empty() ? "" : text + "\n";
}

std::string steps() {
    std::string text;
    unsigned number = 0;
    for (const auto &step : recovery_steps())
        text += paragraph(fmt::format("  {}. ", ++number), step);
    return text;
}

std::string disk_text(const model::Disk &disk, const DiskWords &words) {
    std::string text = paragraph("", fmt::format("{}  serial {}", words.name, words.serial));
    text += paragraph("    ", fmt::format("{}, {}, was {}",
                                          disk.model.empty() ? "unknown model" : disk.model,
                                          util::size_text(disk.size), disk.kernel_name));
    if (!disk.position.empty())
        text += paragraph("    at ", disk.position);
    if (!disk.wwn.empty())
        text += paragraph("    WWN ", disk.wwn);
    for (const auto &piece : words.pieces)
        text += paragraph("    ",
                          fmt::format("{}: {}{}{}{}, {}", piece.device, piece.use,
                                      piece.user.empty() ? "" : " (", piece.user,
                                      piece.user.empty() ? "" : ")", util::size_text(piece.size)));
    text += paragraph("  If it dies: ", words.answer);
    for (const auto &sentence : words.follows)
        text += paragraph("    - ", sentence);
    return text + "\n";
}

std::string disks_text(const model::Machine &machine, const std::vector<DiskWords> &disks) {
    std::string text;
    for (std::size_t i = 0; i < disks.size(); ++i)
        text += disk_text(machine.disks[i], disks[i]);
    return text;
}

std::string arrays_text(const model::Machine &machine) {
    std::string text;
    const auto arrays = array_words(machine);
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        text += paragraph(
            "  ", fmt::format("{}  {}  {}  {}", arrays[i].name, arrays[i].level, arrays[i].slots,
                              arrays[i].size == 0 ? "" : util::size_text(arrays[i].size)));
        text += paragraph("      ", fmt::format("{}; {}", arrays[i].use, arrays[i].tolerance));
        text += paragraph("      UUID ", machine.arrays[i].uuid);
    }
    return text;
}

} // namespace

util::Result<std::string> page_text(const PageRequest &request, std::string_view template_text) {
    const auto disks = disk_words(request);
    return filled_template(
        template_text,
        {{"TITLE", paragraph("", "mdrescue: recovery medium of " + host_words(request.profile))},
         {"FACTS", facts(request.profile)},
         {"NOTICES", notices(request.profile, disks)},
         {"STEPS", steps()},
         {"DISKS", disks_text(request.profile.machine, disks)},
         {"ARRAYS", arrays_text(request.profile.machine)},
         {"STARTS_ON", paragraph("", "This medium starts on " + starts_on_words(request) + ".")},
         {"ESPS", !request.saved_esps.empty() ? esp_line : ""},
         {"KERNEL", util::printable(request.profile.image_kernel)},
         {"MADE_AT", date_words(request.profile.made_at)}});
}

} // namespace mdrescue::media
