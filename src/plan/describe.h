// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "plan/plan.h"
#include "plan/step.h"

#include <string>
#include <vector>

/// The plan in words, for the screen and the log. Pure; printable.
namespace mdrescue::plan {

/// What plan and steps refer to.
struct Machines {
    const model::Profile &profile;
    const model::Machine &observed;
};

/// What the plan does not bring back: "md1, partition 3 of disk2". Printable.
[[nodiscard]] std::string lost_words(const Plan &plan, const Machines &machines);
/// The same, and the filesystems that it makes again empty: "md1, /archive"; "" where no data is
/// lost.
[[nodiscard]] std::string lost_data_words(const Plan &plan, const Machines &machines);

/// "Write the partition table of disk1 (2 partitions, MBR) to QEMU HARDDISK, serial NEW00001, …":
/// one sentence that names the disk by model, serial, position, size and (kernel name).
[[nodiscard]] std::string describe(const Step &step, const Plan &plan, const Machines &machines);

/// "partition table", "/boot", "md1: add a member": a few words for the list while it runs.
[[nodiscard]] std::string title(const Step &step, const Plan &plan, const Machines &machines);

/// "/boot", "the EFI system partition of disk2": whose files a step puts back. Printable.
[[nodiscard]] std::string name_of(const RestoreFiles &step);

/// A path as firmware spells it ("\EFI\debian\shimx64.efi"). Printable.
[[nodiscard]] std::string firmware_path(const std::string &file);

/// The commands for doing the step by hand, each one line for a POSIX shell; what has no command is
/// a comment ("# …").
[[nodiscard]] std::vector<std::string> by_hand(const Step &step, const Plan &plan,
                                               const Machines &machines);

/// argv of the program that does the step, the one list by_hand shows and execute runs. Empty for
/// steps that no single program does.
[[nodiscard]] std::vector<std::string> command(const Step &step, const Plan &plan,
                                               const Machines &machines);

/// The script sfdisk(8) takes on its standard input for a table, exactly as recorded.
[[nodiscard]] std::string sfdisk_script(const model::PartitionTable &table,
                                        std::uint32_t logical_sector);

/// "/dev/sda2" of a recorded disk's partition as it is named now; "" when the plan knows no such
/// disk.
[[nodiscard]] std::string device(const Plan &plan, const Machines &machines,
                                 const model::DeviceRef &recorded);
/// "/dev/md1" as it is named now; "" when it does not run.
[[nodiscard]] std::string array_device(const model::Machine &observed, const std::string &uuid);

} // namespace mdrescue::plan
