// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"
#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::execute {

/// The installed system's root, mounted with /boot, /dev, /dev/pts, /proc, /sys, /run (and efivarfs where it
/// exists) inside, so that its own programs run in it; everything is unmounted again when this goes. Online it is
/// "/" and nothing is mounted or unmounted. Read-only where `writable` is false: then /tmp is a tmpfs.
/// The root is found by the profile: the filesystem mounted at "/" there, on an array (also LVM on an array).
class InstalledRoot {
  public:
    /// Errors: the root filesystem is not where the profile says, cannot be mounted, is locked (LUKS).
    [[nodiscard]] static util::Result<InstalledRoot> open(Context &context, bool writable);
    ~InstalledRoot();
    InstalledRoot(InstalledRoot &&other) noexcept;
    InstalledRoot &operator=(InstalledRoot &&) = delete;
    InstalledRoot(const InstalledRoot &) = delete;
    InstalledRoot &operator=(const InstalledRoot &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; } ///< "/mnt/root", or "/"
    /// argv that runs a program of the installed system: with chroot in front unless online.
    [[nodiscard]] std::vector<std::string> argv(std::vector<std::string> program) const;
    /// A file of the installed system as seen from here.
    [[nodiscard]] std::string file(const std::string &path) const;

  private:
    InstalledRoot(system::System &system, std::string path) : system_(&system), path_(std::move(path)) {}
    util::Result<void> mount_all(Context &context, bool writable);

    system::System *system_;
    std::string path_;
    std::vector<std::string> mounted_; ///< in the order of mounting
};

} // namespace mdrescue::execute
