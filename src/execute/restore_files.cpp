// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/boot_loader.h"
#include "execute/mounting.h"
#include "execute/snapshot_files.h"
#include "execute/steps.h"
#include "model/family.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <sys/stat.h>

// Whose file is it? The filesystem was made by this plan, so what is on it was put there by this
// restore, by the grub-install that this plan runs, or by the installed system after it was started
// from here in between (FAULTS 23). A copy gets its name only when it is whole and has its recorded
// time. So a file with other bytes *and* another time is not this restore's:
//   - in the directories that grub-install fills, it is grub-install's. That writes the boot loader
//     last, when all its files are on the disk (util/grub-install.c, and grub_util_fd_sync in
//     util/grub-install-common.c): while the boot loader on the disk is the one of core.img there,
//     the files belong to it and stay; else grub-install was interrupted, and they are copied
//     again;
//   - elsewhere it is the installed system's: nothing is overwritten.
// No clock decides: times are only compared for being equal (FAULTS 35).

namespace mdrescue::execute {
namespace {

using manifest::Node;
using util::fail;
using util::Result;
using Kind = Difference::Kind;

constexpr std::uint64_t block = 4096;

bool holds(const Snapshot &snapshot, const std::string &path) {
    return std::any_of(snapshot.tree.begin(), snapshot.tree.end(),
                       [&](const Node &node) { return node.path == path; });
}

/// What grub-install fills: "grub/i386-pc" and the like. It touches "grub" itself too, and makes it
/// in the top directory where there is none.
bool is_grub_installs(const Snapshot &snapshot, const Node &node) {
    if (node.path == snapshot.prefix)
        return std::none_of(
            model::families.begin(), model::families.end(), [&](const model::Family &family) {
                return holds(snapshot, fmt::format("{}/{}", snapshot.prefix, family.grub));
            });
    for (const model::Family &family : model::families) {
        const std::string top = fmt::format("{}/{}", snapshot.prefix, family.grub);
        if (node.path == top)
            return node.kind == Node::Kind::directory;
        for (const char *name : {"/i386-pc", "/fonts", "/locale"})
            if (util::at_or_below(node.path, top + name))
                return true;
    }
    return false;
}

struct State {
    std::vector<Difference> to_do; ///< copied or set again
    std::vector<Difference> foreign;
};

std::string counted(const std::vector<Difference> &list, const Snapshot &snapshot) {
    const Node &first = *list.front().node;
    const std::string name = util::printable(first.path.substr(snapshot.prefix.size()));
    return list.size() == 1
               ? fmt::format("{} differs", name.empty() ? "/" : name)
               : fmt::format("{} and {} more differ", name.empty() ? "/" : name, list.size() - 1);
}

class Restore {
  public:
    Restore(Context &context, const plan::RestoreFiles &step) : context_(context), step_(step) {}

    Status look() {
        if (auto result = find_source(); !result)
            return Status::blocked(result.error().message);
        if (!filesystem_is_there())
            return Status::not_done("there is no filesystem yet");
        auto mounted = mount(false);
        if (!mounted)
            return Status::blocked(mounted.error().message);
        auto state = compare(mounted->path());
        if (!state)
            return Status::blocked(state.error().message);
        if (!state->foreign.empty())
            return Status::blocked(newer(state->foreign).message);
        if (!state->to_do.empty())
            return Status::not_done(counted(state->to_do, snapshot_));
        return Status::done(
            fmt::format("{} files and directories are as recorded", snapshot_.tree.size()));
    }

    Result<void> run() {
        MDR_TRY(find_source());
        if (!filesystem_is_there())
            return fail(fmt::format("the filesystem for {} is not there", plan::name_of(step_)));
        // Safety rules 1 and 2: only onto a replacement of this plan.
        MDR_TRY(confirm_target(context_, step_.device.disk));
        MDR_TRY_ASSIGN(Mounted mounted, mount(true));
        MDR_TRY(restore(mounted.path()));
        MDR_TRY(mounted.close());
        // What a mounted filesystem is read from again has to be the disk. One of ours is
        // unmounted.
        return context_.system.write_control("/proc/sys/vm/drop_caches", "3");
    }

