// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/tree_builder.h"

#include "payload/files.h"

#include <array>
#include <cerrno>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <utility>

namespace mdrescue::payload {

namespace {

struct Merge {
    const char *link;
    const char *target; ///< as the link says it
    const char *place;  ///< from the root
};

constexpr std::array merges{
    Merge{"usr/sbin", "bin", "usr/bin"},      Merge{"bin", "usr/bin", "usr/bin"},
    Merge{"sbin", "usr/bin", "usr/bin"},      Merge{"lib", "usr/lib", "usr/lib"},
    Merge{"lib64", "usr/lib64", "usr/lib64"},
};

} // namespace

manifest::Node &TreeBuilder::add(const std::string &path, manifest::Node::Kind kind,
                                 std::uint32_t mode) {
    if (const std::string parent = directory_name(path); !parent.empty())
        directory(parent);
    manifest::Node &node = nodes_[path];
    node.kind = kind;
    node.path = path;
    node.mode = mode;
    node.mtime = time_;
    return node;
}

void TreeBuilder::directory(const std::string &path, std::uint32_t mode) {
    if (!contains(path))
        add(path, manifest::Node::Kind::directory, mode);
}

void TreeBuilder::file(const std::string &path, std::string bytes, std::uint32_t mode) {
    if (!contains(path))
        add(path, manifest::Node::Kind::file, mode).bytes = std::move(bytes);
}

util::Result<std::uint64_t> TreeBuilder::copy(const std::string &path, const std::string &source,
                                              std::uint32_t mode) {
    if (contains(path))
        return std::uint64_t{0};
    MDR_TRY_ASSIGN(const system::Descriptor descriptor, open_for_reading(source));
    struct stat info {};
    if (::fstat(descriptor.get(), &info) != 0)
        return util::fail_errno("cannot read " + source, errno);
    manifest::FileSource file{source, static_cast<std::uint64_t>(info.st_size), 0, 0};
    const auto [first, is_new] = sources_.emplace(std::pair(info.st_dev, info.st_ino), path);
    if (!is_new) {
        file.device = info.st_dev;
        file.inode = info.st_ino;
        manifest::Node &other = nodes_.at(first->second);
        auto &known = std::get<manifest::FileSource>(other.bytes);
        known.device = file.device;
        known.inode = file.inode;
        mode = other.mode; // one inode has one mode
    }
    add(path, manifest::Node::Kind::file, mode).bytes = file;
    return is_new ? file.size : std::uint64_t{0};
}

void TreeBuilder::symlink(const std::string &path, const std::string &target) {
    if (!contains(path))
        add(path, manifest::Node::Kind::symlink, 0777).target = target;
}

void TreeBuilder::character_device(const std::string &path, std::uint32_t mode, unsigned major,
                                   unsigned minor) {
    if (!contains(path))
        add(path, manifest::Node::Kind::character_device, mode).rdev = makedev(major, minor);
}

manifest::Tree TreeBuilder::take() const {
    manifest::Tree tree;
    for (const auto &[path, node] : nodes_)
        tree.push_back(node);
    return tree;
}

std::string merged_place(const std::string &path) {
    std::string plain = path.substr(path.find_first_not_of('/'));
    for (const auto &merge : merges)
        if (plain.starts_with(std::string(merge.link) + "/"))
            return merge.place + plain.substr(std::string(merge.link).size());
    return plain;
}

void add_merged_links(TreeBuilder &builder) {
    for (const auto &merge : merges)
        builder.symlink(merge.link, merge.target);
    for (const char *directory : {"usr/bin", "usr/lib", "usr/lib64"})
        builder.directory(directory);
}

} // namespace mdrescue::payload
