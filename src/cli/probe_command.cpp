// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/machine_table.h"
#include "cli/output.h"
#include "probe/probe.h"
#include "profile/profile.h"

#include <unistd.h>

namespace mdrescue::cli {
namespace {

util::Result<probe::Facts> facts_of_this_machine(system::System &system) {
    if (::geteuid() != 0)
        return util::fail("only root can read the disks of this machine", "Run it again as root.");
    return probe::collect(system);
}

} // namespace

util::Result<model::Machine> probe_this_machine(system::System &system) {
    MDR_TRY_ASSIGN(const probe::Facts facts, facts_of_this_machine(system));
    return probe::interpret(facts);
}

util::Result<void> probe(const Context &context, const ProbeOptions &options) {
    MDR_TRY_ASSIGN(const probe::Facts facts, options.replay.empty()
                                                 ? facts_of_this_machine(context.system)
                                                 : probe::load(options.replay));
    if (!options.record.empty())
        MDR_TRY(probe::save(facts, options.record));
    MDR_TRY_ASSIGN(const model::Machine machine, probe::interpret(facts));
    return print(options.json ? profile::to_json(machine) : machine_table(machine, context.colour));
}

} // namespace mdrescue::cli
