// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/probe.h"

#include "probe/arrays.h"
#include "probe/boot_loaders.h"
#include "probe/contents.h"
#include "probe/disks.h"
#include "probe/firmware.h"
#include "probe/host.h"
#include "probe/mounts.h"
#include "probe/tables.h"
#include "probe/volume_groups.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::probe {
namespace {

/// "problem/sfdisk/sda" holds what went wrong there, in words.
void read_problems(Observation &observation) {
    for (const std::string &name : observation.facts.below("problem"))
        observation.warn(fmt::format("{}: {}", name.substr(name.find('/') + 1),
                                     util::printable(observation.facts.bytes(name))));
}

util::Result<void> check_all_used(const FactReader &facts) {
    const auto unused = facts.unused();
    if (unused.empty())
        return {};
    return util::fail(fmt::format("{} facts of the recording are not understood, the first is {}",
                                  unused.size(), util::printable(unused.front())),
                      "The recording was made by another version, or damaged.");
}

} // namespace

util::Result<model::Machine> interpret(const Facts &facts) {
    Observation observation(facts);
    model::Machine machine;
    read_problems(observation);
    read_host(observation, machine);
    machine.firmware = read_firmware(observation);
    observation.devices = read_block_devices(observation.facts);
    read_tables(observation);
    read_superblocks(observation);
    read_contents(observation);
    machine.disks = read_disks(observation);
    machine.arrays = read_arrays(observation);
    machine.volume_groups = read_volume_groups(observation);
    machine.mounts = read_mounts(observation);
    read_boot_loaders(observation, machine.arrays, machine.disks);
    MDR_TRY(check_all_used(observation.facts));
    machine.warnings = std::move(observation.warnings);
    return machine;
}

} // namespace mdrescue::probe
