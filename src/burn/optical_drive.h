// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burn/medium.h"
#include "burn/source.h"
#include "util/progress.h"
#include "util/result.h"

#include <memory>
#include <string>

namespace mdrescue::burn {

struct WriteOptions {
    double speed = 0;      ///< in multiples of the medium's 1 x; 0: the drive's choice
    bool simulate = false; ///< the laser stays off, where drive and disc can do that
};

/// What happens to a tray that stands open.
enum class Tray { close, leave };

/// A CD, DVD or BD drive in libburn's hands, held for this process alone (O_EXCL) while this lives.
/// libburn is one for a process: at most one object at a time.
class OpticalDrive {
  public:
    /// The address: a device ("/dev/sr0"), or "stdio:PATH", a file that libburn treats as a drive
    /// (libburn.h, burn_drive_scan_and_grab). Errors: busy, not a drive.
    [[nodiscard]] static util::Result<OpticalDrive> open(const std::string &address, Tray tray);
    OpticalDrive(OpticalDrive &&) noexcept;
    OpticalDrive &operator=(OpticalDrive &&) noexcept;
    ~OpticalDrive();

    [[nodiscard]] std::string name() const;   ///< "HL-DT-ST DVDRAM GH24NSD1": printable
    [[nodiscard]] std::string serial() const; ///< printable; "" where the drive tells none
    /// What is in the drive now. Error: the drive does not become ready.
    [[nodiscard]] util::Result<Medium> look();

    /// Blanks or formats the disc, as quickly as the drive can.
    [[nodiscard]] util::Result<void> prepare(Preparation preparation, util::Progress &progress);
    /// One session with one track, closed. Errors: the drive refuses or fails, the source has
    /// changed; util::cancelled().
    [[nodiscard]] util::Result<void> write(const Source &source, const WriteOptions &options,
                                           util::Progress &progress);
    /// Out and in again, so that the drive forgets what it remembers of the disc; a file is written
    /// to its disk, and forgotten in memory. False: the disc stayed outside, as with drives that
    /// cannot close their tray.
    [[nodiscard]] util::Result<bool> reload();
    /// Reads the disc and compares its digest with the source's.
    [[nodiscard]] util::Result<void> compare(const Source &source, util::Progress &progress);
    /// Leaves the disc outside when this goes.
    void eject_at_end();

  private:
    struct Held;
    explicit OpticalDrive(std::unique_ptr<Held> held);
    std::unique_ptr<Held> held_;
};

} // namespace mdrescue::burn
