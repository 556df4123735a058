// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "example_machine.h"

#include "diagnose/assembly.h"
#include "diagnose/candidates.h"
#include "diagnose/diagnose.h"

#include <algorithm>
#include <string>

/// The article's machine after one of its disks died and another was put in.
namespace mdrescue::test {

inline model::Disk blank_disk(const std::string &id, const std::string &kernel_name) {
    model::Disk disk;
    disk.id = id;
    disk.kernel_name = kernel_name;
    disk.size = journal_disk_sectors * 512;
    disk.model = "QEMU HARDDISK";
    disk.serial = "NEW00001";
    disk.position = "pci-0000:00:05.0-scsi-0:0:9:0";
    disk.transport = "scsi";
    return disk;
}

/// Without that disk, its members and what was mounted from it; arrays run degraded, read-only as
/// the agent starts them.
inline model::Machine without_disk(model::Machine machine, const std::string &id) {
    const model::Disk *gone = model::find_disk(machine, id);
    std::erase_if(machine.mounts, [&](const model::MountPoint &mount) {
        return gone != nullptr && mount.source.starts_with("/dev/" + gone->kernel_name);
    });
    std::erase_if(machine.disks, [&](const model::Disk &disk) { return disk.id == id; });
    for (model::Array &array : machine.arrays) {
        array.running_state = "readonly";
        for (const model::ArrayMember &member : array.members)
            if (member.device.disk == id && member.slot >= 0) {
                array.slots_up[static_cast<std::size_t>(member.slot)] = false;
                for (model::ArrayMember &other : array.members)
                    other.array_state[static_cast<std::size_t>(member.slot)] = '.';
            }
        std::erase_if(array.members, [&](const auto &member) { return member.device.disk == id; });
    }
    return machine;
}

/// Everything that is known after a look.
struct Look {
    model::Profile profile;
    model::Machine observed;
    diagnose::Surveys surveys;

    [[nodiscard]] diagnose::Comparison comparison() const {
        return diagnose::compare(profile, observed);
    }
    [[nodiscard]] std::vector<diagnose::Assembly> assemblies() const {
        return diagnose::decide_assembly(profile.machine, observed);
    }
    [[nodiscard]] std::vector<diagnose::Vacancy>
    vacancies(const std::string &medium = "/dev/sr0") const {
        return diagnose::find_vacancies(profile, observed, comparison(), surveys, medium);
    }
};

/// The disk `id` gone and a blank one of the same size put in its place, under the name sdz.
inline Look replaced(const std::string &id, const std::string &metadata = "1.2") {
    Look look{profile_of(linux_journal_machine(metadata)), {}, {}};
    look.observed = without_disk(look.profile.machine, id);
    look.observed.disks.push_back(blank_disk("new1", "sdz"));
    look.surveys["new1"] = {diagnose::Survey::Bytes::blank, "", ""};
    return look;
}

/// The same of disk2, where md0 (the swap) was striped over disks 2 to 6: its data is gone.
inline Look stripe_lost() {
    Look look = replaced("disk2");
    for (model::Machine *machine : {&look.profile.machine, &look.observed}) {
        machine->arrays[0].level = 0;
        for (model::ArrayMember &member : machine->arrays[0].members)
            member.array_state.clear();
    }
    look.observed.arrays[0].kernel_name.clear();
    look.observed.arrays[0].running_state.clear();
    return look;
}

/// The UEFI mirror with the disk `id` gone and a blank one in its place, `more` bytes larger.
inline Look mirror_replaced(const std::string &id, std::uint64_t more = 0) {
    Look look{profile_of(mirror_uefi_machine()), {}, {}};
    for (model::Array &array : look.profile.machine.arrays)
        for (model::ArrayMember &member : array.members)
            member.clean = true;
    look.observed = without_disk(look.profile.machine, id);
    model::Disk blank = blank_disk("new1", "sdz");
    blank.size = model::find_disk(look.profile.machine, id)->size + more;
    look.observed.disks.push_back(blank);
    look.surveys["new1"] = {diagnose::Survey::Bytes::blank, "", ""};
    return look;
}

} // namespace mdrescue::test