  private:
    Result<void> find_source() {
        if (context_.places.medium.empty())
            return fail(fmt::format("the files of {} are on the disc, and it is not here",
                                    plan::name_of(step_)));
        MDR_TRY_ASSIGN(snapshot_,
                       read_snapshot(context_.system, context_.places.medium, step_.snapshot));
        keeps_ = kept_by(step_.filesystem);
        return {};
    }

    bool holds_filesystem() const {
        const auto disk = context_.disk(step_.device.disk);
        const model::Content *content =
            disk ? model::find_content(context_.observed, {(*disk)->id, step_.device.partition})
                 : nullptr;
        return content != nullptr && content->filesystem && content->filesystem->uuid == step_.uuid;
    }

    bool filesystem_is_there() {
        return holds_filesystem() || (look_again(context_) && holds_filesystem());
    }

    Result<Mounted> mount(bool writable) {
        MDR_TRY_ASSIGN(const std::string device, context_.device(step_.device));
        return Mounted::open(context_, {device, step_.filesystem}, "restore", writable);
    }

    Result<State> compare(const std::string &directory) {
        MDR_TRY_ASSIGN(const auto all, differences(context_.system, snapshot_, directory, keeps_));
        State state;
        const bool installed = boot_loader_is_of(directory);
        for (const Difference &one : all) {
            const bool of_grub = is_grub_installs(snapshot_, *one.node);
            if (one.kind == Kind::other_type || (one.kind == Kind::foreign && !of_grub))
                state.foreign.push_back(one);
            else if (!of_grub || one.kind == Kind::content ||
                     (!installed && one.kind != Kind::time))
                state.to_do.push_back(one);
        }
        return state;
    }

    /// The boot loader on this disk was written from the files in this directory.
    bool boot_loader_is_of(const std::string &directory) {
        const std::string files = grub_platform_directory(context_.system, directory);
        const auto device = context_.device({step_.device.disk, 0});
        if (files.empty() || !device)
            return false;
        const auto found = read_boot_loader(context_.system, *device);
        return found && check_written_from(context_.system, *found, files);
    }

    util::Error newer(const std::vector<Difference> &foreign) {
        return {
            fmt::format("{} on {} was changed since this disc was made ({}): it is left as it is",
                        plan::name_of(step_), util::printable(step_.device.disk),
                        counted(foreign, snapshot_)),
            "Start the machine from it; if that fails, make the filesystem again by hand."};
    }

    Result<void> restore(const std::string &directory) {
        MDR_TRY_ASSIGN(const State state, compare(directory));
        if (!state.foreign.empty())
            return tl::unexpected(newer(state.foreign));
        MDR_TRY(check_space(state.to_do, directory));
        for (const Difference &one : state.to_do)
            MDR_TRY(put(one, directory));
        return set_directories(directory);
    }

    static std::uint64_t bytes_of(const Difference &one) {
        const auto *file = std::get_if<manifest::FileSource>(&one.node->bytes);
        return one.kind <= Kind::foreign && file != nullptr ? file->size : 0;
    }

    /// FAULTS 24: before the first file.
    Result<void> check_space(const std::vector<Difference> &to_do, const std::string &directory) {
        std::uint64_t needed = 0;
        std::uint64_t bytes = 0;
        for (const Difference &one : to_do) {
            needed += (bytes_of(one) + block - 1) / block * block;
            bytes += bytes_of(one);
        }
        MDR_TRY_ASSIGN(const std::uint64_t space, context_.system.free_space(directory));
        if (needed > space)
            return fail(fmt::format("the files of {} need {} bytes, and {} are free: nothing was "
                                    "written",
                                    plan::name_of(step_), needed, space));
        context_.progress.phase("Copying " + plan::name_of(step_), bytes);
        return {};
    }

