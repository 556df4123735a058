// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/claimed_device.h"
#include "system/descriptor.h"
#include "system/files.h"
#include "system/system.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace mdrescue::system {
namespace {

using util::fail;
using util::fail_errno;
using util::printable;
using util::Result;

constexpr const char *fixed_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Pipe {
    Descriptor read_end, write_end;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail_errno("cannot make a pipe", errno);
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// A started program and our ends of its three streams.
struct Child {
    pid_t pid = -1;
    Descriptor in, out, err;
};

std::vector<char *> pointers(std::vector<std::string> &strings) {
    std::vector<char *> result;
    result.reserve(strings.size() + 1);
    for (auto &text : strings)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

Result<Child> start(const Command &command) {
    MDR_TRY_ASSIGN(Pipe in, make_pipe());
    MDR_TRY_ASSIGN(Pipe out, make_pipe());
    MDR_TRY_ASSIGN(Pipe err, make_pipe());
    std::vector<std::string> argv = command.argv;
    std::vector<std::string> environment = command.environment;
    environment.emplace_back("LC_ALL=C");
    environment.emplace_back(fixed_path);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, err.write_end.get(), 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    // A process group of its own: Ctrl-C reaches us alone, and a hung program dies with its
    // children.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    Child child;
    const int error = ::posix_spawnp(&child.pid, argv[0].c_str(), &actions, &attributes,
                                     pointers(argv).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        return fail_errno(fmt::format("cannot run {}", argv[0]), error);
    child.in = std::move(in.write_end);
    child.out = std::move(out.read_end);
    child.err = std::move(err.read_end);
    for (const Descriptor *stream : {&child.in, &child.out, &child.err})
        ::fcntl(stream->get(), F_SETFL, ::fcntl(stream->get(), F_GETFL) | O_NONBLOCK);
    return child;
}

/// Moves what is there from a stream into `text`; closes the stream at its end.
void drain(Descriptor &stream, std::string &text) {
    std::array<char, 65536> buffer{};
    const ssize_t count = ::read(stream.get(), buffer.data(), buffer.size());
    if (count > 0)
        text.append(buffer.data(), static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        stream.reset();
}

void feed(Descriptor &stream, std::string_view &rest) {
    const ssize_t count = rest.empty() ? 0 : ::write(stream.get(), rest.data(), rest.size());
    if (count > 0)
        rest.remove_prefix(static_cast<std::size_t>(count));
    else if (count < 0 && errno != EAGAIN && errno != EINTR)
        rest = {}; // the program closed its input: that is its business
    if (rest.empty())
        stream.reset();
}

/// Serves the child's streams until both outputs end; false when the limit passed.
bool converse(Child &child, const Command &command, Output &output) {
    const auto deadline = std::chrono::steady_clock::now() + command.limit;
    std::string_view rest = command.input;
    while (child.out.get() >= 0 || child.err.get() >= 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return false;
        std::array<pollfd, 3> streams{{{child.out.get(), POLLIN, 0},
                                       {child.err.get(), POLLIN, 0},
                                       {child.in.get(), POLLOUT, 0}}};
        ::poll(streams.data(), streams.size(),
               static_cast<int>(std::min<std::int64_t>(left.count(), 60000)));
        if (streams[0].revents != 0)
            drain(child.out, output.out);
        if (streams[1].revents != 0)
            drain(child.err, output.err);
        if (streams[2].revents != 0)
            feed(child.in, rest);
    }
    return true;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<Descriptor> open_for_reading(const std::string &path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_errno(fmt::format("cannot read {}", printable(path)), errno);
    return Descriptor(file);
}

class RealSystem final : public System {
  public:
    Result<Output> run(const Command &command) override {
        MDR_TRY_ASSIGN(Child child, start(command));
        Output output;
        const bool in_time = converse(child, command, output);
        if (!in_time)
            ::kill(-child.pid, SIGKILL);
        output.status = wait_for(child.pid);
        if (!in_time)
            return fail(fmt::format("{} did not end within {} s and was killed", command.argv[0],
                                    command.limit.count() / 1000));
        return output;
    }

    Result<std::string> read_file(const std::string &path, std::uint64_t limit) override {
        MDR_TRY_ASSIGN(const Descriptor file, open_for_reading(path));
        std::string text;
        std::array<char, 65536> buffer{};
        for (;;) {
            const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return fail_errno(fmt::format("cannot read {}", printable(path)), errno);
            if (count == 0)
                return text;
            text.append(buffer.data(), static_cast<std::size_t>(count));
            if (text.size() > limit)
                return fail(fmt::format("{} is larger than {} bytes", printable(path), limit));
        }
    }

    Result<std::string> read_at(const std::string &path, std::uint64_t offset,
                                std::uint64_t length) override {
        MDR_TRY_ASSIGN(const Descriptor file, open_for_reading(path));
        // md writes superblocks past the page cache: what was read of them earlier is no longer
        // true.
        ::posix_fadvise(file.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                        POSIX_FADV_DONTNEED);
        std::string bytes(length, '\0');
        MDR_TRY_ASSIGN(const std::size_t count,
                       read_up_to(file.get(), path, offset, bytes.data(), length));
        bytes.resize(count);
        return bytes;
    }

    Result<std::vector<std::string>> list(const std::string &path) override {
        std::error_code error;
        std::vector<std::string> names;
        for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
             it.increment(error))
            names.push_back(it->path().filename().string());
        if (error)
            return fail(fmt::format("cannot list {}: {}", printable(path), error.message()));
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<std::string> read_link(const std::string &path) override {
        std::error_code error;
        auto target = std::filesystem::read_symlink(path, error);
        if (error)
            return fail(
                fmt::format("cannot read the link {}: {}", printable(path), error.message()));
        return target.string();
    }

    bool exists(const std::string &path) override { return ::access(path.c_str(), F_OK) == 0; }

    Result<void> write_control(const std::string &path, const std::string &value) override {
        const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (file.get() < 0 || ::write(file.get(), value.data(), value.size()) < 0)
            return fail_errno(fmt::format("cannot write to {}", printable(path)), errno);
        return {};
    }

    Result<void> make_directory(const std::string &path) override {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error)
            return fail(
                fmt::format("cannot make the directory {}: {}", printable(path), error.message()));
        return {};
    }

    Result<void> mount(const Mount &mount) override {
        const unsigned long flags = mount.bind ? MS_BIND : mount.read_only ? MS_RDONLY : 0;
        if (::mount(mount.source.c_str(), mount.target.c_str(), mount.type.c_str(), flags,
                    mount.options.c_str()) != 0)
            return fail_errno(fmt::format("cannot mount {} on {}", printable(mount.source),
                                          printable(mount.target)),
                              errno);
        return {};
    }

    Result<void> unmount(const std::string &target) override {
        if (::umount2(target.c_str(), 0) != 0)
            return fail_errno(fmt::format("cannot unmount {}", printable(target)), errno);
        return {};
    }

    Result<void> write_device(const std::string &path, std::uint64_t offset,
                              const std::string &bytes, Claim claim) override {
        return system::write_device(path, offset, bytes, claim);
    }
    Result<std::unique_ptr<ClaimedDevice>> claim(const std::string &path) override {
        return claim_device(path);
    }
    Result<void> replace_file(const std::string &path, const std::string &bytes,
                              std::uint32_t mode) override {
        return system::replace_file(path, bytes, mode);
    }
    Result<void> append_file(const std::string &path, const std::string &bytes) override {
        return system::append_file(path, bytes);
    }
    Result<void> copy_file(const std::string &source, const std::string &target) override {
        return system::copy_file(source, target);
    }
    Result<void> make_symlink(const std::string &text, const std::string &path) override {
        return checked(::symlink(text.c_str(), path.c_str()), "make the link", path);
    }
    Result<void> make_hard_link(const std::string &existing, const std::string &path) override {
        return checked(::linkat(AT_FDCWD, existing.c_str(), AT_FDCWD, path.c_str(), 0),
                       "make the link", path);
    }
    Result<void> make_node(const std::string &path, std::uint32_t mode,
                           std::uint64_t rdev) override {
        return checked(::mknod(path.c_str(), mode, rdev), "make the node", path);
    }
    Result<void> set_attributes(const std::string &path, const Attributes &attributes,
                                bool symlink) override {
        return system::set_attributes(path, attributes, symlink);
    }
    Result<std::optional<FileInfo>> look(const std::string &path) override {
        return system::look(path);
    }
    Result<std::uint64_t> free_space(const std::string &path) override {
        return system::free_space(path);
    }
    Result<void> rename(const std::string &path, const std::string &name) override {
        return checked(::rename(path.c_str(), name.c_str()), "give its name to", path);
    }
    Result<void> remove(const std::string &path) override { return system::remove(path); }
    Result<void> sync(const std::string &path) override {
        const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        return checked(file.get() < 0 ? -1 : ::syncfs(file.get()), "write out the filesystem of",
                       path);
    }

    Result<void> lock(const std::string &path) override {
        Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        MDR_TRY(checked(file.get(), "open the lock", path));
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
            return fail(fmt::format("another process holds {}", path),
                        "Wait until it has ended, or look for it with fuser(1).");
        locks_.push_back(std::move(file));
        return {};
    }
    void sleep(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }
    std::chrono::steady_clock::time_point now() override {
        return std::chrono::steady_clock::now();
    }

  private:
    std::vector<Descriptor> locks_; ///< held as long as this lives
};

} // namespace

std::unique_ptr<System> real_system() {
    // A program that ends without reading its input must not end us: write(2) then says EPIPE.
    ::signal(SIGPIPE, SIG_IGN);
    return std::make_unique<RealSystem>();
}

} // namespace mdrescue::system
