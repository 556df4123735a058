// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/page.h"

#include "media/page_drawing.h"
#include "media/page_words.h"
#include "media/template.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::media {
namespace {

using util::html;

constexpr const char *esp_line =
    "<li><code>mdrescue/esp/</code> – the files of each EFI system partition</li>\n";

std::string or_dash(const std::string &text) { return text.empty() ? "–" : html(text); }

std::string row(const std::vector<std::string> &cells) {
    return "<tr><td>" + joined(cells, "</td><td>") + "</td></tr>\n";
}

std::string facts(const PageRequest &request) {
    const model::Profile &profile = request.profile;
    const model::Machine &machine = profile.machine;
    const std::vector<std::pair<const char *, std::string>> lines{
        {"Machine", machine.product},
        {"System", machine.os},
        {"Kernel on this medium", profile.image_kernel},
        {"Firmware", firmware_words(machine.firmware)},
        {"Machine id", machine.machine_id},
        {"Made", fmt::format("{} by {}", date_words(profile.made_at), profile.made_by)},
        {"Image id", profile.image_id},
    };
    std::string list;
    for (const auto &[name, value] : lines)
        list += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, or_dash(value));
    return list;
}

std::string list_items(const std::vector<std::string> &sentences) {
    std::string items;
    for (const auto &sentence : sentences)
        items += "<li>" + html(sentence) + "</li>\n";
    return items;
}

std::string disk_rows(const model::Machine &machine, const std::vector<DiskWords> &disks) {
    std::string rows;
    for (std::size_t i = 0; i < disks.size(); ++i) {
        const model::Disk &disk = machine.disks[i];
        rows += row({"<b>" + html(disks[i].name) + "</b>",
                     "<code class=\"serial\">" + html(disks[i].serial) + "</code>",
                     or_dash(disk.model), html(util::size_text(disk.size)), or_dash(disk.position),
                     or_dash(disk.wwn), or_dash(disk.kernel_name)});
    }
    return rows;
}

const char *verdict_class(model::Start start) {
    switch (start) {
    case model::Start::yes: return "good";
    case model::Start::no: return "bad";
    case model::Start::stops:
    case model::Start::unknown: return "fair";
    }
    return "fair";
}

std::string disk_cards(const std::vector<DiskWords> &disks) {
    std::string cards;
    for (const auto &disk : disks) {
        std::string pieces;
        for (const auto &piece : disk.pieces)
            pieces +=
                fmt::format("<li><span class=\"chip {}\"></span><code>{}</code> {}{}{}, {}</li>\n",
                            colour_class(piece.array), html(piece.device), html(piece.use),
                            piece.user.empty() ? "" : " – ", html(piece.user),
                            html(util::size_text(piece.size)));
        cards += fmt::format("<section class=\"card\">\n<h3>{} <small>serial <code "
                             "class=\"serial\">{}</code></small></h3>\n"
                             "<p class=\"verdict {}\">{}</p>\n<ul "
                             "class=\"pieces\">\n{}</ul>\n<ul>\n{}</ul>\n</section>\n",
                             html(disk.name), html(disk.serial), verdict_class(disk.start),
                             html(disk.answer), pieces, list_items(disk.follows));
    }
    return cards;
}

std::string array_rows(const model::Machine &machine) {
    std::string rows;
    const auto arrays = array_words(machine);
    for (std::size_t i = 0; i < arrays.size(); ++i)
        rows += row({fmt::format("<span class=\"chip {}\"></span><b>{}</b>",
                                 colour_class(static_cast<int>(i)), html(arrays[i].name)),
                     html(arrays[i].level), "<code>" + html(arrays[i].slots) + "</code>",
                     arrays[i].size == 0 ? "–" : html(util::size_text(arrays[i].size)),
                     or_dash(arrays[i].use), html(arrays[i].tolerance),
                     "<code>" + html(machine.arrays[i].uuid) + "</code>"});
    return rows;
}

std::string warning(const std::string &text) {
    return "<p class=\"verdict fair\">" + html(text) + "</p>\n";
}

std::string notices(const model::Profile &profile, const std::vector<DiskWords> &disks) {
    std::string text;
    if (const auto vital = vital_disks(disks); !vital.empty())
        text += "<p class=\"verdict bad\">" +
                html("The machine does not start without " + vital + ".") + "</p>\n";
    if (profile.degraded)
        text += warning("An array was degraded when this image was made.");
    for (const auto &line : profile.machine.warnings)
        text += warning("While the machine was read: " + line);
    return text;
}

} // namespace

util::Result<std::string> page_html(const PageRequest &request, std::string_view template_text) {
    const auto disks = disk_words(request);
    return filled_template(template_text, {{"HOST", html(host_words(request.profile))},
                                           {"FACTS", facts(request)},
                                           {"NOTICES", notices(request.profile, disks)},
                                           {"STEPS", list_items(recovery_steps())},
                                           {"DRAWING", disk_drawing(disks)},
                                           {"DISK_ROWS", disk_rows(request.profile.machine, disks)},
                                           {"DISK_CARDS", disk_cards(disks)},
                                           {"ARRAY_ROWS", array_rows(request.profile.machine)},
                                           {"STARTS_ON", html(starts_on_words(request))},
                                           {"ESPS", !request.saved_esps.empty() ? esp_line : ""},
                                           {"KERNEL", html(request.profile.image_kernel)},
                                           {"MADE_AT", html(date_words(request.profile.made_at))}});
}

} // namespace mdrescue::media
