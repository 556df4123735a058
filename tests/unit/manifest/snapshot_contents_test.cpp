// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/snapshot_contents.h"

#include <doctest/doctest.h>

using namespace mdrescue::manifest;
using Texts = std::map<std::string, std::string>;

namespace {

Node node(Node::Kind kind, const std::string &path) {
    Node made;
    made.kind = kind;
    made.path = path;
    return made;
}

} // namespace

TEST_CASE(
    "what a snapshot holds: bytes by digest, links by target, no directories, no attributes") {
    Tree tree{node(Node::Kind::directory, "boot"), node(Node::Kind::fifo, "boot/fifo"),
              node(Node::Kind::file, "boot/grub/x"), node(Node::Kind::symlink, "boot/link"),
              node(Node::Kind::block_device, "boot/node")};
    tree[3].target = "grub/x";
    tree[4].rdev = 7;
    CHECK(snapshot_contents(tree, "boot", {{"boot/grub/x", "ab"}}).value() ==
          Texts{{"fifo", "fifo"},
                {"grub/x", "sha256 ab"},
                {"link", "link to grub/x"},
                {"node", "device 7"}});
    tree[2].mode = 0600;
    tree[2].mtime = 5;
    CHECK(snapshot_contents(tree, "boot", {{"boot/grub/x", "ab"}}).value().size() == 4);
    CHECK(snapshot_contents(tree, "boot", {}).error().message == "no digest of boot/grub/x");
}
