// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/medium.h"
#include "burn/optical_drive.h"
#include "burn/stick.h"
#include "cli/burn_targets.h"
#include "util/text.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace mdrescue::cli {
namespace {

using burn::Medium;
using burn::OpticalDrive;
using burn::Preparation;
using util::fail;
using util::printable;
using util::Result;

bool is_file(const std::string &address) { return address.starts_with("stdio:"); }

void describe(const BurnTalk &talk, const std::string &address, const OpticalDrive &drive,
              const Medium &medium, Preparation preparation) {
    const std::string serial = drive.serial();
    talk.say(fmt::format("{}: {}{}", printable(address), drive.name(),
                         serial.empty() ? "" : ", serial " + serial));
    talk.say(fmt::format("  {}", burn::words(medium)));
    if (preparation == Preparation::blank)
        talk.say("  All that lies on it will be lost: it is blanked first.");
    if (preparation == Preparation::format)
        talk.say("  It is formatted first.");
    if (!medium.content.empty())
        talk.say(fmt::format("  It will be lost: {}.", printable(medium.content)));
}

/// A drive with a tray that a motor does not close, as in laptops, needs a hand.
Result<void> bring_back(const BurnTalk &talk, OpticalDrive &drive) {
    MDR_TRY_ASSIGN(bool there, drive.reload());
    talk.context().progress.end();
    constexpr int times = 3;
    for (int i = 0; !there && i < times; ++i) {
        if (talk.ask("Put the disc back, close the tray, then type c: ") != "c")
            break;
        MDR_TRY_ASSIGN(there, drive.reload());
    }
    if (!there)
        return fail("the disc was written, but it is not in the drive to be read back",
                    "Put it in, and run `mdrescue verify` on the drive.");
    return {};
}

Result<void> write_and_compare(const BurnTalk &talk, OpticalDrive &drive,
                               const burn::Source &source, Preparation preparation) {
    const BurnOptions &options = talk.options();
    util::Progress &progress = talk.context().progress;
    MDR_TRY(drive.prepare(preparation, progress));
    if (preparation != Preparation::none) { // only now its room is known for sure
        MDR_TRY_ASSIGN(const Medium medium, drive.look());
        MDR_TRY(burn::prepare(medium, source.image.size, false));
    }
    MDR_TRY(drive.write(source, {options.speed, options.simulate}, progress));
    if (options.simulate)
        return {};
    progress.phase("Ejecting and loading the disc", 0);
    MDR_TRY(bring_back(talk, drive));
    return drive.compare(source, progress);
}

} // namespace

Result<BurnReport> burn_to_disc(const BurnTalk &talk, const std::string &address,
                                const burn::Source &source) {
    const BurnOptions &options = talk.options();
    if (is_file(address))
        ::umask(077); // what libburn makes may hold the keys that /boot holds
    else
        MDR_TRY(burn::confirm_free(talk.context().system, address));
    MDR_TRY_ASSIGN(
        OpticalDrive drive,
        OpticalDrive::open(address, options.dry_run ? burn::Tray::leave : burn::Tray::close));
    MDR_TRY_ASSIGN(const Medium medium, drive.look());
    const auto preparation = burn::prepare(medium, source.image.size, options.blank);
    describe(talk, address, drive, medium, preparation.value_or(Preparation::none));
    if (!preparation)
        return tl::unexpected(preparation.error());
    if (options.simulate && (*preparation != Preparation::none || !medium.can_simulate))
        return fail(*preparation != Preparation::none
                        ? "a disc that must be blanked first cannot be simulated with"
                        : "drive and disc cannot simulate",
                    "CD-R/RW and DVD-R/RW can, in most drives.");
    BurnReport report{.device = address, .medium = medium.profile_name};
    report.bytes = source.image.size;
    report.sha256 = source.digest;
    if (options.dry_run)
        return report;
    MDR_TRY(talk.consent(drive.serial(), false));
    MDR_TRY(write_and_compare(talk, drive, source, *preparation));
    report.simulated = options.simulate;
    report.compared = !options.simulate;
    if (options.eject)
        drive.eject_at_end();
    return report;
}

} // namespace mdrescue::cli
