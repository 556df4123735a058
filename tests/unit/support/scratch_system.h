// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"

#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <stdlib.h>
#include <sys/stat.h>

namespace mdrescue {

/// Real files below a directory of its own, so that links, owners and times are the kernel's;
/// devices, mounts, programs, sysfs and the clock are made up. A device with a filesystem is a
/// directory that moves to where it is mounted. Changing anything outside the directory ends the
/// test.
class ScratchSystem final : public system::System {
  public:
    ScratchSystem() : real_(system::real_system()) {
        std::string name = "/tmp/mdrescue-test-XXXXXX";
        root_ = ::mkdtemp(name.data());
    }
    ~ScratchSystem() override { static_cast<void>(real_->remove(root_)); }
    ScratchSystem(const ScratchSystem &) = delete;
    ScratchSystem &operator=(const ScratchSystem &) = delete;

    [[nodiscard]] const std::string &root() const { return root_; }
    /// The directory that is the filesystem on a device, while it is not mounted.
    std::string filesystem(const std::string &device) {
        const std::string path = root_ + "/filesystems" + device;
        static_cast<void>(real_->make_directory(path));
        return path;
    }
    void write(const std::string &path, const std::string &bytes) {
        static_cast<void>(real_->make_directory(path.substr(0, path.rfind('/'))));
        if (!real_->replace_file(path, bytes))
            throw std::logic_error("cannot write " + path);
    }

    std::map<std::string, std::string> given;   ///< sysfs, procfs, devices: path → bytes
    std::vector<std::string> mounts;            ///< "/dev/sda1 on /x ro noload", "-/x"
    std::map<std::string, std::string> mounted; ///< target → device; "": bound, or a tmpfs
    std::vector<system::Command> commands;
    std::function<util::Result<system::Output>(const system::Command &)> program;
    std::map<std::string, std::string> controls;
    std::vector<std::string> written; ///< devices and files that were changed, in order
    std::set<std::string> unmountable;
    std::uint64_t space = UINT64_MAX;
    std::function<bool(const std::string &path)>
        power_fails; ///< before a change: it fails from then on

