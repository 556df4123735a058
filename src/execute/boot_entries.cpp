// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_entries.h"

#include "execute/fallback_loader.h"
#include "execute/mounting.h"
#include "model/loss.h"
#include "probe/firmware.h"
#include "util/text.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using model::BootEntry;
using model::Firmware;

bool same_name(const std::string &one, const std::string &other) {
    return std::equal(
        one.begin(), one.end(), other.begin(), other.end(),
        [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); });
}

const BootEntry *numbered(const Firmware &firmware, unsigned number) {
    for (const BootEntry &entry : firmware.boot_entries)
        if (entry.number == number)
            return &entry;
    return nullptr;
}

/// The same entry, whatever its number is now.
bool same_entry(const BootEntry &one, const BootEntry &other) {
    return one.raw == other.raw ||
           (!one.partition_guid.empty() && one.partition_guid == other.partition_guid &&
            same_name(one.file, other.file));
}

/// "" when every recorded loader is on the partition.
std::string missing_file(Context &context, const model::Disk &recorded,
                         const model::BootLoader &esp) {
    const auto device = context.device({recorded.id, esp.partition});
    if (!device)
        return device.error().message;
    const auto mounted = Mounted::open(context, {*device, "vfat"}, "esp", false);
    if (!mounted)
        return mounted.error().message;
    for (const std::string &file : esp.files)
        if (!context.system.exists(path_below(mounted->path(), file)))
            return plan::firmware_path(file) + " is not there";
    return "";
}

bool has_file(const model::BootLoader &esp, const std::string &file) {
    return std::any_of(esp.files.begin(), esp.files.end(),
                       [&](const std::string &one) { return same_name(one, file); });
}

/// One that the firmware follows by itself, to a loader that is known to be there.
const BootEntry *entry_that_starts(const Firmware &firmware, const std::string &partition_guid,
                                   const model::BootLoader &esp) {
    for (const BootEntry &entry : firmware.boot_entries)
        if (!partition_guid.empty() && entry.partition_guid == partition_guid &&
            is_followed(entry, firmware) && has_file(esp, entry.file))
            return &entry;
    return nullptr;
}

} // namespace

std::string path_below(const std::string &directory, std::string file) {
    std::replace(file.begin(), file.end(), '\\', '/');
    return directory + file;
}

Firmware present_firmware(system::System &system) {
    probe::Collector collector(system);
    probe::collect_firmware(collector);
    probe::Observation observation(collector.facts());
    return probe::read_firmware(observation);
}

const BootEntry *find_entry(const Firmware &firmware, const std::string &partition_guid,
                            const std::string &file) {
    for (const BootEntry &entry : firmware.boot_entries)
        if (entry.partition_guid == partition_guid && same_name(entry.file, file))
            return &entry;
    return nullptr;
}

bool is_followed(const BootEntry &entry, const Firmware &firmware) {
    const auto &order = firmware.boot_order;
    return entry.active && std::find(order.begin(), order.end(), entry.number) != order.end();
}

std::vector<unsigned> order_with(const BootEntry &made, const Firmware &recorded,
                                 const Firmware &now) {
    std::vector<unsigned> order = now.boot_order;
    std::erase(order, made.number);
    auto place = order.begin();
    for (const unsigned number : recorded.boot_order) {
        const BootEntry *before = numbered(recorded, number);
        if (before == nullptr)
            continue;
        if (same_entry(*before, made))
            break;
        for (auto at = place; at != order.end(); ++at)
            if (const BootEntry *entry = numbered(now, *at);
                entry != nullptr && same_entry(*before, *entry))
                place = at + 1;
    }
    order.insert(place, made.number);
    return order;
}

UefiStart uefi_start(Context &context, const model::Disk &recorded, const model::BootLoader &esp,
                     bool look_for_files) {
    if (look_for_files)
        if (const std::string missing = missing_file(context, recorded, esp); !missing.empty())
            return {std::nullopt, missing};
    const model::Partition *partition =
        model::find_partition(context.profile.machine, {recorded.id, esp.partition});
    const Firmware firmware = present_firmware(context.system);
    if (const BootEntry *entry =
            entry_that_starts(firmware, partition == nullptr ? "" : partition->uuid, esp))
        return {fmt::format("boot entry \"{}\"", util::printable(entry->label)), ""};
    if (model::has_fallback_loader(esp) || has_new_fallback(context, {recorded.id, esp.partition}))
        return {"\\EFI\\BOOT", ""};
    return {std::nullopt, "it has no boot entry, and " + fallback_words(&esp)};
}

std::string fallback_words(const model::BootLoader *esp) {
    return esp != nullptr && model::has_fallback_loader(*esp)
               ? "firmware finds the loader in \\EFI\\BOOT without one"
               : "there is no loader in \\EFI\\BOOT, which firmware would find without one";
}

} // namespace mdrescue::execute
