// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/kept_log.h"

#include "execute/mounting.h"
#include "model/loss.h"

#include <sys/stat.h>

namespace mdrescue::execute {
namespace {

using util::fail;
using util::Result;

constexpr const char *log_name = "/mdrescue-recovery.log";
constexpr const char *json_name = "/mdrescue-recovery.jsonl";

/// /boot before others.
const plan::RestoreFiles *restored_filesystem(const plan::Plan &plan) {
    const plan::RestoreFiles *found = nullptr;
    for (const plan::Step &step : plan.steps)
        if (const auto *files = std::get_if<plan::RestoreFiles>(&step);
            files != nullptr && !files->target.empty() &&
            (found == nullptr || files->target == "/boot"))
            found = files;
    return found;
}

Result<void> write_log(Context &context, const std::string &directory) {
    return keeping_attributes(context.system, directory, [&]() -> Result<void> {
        for (const auto &[name, bytes] : {std::pair(log_name, context.journal.text()),
                                          std::pair(json_name, context.journal.json())}) {
            MDR_TRY(context.system.remove(directory + name));
            MDR_TRY(context.system.append_file(directory + name, bytes));
        }
        return {};
    });
}

/// Where keep_log() may have left one: on a filesystem of a disk's own, which a recovery restores.
bool is_native(const model::Machine &machine, const model::MountPoint &mount) {
    const model::Place place = model::locate(machine, mount.uuid);
    return mount.target.starts_with('/') && place.arrays.empty() && !place.parts.empty();
}

/// None for anything but a regular file: a mount point is everybody's.
std::optional<std::string> read_regular(system::System &system, const std::string &path) {
    const auto info = system.look(path);
    if (!info || !*info || !S_ISREG((*info)->type))
        return std::nullopt;
    auto text = system.read_file(path);
    return text ? std::optional(std::move(*text)) : std::nullopt;
}

std::string directory_of(const KeptLog &log) { return log.path.substr(0, log.path.rfind('/')); }

} // namespace

Result<std::string> keep_log(Context &context) {
    const plan::RestoreFiles *place = restored_filesystem(context.plan);
    if (place == nullptr)
        return fail("no filesystem was restored that could keep it");
    // Safety rules 1 and 2: only onto a replacement of this plan. Its start marker is gone by now.
    MDR_TRY(confirm_replacement(context, place->device.disk));
    MDR_TRY_ASSIGN(const std::string device, context.device(place->device));
    MDR_TRY_ASSIGN(Mounted mounted,
                   Mounted::open(context, {device, place->filesystem}, "kept-log", true));
    MDR_TRY(write_log(context, mounted.path()));
    MDR_TRY(mounted.close());
    return place->target + log_name;
}

std::optional<KeptLog> kept_log(Context &context) {
    if (!context.places.online)
        return std::nullopt;
    for (const model::MountPoint &mount : context.profile.machine.mounts) {
        if (!is_native(context.profile.machine, mount))
            continue;
        auto text = read_regular(context.system, mount.target + log_name);
        auto json = read_regular(context.system, mount.target + json_name);
        if (text && json)
            return KeptLog{mount.target + log_name, std::move(*text), std::move(*json)};
    }
    return std::nullopt;
}

Result<void> remove_kept_log(Context &context, const KeptLog &log) {
    const std::string directory = directory_of(log);
    return keeping_attributes(context.system, directory, [&]() -> Result<void> {
        MDR_TRY(context.system.remove(directory + log_name));
        return context.system.remove(directory + json_name);
    });
}

} // namespace mdrescue::execute
