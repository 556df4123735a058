// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/step.h"

namespace mdrescue::plan {

std::string disk_of(const Step &step) {
    return std::visit(Visitor{[](const MarkDisk &s) { return s.disk; },
                              [](const WriteTable &s) { return s.disk; },
                              [](const WipeSignatures &s) { return s.disk; },
                              [](const MakeWritable &) { return std::string(); },
                              [](const AddMember &s) { return s.device.disk; },
                              [](const MakeFilesystem &s) { return s.device.disk; },
                              [](const RestoreFiles &s) { return s.device.disk; },
                              [](const InstallBootLoader &s) { return s.disk; },
                              [](const MakeBootEntry &s) { return s.device.disk; },
                              [](const UnmarkDisk &s) { return s.disk; },
                              [](const WaitForRebuild &) { return std::string(); },
                              [](const RestoreConfiguration &) { return std::string(); },
                              [](const RememberBootDisk &s) { return s.disk; },
                              [](const SaveLog &) { return std::string(); }},
                      step);
}

} // namespace mdrescue::plan
