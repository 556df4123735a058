// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/assemble.h"

namespace mdrescue::execute {
namespace {

using diagnose::Assembly;
using diagnose::Verdict;
using model::Array;
using model::Machine;
using util::Result;

Result<void> start(system::System &system, const Machine &observed, const Assembly &assembly) {
    // --readonly writes array_state of the array instead of running it: no superblock is written,
    // no resync and no recovery begins (mdadm(8), --readonly). --config=none: the configuration
    // file of the initramfs, if there is one, has no say.
    system::Command command{.argv = {"mdadm", "--assemble", "--readonly", "--run", "--config=none",
                                     "--uuid=" + assembly.uuid, assembly.node}};
    for (const model::DeviceRef &member : assembly.members)
        if (const model::Disk *disk = model::find_disk(observed, member.disk))
            command.argv.push_back(model::device_path(*disk, member.partition));
    MDR_TRY(system::run_ok(system, command));
    return {};
}

Result<void> stop(system::System &system, const Machine &observed, const std::string &uuid) {
    for (const Array &array : observed.arrays)
        if (array.uuid == uuid && !array.kernel_name.empty())
            MDR_TRY(
                system::run_ok(system, {.argv = {"mdadm", "--stop", "/dev/" + array.kernel_name}}));
    return {};
}

} // namespace

bool assemble(system::System &system, const Machine &observed, std::vector<Assembly> &assemblies) {
    bool changed = false;
    for (Assembly &assembly : assemblies) {
        if (assembly.verdict != Verdict::start && assembly.verdict != Verdict::restart)
            continue;
        Result<void> result;
        if (assembly.verdict == Verdict::restart)
            result = stop(system, observed, assembly.uuid);
        if (result)
            result = start(system, observed, assembly);
        if (!result)
            assembly.error = result.error().message;
        changed = true;
    }
    return changed;
}

Result<void> start_dirty(system::System &system, const Machine &observed,
                         const Assembly &assembly) {
    constexpr const char *parameter = "/sys/module/md_mod/parameters/start_dirty_degraded";
    MDR_TRY(system.write_control(parameter, "1"));
    const Result<void> started = start(system, observed, assembly);
    MDR_TRY(system.write_control(parameter, "0"));
    return started;
}

} // namespace mdrescue::execute
