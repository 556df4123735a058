// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/recorded_boot_areas.h"

#include "diagnose/marker.h"
#include "execute/grub_bios.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using model::BootArea;
using util::fail;
using util::Result;

constexpr std::uint64_t first_sector = 512; // boot code, disk id and, from byte 446 on, the table

/// The BIOS boot partition (GRUB manual, "BIOS installation").
constexpr std::string_view bios_boot_type = "21686148-6449-6E6F-744E-656564454649";

struct Range {
    std::uint64_t begin = 0, end = 0; ///< in bytes
    [[nodiscard]] bool touches(const Range &other) const {
        return begin < other.end && other.begin < end;
    }
};

Range range_of(const BootArea &area) { return {area.offset, area.offset + area.bytes.size()}; }

/// The bytes to write or to find. The boot code whole, the rest of it may be another's.
BootArea wanted(BootArea area) {
    if (area.offset == 0)
        area.bytes.resize(std::max<std::size_t>(area.bytes.size(), area.size));
    return area;
}

/// Of the last area on the disk first: the boot sector comes last.
std::vector<BootArea> areas_of(const model::Disk &recorded) {
    std::vector<BootArea> areas;
    for (const BootArea &area : recorded.boot_areas)
        if (!area.bytes.empty())
            areas.push_back(wanted(area));
    std::sort(areas.begin(), areas.end(),
              [](const auto &one, const auto &other) { return one.offset > other.offset; });
    return areas;
}

std::vector<Range> forbidden(const model::Disk &recorded, const plan::Plan &plan) {
    std::vector<Range> ranges{{grub::boot_code_size, first_sector}};
    for (const plan::Step &step : plan.steps)
        if (const auto *mark = std::get_if<plan::MarkDisk>(&step);
            mark != nullptr && mark->disk == recorded.id)
            ranges.push_back({mark->offset, mark->offset + diagnose::marker_size});
    const std::uint64_t sector = recorded.logical_sector;
    for (const model::Partition &one :
         recorded.table ? recorded.table->partitions : std::vector<model::Partition>{})
        if (one.type != bios_boot_type)
            ranges.push_back({one.start * sector, (one.start + one.size) * sector});
    if (recorded.table && recorded.table->label == "gpt")
        ranges.push_back({first_sector, recorded.table->first_usable * sector});
    return ranges;
}

Result<const model::Disk *> find_recorded(const Context &context, const std::string &id) {
    const model::Disk *recorded = model::find_disk(context.profile.machine, id);
    if (recorded == nullptr || areas_of(*recorded).empty())
        return fail("no boot loader is recorded for " + id);
    return recorded;
}

} // namespace

Result<bool> has_recorded_areas(Context &context, const std::string &recorded_disk) {
    MDR_TRY_ASSIGN(const model::Disk *recorded, find_recorded(context, recorded_disk));
    MDR_TRY_ASSIGN(const std::string device, context.device({recorded_disk, 0}));
    for (const BootArea &area : areas_of(*recorded)) {
        MDR_TRY_ASSIGN(const std::string bytes,
                       context.system.read_at(device, area.offset, area.bytes.size()));
        if (bytes != area.bytes)
            return false;
    }
    return true;
}

Result<void> write_recorded_areas(Context &context, const std::string &recorded_disk) {
    MDR_TRY_ASSIGN(const model::Disk *recorded, find_recorded(context, recorded_disk));
    // Safety rule 2: nothing but the plan's own output, and never over the marker.
    for (const BootArea &area : areas_of(*recorded))
        for (const Range &range : forbidden(*recorded, context.plan))
            if (range_of(area).touches(range))
                return fail(fmt::format("the recorded boot area at byte {} of {} would cover what "
                                        "is no boot loader: nothing was written",
                                        area.offset, recorded_disk));
    // Safety rule 1: the name still belongs to the replacement.
    MDR_TRY(confirm_target(context, recorded_disk));
    MDR_TRY_ASSIGN(const std::string device, context.device({recorded_disk, 0}));
    // Its partitions are members and mounted by now.
    for (const BootArea &area : areas_of(*recorded))
        MDR_TRY(
            context.system.write_device(device, area.offset, area.bytes, system::Claim::shared));
    return {};
}

} // namespace mdrescue::execute
