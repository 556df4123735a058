// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/page.h"
#include "model/loss.h"

#include <string>
#include <vector>

/// What both pages say, as words. Names from the machine are still raw in it: each page escapes
/// whole texts for its form.
namespace mdrescue::media {

/// One partition, or a disk used as a whole.
struct Piece {
    std::string device;     ///< "sda1"
    std::uint64_t size = 0; ///< in bytes
    std::string use;        ///< "md1 slot 0", "/boot (ext2)", "swap", …
    std::string user;       ///< for array members, what is on the array: "/"; else ""
    int array = -1;         ///< index in Machine::arrays
};

/// One disk and its death.
struct DiskWords {
    std::string name;   ///< "Disk 1"
    std::string device; ///< "sda", as the machine called it when the image was made
    std::string serial; ///< or "none"
    std::vector<Piece> pieces;
    model::Start start = model::Start::unknown;
    std::string answer;               ///< does the machine still start by itself?
    std::vector<std::string> follows; ///< sentences
};

struct ArrayWords {
    std::string name;  ///< "md1", "md127 (data)"
    std::string level; ///< "RAID-5"
    std::string slots; ///< "[UUUUUU]"
    std::uint64_t size = 0;
    std::string use;       ///< "/", "swap", "LVM vg0: /, swap"
    std::string tolerance; ///< "can lose any one disk"
};

[[nodiscard]] std::string host_words(const model::Profile &profile);
[[nodiscard]] std::string date_words(std::int64_t seconds); ///< "2025-11-22 08:30 UTC"
[[nodiscard]] std::string exact_size(std::uint64_t bytes);  ///< "18,210,036,736"
[[nodiscard]] std::string firmware_words(const model::Firmware &firmware);
[[nodiscard]] std::string starts_on_words(const PageRequest &request);
[[nodiscard]] std::string joined(const std::vector<std::string> &parts,
                                 const std::string &separator);
[[nodiscard]] std::vector<DiskWords> disk_words(const PageRequest &request);
[[nodiscard]] std::vector<ArrayWords> array_words(const model::Machine &machine);
/// What to do, in order; plain sentences.
[[nodiscard]] std::vector<std::string> recovery_steps();
/// "Disk 1 (serial X), Disk 2 (…)": those without which the machine does not start; empty when
/// there is none.
[[nodiscard]] std::string vital_disks(const std::vector<DiskWords> &disks);

} // namespace mdrescue::media
