// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/result.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::system {

/// A program to run: argv only, never a shell. The environment is LC_ALL=C, a fixed PATH and
/// nothing else but what `environment` adds ("NAME=value").
struct Command {
    std::vector<std::string> argv;
    std::string input{};                    ///< standard input
    std::chrono::milliseconds limit{60000}; ///< killed after this; then an error
    std::vector<std::string> environment{};
};

struct Output {
    int status = 0; ///< exit status; 128 + signal when killed by one
    std::string out;
    std::string err;
};

struct Mount {
    std::string source;
    std::string target;
    std::string type;
    bool read_only = true;
    std::string options{};
    bool bind = false; ///< a directory of this system seen at another place too (mount(2),
                       ///< MS_BIND); type is not used
};

/// Owner, mode, time and extended attributes of a file, as they are put back by a restore.
struct Attributes {
    std::uint32_t mode = 0644; ///< permission bits with setuid, setgid and sticky
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0; ///< seconds since 1970
    std::uint32_t mtime_nsec = 0;
    std::map<std::string, std::string> xattrs{}; ///< raw values
};

/// What lies under a name; the last link is not followed.
struct FileInfo {
    std::uint32_t type = 0;  ///< S_IFREG, S_IFDIR, … as in st_mode (inode(7))
    std::uint64_t size = 0;  ///< in bytes
    std::uint64_t rdev = 0;  ///< devices: as in st_rdev
    std::uint64_t inode = 0; ///< on one filesystem the same for links to one file
    Attributes attributes;
};

/// How a device is opened for writing.
enum class Claim {
    exclusive, ///< O_EXCL: refused while the device or a partition of it is mounted, a member, swap
               ///< (open(2))
    shared,    ///< partitions of it are in use already, by members this recovery has added
};

/// A block device this process alone has open for writing (O_EXCL, open(2)) as long as this lives:
/// nobody can mount it or make it a member meanwhile. Offsets and lengths are in bytes, multiples
/// of its logical sector.
class ClaimedDevice {
  public:
    virtual ~ClaimedDevice() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0; ///< in bytes
    [[nodiscard]] virtual util::Result<void> write(std::uint64_t offset,
                                                   std::string_view bytes) = 0;
    /// All that was written is on the device, its own cache included (fdatasync(2)).
    [[nodiscard]] virtual util::Result<void> flush() = 0;
    /// What is read from now on comes from the device, not from memory (BLKFLSBUF).
    [[nodiscard]] virtual util::Result<void> forget_cached() = 0;
    /// Exactly `length` bytes, or an error.
    [[nodiscard]] virtual util::Result<std::string> read(std::uint64_t offset,
                                                         std::size_t length) = 0;
    /// The kernel takes up the partition table that lies there now (BLKRRPART).
    [[nodiscard]] virtual util::Result<void> reread_partitions() = 0;
};

/// The one narrow way to the machine: everything that runs a program, mounts, or touches a device
/// goes through it, so that tests can put another machine behind it. Paths are absolute.
class System {
  public:
    virtual ~System() = default;

    /// Runs a program and waits. An exit status other than 0 is not an error here; a program that
    /// cannot be started or exceeds its limit is.
    [[nodiscard]] virtual util::Result<Output> run(const Command &command) = 0;

    /// A whole file (also of /proc and /sys, whose size is not known before), at most `limit`
    /// bytes, else an error.
    [[nodiscard]] virtual util::Result<std::string> read_file(const std::string &path,
                                                              std::uint64_t limit = 16U << 20U) = 0;
    /// `length` bytes at byte `offset` of a file or device; fewer only at its end.
    [[nodiscard]] virtual util::Result<std::string>
    read_at(const std::string &path, std::uint64_t offset, std::uint64_t length) = 0;
    /// Names in a directory, sorted, without . and ..
    [[nodiscard]] virtual util::Result<std::vector<std::string>> list(const std::string &path) = 0;
    [[nodiscard]] virtual util::Result<std::string> read_link(const std::string &path) = 0;
    [[nodiscard]] virtual bool exists(const std::string &path) = 0;
    /// None where there is nothing of that name.
    [[nodiscard]] virtual util::Result<std::optional<FileInfo>> look(const std::string &path) = 0;
    /// Bytes that root may still write to the filesystem that holds the path (statvfs(3), f_bfree).
    [[nodiscard]] virtual util::Result<std::uint64_t> free_space(const std::string &path) = 0;

