// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_tree.h"

#include "manifest/snapshot_metadata.h"
#include "media/grub_menu.h"
#include "media/page.h"
#include "payload/files.h"
#include "profile/profile.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <set>
#include <sys/stat.h>

namespace mdrescue::cli {
namespace {

using manifest::Node;
using manifest::Tree;

/// Collects the files that are ours, all with one time and owned by root.
class OwnFiles {
  public:
    explicit OwnFiles(std::int64_t epoch) : epoch_(epoch) {}

    void add(const std::string &path, std::string bytes) {
        node(path, Node::Kind::file, 0644).bytes = std::move(bytes);
    }

    util::Result<void> add_from_disk(const std::string &path, const std::string &source) {
        struct stat status {};
        if (::stat(source.c_str(), &status) != 0)
            return util::fail_errno("cannot read " + source, errno);
        node(path, Node::Kind::file, 0644).bytes = manifest::FileSource{
            .path = source, .size = static_cast<std::uint64_t>(status.st_size)};
        return {};
    }

    /// Makes the directories above what was added, unless a snapshot brought them, and hands
    /// everything over.
    void move_into(Tree &tree) {
        std::set<std::string> present;
        for (const auto &each : tree)
            present.insert(each.path);
        const Tree files = std::move(nodes_);
        nodes_.clear();
        for (const auto &file : files)
            for (auto slash = file.path.find('/'); slash != std::string::npos;
                 slash = file.path.find('/', slash + 1))
                if (const auto directory = file.path.substr(0, slash);
                    present.insert(directory).second)
                    node(directory, Node::Kind::directory, 0755);
        std::move(nodes_.begin(), nodes_.end(), std::back_inserter(tree));
        tree.insert(tree.end(), files.begin(), files.end());
    }

  private:
    Node &node(const std::string &path, Node::Kind kind, std::uint32_t mode) {
        nodes_.push_back({.kind = kind,
                          .path = path,
                          .mode = mode,
                          .mtime = epoch_,
                          .bytes = {},
                          .target = {},
                          .xattrs = {}});
        return nodes_.back();
    }

    std::int64_t epoch_;
    Tree nodes_;
};

util::Result<std::string> menu(const ImageParts &parts, const DataFiles &data,
                               const std::string &password_hash) {
    MDR_TRY_ASSIGN(const std::string text, payload::read_whole_file(data.grub + "/grub.cfg.in"));
    return media::grub_menu(
        {.profile = parts.profile, .kernel = parts.kernel.image, .password_hash = password_hash},
        text);
}

} // namespace

util::Result<Tree> image_tree(const ImageParts &parts, const media::BootImages &boot,
                              const DataFiles &data, const std::string &password_hash,
                              std::int64_t epoch) {
    OwnFiles own(epoch);
    MDR_TRY_ASSIGN(std::string grub_cfg, menu(parts, data, password_hash));
    own.add("mdrescue/grub/grub.cfg", std::move(grub_cfg));
    own.add("mdrescue/id-" + parts.profile.image_id, "");
    own.add("mdrescue/machine.json", profile::to_json(parts.profile));
    MDR_TRY(own.add_from_disk("mdrescue/initramfs", parts.initramfs.path));
    std::vector<model::DeviceRef> saved_esps;
    for (const auto &esp : parts.esps)
        saved_esps.push_back(esp.device);
    const media::PageRequest page{.profile = parts.profile,
                                  .saved_esps = saved_esps,
                                  .bios = !boot.bios.empty(),
                                  .uefi = !boot.esp.empty(),
                                  .secure_boot = boot.secure_boot};
    MDR_TRY_ASSIGN(const std::string html_template,
                   payload::read_whole_file(data.templates + "/README.html.in"));
    MDR_TRY_ASSIGN(std::string html, media::page_html(page, html_template));
    own.add("README.html", std::move(html));
    MDR_TRY_ASSIGN(const std::string text_template,
                   payload::read_whole_file(data.templates + "/README.txt.in"));
    MDR_TRY_ASSIGN(std::string text, media::page_text(page, text_template));
    own.add("README.txt", std::move(text));

    Tree tree = parts.boot;
    own.add(std::string(manifest::boot_metadata_path), manifest::snapshot_metadata(parts.boot));
    for (const auto &esp : parts.esps) {
        own.add(esp.prefix + ".jsonl", manifest::snapshot_metadata(esp.tree));
        tree.insert(tree.end(), esp.tree.begin(), esp.tree.end());
    }
    own.move_into(tree);
    std::sort(tree.begin(), tree.end(),
              [](const Node &a, const Node &b) { return a.path < b.path; });
    return tree;
}

} // namespace mdrescue::cli
