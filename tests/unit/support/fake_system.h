// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"

#include <functional>
#include <map>
#include <set>
#include <sys/stat.h>

namespace mdrescue {

/// A machine in memory: files by path, devices as their bytes, a clock that only sleep() moves.
class FakeSystem final : public system::System {
    class Claimed final : public system::ClaimedDevice {
      public:
        Claimed(FakeSystem &machine, std::string path)
            : machine_(machine), path_(std::move(path)), bytes_(machine.files.at(path_)) {}
        ~Claimed() override { machine_.claimed.push_back("release " + path_); }
        Claimed(const Claimed &) = delete;
        Claimed &operator=(const Claimed &) = delete;
        [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
        util::Result<void> write(std::uint64_t offset, std::string_view bytes) override {
            std::string changed(bytes);
            if (machine_.on_claimed_write)
                MDR_TRY(machine_.on_claimed_write(offset, changed));
            if (offset + changed.size() > bytes_.size())
                return util::fail(path_ + " is too short");
            bytes_.replace(offset, changed.size(), changed);
            machine_.claimed.push_back("write " + std::to_string(offset) + "+" +
                                       std::to_string(changed.size()));
            return {};
        }
        util::Result<void> flush() override { return note("flush"); }
        util::Result<void> forget_cached() override { return note("forget"); }
        util::Result<void> reread_partitions() override { return note("reread"); }
        util::Result<std::string> read(std::uint64_t offset, std::size_t length) override {
            if (machine_.unreadable.contains(path_))
                return util::fail("cannot read " + path_);
            return bytes_.substr(offset, length);
        }

      private:
        util::Result<void> note(const char *what) {
            machine_.claimed.emplace_back(what);
            return {};
        }
        FakeSystem &machine_;
        std::string path_;
        std::string &bytes_;
    };

  public:
    std::map<std::string, std::string> files;
    std::set<std::string> unreadable; ///< paths that fail with an error of the medium
    std::vector<std::vector<std::string>> commands;
    std::vector<std::string> mounts;      ///< "/dev/sr0 on /medium", "-/medium"
    std::set<std::string> refused_mounts; ///< in the same words
    std::map<std::string, std::string> controls;
    std::set<std::string> refused_controls;
    std::function<system::Output(const system::Command &)> program;
    std::function<void(const system::Mount &)> on_mount;
    std::function<void()> on_sleep;
    std::function<void(const std::string &path)> on_read;
    std::chrono::steady_clock::time_point clock{};
    struct DeviceWrite {
        std::string path;
        std::uint64_t offset = 0, size = 0;
        system::Claim claim = system::Claim::exclusive;
    };
    std::vector<DeviceWrite> device_writes;
    std::set<std::string> unwritable; ///< paths that cannot be opened for writing
    std::map<std::string, std::string> links;
    std::map<std::string, system::Attributes> attributes;
    std::vector<std::string> synced;
    std::uint64_t space = UINT64_MAX; ///< free, on every filesystem

