// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/debconf.h"
#include "execute/installed_root.h"
#include "execute/steps.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

// Everything about Debian's memory of the disk that its boot loader is on. Its package grub-pc
// keeps a list of devices in debconf and installs GRUB there at every upgrade (grub-pc(postinst));
// the dead disk's name in it would make the next upgrade stop.

namespace mdrescue::execute {
namespace {

using util::Result;

constexpr const char *database = "/var/cache/debconf/config.dat";
constexpr const char *question = "grub-pc/install_devices";

/// A name that udev gives the disk in the installed system: its WWN, else where it is plugged in
/// (60-persistent-storage.rules).
std::string lasting_name(const model::Disk &disk) {
    if (!disk.wwn.empty())
        return "/dev/disk/by-id/wwn-" + disk.wwn;
    return disk.position.empty() ? "" : "/dev/disk/by-path/" + disk.position;
}

std::string without_prefix(const std::string &wwn) {
    return wwn.starts_with("0x") ? wwn.substr(2) : wwn;
}

/// A by-id name holds a serial number or WWN, a by-path name the slot.
bool names(const std::string &device, const model::Disk &disk) {
    const auto holds = [&](const std::string &part) {
        return !part.empty() && device.find(part) != std::string::npos;
    };
    if (device.starts_with("/dev/disk/by-id/"))
        return holds(disk.serial) || holds(without_prefix(disk.wwn));
    return !disk.position.empty() && device == "/dev/disk/by-path/" + disk.position;
}

/// The list with the names that were the dead disk's alone replaced by one of the new disk; the
/// same list where there are none.
std::string mended(const std::string &list, const model::Disk &dead, const model::Disk &now,
                   const std::string &name) {
    std::vector<std::string> devices;
    for (const std::string_view entry : util::split(list, ',')) {
        const std::string device(util::trimmed(entry));
        const std::string kept = names(device, dead) && !names(device, now) ? name : device;
        if (std::find(devices.begin(), devices.end(), kept) == devices.end())
            devices.push_back(kept);
    }
    return fmt::format("{}", fmt::join(devices, ", "));
}

struct Memory {
    std::string now, wanted;
};

/// None: this system remembers no such disk.
Result<std::optional<Memory>> memory(Context &context, const InstalledRoot &root,
                                     const std::string &recorded) {
    const auto text = context.system.read_file(root.file(database));
    const auto list = text ? debconf_value(*text, question) : std::nullopt;
    if (!list || list->empty())
        return std::optional<Memory>();
    const model::Disk *dead = model::find_disk(context.profile.machine, recorded);
    MDR_TRY_ASSIGN(const model::Disk *disk, context.disk(recorded));
    const std::string name = lasting_name(*disk);
    if (dead == nullptr || name.empty())
        return util::fail(fmt::format("the new {} has no lasting name to remember it by",
                                      util::printable(recorded)),
                          "Run dpkg-reconfigure grub-pc in the installed system.");
    return std::optional(Memory{*list, mended(*list, *dead, *disk, name)});
}

} // namespace

Status check(Context &context, const plan::RememberBootDisk &step) {
    if (is_locked(context))
        return locked_out();
    const auto root = InstalledRoot::open(context, false);
    if (!root)
        return Status::blocked(root.error().message);
    const auto found = memory(context, *root, step.disk);
    if (!found)
        return Status::blocked(found.error().message);
    if (!*found)
        return Status::done("the installed system remembers no such disk");
    return (*found)->now == (*found)->wanted ? Status::done() : Status::not_done((*found)->now);
}

Result<void> apply(Context &context, const plan::RememberBootDisk &step) {
    // Safety rule 7: on the root filesystem, whose array is whole by now (InstalledRoot refuses
    // else).
    MDR_TRY_ASSIGN(const InstalledRoot root, InstalledRoot::open(context, true));
    MDR_TRY_ASSIGN(const std::optional<Memory> found, memory(context, root, step.disk));
    if (!found)
        return {};
    system::Command command{
        .argv = root.argv({"debconf-communicate", "grub-pc"}),
        .input = fmt::format("set {} {}\nfset {} seen true\n", question, found->wanted, question),
        .limit = std::chrono::minutes(5),
        .environment = {"DEBIAN_FRONTEND=noninteractive"}};
    MDR_TRY(system::run_ok(context.system, command));
    return {};
}

} // namespace mdrescue::execute
