// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/unlock.h"

#include "etc/crypttab.h"
#include "execute/named_devices.h"
#include "execute/volume_groups.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <vector>

namespace mdrescue::agent {
namespace {

using util::printable;
using util::Result;

constexpr const char *mapper = "/dev/mapper/";
/// A key can take its time to be derived on an emulated or very old processor.
constexpr std::chrono::milliseconds open_limit = std::chrono::minutes(5);
constexpr unsigned most_tries = 3;

struct Container {
    std::string name;   ///< of the mapping
    std::string device; ///< "/dev/md1"
    bool discard = false;
};

/// A name becomes a file name and an argument.
bool harmless(const std::string &name) {
    return !name.empty() && name.front() != '-' && name.front() != '.' &&
           name.find_first_of("/ \t") == std::string::npos;
}

/// The device of a crypttab entry, where it is a LUKS container that is here.
std::optional<std::string> device_of(const std::vector<execute::NamedDevice> &devices,
                                     const std::string &source) {
    const auto [kind, value] = etc::source_name(source);
    for (const execute::NamedDevice &device : devices)
        if (device.content->kind == model::Content::Kind::luks &&
            execute::is_named(device, kind, value))
            return device.paths.front();
    return std::nullopt;
}

/// The recorded crypttab is the one of the root filesystem that cannot be read yet.
std::vector<Container> containers(const execute::Context &context) {
    std::vector<Container> found;
    const auto devices = execute::named_devices(context.observed);
    const std::string crypttab = model::file_text(context.profile.machine, "/etc/crypttab");
    for (const etc::CrypttabLine &line : etc::parse_crypttab(crypttab).lines) {
        if (!line.entry || !harmless(line.entry->name))
            continue;
        const auto options = util::split(line.entry->options, ',');
        const bool discard = std::find(options.begin(), options.end(), "discard") != options.end();
        if (const auto device = device_of(devices, line.entry->source))
            found.push_back({line.entry->name, *device, discard});
    }
    return found;
}

Result<void> open_one(execute::Context &context, Terminal &terminal, const Container &container,
                      const std::string &otherwise) {
    if (context.system.exists(mapper + container.name))
        return {};
    for (unsigned tries = 0; tries < most_tries; ++tries) {
        const Answer answer = terminal.ask_secret(
            fmt::format("Passphrase for {} ({}), Enter alone {}: ", printable(container.name),
                        container.device, otherwise));
        if (answer.text.empty())
            return util::fail(
                fmt::format("no passphrase for {} was given", printable(container.name)));
        // From standard input, every byte of it: on a command line everyone could read it.
        system::Command command{.argv = {"cryptsetup", "open", "--type", "luks", "--key-file=-"},
                                .input = answer.text,
                                .limit = open_limit,
                                .environment = {"DM_DISABLE_UDEV=1"}};
        if (container.discard)
            command.argv.emplace_back("--allow-discards");
        command.argv.insert(command.argv.end(), {container.device, container.name});
        terminal.status("opening " + printable(container.name) + " ...");
        MDR_TRY_ASSIGN(const system::Output output, context.system.run(command));
        if (output.status == 0)
            return {};
        constexpr int no_permission = 2; // cryptsetup(8), RETURN CODES: bad passphrase
        if (output.status != no_permission)
            return util::fail(fmt::format("cryptsetup cannot open {}: {}",
                                          printable(container.name),
                                          printable(util::trimmed(output.err))));
        terminal.show({{{"That is not its passphrase.", Style::warning}}});
    }
    return util::fail(fmt::format("none of the passphrases opens {}", printable(container.name)));
}

struct Volume {
    std::string group, device;
};

/// The recorded volume with the filesystem.
std::optional<Volume> volume_of(const model::Machine &recorded, const std::string &uuid) {
    for (const model::VolumeGroup &group : recorded.volume_groups)
        for (const model::LogicalVolume &volume : group.volumes)
            if (!uuid.empty() && volume.content.uuid == uuid && harmless(group.name))
                return Volume{group.name, execute::mapper_name(group.name, volume.name)};
    return std::nullopt;
}

} // namespace

Result<std::string> unlock(execute::Context &context, Terminal &terminal,
                           const model::MountPoint &mount, const std::string &otherwise) {
    const auto volume = volume_of(context.profile.machine, mount.uuid);
    const std::string wanted = volume ? volume->device : mount.source;
    std::vector<std::string> opened;
    for (const Container &container : containers(context)) {
        // A volume's group can be in any of them, one after the other.
        if (!volume && mapper + container.name != wanted)
            continue;
        MDR_TRY(open_one(context, terminal, container, otherwise));
        opened.push_back(mapper + container.name);
        if (volume) // as yet a part of it may be closed
            static_cast<void>(execute::activate_group(context.system, volume->group, opened));
        if (context.system.exists(wanted))
            return wanted;
    }
    return util::fail(fmt::format("the root filesystem ({}) is not here", printable(wanted)),
                      "Look at its array in the overview.");
}

} // namespace mdrescue::agent
