// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/medium.h"

#include "manifest/image_sums.h"
#include "profile/profile.h"
#include "util/digest.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

/// ISO 9660 (ECMA-119, 8.1): volume descriptors start at sector 16 of 2048 bytes, with this
/// identifier from their second byte on.
bool has_iso9660(system::System &system, const std::string &device) {
    const auto descriptor = system.read_at(device, 16ULL * 2048, 6);
    return descriptor && descriptor->size() == 6 && descriptor->substr(1) == "CD001";
}

bool is_ours(system::System &system, const std::string &image_id, const std::string &directory) {
    return system.exists(image_id.empty() ? directory + "/mdrescue/machine.json"
                                          : directory + "/mdrescue/id-" + image_id);
}

/// What a session before this one has mounted (process 1 starts a new one when it dies).
std::optional<Medium> mounted_already(system::System &system, const std::string &image_id,
                                      const std::string &directory) {
    const std::string mounts = system.read_file("/proc/mounts").value_or("");
    for (const auto line : util::split(mounts, '\n')) {
        const auto fields = util::split_words(line); // device, directory, … (proc(5))
        if (fields.size() < 2 || fields[1] != directory || !is_ours(system, image_id, directory))
            continue;
        std::string device(fields[0]);
        if (directory == medium_directory && device.starts_with("/dev/loop"))
            if (auto from = system.read_file(copied_from_path))
                return Medium{std::move(*from), std::move(device)};
        return Medium{std::move(device)};
    }
    return std::nullopt;
}

bool plausible_id(const std::string &image_id) { return image_id.find('/') == std::string::npos; }

} // namespace

std::optional<Medium> find_medium(system::System &system, const std::string &image_id,
                                  const std::vector<BlockDevice> &devices,
                                  const std::string &directory) {
    if (!plausible_id(image_id))
        return std::nullopt;
    if (auto medium = mounted_already(system, image_id, directory))
        return medium;
    // By name, so that a whole disk comes before its partition 1, which holds the same file system:
    // a check of the whole image needs the whole disk.
    for (const BlockDevice &device : devices) {
        const std::string path = "/dev/" + device.name;
        if (device.size == 0 || !has_iso9660(system, path) ||
            !system.mount({path, directory, "iso9660", true, ""}))
            continue;
        if (is_ours(system, image_id, directory))
            return Medium{path};
        if (!system.unmount(directory))
            return std::nullopt;
    }
    return std::nullopt;
}

util::Result<model::Profile> read_profile(system::System &system, const std::string &image_id,
                                          const std::string &directory) {
    const std::string root = directory + "/";
    const std::string name = "mdrescue/machine.json";
    MDR_TRY_ASSIGN(const std::string sums,
                   system.read_file(root + std::string(manifest::sums_path)));
    MDR_TRY_ASSIGN(const auto digests, manifest::parse_sums(sums));
    MDR_TRY_ASSIGN(const std::string text, system.read_file(root + name));
    const auto recorded = digests.find(name);
    if (recorded == digests.end())
        return util::fail("SHA256SUMS on the medium does not list " + name);
    if (util::sha256(text) != recorded->second)
        return util::fail(name + " on the medium is damaged: its digest is not the recorded one",
                          "Use another copy of the medium.");
    MDR_TRY_ASSIGN(model::Profile profile, profile::from_json(text));
    if (!image_id.empty() && profile.image_id != image_id)
        return util::fail(fmt::format("{} belongs to image {}, not to {}", name,
                                      util::printable(profile.image_id),
                                      util::printable(image_id)));
    return profile;
}

} // namespace mdrescue::agent
