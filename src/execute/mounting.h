// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "execute/context.h"

#include <string>
#include <vector>

/// The machine's filesystems, found where they are now and mounted for a step.
namespace mdrescue::execute {

/// The recorded mount at a place ("/", "/boot"); nullptr when nothing was mounted there.
[[nodiscard]] const model::MountPoint *recorded_mount(const model::Profile &profile,
                                                      const std::string &target);

/// The device that holds a recorded filesystem now: an array, a logical volume (its group is
/// activated, by its arrays alone, and stays so), a partition of a recorded disk that is no member,
/// or a LUKS device that is open. Error: it is not here, or locked.
[[nodiscard]] util::Result<std::string> filesystem_device(Context &context,
                                                          const model::MountPoint &mount);

/// For mount(2), so that mounting read-only does not write: an unclean journal is left as it is
/// (ext4(5) and the kernel's documentation of ext4, xfs and btrfs).
[[nodiscard]] std::string options_without_replay(const std::string &type);

/// Where the whole filesystem of a device is mounted now, the first place; "" when nowhere.
[[nodiscard]] std::string mounted_at(system::System &system, const std::string &device);

/// One filesystem seen by a step: where it is mounted already, else mounted below Places::scratch
/// and unmounted again when this goes. Read-only mounts write nothing, not even a journal.
class Mounted {
  public:
    struct Filesystem {
        std::string device;
        std::string type;
        std::string options{}; ///< besides those of options_without_replay
    };
    /// name: of the directory below Places::scratch.
    [[nodiscard]] static util::Result<Mounted> open(Context &context, const Filesystem &filesystem,
                                                    const std::string &name, bool writable);
    ~Mounted();
    Mounted(Mounted &&other) noexcept;
    Mounted &operator=(Mounted &&) = delete;
    Mounted(const Mounted &) = delete;
    Mounted &operator=(const Mounted &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }
    /// Everything is on the device, and ours is unmounted.
    [[nodiscard]] util::Result<void> close();

  private:
    Mounted(system::System &system, std::string path, bool ours)
        : system_(&system), path_(std::move(path)), ours_(ours) {}

    system::System *system_;
    std::string path_;
    bool ours_;
};

/// Btrfs: the subvolume that was mounted, as an option; "" for other filesystems.
[[nodiscard]] std::string subvolume_option(const model::MountPoint &mount);

/// Runs `change` on a directory, whose own times, owner and mode are then as before: they are part
/// of what an image records. One that was not there before keeps what it got.
[[nodiscard]] util::Result<void>
keeping_attributes(system::System &system, const std::string &directory,
                   const std::function<util::Result<void>()> &change);

/// Unmounts what an interrupted session left mounted at or below a directory, the newest first.
[[nodiscard]] util::Result<void> unmount_leftovers(system::System &system,
                                                   const std::string &directory);

} // namespace mdrescue::execute
