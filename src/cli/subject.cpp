// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/subject.h"

#include "payload/files.h"
#include "payload/snapshot.h"
#include "profile/profile.h"
#include "util/text.h"

#include <fmt/format.h>
#include <unistd.h>

namespace mdrescue::cli {

bool this_machine(const Subject &subject) { return subject.machine_file.empty(); }

util::Result<model::Machine> machine_of(const Context &context, const Subject &subject) {
    if (this_machine(subject))
        return probe_this_machine(context.system);
    MDR_TRY_ASSIGN(const std::string text, context.system.read_file(subject.machine_file));
    auto profile = profile::from_json(text);
    if (!profile)
        return util::with_context(util::printable(subject.machine_file), profile.error());
    return std::move(profile->machine);
}

util::Result<manifest::Tree> boot_snapshot(const Subject &subject, util::Progress &progress) {
    const std::string directory = payload::below(subject.root, "/boot");
    if (::access(directory.c_str(), F_OK) != 0)
        return util::fail(
            fmt::format("there is no {}", util::printable(directory)),
            "If /boot is a filesystem of its own, mount it; the image is worthless without it.");
    return payload::snapshot(directory, "boot", progress);
}

util::Result<std::vector<EspSnapshot>> esps_of(const Context &context, const Subject &subject,
                                               const model::Machine &machine,
                                               const std::string &scratch) {
    return this_machine(subject) ? esp_snapshots(context.system, machine, scratch, context.progress)
                                 : esp_snapshots_below(subject.root, machine, context.progress);
}

} // namespace mdrescue::cli