    util::Result<system::Output> run(const system::Command &command) override {
        commands.push_back(command.argv);
        return program ? program(command) : system::Output{};
    }
    util::Result<std::string> read_file(const std::string &path, std::uint64_t) override {
        return read_at(path, 0, UINT64_MAX);
    }
    util::Result<std::string> read_at(const std::string &path, std::uint64_t offset,
                                      std::uint64_t length) override {
        if (on_read)
            on_read(path);
        const auto file = files.find(path);
        if (file == files.end() || unreadable.contains(path))
            return util::fail("cannot read " + path);
        return offset >= file->second.size() ? "" : file->second.substr(offset, length);
    }
    util::Result<std::vector<std::string>> list(const std::string &path) override {
        std::set<std::string> names;
        for (const auto &[name, bytes] : files)
            if (name.starts_with(path + "/")) {
                const std::string rest = name.substr(path.size() + 1);
                names.insert(rest.substr(0, rest.find('/')));
            }
        if (names.empty())
            return util::fail("cannot list " + path);
        return std::vector<std::string>(names.begin(), names.end());
    }
    util::Result<std::string> read_link(const std::string &path) override {
        const auto link = links.find(path);
        return link == links.end() ? util::fail("no link " + path)
                                   : util::Result<std::string>(link->second);
    }
    bool exists(const std::string &path) override {
        const auto next = files.lower_bound(path);
        return next != files.end() && (next->first == path || next->first.starts_with(path + "/"));
    }
    util::Result<void> write_control(const std::string &path, const std::string &value) override {
        if (refused_controls.contains(path))
            return util::fail("cannot write to " + path);
        controls[path] = value;
        return {};
    }
    util::Result<void> make_directory(const std::string &) override { return {}; }
    util::Result<void> mount(const system::Mount &mount) override {
        mounts.push_back(mount.source + " on " + mount.target + (mount.read_only ? " ro" : ""));
        if (refused_mounts.contains(mounts.back()))
            return util::fail("cannot mount " + mounts.back());
        if (on_mount)
            on_mount(mount);
        return {};
    }
    util::Result<void> unmount(const std::string &target) override {
        mounts.push_back("-" + target);
        if (refused_mounts.contains(mounts.back()))
            return util::fail("cannot unmount " + target);
        std::erase_if(files,
                      [&](const auto &file) { return file.first.starts_with(target + "/"); });
        return {};
    }
    util::Result<void> write_device(const std::string &path, std::uint64_t offset,
                                    const std::string &bytes, system::Claim claim) override {
        if (unwritable.contains(path))
            return util::fail("cannot open for writing " + path);
        std::string &device = files[path];
        if (offset + bytes.size() > device.size())
            return util::fail(path + " is too short");
        device.replace(offset, bytes.size(), bytes);
        device_writes.push_back({path, offset, bytes.size(), claim});
        return {};
    }
    /// What a claimed device does with bytes before they are on it: change or refuse them.
    std::function<util::Result<void>(std::uint64_t offset, std::string &bytes)> on_claimed_write;
    std::vector<std::string> claimed; ///< what was done with claimed devices, in order
    util::Result<std::unique_ptr<system::ClaimedDevice>> claim(const std::string &path) override {
        if (unwritable.contains(path))
            return util::fail("cannot open for writing " + path);
        claimed.push_back("claim " + path);
        return std::make_unique<Claimed>(*this, path);
    }
    util::Result<void> replace_file(const std::string &path, const std::string &bytes,
                                    std::uint32_t) override {
        if (unwritable.contains(path))
            return util::fail("cannot replace " + path);
        files[path] = bytes;
        return {};
    }
    util::Result<void> append_file(const std::string &path, const std::string &bytes) override {
        if (unwritable.contains(path))
            return util::fail("cannot open " + path);
        files[path] += bytes;
        return {};
    }
    util::Result<void> copy_file(const std::string &source, const std::string &target) override {
        if (!files.contains(source) || unreadable.contains(source))
            return util::fail("cannot read " + source);
        if (files.contains(target) || unwritable.contains(target))
            return util::fail("cannot make " + target);
        files[target] = files[source];
        return {};
    }
    util::Result<void> make_symlink(const std::string &text, const std::string &path) override {
        links[path] = text;
        return {};
    }
    util::Result<void> make_hard_link(const std::string &existing,
                                      const std::string &path) override {
        files[path] = files[existing];
        return {};
    }
    util::Result<void> make_node(const std::string &path, std::uint32_t, std::uint64_t) override {
        files[path] = "";
        return {};
    }
    util::Result<void> set_attributes(const std::string &path, const system::Attributes &given,
                                      bool) override {
        attributes[path] = given;
        return {};
    }
    util::Result<std::optional<system::FileInfo>> look(const std::string &path) override {
        system::FileInfo info;
        if (attributes.contains(path))
            info.attributes = attributes[path];
        if (links.contains(path))
            info.type = S_IFLNK;
        else if (files.contains(path))
            info.type = S_IFREG;
        else if (exists(path))
            info.type = S_IFDIR;
        else
            return std::optional<system::FileInfo>();
        info.size = info.type == S_IFREG ? files[path].size() : 0;
        return std::optional(info);
    }
    util::Result<std::uint64_t> free_space(const std::string &) override { return space; }
    util::Result<void> rename(const std::string &path, const std::string &name) override {
        if (!files.contains(path) || unwritable.contains(name))
            return util::fail("cannot give its name to " + path);
        files[name] = files[path];
        attributes[name] = attributes[path];
        files.erase(path);
        attributes.erase(path);
        return {};
    }
    util::Result<void> remove(const std::string &path) override {
        links.erase(path);
        std::erase_if(files, [&](const auto &file) {
            return file.first == path || file.first.starts_with(path + "/");
        });
        return {};
    }
    util::Result<void> sync(const std::string &path) override {
        synced.push_back(path);
        return {};
    }
    util::Result<void> lock(const std::string &) override { return {}; }
    void sleep(std::chrono::milliseconds time) override {
        clock += time;
        if (on_sleep)
            on_sleep();
    }
    std::chrono::steady_clock::time_point now() override { return clock; }
};

} // namespace mdrescue
