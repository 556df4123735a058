// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/iso_tree.h"

#include "manifest/image_sums.h"
#include "media/iso_libisofs.h"
#include "media/iso_library.h"
#include "util/text.h"

#include <algorithm>
#include <climits>
#include <fmt/format.h>
#include <map>
#include <set>
#include <sys/stat.h>

namespace mdrescue::media {
namespace {

using manifest::Node;

std::string parent_of(const std::string &path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

bool clean(const std::string &path) {
    const auto parts = util::split(path, '/');
    return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
        return part.empty() || part == "." || part == "..";
    });
}

manifest::Node own_file(std::string path, std::string bytes, std::int64_t epoch) {
    manifest::Node node;
    node.path = std::move(path);
    node.mtime = epoch;
    node.bytes = std::move(bytes);
    return node;
}

manifest::Node own_directory(std::string path, std::int64_t epoch) {
    manifest::Node node;
    node.kind = manifest::Node::Kind::directory;
    node.path = std::move(path);
    node.mode = 0755;
    node.mtime = epoch;
    return node;
}

std::vector<manifest::Node> own_files(const ImageRequest &request) {
    std::vector<manifest::Node> files;
    if (!request.boot.bios.empty())
        files.push_back(
            own_file(std::string(manifest::bios_image_path), request.boot.bios, request.epoch));
    for (const std::string &directory : request.boot.efi_directories)
        files.push_back(own_file(directory + "/grub.cfg", request.boot.stub, request.epoch));
    return files;
}

/// Where a file's bytes lie: higher first. What the firmware and GRUB read comes first, SHA256SUMS
/// must come last, and in between the tree's order makes the place of each content certain.
int weight_of(const std::string &path, std::size_t index) {
    if (path == manifest::bios_image_path)
        return 900'000'000;
    if (path.starts_with("mdrescue/grub/") || path.starts_with("EFI/"))
        return 800'000'000;
    return 500'000'000 - static_cast<int>(std::min<std::size_t>(index, 400'000'000));
}
constexpr int sums_weight = 1;

class TreeBuilder {
  public:
    TreeBuilder(IsoImage *image, IsoContents &contents) : image_(image), contents_(contents) {
        directories_[""] = iso_image_get_root(image);
    }

    util::Result<void> add(const manifest::Node &node) {
        const auto parent = directories_.find(parent_of(node.path));
        if (parent == directories_.end())
            return util::fail(
                fmt::format("{}: its directory is missing", util::printable(node.path)));
        MDR_TRY_ASSIGN(IsoNode * made, create(node, parent->second));
        set_attributes(made, node.mode, node.uid, node.gid, node.mtime);
        return {};
    }

    util::Result<void> add_sums(std::int64_t epoch) {
        MDR_TRY_ASSIGN(IsoNode * made,
                       add_file(std::string(manifest::sums_path),
                                directories_[parent_of(std::string(manifest::sums_path))],
                                contents_.sums_stream(manifest::bios_image_path)));
        set_attributes(made, 0644, 0, 0, epoch);
        iso_node_set_sort_weight(made, sums_weight);
        return {};
    }

    static void set_attributes(IsoNode *node, std::uint32_t mode, std::uint32_t uid,
                               std::uint32_t gid, std::int64_t mtime) {
        iso_node_set_permissions(node, mode & 07777U);
        iso_node_set_uid(node, uid);
        iso_node_set_gid(node, gid);
        // Reading changes the access time: all three the same, so that equal inputs give equal
        // bytes.
        iso_node_set_mtime(node, mtime);
        iso_node_set_atime(node, mtime);
        iso_node_set_ctime(node, mtime);
    }

