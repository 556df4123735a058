// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"
#include "execute/steps.h"
#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::execute {

/// The installed system's root, mounted with /usr, /var and /boot where they are filesystems of
/// their own, and with /dev, /dev/pts, /proc, /sys, /run (and efivarfs where it exists) inside, so
/// that its own programs run in it; everything is unmounted again when this goes. Online it is "/"
/// and nothing is mounted or unmounted. The root is found by the profile: the filesystem mounted at
/// "/" there, on an array (also LVM on an array).
class InstalledRoot {
  public:
    /// writable: only when all arrays under it are whole (safety rule 7), online too. Else nothing
    /// is written, not even a journal replayed, and /tmp is a tmpfs. /boot is read-only, or left
    /// out where it is not here. Errors: the root filesystem is not where the profile says, cannot
    /// be mounted, is locked (LUKS), is not whole.
    [[nodiscard]] static util::Result<InstalledRoot> open(Context &context, bool writable);
    /// For its own grub-install: the root read-only, /boot writable. Error also: /boot is not here,
    /// or is no filesystem of its own.
    [[nodiscard]] static util::Result<InstalledRoot> open_for_boot_loader(Context &context);
    ~InstalledRoot();
    InstalledRoot(InstalledRoot &&other) noexcept = default;
    InstalledRoot &operator=(InstalledRoot &&) = delete;
    InstalledRoot(const InstalledRoot &) = delete;
    InstalledRoot &operator=(const InstalledRoot &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; } ///< "/mnt/root", or "/"
    /// argv that runs a program of the installed system: with chroot in front unless online.
    [[nodiscard]] std::vector<std::string> argv(std::vector<std::string> program) const;
    /// A file of the installed system as seen from here.
    [[nodiscard]] std::string file(const std::string &path) const;

  private:
    enum class Access { read, boot_loader, write };
    static util::Result<InstalledRoot> open(Context &context, Access access);

    InstalledRoot(system::System &system, std::string path)
        : system_(&system), path_(std::move(path)) {}
    util::Result<void> mount_all(Context &context, Access access);
    util::Result<void> mount_root(Context &context, bool writable);
    util::Result<void> mount_recorded(Context &context, Access access);
    util::Result<void> mount_for_programs(bool writable);
    util::Result<void> mount(const system::Mount &mount);

    system::System *system_;
    std::string path_;
    std::vector<std::string> mounted_; ///< in the order of mounting
};

/// The installed system's root is behind LUKS and was not opened (agent/unlock.h).
[[nodiscard]] bool is_locked(Context &context);
/// What the steps inside the installed system say then: nothing else depends on them.
[[nodiscard]] Status locked_out();

} // namespace mdrescue::execute
