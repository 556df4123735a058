// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/probe.h"

#include "probe/arrays.h"
#include "probe/block_devices.h"
#include "probe/boot_loaders.h"
#include "probe/contents.h"
#include "probe/firmware.h"
#include "probe/host.h"
#include "probe/mounts.h"
#include "probe/tables.h"
#include "util/progress.h"
#include "util/text.h"

#include <functional>
#include <vector>

namespace mdrescue::probe {
namespace {

using util::fail;
using util::Result;

/// Disks can be read by root alone; the effective user id is the second of the Uid: line (proc(5)).
Result<void> check_access(system::System &system) {
    MDR_TRY_ASSIGN(const std::string status, system.read_file("/proc/self/status"));
    for (const std::string_view line : util::split(status, '\n')) {
        const auto fields = util::split_words(line);
        if (fields.size() > 2 && fields[0] == "Uid:" && fields[2] != "0")
            return fail("disks can be read by root only",
                        "Run mdrescue as root, for example with sudo.");
    }
    if (auto devices = system.list("/sys/block"); !devices)
        return util::with_context("the kernel's list of disks cannot be read", devices.error());
    return {};
}

} // namespace

Result<Facts> collect(system::System &system) {
    MDR_TRY(check_access(system));
    Collector collector(system);
    std::vector<BlockDevice> devices;
    const auto find_devices = [&] {
        collect_block_devices(collector);
        FactReader reader(collector.facts());
        devices = read_block_devices(reader);
    };
    const std::vector<std::function<void()>> stages{
        [&] { collect_host(collector); },
        [&] { collect_firmware(collector); },
        [&] { collect_mounts(collector); },
        find_devices,
        [&] { collect_contents(collector, devices); },
        [&] { collect_superblocks(collector, devices); },
        [&] { collect_tables(collector, devices); },
        [&] { collect_boot_areas(collector, devices); },
        [&] { collect_esp_files(collector, devices); },
    };
    for (const auto &stage : stages) {
        stage();
        if (util::cancel_requested)
            return util::cancelled();
    }
    return std::move(collector.facts());
}

} // namespace mdrescue::probe
