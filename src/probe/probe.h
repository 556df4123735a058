// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "system/system.h"
#include "util/result.h"

#include <map>
#include <string>

/// Present machine → observed machine, in two steps: raw facts are collected through the System,
/// then understood by a pure function. Facts are kept by name, so that any machine can be recorded
/// and replayed.
namespace mdrescue::probe {

/// Raw facts by name ("sysfs/sda/size", "sfdisk/sda", "blkid/sda1", "superblock/sda2/1.2",
/// "file/etc/fstab", …) and the bytes found.
using Facts = std::map<std::string, std::string>;

/// Reads without changing anything. Opens devices read-only; runs blkid -p and sfdisk --json.
/// Errors only when the machine cannot be read at all (not root, no /sys); the rest becomes missing
/// facts and warnings.
[[nodiscard]] util::Result<Facts> collect(system::System &system);

/// Facts → machine. Pure. Every fact must be used: an unused one is an error, so that recordings do
/// not rot.
[[nodiscard]] util::Result<model::Machine> interpret(const Facts &facts);

/// A recording: one file per fact under `directory`, names as paths. The directory must not exist
/// or be empty.
[[nodiscard]] util::Result<void> save(const Facts &facts, const std::string &directory);
[[nodiscard]] util::Result<Facts> load(const std::string &directory);

} // namespace mdrescue::probe
