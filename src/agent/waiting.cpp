// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/waiting.h"

#include "agent/devices.h"

#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto pause = 100ms;
constexpr auto medium_limit = 60s;
constexpr auto disks_limit = 30s;
constexpr std::chrono::milliseconds quiet_when_all_are_here = 300ms;
constexpr std::chrono::milliseconds quiet_when_some_miss = 6s;

std::int64_t seconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

/// What is there, with all partitions: a disk can be listed before the kernel has read its table,
/// but opening it waits for that (block/genhd.c, device_add_disk; block/bdev.c, blkdev_get_whole).
std::vector<BlockDevice> devices_with_partitions(system::System &system) {
    for (const BlockDevice &device : block_devices(system))
        if (!device.partition && device.size > 0)
            static_cast<void>(system.read_at("/dev/" + device.name, 0, 1));
    return block_devices(system);
}

/// A driver that cannot be loaded is no reason not to look at what is there.
void load_more(Modules &modules, Terminal &terminal) {
    if (const auto result = modules.coldplug(); !result)
        terminal.show({{{"! " + result.error().message, Style::warning}}});
}

} // namespace

std::optional<Medium> wait_for_medium(system::System &system, Terminal &terminal, Modules &modules,
                                      const std::string &image_id) {
    const auto start = system.now();
    std::vector<BlockDevice> seen{{}}; // unlike any real list: the first round always looks
    for (;;) {
        load_more(modules, terminal);
        // Reading a drive can take seconds; only what is new is worth it.
        if (auto devices = block_devices(system); devices != seen) {
            if (auto medium = find_medium(system, image_id, devices))
                return medium;
            seen = std::move(devices);
        }
        const auto waited = system.now() - start;
        if (waited >= medium_limit || terminal.interrupted())
            return std::nullopt;
        terminal.status(fmt::format("looking for the medium, {} of {} s (q: stop looking)",
                                    seconds(waited), medium_limit.count()));
        system.sleep(pause);
    }
}

void wait_for_disks(system::System &system, Terminal &terminal, Modules &modules,
                    const model::Machine *recorded) {
    const auto start = system.now();
    auto last_change = start;
    std::vector<BlockDevice> seen;
    for (;;) {
        load_more(modules, terminal);
        const auto now = system.now();
        if (block_devices(system) != seen) {
            seen = devices_with_partitions(system);
            last_change = system.now();
        }
        const bool all_here = recorded != nullptr && as_many_as_recorded(*recorded, seen);
        const auto quiet = all_here ? quiet_when_all_are_here : quiet_when_some_miss;
        if (now - last_change >= quiet || now - start >= disks_limit || terminal.interrupted())
            return;
        terminal.status(fmt::format("waiting for disks, {} s (q: go on with those here)",
                                    seconds(now - start)));
        system.sleep(pause);
    }
}

} // namespace mdrescue::agent
