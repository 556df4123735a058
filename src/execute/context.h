// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/journal.h"
#include "model/machine.h"
#include "plan/describe.h"
#include "plan/plan.h"
#include "system/system.h"
#include "util/progress.h"
#include "util/result.h"

#include <functional>
#include <string>

/// What every step works with.
namespace mdrescue::execute {

/// Reads the present machine anew: probe::collect and probe::interpret.
using Observe = std::function<util::Result<model::Machine>()>;

/// Where things lie for this recovery.
struct Places {
    bool online = false; ///< on the running installed system: root is "/", filesystems are mounted
                         ///< where they belong
    std::string medium;  ///< directory the image is mounted at: "/medium"; "" when there is none
    std::string root = "/mnt/root"; ///< where the installed system's root is mounted ("/" online)
    std::string scratch = "/run/mdrescue"; ///< private directory for mount points and logs
};

struct Context {
    system::System &system;
    util::Progress &progress; ///< bytes within a step
    Journal &journal;
    const model::Profile &profile;
    model::Machine observed; ///< as of the last look; steps that change devices look again
    const plan::Plan &plan;
    Places places;
    Observe observe;

    [[nodiscard]] plan::Machines machines() const { return {profile, observed}; }
    /// "/dev/sda2" of a recorded disk now. Error: the disk is not here any more.
    [[nodiscard]] util::Result<std::string> device(const model::DeviceRef &recorded) const;
    /// The observed disk that stands for a recorded one.
    [[nodiscard]] util::Result<const model::Disk *> disk(const std::string &recorded) const;
    /// "/dev/md1". Error: the array does not run.
    [[nodiscard]] util::Result<std::string> array(const std::string &uuid) const;
};

/// Looks at the machine anew, for steps that changed devices. Error: a disk of the plan is not
/// where it was: its id could now mean another one.
[[nodiscard]] util::Result<void> look_again(Context &context);

/// The kernel name still belongs to the disk the plan means: serial, WWN, model, size, sector size
/// and position from sysfs agree with what was observed. Kernel names move when a controller
/// resets.
[[nodiscard]] util::Result<void> confirm_disk(Context &context, const std::string &recorded_disk);
/// The same of a disk that was observed before.
[[nodiscard]] util::Result<void> confirm_same(system::System &system, const model::Disk &meant);

/// confirm_disk(), and the disk is a replacement of this plan and can be written to. For the step
/// that writes the start marker; every other one uses confirm_target().
[[nodiscard]] util::Result<void> confirm_replacement(Context &context,
                                                     const std::string &recorded_disk);

/// The last guard before a write: confirm_replacement(), and where the plan marks the disk, the
/// start marker is on it. Safety rules 1 and 2.
[[nodiscard]] util::Result<void> confirm_target(Context &context, const std::string &recorded_disk);

} // namespace mdrescue::execute