  private:
    util::Result<IsoNode *> create(const manifest::Node &node, IsoDir *parent) {
        const std::string name = node.path.substr(node.path.rfind('/') + 1);
        const std::string what =
            fmt::format("cannot put {} on the image", util::printable(node.path));
        switch (node.kind) {
        case manifest::Node::Kind::directory: {
            IsoDir *made = nullptr;
            MDR_ISO(what, iso_image_add_new_dir(image_, parent, name.c_str(), &made));
            directories_[node.path] = made;
            return reinterpret_cast<IsoNode *>(made);
        }
        case manifest::Node::Kind::symlink: {
            IsoSymlink *made = nullptr;
            MDR_ISO(what, iso_image_add_new_symlink(image_, parent, name.c_str(),
                                                    node.target.c_str(), &made));
            return reinterpret_cast<IsoNode *>(made);
        }
        case manifest::Node::Kind::file: {
            const std::size_t index = contents_.add(node);
            auto made = add_file(node.path, parent, contents_.stream(index));
            if (made)
                iso_node_set_sort_weight(*made, weight_of(node.path, index));
            return made;
        }
        case manifest::Node::Kind::character_device:
            return add_special(node, name, parent, S_IFCHR, what);
        case manifest::Node::Kind::block_device:
            return add_special(node, name, parent, S_IFBLK, what);
        case manifest::Node::Kind::fifo: return add_special(node, name, parent, S_IFIFO, what);
        }
        return util::fail(what + ": unknown kind of node");
    }

    util::Result<IsoNode *> add_file(const std::string &path, IsoDir *parent, IsoStream *stream) {
        const std::string what = fmt::format("cannot put {} on the image", util::printable(path));
        if (stream == nullptr)
            return util::fail(what + ": out of memory");
        IsoFile *made = nullptr;
        const int code = iso_image_add_new_file(
            image_, parent, path.substr(path.rfind('/') + 1).c_str(), stream, &made);
        if (code < 0) {
            iso_stream_unref(stream);
            return libisofs_error(what, code);
        }
        return reinterpret_cast<IsoNode *>(made);
    }

    util::Result<IsoNode *> add_special(const manifest::Node &node, const std::string &name,
                                        IsoDir *parent, mode_t type, const std::string &what) {
        IsoSpecial *made = nullptr;
        MDR_ISO(what,
                iso_image_add_new_special(image_, parent, name.c_str(), type | (node.mode & 07777U),
                                          static_cast<dev_t>(node.rdev), &made));
        return reinterpret_cast<IsoNode *>(made);
    }

    IsoImage *image_;
    IsoContents &contents_;
    std::map<std::string, IsoDir *> directories_;
};

} // namespace

util::Result<manifest::Tree> complete_tree(const ImageRequest &request) {
    manifest::Tree tree = request.tree;
    std::set<std::string> paths;
    for (const manifest::Node &node : tree)
        paths.insert(node.path);
    for (manifest::Node &node : own_files(request)) {
        paths.insert(node.path);
        tree.push_back(std::move(node));
    }
    // The builder may already have put this one there; GRUB only looks whether it exists.
    const std::string marker = "mdrescue/id-" + request.image_id;
    if (paths.insert(marker).second)
        tree.push_back(own_file(marker, request.image_id + "\n", request.epoch));
    for (std::size_t i = 0, end = tree.size(); i < end; ++i)
        for (std::string parent = parent_of(tree[i].path);
             !parent.empty() && paths.insert(parent).second; parent = parent_of(parent))
            tree.push_back(own_directory(parent, request.epoch));
    std::sort(tree.begin(), tree.end(),
              [](const manifest::Node &a, const manifest::Node &b) { return a.path < b.path; });
    for (std::size_t i = 0; i < tree.size(); ++i) {
        if (!clean(tree[i].path))
            return util::fail(
                fmt::format("\"{}\" cannot be a path on the image", util::printable(tree[i].path)));
        if ((i > 0 && tree[i].path == tree[i - 1].path) || tree[i].path == manifest::sums_path ||
            tree[i].path == manifest::boot_catalog_path)
            return util::fail(
                fmt::format("two files want to be {} on the image", util::printable(tree[i].path)));
    }
    return tree;
}

util::Result<void> add_nodes(Iso_Image *image, const manifest::Tree &tree, std::int64_t epoch,
                             IsoContents &contents) {
    TreeBuilder builder(image, contents);
    TreeBuilder::set_attributes(reinterpret_cast<IsoNode *>(iso_image_get_root(image)), 0755, 0, 0,
                                epoch);
    for (const manifest::Node &node : tree)
        MDR_TRY(builder.add(node));
    return builder.add_sums(epoch);
}

} // namespace mdrescue::media
