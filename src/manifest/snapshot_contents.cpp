// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/snapshot_contents.h"

#include "util/text.h"

namespace mdrescue::manifest {
namespace {

/// "" for what is left out.
util::Result<std::string> content(const Node &node,
                                  const std::map<std::string, std::string> &digests) {
    switch (node.kind) {
    case Node::Kind::directory: return "";
    case Node::Kind::symlink: return "link to " + node.target;
    case Node::Kind::fifo: return "fifo";
    case Node::Kind::character_device:
    case Node::Kind::block_device: return "device " + std::to_string(node.rdev);
    case Node::Kind::file: break;
    }
    const auto digest = digests.find(node.path);
    if (digest == digests.end())
        return util::fail("no digest of " + util::printable(node.path));
    return "sha256 " + digest->second;
}

} // namespace

util::Result<std::map<std::string, std::string>>
snapshot_contents(const Tree &tree, const std::string &prefix,
                  const std::map<std::string, std::string> &digests) {
    std::map<std::string, std::string> contents;
    for (const Node &node : tree) {
        MDR_TRY_ASSIGN(std::string what, content(node, digests));
        if (!what.empty() && node.path.starts_with(prefix + "/"))
            contents[node.path.substr(prefix.size() + 1)] = std::move(what);
    }
    return contents;
}

} // namespace mdrescue::manifest