    util::Result<system::Output> run(const system::Command &command) override {
        commands.push_back(command);
        return program ? program(command) : system::Output{};
    }
    util::Result<std::string> read_file(const std::string &path, std::uint64_t limit) override {
        const auto found = given.find(path);
        return found != given.end() ? found->second : real_->read_file(ours(path), limit);
    }
    util::Result<std::string> read_at(const std::string &path, std::uint64_t offset,
                                      std::uint64_t length) override {
        const auto found = given.find(path);
        if (found == given.end())
            return real_->read_at(ours(path), offset, length);
        return offset > found->second.size() ? "" : found->second.substr(offset, length);
    }
    util::Result<std::vector<std::string>> list(const std::string &directory) override {
        const std::string path =
            directory.ends_with('/') ? directory.substr(0, directory.size() - 1) : directory;
        std::set<std::string> names;
        for (const auto &[name, bytes] : given)
            if (name.starts_with(path + "/"))
                names.insert(name.substr(path.size() + 1,
                                         name.find('/', path.size() + 1) - path.size() - 1));
        if (names.empty())
            return real_->list(ours(path));
        return std::vector<std::string>(names.begin(), names.end());
    }
    util::Result<std::string> read_link(const std::string &path) override {
        return real_->read_link(ours(path));
    }
    bool exists(const std::string &path) override {
        return given.contains(path) || (path.starts_with(root_) && real_->exists(path));
    }
    util::Result<std::optional<system::FileInfo>> look(const std::string &path) override {
        return real_->look(ours(path));
    }
    util::Result<std::uint64_t> free_space(const std::string &) override { return space; }
    util::Result<void> write_control(const std::string &path, const std::string &value) override {
        controls[path] = value;
        return {};
    }
    util::Result<void> make_directory(const std::string &path) override {
        MDR_TRY(change(path));
        return real_->make_directory(path);
    }
    util::Result<void> mount(const system::Mount &mount) override {
        mounts.push_back(mount.source + " on " + mount.target + (mount.read_only ? " ro" : "") +
                         (mount.options.empty() ? "" : " " + mount.options));
        if (unmountable.contains(mount.source))
            return util::fail("cannot mount " + mount.source);
        const bool made_up = mount.bind || mount.type == "tmpfs";
        mounted[mount.target] = made_up ? "" : mount.source;
        if (made_up)
            return {};
        const std::string place = filesystem(mount.source);
        MDR_TRY(real_->remove(ours(mount.target)));
        return real_->rename(place, mount.target);
    }
    util::Result<void> unmount(const std::string &target) override {
        mounts.push_back("-" + target);
        const auto found = mounted.find(target);
        if (found == mounted.end())
            return util::fail("not mounted: " + target);
        const std::string device = found->second;
        mounted.erase(found);
        if (device.empty())
            return {};
        return real_->rename(target, root_ + "/filesystems" + device);
    }
    util::Result<void> write_device(const std::string &path, std::uint64_t offset,
                                    const std::string &bytes, system::Claim) override {
        if (power_fails && power_fails(path))
            return util::fail("power failed");
        std::string &device = given.at(path);
        if (offset + bytes.size() > device.size())
            return util::fail(path + " is too short");
        device.replace(offset, bytes.size(), bytes);
        written.push_back(path + "@" + std::to_string(offset));
        return {};
    }
    util::Result<std::unique_ptr<system::ClaimedDevice>> claim(const std::string &path) override {
        throw std::logic_error("claims " + path);
    }
    util::Result<void> replace_file(const std::string &path, const std::string &bytes,
                                    std::uint32_t mode) override {
        MDR_TRY(change(path));
        return real_->replace_file(path, bytes, mode);
    }
    util::Result<void> append_file(const std::string &path, const std::string &bytes) override {
        MDR_TRY(change(path));
        return real_->append_file(path, bytes);
    }
    util::Result<void> copy_file(const std::string &source, const std::string &target) override {
        MDR_TRY(change(target));
        return real_->copy_file(ours(source), target);
    }
    util::Result<void> make_symlink(const std::string &text, const std::string &path) override {
        MDR_TRY(change(path));
        return real_->make_symlink(text, path);
    }
    util::Result<void> make_hard_link(const std::string &existing,
                                      const std::string &path) override {
        MDR_TRY(change(path));
        return real_->make_hard_link(ours(existing), path);
    }
    util::Result<void> make_node(const std::string &path, std::uint32_t mode,
                                 std::uint64_t rdev) override {
        MDR_TRY(change(path));
        return real_->make_node(path, mode, rdev);
    }
    util::Result<void> set_attributes(const std::string &path, const system::Attributes &attributes,
                                      bool symlink) override {
        MDR_TRY(change(path));
        return real_->set_attributes(path, attributes, symlink);
    }
    util::Result<void> rename(const std::string &path, const std::string &name) override {
        MDR_TRY(change(name));
        return real_->rename(ours(path), name);
    }
    util::Result<void> remove(const std::string &path) override {
        MDR_TRY(change(path));
        return real_->remove(path);
    }
    util::Result<void> sync(const std::string &path) override {
        written.push_back("sync " + path);
        return {};
    }
    util::Result<void> lock(const std::string &) override { return {}; }
    void sleep(std::chrono::milliseconds time) override { clock_ += time; }
    std::chrono::steady_clock::time_point now() override { return clock_; }

  private:
    [[nodiscard]] std::string ours(const std::string &path) const {
        return path.starts_with(root_ + "/") ? path : root_ + "/not-given" + path;
    }
    util::Result<void> change(const std::string &path) {
        if (!path.starts_with(root_ + "/"))
            throw std::logic_error("changes " + path);
        if (power_fails && power_fails(path))
            return util::fail("power failed");
        written.push_back(path);
        return {};
    }

    std::unique_ptr<system::System> real_;
    std::string root_;
    std::chrono::steady_clock::time_point clock_{};
};

} // namespace mdrescue