    Result<void> put(const Difference &one, const std::string &directory) {
        const Node &node = *one.node;
        const std::string path = place_of(snapshot_, node, directory);
        if (one.kind == Kind::attributes || one.kind == Kind::time)
            return set_attributes(node, path);
        switch (node.kind) {
        case Node::Kind::directory: return context_.system.make_directory(path);
        case Node::Kind::file: return put_file(node, path, directory);
        case Node::Kind::symlink:
            MDR_TRY(context_.system.remove(path));
            MDR_TRY(context_.system.make_symlink(node.target, path));
            return set_attributes(node, path);
        case Node::Kind::character_device: return put_node(node, path, S_IFCHR);
        case Node::Kind::block_device: return put_node(node, path, S_IFBLK);
        case Node::Kind::fifo: return put_node(node, path, S_IFIFO);
        }
        return {};
    }

    Result<void> put_node(const Node &node, const std::string &path, std::uint32_t type) {
        MDR_TRY(context_.system.remove(path));
        MDR_TRY(context_.system.make_node(path, type | node.mode, node.rdev));
        return set_attributes(node, path);
    }

    Result<void> put_file(const Node &node, const std::string &path, const std::string &directory) {
        const auto &file = std::get<manifest::FileSource>(node.bytes);
        if (const Node *first = keeps_.owners ? first_name(file, node) : nullptr) {
            MDR_TRY(context_.system.remove(path));
            return context_.system.make_hard_link(place_of(snapshot_, *first, directory), path);
        }
        const std::string copy = path + ".mdrescue-part";
        const std::string source = fmt::format("{}/{}", snapshot_.medium, node.path);
        MDR_TRY(context_.system.remove(copy));
        MDR_TRY(context_.system.copy_file(source, copy));
        MDR_TRY_ASSIGN(const std::string digest, file_digest(context_.system, copy));
        if (digest != snapshot_.digests.at(node.path))
            return fail(
                fmt::format("{} on the medium is damaged: its digest is not the recorded one",
                            util::printable(node.path)),
                "Use another copy of the medium.");
        MDR_TRY(set_attributes(node, copy));
        MDR_TRY(context_.system.rename(copy, path));
        copied_ += file.size;
        context_.progress.advance(copied_);
        return {};
    }

    /// The earlier name of the same file; nullptr when this is the first.
    const Node *first_name(const manifest::FileSource &file, const Node &node) const {
        if (file.inode == 0)
            return nullptr;
        for (const Node &other : snapshot_.tree) {
            const auto *source = std::get_if<manifest::FileSource>(&other.bytes);
            if (&other == &node)
                return nullptr;
            if (other.kind == Node::Kind::file && source != nullptr && source->inode == file.inode)
                return &other;
        }
        return nullptr;
    }

    Result<void> set_attributes(const Node &node, const std::string &path) {
        system::Attributes attributes{node.mode,  node.uid,        node.gid,
                                      node.mtime, node.mtime_nsec, node.xattrs};
        if (!keeps_.owners) { // only what is there already is accepted
            MDR_TRY_ASSIGN(const auto found, context_.system.look(path));
            if (found)
                attributes = {found->attributes.mode, found->attributes.uid,
                              found->attributes.gid,  node.mtime,
                              node.mtime_nsec,        {}};
        }
        return context_.system.set_attributes(path, attributes, node.kind == Node::Kind::symlink);
    }

    /// Last, and what is below before what is above: every change below sets their times.
    Result<void> set_directories(const std::string &directory) {
        for (auto node = snapshot_.tree.rbegin(); node != snapshot_.tree.rend(); ++node)
            if (node->kind == Node::Kind::directory)
                MDR_TRY(set_attributes(*node, place_of(snapshot_, *node, directory)));
        return {};
    }

    Context &context_;
    const plan::RestoreFiles &step_;
    Snapshot snapshot_;
    Keeps keeps_;
    std::uint64_t copied_ = 0;
};

} // namespace

Status check(Context &context, const plan::RestoreFiles &step) {
    return Restore(context, step).look();
}

Result<void> apply(Context &context, const plan::RestoreFiles &step) {
    return Restore(context, step).run();
}

} // namespace mdrescue::execute