    /// Overwrites a file that exists and is no regular one (sysfs, procfs): one write(2).
    [[nodiscard]] virtual util::Result<void> write_control(const std::string &path,
                                                           const std::string &value) = 0;
    [[nodiscard]] virtual util::Result<void>
    make_directory(const std::string &path) = 0; ///< and its parents
    [[nodiscard]] virtual util::Result<void> mount(const Mount &mount) = 0;
    [[nodiscard]] virtual util::Result<void> unmount(const std::string &target) = 0;

    /// Overwrites bytes of a block device (never of a regular file), and fsync(2). Error: nothing
    /// was written when the device could not be claimed or is shorter.
    [[nodiscard]] virtual util::Result<void> write_device(const std::string &path,
                                                          std::uint64_t offset,
                                                          const std::string &bytes,
                                                          Claim claim) = 0;
    /// For long writes. Error: it is no block device, or it is in use.
    [[nodiscard]] virtual util::Result<std::unique_ptr<ClaimedDevice>>
    claim(const std::string &path) = 0;
    /// A regular file, completely or not at all: temporary file beside it, fsync, rename, fsync of
    /// the directory. Owner, mode and xattrs of an existing file stay; a new one is root's with
    /// that mode.
    [[nodiscard]] virtual util::Result<void>
    replace_file(const std::string &path, const std::string &bytes, std::uint32_t mode = 0644) = 0;
    /// Adds to the end of a file (made with mode 0600 where it is missing), and fsync(2).
    [[nodiscard]] virtual util::Result<void> append_file(const std::string &path,
                                                         const std::string &bytes) = 0;

    // For restoring trees. None follows a symbolic link in the last component, and none but
    // rename() replaces what is there: remove() first.
    /// The bytes of one regular file into a new one, mode 0600, fsync(2).
    [[nodiscard]] virtual util::Result<void> copy_file(const std::string &source,
                                                       const std::string &target) = 0;
    [[nodiscard]] virtual util::Result<void> make_symlink(const std::string &text,
                                                          const std::string &path) = 0;
    [[nodiscard]] virtual util::Result<void> make_hard_link(const std::string &existing,
                                                            const std::string &path) = 0;
    /// A FIFO or device node: type and permission bits as in mknod(2), rdev as in st_rdev.
    [[nodiscard]] virtual util::Result<void> make_node(const std::string &path, std::uint32_t mode,
                                                       std::uint64_t rdev) = 0;
    /// Owner, then mode (not of a link), xattrs, and last the time. `symlink`: of the link itself.
    [[nodiscard]] virtual util::Result<void>
    set_attributes(const std::string &path, const Attributes &attributes, bool symlink) = 0;
    /// Atomically; a file of that name is replaced (rename(2)).
    [[nodiscard]] virtual util::Result<void> rename(const std::string &path,
                                                    const std::string &name) = 0;
    /// A file, link, node, or directory with all in it on the same filesystem; what is not there is
    /// no error.
    [[nodiscard]] virtual util::Result<void> remove(const std::string &path) = 0;
    /// Everything written to the filesystem that holds the path is on its device (syncfs(2)).
    [[nodiscard]] virtual util::Result<void> sync(const std::string &path) = 0;

    /// Takes a lock file for the life of this process (flock(2)). Error: another process holds it.
    [[nodiscard]] virtual util::Result<void> lock(const std::string &path) = 0;
    virtual void sleep(std::chrono::milliseconds time) = 0;
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() = 0;
};

/// This machine. Makes the process ignore SIGPIPE.
[[nodiscard]] std::unique_ptr<System> real_system();

/// run(), and an exit status other than 0 is an error that names the program and its last words.
[[nodiscard]] util::Result<std::string> run_ok(System &system, const Command &command);

} // namespace mdrescue::system
