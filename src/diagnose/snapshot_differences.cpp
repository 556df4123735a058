// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/findings.h"
#include "diagnose/freshness.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::diagnose {
namespace {

using Kind = Difference::Kind;
using util::printable;

constexpr std::string_view kernel_prefix = "vmlinuz-";

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// GRUB writes its environment block, and systemd-boot its random seed, at every start
/// (grub-editenv(1), bootctl(1)): nothing that a recovery needs.
bool changes_by_itself(std::string_view path) {
    return base_name(path) == "grubenv" || base_name(path) == "random-seed";
}

enum class Change { made, gone, changed };

std::string change_words(Change change) {
    switch (change) {
    case Change::made: return "is new";
    case Change::gone: return "is gone";
    case Change::changed: return "has changed";
    }
    return {};
}

/// Calls report(path, change) in the order of the paths.
template <class Report>
void compare_files(const Files &recorded, const Files &present, Report report) {
    std::map<std::string_view, Change> changes;
    for (const auto &[path, what] : recorded)
        if (const auto now = present.find(path); now == present.end())
            changes[path] = Change::gone;
        else if (now->second != what)
            changes[path] = Change::changed;
    for (const auto &[path, what] : present)
        if (!recorded.contains(path))
            changes[path] = Change::made;
    for (const auto &[path, change] : changes)
        if (!changes_by_itself(path))
            report(path, change);
}

Difference boot_file(std::string_view path, Change change) {
    if (path.starts_with(kernel_prefix) && change != Change::changed)
        return {Kind::kernel,
                fmt::format("Kernel {} was {}.", printable(path.substr(kernel_prefix.size())),
                            change == Change::made ? "installed" : "removed")};
    return {Kind::boot, fmt::format("/boot/{} {}.", printable(path), change_words(change))};
}

/// "\EFI\debian\grub.cfg", as firmware spells it.
std::string efi_path(std::string_view path) {
    std::string shown;
    for (const auto part : util::split(path, '/'))
        shown += "\\" + printable(part);
    return shown;
}

/// The name in the profile of an EFI system partition of the observed machine.
std::optional<model::DeviceRef> recorded_name(const Comparison &comparison,
                                              const model::DeviceRef &observed) {
    for (const DiskMatch &match : comparison.disks)
        if (match.observed == observed.disk)
            return model::DeviceRef{match.recorded, observed.partition};
    return std::nullopt;
}

} // namespace

Differences boot_differences(const Files &recorded, const Files &present) {
    Differences found;
    compare_files(recorded, present, [&](std::string_view path, Change change) {
        found.push_back(boot_file(path, change));
    });
    return found;
}

Differences esp_differences(const model::Profile &profile, const model::Machine &observed,
                            const Comparison &comparison, const EspFiles &recorded,
                            const EspFiles &present) {
    Differences found;
    for (const auto &[device, files] : present) {
        const auto name = recorded_name(comparison, device);
        const model::Disk *disk = model::find_disk(observed, device.disk);
        if (!name || disk == nullptr || model::find_disk(profile.machine, name->disk) == nullptr)
            continue; // on a new disk, which is said of the disk
        const std::string node = printable(model::device_path(*disk, device.partition));
        const auto kept = recorded.find(*name);
        if (kept == recorded.end()) {
            found.push_back({Kind::esp, fmt::format("The image does not hold the files of the EFI "
                                                    "system partition {}.",
                                                    node)});
            continue;
        }
        compare_files(kept->second, files, [&](std::string_view path, Change change) {
            found.push_back({Kind::esp, fmt::format("{} on {} {}.", efi_path(path), node,
                                                    change_words(change))});
        });
    }
    return found;
}

} // namespace mdrescue::diagnose
