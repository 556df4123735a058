// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/devices.h"
#include "agent/medium.h"
#include "agent/recovery.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/stdio_terminal.h"
#include "media/image_reader.h"
#include "profile/profile.h"
#include "util/text.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mdrescue::cli {
namespace {

using util::Result;

constexpr const char *scratch = "/run/mdrescue";

/// The image the recovery takes files from, mounted read-only as long as this lives.
class MountedImage {
  public:
    explicit MountedImage(system::System &system) : system_(system) {}
    ~MountedImage() {
        if (!device_.empty())
            static_cast<void>(system_.unmount(directory()));
    }
    MountedImage(const MountedImage &) = delete;
    MountedImage &operator=(const MountedImage &) = delete;

    [[nodiscard]] static std::string directory() { return std::string(scratch) + "/medium"; }
    [[nodiscard]] const std::string &device() const {
        return device_;
    } ///< file or device; "" for none

    Result<void> mount(const std::string &path) {
        MDR_TRY(system_.make_directory(directory()));
        // mount(8) finds a free loop device for a file and lets it go again with the mount.
        MDR_TRY(system::run_ok(
            system_, {.argv = {"mount", "-t", "iso9660", "-o", "ro,loop", path, directory()}}));
        device_ = path;
        return {};
    }

    /// The disc of that image in a drive or on a stick; none is no error.
    Result<void> look_for(const std::string &image_id) {
        MDR_TRY(system_.make_directory(directory()));
        if (const auto medium =
                agent::find_medium(system_, image_id, agent::block_devices(system_), directory()))
            device_ = medium->device;
        return {};
    }

  private:
    system::System &system_;
    std::string device_;
};

Result<void> check_image(const std::string &path, util::Progress &progress) {
    MDR_TRY_ASSIGN(const media::Verification verification, media::verify_image(path, progress));
    if (!verification.sound)
        return util::fail(fmt::format("{} is damaged", util::printable(path)));
    return {};
}

Result<model::Profile> profile_from(system::System &system, const RecoverOptions &options,
                                    MountedImage &image) {
    if (!options.from.empty()) {
        MDR_TRY(media::read_image(options.from)); // says what is wrong better than mount(8) does
        MDR_TRY(image.mount(options.from));
        return agent::read_profile(system, "", MountedImage::directory());
    }
    auto text = system.read_file(kept_profile);
    if (!text)
        return util::fail(
            text.error().message,
            "No image was built on this machine. Name one with --from FILE or DEVICE.");
    MDR_TRY_ASSIGN(model::Profile profile, profile::from_json(*text));
    MDR_TRY(image.look_for(profile.image_id));
    return profile;
}

/// One recovery at a time: two would take each other's half-written disks for their own.
Result<void> only_one(system::System &system) {
    MDR_TRY(system.make_directory(scratch));
    return system.lock(std::string(scratch) + "/lock");
}

} // namespace

Result<void> recover(const Context &context, const RecoverOptions &options) {
    if (::geteuid() != 0)
        return util::fail("only root can recover a machine", "Run it again as root.");
    MDR_TRY(only_one(context.system));
    MountedImage image(context.system);
    MDR_TRY_ASSIGN(const model::Profile profile, profile_from(context.system, options, image));
    StdioTerminal terminal(is_screen(STDOUT_FILENO), context.colour);
    execute::Places places;
    places.online = true;
    places.root = "/";
    places.scratch = scratch;
    if (!image.device().empty())
        places.medium = MountedImage::directory();
    agent::RecoveryStart start{.profile = profile,
                               .places = std::move(places),
                               .medium = image.device(),
                               .check_medium = nullptr,
                               .dry_run = options.dry_run};
    if (!image.device().empty())
        start.check_medium = [&](util::Progress &progress) {
            return check_image(image.device(), progress);
        };
    const execute::Observe observe = [&] { return probe_this_machine(context.system); };
    const agent::RecoveryEnd ended = agent::recover(context.system, terminal, observe, start);
    terminal.show({agent::result_line(ended.outcome, ended.sentence)});
    if (ended.outcome == agent::Outcome::done)
        return {};
    return util::fail("the recovery did not end with done",
                      "The reason stands above; the log is in /run/mdrescue/log.");
}

} // namespace mdrescue::cli
