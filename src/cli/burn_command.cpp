// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/burn_targets.h"
#include "cli/image_text.h"
#include "cli/output.h"
#include "util/text.h"

#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <string_view>

namespace mdrescue::cli {
namespace {

using util::fail;
using util::printable;
using util::Result;

/// libburn's name for a file that it treats as a drive.
constexpr std::string_view file_drive = "stdio:";

std::string canonical(const std::string &path) {
    std::error_code error;
    const auto found = std::filesystem::weakly_canonical(path, error);
    return error ? path : found.string();
}

struct Target {
    bool disc = false;
    std::string address; ///< device without links in between, or "stdio:PATH"
};

/// libburn would take any file as its pseudo-drive, disks included, past all that protects them.
Result<Target> file_target(const std::string &path) {
    const std::string real = canonical(path);
    std::error_code error;
    const auto status = std::filesystem::status(real, error);
    if (path.empty() ||
        (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)))
        return fail(fmt::format("stdio:{} is no regular file", printable(path)),
                    "Name a device without stdio:, or a file.");
    return Target{true, std::string(file_drive) + real};
}

Result<Target> target_of(const std::string &device) {
    if (device.starts_with(file_drive))
        return file_target(device.substr(file_drive.size()));
    std::error_code error;
    const std::string real = canonical(device);
    if (!std::filesystem::is_block_file(real, error))
        return fail(fmt::format("{} is no device", printable(device)),
                    "Name a drive (/dev/sr0) or a stick (/dev/sdX); `lsblk` shows them. For a file "
                    "as a pseudo-drive say stdio:PATH.");
    return Target{real.starts_with("/dev/sr"), real};
}

/// Not from a device: it might be a part of the one that is written to.
Result<void> confirm_source(const std::string &file, const Target &target) {
    std::error_code error;
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
        return fail(fmt::format("{} is no file", printable(file)),
                    "Name the image that `mdrescue build` made.");
    std::string_view address = target.address;
    if (address.starts_with(file_drive))
        address.remove_prefix(file_drive.size());
    if (canonical(file) == address)
        return fail(fmt::format("{} cannot be written to itself", printable(file)));
    return {};
}

void describe(const BurnTalk &talk, const burn::Source &source) {
    const auto &profile = source.image.profile;
    talk.say(fmt::format("{}: image of {}, {} ({} bytes)", printable(source.image.path),
                         shown_host_name(profile.machine.host_name),
                         util::size_text(source.image.size), source.image.size));
}

std::string end_words(const BurnReport &report) {
    const std::string device = printable(report.device);
    if (report.simulated)
        return fmt::format("{}: simulated; nothing was written", device);
    return fmt::format("{} holds the image: {} bytes read back and compared\nsha256  {}", device,
                       report.bytes, report.sha256);
}

} // namespace

Result<void> BurnTalk::send(const std::string &text) const {
    if (!options_.json)
        return print(text);
    tell(text);
    return {};
}

void BurnTalk::say(const std::string &line) const {
    static_cast<void>(send(line + "\n")); // a stream that failed once says so at the end
}

std::string BurnTalk::ask(const std::string &prompt) const {
    std::string line;
    if (!send(prompt)) // nobody has read what is asked
        return "";
    if (!std::getline(std::cin, line)) {
        say("");
        return "";
    }
    return printable(util::trimmed(line));
}

Result<void> BurnTalk::consent(const std::string &identity, bool doubts) const {
    if (!options_.serial.empty()) {
        if (printable(util::trimmed(options_.serial)) == identity)
            return {};
        return fail(fmt::format("--serial {} is not what this device says of itself ({}): nothing "
                                "was written",
                                printable(options_.serial),
                                identity.empty() ? "it has no serial" : identity),
                    "Look again which device it is.");
    }
    const std::string wanted = doubts ? identity : "yes";
    if (!wanted.empty() && ask(doubts ? fmt::format("Type its serial ({}) to overwrite it all the "
                                                    "same: ",
                                                    identity)
                                      : std::string("Type yes to write: ")) == wanted)
        return {};
    return fail("not agreed to: nothing was written");
}

Result<void> burn(const Context &context, const BurnOptions &options) {
    MDR_TRY_ASSIGN(const Target target, target_of(options.device));
    MDR_TRY(confirm_source(options.file, target));
    if (target.disc && options.data_partition)
        return fail("--data-partition is for sticks, not for discs");
    if (!target.disc && (options.blank || options.simulate || options.eject || options.speed > 0))
        return fail("--blank, --speed, --simulate and --eject are for discs, not for sticks",
                    fmt::format("{} is no CD, DVD or BD drive.", printable(options.device)));
    MDR_TRY_ASSIGN(const burn::Source source, burn::check_source(options.file, context.progress));
    context.progress.end();
    const BurnTalk talk(context, options);
    describe(talk, source);
    MDR_TRY_ASSIGN(const BurnReport report, target.disc
                                                ? burn_to_disc(talk, target.address, source)
                                                : burn_to_stick(talk, target.address, source));
    context.progress.end();
    if (options.json)
        return print(burn_json(report));
    return print((options.dry_run ? "dry run: nothing was written" : end_words(report)) + "\n");
}

} // namespace mdrescue::cli
