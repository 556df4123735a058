// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::payload {

/// A kernel installed under a root directory ("/" or that of another machine).
struct Kernel {
    std::string version;         ///< "6.1.0-56-amd64"
    std::string image;           ///< path below the root, e.g. "/boot/vmlinuz-6.1.0-56-amd64"
    std::string modules;         ///< absolute directory on this system, …/lib/modules/VERSION
    bool zstd_initramfs = false; ///< CONFIG_RD_ZSTD=y in its /boot/config-VERSION
};

/// Kernels that have both an image in ROOT/boot and modules, by version order.
[[nodiscard]] std::vector<Kernel> installed_kernels(const std::string &root);

/// The kernel of that version. Error: lists what exists, and says which of image and modules is
/// missing.
[[nodiscard]] util::Result<Kernel> find_kernel(const std::string &root, const std::string &version);

} // namespace mdrescue::payload
