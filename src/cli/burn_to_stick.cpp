// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/data_partition.h"
#include "burn/stick.h"
#include "burn/stick_writer.h"
#include "cli/burn_targets.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::cli {
namespace {

using burn::Stick;
using util::fail;
using util::printable;
using util::Result;

void describe(const BurnTalk &talk, const Stick &stick, bool data_partition) {
    const model::Disk &disk = stick.disk;
    talk.say(fmt::format("{}: {}, serial {}, {}{}", stick.path,
                         disk.model.empty() ? "disk" : printable(util::trimmed(disk.model)),
                         disk.serial.empty() ? "(none)" : printable(disk.serial),
                         util::size_text(disk.size),
                         disk.transport.empty() ? "" : ", " + printable(disk.transport)));
    if (stick.losses.empty())
        talk.say("Nothing known lies on it.");
    else
        talk.say("All that lies on it will be lost:");
    for (const std::string &loss : stick.losses)
        talk.say("  " + loss);
    if (data_partition)
        talk.say("What the image leaves of it becomes a FAT partition.");
    if (!stick.doubts.empty())
        talk.say("This does not look like a stick to spare:");
    for (const std::string &doubt : stick.doubts)
        talk.say("  " + doubt);
}

/// The number of the data partition; 0 for none.
Result<unsigned> write(const BurnTalk &talk, const Stick &stick, const std::string &sequence,
                       const burn::Source &source) {
    system::System &system = talk.context().system;
    util::Progress &progress = talk.context().progress;
    MDR_TRY_ASSIGN(const auto device, burn::claim(system, stick, sequence));
    MDR_TRY(burn::write_stick(*device, source, progress));
    unsigned data_partition = 0;
    if (talk.options().data_partition) {
        MDR_TRY_ASSIGN(data_partition,
                       burn::add_data_partition(system, *device, stick.path, source));
        MDR_TRY(burn::confirm_still_sound(*device, source, progress));
    }
    progress.end();
    const auto seen = device->reread_partitions();
    if (!seen && data_partition != 0) // the kernel's partition may be one of before
        return fail(
            fmt::format("the image is on the stick, but the kernel does not use its new "
                        "partitions: {}",
                        seen.error().message),
            "Take the stick out and in again, and make a filesystem on its last partition.");
    // The stick is right whatever the kernel makes of it; pulled out and in again it is seen.
    if (!seen)
        progress.warn(seen.error().message);
    return data_partition;
}

} // namespace

Result<BurnReport> burn_to_stick(const BurnTalk &talk, const std::string &path,
                                 const burn::Source &source) {
    system::System &system = talk.context().system;
    const BurnOptions &options = talk.options();
    // Before the look: what is shown and asked about is the disk that had this number.
    const std::string sequence = burn::disk_sequence(system, path);
    MDR_TRY_ASSIGN(const model::Machine machine, probe_this_machine(system));
    MDR_TRY_ASSIGN(const model::Disk disk, burn::disk_named(machine, path));
    const Stick stick = burn::judge(machine, disk);
    describe(talk, stick, options.data_partition);
    MDR_TRY(burn::confirm_free(system, stick.path));
    MDR_TRY(burn::confirm_fits(disk, source.image.size));
    if (options.data_partition)
        MDR_TRY(burn::confirm_data_room(disk.size, source.image.size));
    BurnReport report{.device = path, .medium = "stick"};
    report.bytes = source.image.size;
    report.sha256 = source.digest;
    if (options.dry_run)
        return report;
    MDR_TRY(talk.consent(stick.identity(), !stick.doubts.empty()));
    MDR_TRY_ASSIGN(const unsigned data_partition, write(talk, stick, sequence, source));
    report.compared = true;
    if (data_partition != 0) {
        report.data_partition = model::device_path(disk, data_partition);
        if (burn::disk_sequence(system, stick.path) != sequence)
            return fail(fmt::format("{} is another disk now: no filesystem was made on it", path),
                        "Make one on the last partition of the stick.");
        MDR_TRY(burn::make_data_filesystem(system, report.data_partition));
        talk.say(
            fmt::format("{} is a FAT partition with the rest of the stick", report.data_partition));
    }
    return report;
}

} // namespace mdrescue::cli
