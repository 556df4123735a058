// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/kept_images.h"
#include "cli/machine_status.h"
#include "cli/output.h"
#include "cli/subject.h"
#include "util/text.h"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <unistd.h>

namespace mdrescue::cli {
namespace {

using diagnose::Difference;
using Kind = Difference::Kind;
using util::Result;

/// The machine, the images kept of it with the newest first, and how the newest compares.
struct Situation {
    Present present;
    std::vector<KeptImage> kept;
    std::optional<model::Profile> last_good; ///< of the newest good one
    MachineStatus status;
};

/// Whether it is an image of this machine that was whole then. No array here at all does not make
/// it another one.
bool is_good(const media::ImageInfo &info, const model::Machine &machine) {
    return !info.profile.degraded &&
           diagnose::recognise(info.profile, machine).match != diagnose::MachineMatch::other;
}

Result<Situation> look(const Context &context, const RefreshOptions &options,
                       const etc::Settings &settings) {
    Situation found;
    MDR_TRY_ASSIGN(found.present, read_present(context, options));
    const std::int64_t now = std::time(nullptr);
    const model::Machine &machine = found.present.machine;
    MDR_TRY_ASSIGN(const auto paths, kept_images(context.system, settings, machine.host_name, now));
    for (const std::string &path : paths) {
        const auto info = media::read_image(path);
        found.kept.push_back({path, info && is_good(*info, machine)});
        if (found.kept.back().good && !found.last_good)
            found.last_good = info->profile;
    }
    std::vector<ImageStatus> images;
    if (!paths.empty()) {
        MDR_TRY_ASSIGN(ImageStatus newest,
                       image_status(paths[0], found.present,
                                    {.now = now, .max_age_days = settings.max_age_days},
                                    context.progress));
        images.push_back(std::move(newest));
    }
    context.progress.end();
    found.status = machine_status(found.present, std::move(images), now);
    if (paths.empty())
        found.status.no_image = no_image_in(settings);
    return found;
}

Result<void> write_metrics(const Context &context, const etc::Settings &settings,
                           const MachineStatus &status) {
    if (settings.prometheus.empty())
        return {};
    return context.system.replace_file(settings.prometheus, status_metrics(status), 0644);
}

/// Why the machine is not whole, held against the last good image; "" when it is.
std::string not_whole(const Situation &now) {
    std::string reasons;
    const auto add = [&](const std::string &reason) {
        reasons += (reasons.empty() ? "" : " ") + reason;
    };
    if (now.last_good) {
        const auto comparison = diagnose::recognise(*now.last_good, now.present.machine);
        for (const Difference &difference :
             diagnose::layout_differences(*now.last_good, now.present.machine, comparison))
            if (difference.kind == Kind::degraded)
                add(difference.text);
    }
    if (reasons.empty())
        for (const auto &array : now.present.machine.arrays)
            if (model::degraded(array))
                add(fmt::format(
                    "{} lacks a member: {}.",
                    util::printable(array.kernel_name.empty() ? array.uuid : array.kernel_name),
                    model::slot_map(array)));
    return reasons;
}

/// Whether a new image would say anything truer. Of a machine that is not whole it would be
/// degraded again.
bool worth_building(const MachineStatus &status, bool whole) {
    if (status.images.empty())
        return true;
    const auto &differences = status.images[0].differences;
    return std::any_of(differences.begin(), differences.end(), [&](const Difference &difference) {
        return whole ? true
                     : difference.kind != Kind::degraded && difference.kind != Kind::image_degraded;
    });
}

std::string path_of_last_good(const Situation &now) {
    const auto good = std::find_if(now.kept.begin(), now.kept.end(),
                                   [](const KeptImage &image) { return image.good; });
    return good == now.kept.end() ? "" : util::printable(good->path);
}

tl::unexpected<util::Error> refused(const Situation &now, const std::string &reasons) {
    return util::fail(
        fmt::format("no image is made of a machine that is not whole, since a good one is kept: {}",
                    reasons),
        fmt::format("The good one is {}. Make the arrays whole (`mdrescue recover --dry-run` shows "
                    "how); what is missing on purpose is accepted once the old images are moved "
                    "elsewhere.",
                    path_of_last_good(now)));
}

Result<void> make_image(const Context &context, const RefreshOptions &options,
                        const etc::Settings &settings, const Situation &now, bool whole) {
    BuildOptions wanted;
    static_cast<Subject &>(wanted) = options;
    wanted.output = settings.images + "/" +
                    image_name(settings, now.present.machine.host_name, std::time(nullptr));
    wanted.allow_degraded = !whole;
    return build(context, wanted);
}

Result<void> remove_superfluous(const Context &context, const Situation &now, unsigned keep) {
    for (const std::string &path : superfluous(now.kept, keep)) {
        MDR_TRY(context.system.remove(path));
        MDR_TRY(print(fmt::format("removed {}\n", util::printable(path))));
    }
    return {};
}

} // namespace

Result<void> refresh(const Context &context, const RefreshOptions &options) {
    if (this_machine(options) && ::geteuid() != 0)
        return util::fail("only root can keep images of this machine", "Run it again as root.");
    MDR_TRY_ASSIGN(const etc::Settings settings, read_settings(context.system, options.settings));
    MDR_TRY(context.system.make_directory(settings.images));
    MDR_TRY(context.system.lock(settings.images + "/.lock"));
    MDR_TRY_ASSIGN(Situation now, look(context, options, settings));
    // That nobody can be told is no reason to have no image: it is an error in the end.
    auto told = write_metrics(context, settings, now.status);
    if (!told)
        context.progress.warn(told.error().message);
    MDR_TRY(print(status_text(now.status, context.colour)));
    if (fresh(now.status))
        return told;
    if (options.hook && !settings.hooks) {
        MDR_TRY(print("No new image is made: the configuration says HOOKS=no.\n"));
        return told;
    }
    const std::string reasons = not_whole(now);
    if (!reasons.empty() && now.last_good)
        return refused(now, reasons);
    if (!worth_building(now.status, reasons.empty()))
        return must_be_fresh(now.status);

    MDR_TRY(make_image(context, options, settings, now, reasons.empty()));
    // /boot may have changed while it was read: the new image is held against the machine, too.
    MDR_TRY_ASSIGN(now, look(context, options, settings));
    MDR_TRY(remove_superfluous(context, now, settings.keep));
    MDR_TRY(print(status_text(now.status, context.colour)));
    MDR_TRY(write_metrics(context, settings, now.status));
    return must_be_fresh(now.status);
}

} // namespace mdrescue::cli
