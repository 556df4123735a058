// SPDX-License-Identifier: GPL-3.0-or-later
#include "profile/check.h"

#include <bit>
#include <fmt/format.h>
#include <limits>
#include <set>

namespace mdrescue::profile {
namespace {

using Ids = std::set<std::string>;

bool sector_size(std::uint32_t size) { return size >= 512 && std::has_single_bit(size); }

bool fits(const model::BootArea &area) {
    return area.bytes.size() <= area.size &&
           area.size <= std::numeric_limits<std::uint64_t>::max() - area.offset;
}

util::Result<void> check_disk(const model::Disk &disk, const std::string &path, Ids &ids) {
    if (disk.id.empty())
        return util::fail(path + ".id: empty");
    if (!ids.insert(disk.id).second)
        return util::fail(path + ".id: used by another disk already");
    if (!sector_size(disk.logical_sector))
        return util::fail(path + ".logical_sector: not a power of two from 512");
    if (!sector_size(disk.physical_sector))
        return util::fail(path + ".physical_sector: not a power of two from 512");
    for (std::size_t i = 0; i < disk.boot_areas.size(); ++i)
        if (!fits(disk.boot_areas[i]))
            return util::fail(fmt::format(
                "{}.boot_areas[{}]: more bytes than its size, or beyond any disk", path, i));
    return {};
}

util::Result<void> check_array(const model::Array &array, const std::string &path,
                               const Ids &disks) {
    for (std::size_t i = 0; i < array.members.size(); ++i) {
        const std::string &disk = array.members[i].device.disk;
        // A member that lies on no disk of its own (a loop device, say) names none.
        if (!disk.empty() && disks.count(disk) == 0)
            return util::fail(
                fmt::format("{}.members[{}].device.disk: there is no such disk", path, i));
    }
    return {};
}

} // namespace

util::Result<void> check(const model::Machine &machine) {
    Ids ids;
    for (std::size_t i = 0; i < machine.disks.size(); ++i)
        MDR_TRY(check_disk(machine.disks[i], fmt::format("machine.disks[{}]", i), ids));
    for (std::size_t i = 0; i < machine.arrays.size(); ++i)
        MDR_TRY(check_array(machine.arrays[i], fmt::format("machine.arrays[{}]", i), ids));
    return {};
}

} // namespace mdrescue::profile
