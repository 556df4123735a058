// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../support/example_machine.h"
#include "../support/scratch_system.h"
#include "execute/context.h"
#include "superblocks.h"

/// The article's machine after disk1 was replaced, as a step sees it: tables and filesystems are
/// made, arrays run.
namespace mdrescue::test {

struct Recovery {
    ScratchSystem system;
    util::Progress progress;
    execute::Journal journal{system, ""};
    model::Profile profile;
    plan::Plan plan;
    execute::Context context;
    unsigned observed = 0; ///< how often the machine was looked at

    Recovery()
        : profile(profile_of(linux_journal_machine("1.2"))),
          context{system, progress, journal, profile, profile.machine, plan, {}, [this] {
                      ++observed;
                      return util::Result<model::Machine>(context.observed);
                  }} {
        context.places.medium = system.root() + "/medium";
        context.places.root = system.root() + "/root";
        context.places.scratch = system.root() + "/scratch";
        plan.replacements = {{"disk1", "disk1", diagnose::Fitness::blank}};
        for (const model::Disk &disk : profile.machine.disks)
            plan.disks[disk.id] = disk.id;
        system.given["/proc/self/mountinfo"] = "";
        for (const model::Array &array : profile.machine.arrays)
            run(array);
        plug_in(context.observed.disks[0]);
    }

    /// What sysfs tells of a whole array, and its first member's superblock.
    void run(const model::Array &array) {
        const std::string md = fmt::format("/sys/block/{}/md/", array.kernel_name);
        system.given[md + "array_state"] = "clean\n";
        system.given[md + "level"] = fmt::format("raid{}\n", array.level);
        system.given[md + "degraded"] = "0\n";
        const std::string member = array.kernel_name + "member";
        system.given[md + "dev-" + member + "/state"] = "in_sync\n";
        system.given[md + "dev-" + member + "/slot"] = "0\n";
        system.given[fmt::format("/sys/class/block/{}/size", member)] = "256\n";
        std::string &bytes = system.given["/dev/" + member];
        bytes.assign(256UL * 512, '\0');
        bytes.replace(4096, 4096, superblock_1_2(array.uuid, 0, "AAA"));
    }

    /// What sysfs tells of a disk: confirm_target() compares it with what was observed.
    void plug_in(model::Disk &disk) {
        disk.position.clear(); // that would take the way to it through /sys/devices
        const std::string directory = fmt::format("/sys/block/{}/", disk.kernel_name);
        system.given[directory + "size"] = fmt::format("{}\n", disk.size / 512);
        system.given[directory + "queue/logical_block_size"] = "512\n";
        system.given[directory + "device/model"] = disk.model + "\n";
        system.given[directory + "serial"] = disk.serial + "\n";
    }
};

} // namespace mdrescue::test
