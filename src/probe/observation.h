// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "probe/block_devices.h"
#include "probe/facts.h"
#include "probe/md_superblock.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mdrescue::probe {

/// What the parts of interpret() share while they go through the facts.
struct Observation {
    explicit Observation(const Facts &all) : facts(all) {}

    FactReader facts;
    std::vector<BlockDevice> devices;
    std::map<std::string, model::PartitionTable> tables; ///< by kernel name of the disk or array
    std::map<std::string, MdSuperblock> superblocks;     ///< by kernel name of the member
    std::map<std::string, model::Content> contents;      ///< by kernel name
    std::map<std::string, model::DeviceRef>
        references; ///< by kernel name of disks and their partitions
    std::vector<std::string> warnings;

    void warn(std::string message) { warnings.push_back(std::move(message)); }
};

} // namespace mdrescue::probe
