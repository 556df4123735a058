// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/machine.h"
#include "system/system.h"
#include "util/progress.h"
#include "util/result.h"

#include <string>
#include <vector>

namespace mdrescue::cli {

/// The profile of the last image that was built here: what `recover` goes by.
inline constexpr const char *kept_profile = "/var/lib/mdrescue/machine.json";

/// What every command may use. Nothing here is global, so that a test can put its own in.
struct Context {
    system::System &system;
    util::Progress &progress;
    bool colour = false; ///< standard output is a terminal that shows colours
};

struct ProbeOptions {
    bool json = false;
    std::string record; ///< directory for the raw facts; "" for none
    std::string
        replay; ///< directory of recorded facts to read instead of this machine; "" for none
};

/// The machine that a command is about.
struct Subject {
    std::string machine_file; ///< its profile; "" for this machine
    std::string root = "/";   ///< where kernel, /boot and tools come from
};

struct BuildOptions : Subject {
    std::string output = "bootcd.iso";
    std::string kernel;        ///< "" for the running one
    std::string password_hash; ///< of grub-mkpasswd-pbkdf2; "" leaves the menu open
    bool force = false;
    bool allow_degraded = false;
    bool joliet = false;
    bool json = false;
};

struct ImageOptions {
    std::string file;
    bool json = false;
    bool sizes = false; ///< inspect: what its bytes are spent on
};

struct RecoverOptions {
    std::string from; ///< image file or device; "" for the profile kept by build, and its disc if
                      ///< it is in a drive
    bool dry_run = false;
};

struct BurnOptions {
    std::string file;
    std::string device; ///< drive, stick, or stdio:PATH
    std::string serial; ///< typed beforehand; "" asks
    bool dry_run = false;
    bool json = false;
    bool blank = false;          ///< discs: blank or format first
    double speed = 0;            ///< discs: multiples of the medium's 1 x; 0 for the drive's choice
    bool simulate = false;       ///< discs: with the laser off
    bool eject = false;          ///< discs: outside at the end
    bool data_partition = false; ///< sticks: the rest becomes a partition
};

struct StatusOptions : Subject {
    std::vector<std::string> files; ///< none: the newest image that is kept
    std::string settings;           ///< mdrescue.conf to go by; "" for the installed one
    std::string prometheus;         ///< text file to write; "" for none
    bool verify = false;            ///< read every byte of the images
    bool json = false;
};

struct RefreshOptions : Subject {
    std::string settings; ///< as for status
    bool hook = false;    ///< called by a hook or the timer, not by a person
};

/// Each does one command and prints its result on standard output.
[[nodiscard]] util::Result<void> probe(const Context &context, const ProbeOptions &options);
[[nodiscard]] util::Result<void> build(const Context &context, const BuildOptions &options);
[[nodiscard]] util::Result<void> inspect(const Context &context, const ImageOptions &options);
[[nodiscard]] util::Result<void> verify(const Context &context, const ImageOptions &options);

[[nodiscard]] util::Result<void> recover(const Context &context, const RecoverOptions &options);

[[nodiscard]] util::Result<void> burn(const Context &context, const BurnOptions &options);

[[nodiscard]] util::Result<void> status(const Context &context, const StatusOptions &options);
[[nodiscard]] util::Result<void> refresh(const Context &context, const RefreshOptions &options);

/// The machine this runs on, or an error that says why it cannot be read (not root).
[[nodiscard]] util::Result<model::Machine> probe_this_machine(system::System &system);

} // namespace mdrescue::cli
