// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/program_inside.h"

#include "util/text.h"

#include <algorithm>
#include <sys/stat.h>
#include <vector>

namespace mdrescue::agent {
namespace {

std::vector<std::string> components_backwards(const std::string &path) {
    std::vector<std::string> parts;
    for (const std::string_view part : util::split(path, '/'))
        if (!part.empty() && part != ".")
            parts.emplace_back(part);
    std::reverse(parts.begin(), parts.end());
    return parts;
}

} // namespace

bool program_inside(system::System &system, const std::string &root, const std::string &path) {
    constexpr unsigned most_links = 40; // as the kernel's own limit (path_resolution(7))
    std::vector<std::string> rest = components_backwards(path);
    std::string at = root;
    system::FileInfo last;
    for (unsigned links = 0; !rest.empty() && links <= most_links;) {
        const std::string name = std::move(rest.back());
        rest.pop_back();
        if (name == "..") {
            at = at == root ? root : at.substr(0, at.rfind('/'));
            continue;
        }
        const auto found = system.look(at + "/" + name);
        if (!found || !*found)
            return false;
        last = **found;
        if (!S_ISLNK(last.type)) {
            at += "/" + name;
            continue;
        }
        const auto target = system.read_link(at + "/" + name);
        if (!target)
            return false;
        ++links;
        at = target->starts_with('/') ? root : at;
        const auto more = components_backwards(*target);
        rest.insert(rest.end(), more.begin(), more.end());
    }
    return rest.empty() && S_ISREG(last.type) && (last.attributes.mode & 0111U) != 0;
}

} // namespace mdrescue::agent
