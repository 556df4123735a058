// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/modules.h"

#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

using namespace std::chrono_literals;

// A controller can take its time to reset itself, longer on a slow virtual machine.
constexpr auto modprobe_limit = 180000ms;
/// A controller, its bus, a disk on it: each comes with the driver of the one before.
constexpr unsigned coldplug_rounds = 10;

/// What modprobe says, without what only means that this machine has no such hardware (ENODEV) or
/// that the kernel has the driver built in.
std::vector<std::string> complaints(const std::string &text) {
    std::vector<std::string> lines;
    for (const auto line : util::split(text, '\n'))
        if (!util::trimmed(line).empty() && line.find("No such device") == line.npos &&
            line.find("not found") == line.npos)
            lines.emplace_back(util::trimmed(line));
    return lines;
}

} // namespace

util::Result<std::vector<std::string>> Modules::load_listed() {
    MDR_TRY_ASSIGN(const std::string version, system_.read_file("/proc/sys/kernel/osrelease"));
    const std::string directory = fmt::format("/lib/modules/{}", util::trimmed(version));
    MDR_TRY_ASSIGN(const std::string list, system_.read_file(directory + "/mdrescue.load"));
    system::Command command{.argv = {"busybox", "modprobe", "-a"}, .limit = modprobe_limit};
    for (const auto line : util::split(list, '\n'))
        if (const auto name = util::trimmed(line); !name.empty() && name.front() != '#')
            command.argv.emplace_back(name);
    if (command.argv.size() == 3)
        return std::vector<std::string>{};
    MDR_TRY_ASSIGN(const system::Output output, system_.run(command));
    return complaints(output.err);
}

// Every device a driver can be found for is on a bus, and /sys/bus lists them without the links
// in circles that a walk through /sys/devices meets (kernel documentation,
// admin-guide/sysfs-rules.rst).
std::set<std::string> Modules::unknown_aliases() const {
    std::set<std::string> aliases;
    for (const std::string &bus : system_.list("/sys/bus").value_or(std::vector<std::string>{})) {
        const std::string devices = "/sys/bus/" + bus + "/devices";
        for (const std::string &device :
             system_.list(devices).value_or(std::vector<std::string>{})) {
            const auto text = system_.read_file(devices + "/" + device + "/modalias");
            const std::string alias(util::trimmed(text.value_or("")));
            if (!alias.empty() && !seen_.contains(alias))
                aliases.insert(alias);
        }
    }
    return aliases;
}

util::Result<void> Modules::coldplug() {
    for (unsigned round = 0; round < coldplug_rounds; ++round) {
        const auto aliases = unknown_aliases();
        if (aliases.empty())
            return {};
        // -b: the blacklist counts for what a device asks for. Most devices need no module: quiet.
        system::Command command{.argv = {"busybox", "modprobe", "-a", "-b", "-q"},
                                .limit = modprobe_limit};
        command.argv.insert(command.argv.end(), aliases.begin(), aliases.end());
        seen_.insert(aliases.begin(), aliases.end());
        MDR_TRY(system_.run(command));
    }
    return {};
}

util::Result<void> start_arrays_read_only(system::System &system) {
    constexpr const char *parameter = "/sys/module/md_mod/parameters/start_ro";
    if (auto result = system.write_control(parameter, "1"); !result)
        return util::with_context("arrays cannot be protected from writing", result.error());
    return {};
}

} // namespace mdrescue::agent
