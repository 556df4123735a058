// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/switch_root.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

// After what util-linux and busybox do in programs of this name. Not in System for the same reason
// as the rest of process 1's business (pid1.cpp).

namespace mdrescue::agent {
namespace {

using util::fail;
using util::fail_errno;
using util::Result;

struct Moved {
    const char *path;
    unsigned long flags; ///< as the installed system mounts it itself (systemd, mount-setup.c)
};
constexpr std::array<Moved, 4> moved{{{"/dev", MS_NOSUID},
                                      {"/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV},
                                      {"/sys", MS_NOSUID | MS_NOEXEC | MS_NODEV},
                                      {"/run", MS_NOSUID | MS_NODEV}}};

/// What will be deleted is memory, and not what is at `root`: the guard in front of delete_all().
Result<void> check(const std::string &root, struct stat &here) {
    struct statfs filesystem {};
    struct stat there {};
    if (::getpid() != 1)
        return fail("only process 1 can go to another root");
    if (::statfs("/", &filesystem) != 0 || ::stat("/", &here) != 0 ||
        ::stat(root.c_str(), &there) != 0)
        return fail_errno("the roots cannot be read", errno);
    if (filesystem.f_type != RAMFS_MAGIC && filesystem.f_type != TMPFS_MAGIC)
        return fail("this root is no memory, so nothing of it is deleted");
    if (here.st_dev == there.st_dev)
        return fail(root + " is no filesystem of its own");
    return {};
}

/// True when no child is left; process 1 is everyone's parent in the end.
bool all_reaped() {
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    return pid < 0;
}

void end_processes() {
    // First politely. Each loop ends early when there are none left; one that the kernel holds up
    // cannot be waited for.
    for (const int signal : {SIGTERM, SIGKILL}) {
        ::kill(-1, signal);
        for (int tenths = 0; tenths < 20 && !all_reaped(); ++tenths)
            ::usleep(100000);
    }
}

Result<void> move_mounts(const std::string &root) {
    for (const Moved &mount : moved) {
        const std::string target = root + mount.path;
        // No data: a memory filesystem keeps its mode and size. A refusal leaves it as it is.
        static_cast<void>(::mount(nullptr, mount.path, nullptr, MS_REMOUNT | mount.flags, nullptr));
        if (::mount(mount.path, target.c_str(), nullptr, MS_MOVE, nullptr) != 0)
            return fail_errno(fmt::format("cannot move {} to {}", mount.path, target), errno);
    }
    return {};
}

void delete_entry(int directory, const char *name, dev_t device);

/// All in a directory, never leaving its filesystem. Takes the descriptor.
void delete_all(int directory, dev_t device) {
    DIR *stream = ::fdopendir(directory);
    if (stream == nullptr) {
        ::close(directory);
        return;
    }
    while (const dirent *entry = ::readdir(stream))
        if (const std::string_view name = entry->d_name; name != "." && name != "..")
            delete_entry(::dirfd(stream), entry->d_name, device);
    ::closedir(stream);
}

void delete_entry(int directory, const char *name, dev_t device) {
    struct stat info {};
    if (::fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || info.st_dev != device)
        return;
    if (!S_ISDIR(info.st_mode)) {
        ::unlinkat(directory, name, 0);
        return;
    }
    if (const int below = ::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        below >= 0)
        delete_all(below, device);
    ::unlinkat(directory, name, AT_REMOVEDIR); // a mount point stays: it is busy
}

/// As the kernel hands a process 1 over: default signals, its console, nothing else open.
void as_the_kernel_starts_it() {
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::reboot(static_cast<int>(RB_ENABLE_CAD));
    const int console = ::open("/dev/console", O_RDWR | O_NOCTTY);
    for (int stream = 0; console >= 0 && stream < 3; ++stream)
        ::dup2(console, stream);
    ::close_range(3, ~0U, 0);
}

[[noreturn]] void become(const std::string &init) {
    const char *environment[] = {
        "HOME=/", "TERM=linux", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        nullptr};
    for (const char *program : {init.c_str(), "/sbin/init", "/bin/sh"}) {
        const char *argv[] = {program, nullptr};
        ::execve(program, const_cast<char **>(argv), const_cast<char **>(environment));
    }
    constexpr std::string_view last = "mdrescue: the installed system has no init that starts\r\n";
    static_cast<void>(!::write(1, last.data(), last.size()));
    for (;;)
        ::pause();
}

} // namespace

Result<void> switch_root(const std::string &root, const std::string &init) {
    struct stat here {};
    MDR_TRY(check(root, here));
    end_processes();
    for (const char *place : {"/medium", "/tmp"})
        ::umount2(place, MNT_DETACH); // not there, or not mounted: as good
    ::sync();
    MDR_TRY(move_mounts(root));
    const int old_root = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (::chdir(root.c_str()) != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 ||
        ::chroot(".") != 0 || ::chdir("/") != 0)
        return fail_errno("cannot go to " + root, errno);
    if (old_root >= 0)
        delete_all(old_root, here.st_dev);
    as_the_kernel_starts_it();
    become(init);
}

} // namespace mdrescue::agent
