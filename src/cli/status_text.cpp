// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_text.h"
#include "cli/machine_status.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

std::string image_text(const ImageStatus &image, std::int64_t now, bool colour) {
    std::string text = util::printable(image.path) + "\n";
    if (image.profile)
        text += fmt::format("  {:<17} {}\n  {:<17} {}\n", "machine",
                            shown_host_name(image.profile->machine.host_name), "made",
                            made_text(image.profile->made_at, now));
    if (image.differences.empty())
        return text + fmt::format("  {:<17} nothing has changed since\n", "fresh");
    for (const auto &difference : image.differences)
        text += fmt::format("  {}{:<17}{} {}\n", colour ? "\x1b[31m" : "",
                            diagnose::difference_name(difference.kind), colour ? "\x1b[0m" : "",
                            difference.text);
    return text;
}

/// A label's value: backslash, quote and newline are escaped; printable text has no newline.
std::string label(const std::string &printable) {
    std::string value;
    for (const char c : printable) {
        if (c == '\\' || c == '"')
            value += '\\';
        value += c;
    }
    return "\"" + value + "\"";
}

/// Samples of one name belong together, below what they mean.
void add_metric(std::string &text, std::string_view name, std::string_view help,
                const std::vector<std::string> &samples) {
    if (samples.empty())
        return;
    text += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
    for (const std::string &sample : samples)
        text += fmt::format("{}{}\n", name, sample);
}

std::size_t count(const diagnose::Differences &differences, diagnose::Difference::Kind kind) {
    std::size_t number = 0;
    for (const auto &difference : differences)
        number += difference.kind == kind ? 1 : 0;
    return number;
}

void add_images(std::string &text, const MachineStatus &status) {
    std::vector<std::string> ages, states, differences;
    for (const ImageStatus &image : status.images) {
        const std::string name = label(util::printable(image.path));
        if (image.profile)
            ages.push_back(
                fmt::format("{{image={}}} {}", name, status.now - image.profile->made_at));
        states.push_back(fmt::format("{{image={}}} {}", name, image.differences.empty() ? 1 : 0));
        for (const auto &[kind, kind_name] : diagnose::difference_names)
            differences.push_back(fmt::format("{{image={},kind=\"{}\"}} {}", name, kind_name,
                                              count(image.differences, kind)));
    }
    add_metric(text, "mdrescue_images", "Images that were compared.",
               {fmt::format(" {}", status.images.size())});
    add_metric(text, "mdrescue_fresh", "1 when there is an image and nothing differs.",
               {fmt::format(" {}", fresh(status) ? 1 : 0)});
    add_metric(text, "mdrescue_image_age_seconds", "Age of the image.", ages);
    add_metric(text, "mdrescue_image_fresh", "1 when the image is true of this machine.", states);
    add_metric(text, "mdrescue_image_differences",
               "What of the image is not true of this machine, by kind.", differences);
}

void add_arrays(std::string &text, const MachineStatus &status) {
    std::vector<std::string> recorded, active, missing, degraded;
    for (const auto &array : status.arrays) {
        const std::string labels = fmt::format("{{array={},uuid={}}}", label(array.name),
                                               label(util::printable(array.uuid)));
        recorded.push_back(fmt::format("{} {}", labels, array.recorded));
        active.push_back(fmt::format("{} {}", labels, array.active));
        missing.push_back(fmt::format("{} {}", labels, array.missing));
        degraded.push_back(fmt::format("{} {}", labels, array.missing > 0 ? 1 : 0));
    }
    add_metric(text, "mdrescue_array_members_recorded",
               "Members the array has in the record; 0 when it is not in it.", recorded);
    add_metric(text, "mdrescue_array_members_active", "Members that are in sync.", active);
    add_metric(text, "mdrescue_array_members_missing",
               "Members that are not, those that were removed included.", missing);
    add_metric(text, "mdrescue_array_degraded", "1 when the array lacks a member.", degraded);
}

} // namespace

std::string status_text(const MachineStatus &status, bool colour) {
    std::string text;
    for (const ImageStatus &image : status.images)
        text += image_text(image, status.now, colour);
    return text;
}

std::string status_metrics(const MachineStatus &status) {
    std::string text;
    add_images(text, status);
    add_arrays(text, status);
    return text;
}

} // namespace mdrescue::cli
