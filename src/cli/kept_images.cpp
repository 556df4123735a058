// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/kept_images.h"

#include "util/text.h"

#include <algorithm>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

constexpr std::string_view time_mark = "{time}";
constexpr std::string_view host_mark = "{host}";
constexpr std::string_view time_shape = "00000000T000000Z"; ///< 0: any digit
constexpr std::int64_t day = 86400;                         // in seconds

std::string time_text(std::int64_t time) {
    return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(static_cast<std::time_t>(time)));
}

bool is_time(std::string_view text) {
    return std::equal(
        text.begin(), text.end(), time_shape.begin(), time_shape.end(),
        [](char c, char shape) { return shape == '0' ? c >= '0' && c <= '9' : c == shape; });
}

std::string file_name_part(const std::string &host_name) {
    std::string part = host_name.empty() ? "machine" : host_name;
    for (char &c : part) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        if (!plain)
            c = '_';
    }
    return part.substr(0, 64); // HOST_NAME_MAX of Linux, sethostname(2)
}

/// What stands before and after the time in the name of an image.
struct NameParts {
    std::string before;
    std::string after;
};

NameParts parts_of(const etc::Settings &settings, const std::string &host_name) {
    const auto at = settings.name.find(time_mark);
    NameParts parts{settings.name.substr(0, at), settings.name.substr(at + time_mark.size())};
    for (std::string *part : {&parts.before, &parts.after})
        if (const auto host = part->find(host_mark); host != std::string::npos)
            part->replace(host, host_mark.size(), file_name_part(host_name));
    return parts;
}

} // namespace

util::Result<etc::Settings> read_settings(system::System &system, const std::string &file) {
    const std::string path = file.empty() ? installed_settings : file;
    if (file.empty() && !system.exists(path))
        return etc::Settings{};
    MDR_TRY_ASSIGN(const std::string text, system.read_file(path));
    auto settings = etc::parse_settings(text);
    if (!settings)
        return util::with_context(util::printable(path), std::move(settings.error()));
    return settings;
}

std::string image_name(const etc::Settings &settings, const std::string &host_name,
                       std::int64_t time) {
    const NameParts parts = parts_of(settings, host_name);
    return parts.before + time_text(time) + parts.after;
}

std::vector<std::string> image_names(const etc::Settings &settings, const std::string &host_name,
                                     const std::vector<std::string> &names, std::int64_t now) {
    const NameParts parts = parts_of(settings, host_name);
    const std::size_t length = parts.before.size() + time_shape.size() + parts.after.size();
    const auto time_of = [&](const std::string &name) {
        return name.substr(parts.before.size(), time_shape.size());
    };
    std::vector<std::string> found;
    for (const std::string &name : names)
        if (name.size() == length && name.starts_with(parts.before) &&
            name.ends_with(parts.after) && is_time(time_of(name)))
            found.push_back(name);
    const std::string latest = time_text(now + day);
    std::sort(found.begin(), found.end(), [&](const std::string &one, const std::string &other) {
        const bool future = time_of(one) > latest;
        return future == (time_of(other) > latest) ? time_of(one) > time_of(other) : !future;
    });
    return found;
}

util::Result<std::vector<std::string>> kept_images(system::System &system,
                                                   const etc::Settings &settings,
                                                   const std::string &host_name, std::int64_t now) {
    if (!system.exists(settings.images))
        return std::vector<std::string>{};
    MDR_TRY_ASSIGN(const auto names, system.list(settings.images));
    std::vector<std::string> paths;
    for (const std::string &name : image_names(settings, host_name, names, now))
        paths.push_back(settings.images + "/" + name);
    return paths;
}

std::string no_image_in(const etc::Settings &settings) {
    return fmt::format("no image of this machine is kept in {}", util::printable(settings.images));
}

std::vector<std::string> superfluous(const std::vector<KeptImage> &images, unsigned keep) {
    unsigned good = 0;
    unsigned others = 0;
    std::vector<std::string> gone;
    for (const KeptImage &image : images)
        if (good >= keep || (!image.good && others >= keep))
            gone.push_back(image.path);
        else
            ++(image.good ? good : others);
    return gone;
}

} // namespace mdrescue::cli
