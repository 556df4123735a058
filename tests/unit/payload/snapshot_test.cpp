// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/snapshot.h"

#include "manifest/snapshot_metadata.h"
#include "scratch.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace mdrescue;
using manifest::Node;

namespace {

const manifest::Node *find(const manifest::Tree &tree, const std::string &path) {
    for (const auto &node : tree)
        if (node.path == path)
            return &node;
    return nullptr;
}

void make_socket(const std::string &path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
    ::close(fd);
}

/// Does something to the directory between the reading of its names and the look at each.
struct Meddler : util::Progress {
    explicit Meddler(std::function<void()> what) : meddle(std::move(what)) {}
    void advance(std::uint64_t) override { meddle(); }
    std::function<void()> meddle;
};

} // namespace

TEST_CASE("a directory is kept with all that belongs to it") {
    const Scratch scratch;
    scratch.write("b/grub/grub.cfg", "menu");
    ::chmod(scratch.at("b/grub/grub.cfg").c_str(), 04640);
    const timespec times[2] = {{1000000000, 5}, {1234567890, 987654321}};
    ::utimensat(AT_FDCWD, scratch.at("b/grub/grub.cfg").c_str(), times, 0);
    const bool with_xattr =
        ::lsetxattr(scratch.at("b/grub/grub.cfg").c_str(), "user.note", "a\0b", 3, 0) == 0;
    scratch.write("b/vmlinuz", "kernel");
    ::link(scratch.at("b/vmlinuz").c_str(), scratch.at("b/grub-kernel").c_str());
    scratch.link("b/loop", ".");
    scratch.link("b/initrd.img", "initrd \xff.img");
    ::mkfifo(scratch.at("b/fifo").c_str(), 0600);
    make_socket(scratch.at("b/socket"));
    const bool with_device =
        ::mknod(scratch.at("b/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0;

    Listener listener;
    const auto tree = payload::snapshot(scratch.at("b"), "boot", listener);
    REQUIRE(tree);
    CHECK(tree->size() == (with_device ? 9 : 8));
    CHECK(tree->front().path == "boot");
    for (std::size_t i = 1; i < tree->size(); ++i)
        CHECK((*tree)[i - 1].path < (*tree)[i].path);
    const manifest::Node *config = find(*tree, "boot/grub/grub.cfg");
    REQUIRE(config != nullptr);
    CHECK(config->mode == 04640);
    CHECK(config->mtime == 1234567890);
    CHECK(config->mtime_nsec == 987654321);
    if (with_xattr)
        CHECK(config->xattrs.at("user.note") == std::string("a\0b", 3));
    const auto &kernel = std::get<manifest::FileSource>(find(*tree, "boot/vmlinuz")->bytes);
    CHECK(kernel.size == 6);
    CHECK(kernel.inode != 0);
    CHECK(kernel.inode ==
          std::get<manifest::FileSource>(find(*tree, "boot/grub-kernel")->bytes).inode);
    CHECK(std::get<manifest::FileSource>(config->bytes).inode == 0);
    CHECK(find(*tree, "boot/loop")->target == ".");
    CHECK(find(*tree, "boot/fifo")->kind == manifest::Node::Kind::fifo);
    if (with_device)
        CHECK(find(*tree, "boot/null")->rdev == makedev(1, 3));
    CHECK(find(*tree, "boot/socket") == nullptr);
    REQUIRE(listener.warnings.size() == 1);
    CHECK(listener.warnings[0].find("socket") != std::string::npos);

    // What is told of it comes back from the text.
    auto expected = *tree;
    for (auto &node : expected)
        if (auto *source = std::get_if<manifest::FileSource>(&node.bytes))
            *source = manifest::FileSource{{}, source->size, 0, 0};
    const std::string text = manifest::snapshot_metadata(*tree);
    auto back = manifest::parse_snapshot_metadata(text);
    REQUIRE(back);
    CHECK(manifest::snapshot_metadata(*back) == text);
    const auto inode = [&](const char *path) {
        return std::get<manifest::FileSource>(find(*back, path)->bytes).inode;
    };
    CHECK(inode("boot/vmlinuz") != 0);
    CHECK(inode("boot/vmlinuz") == inode("boot/grub-kernel"));
    for (auto &node : *back)
        if (auto *source = std::get_if<manifest::FileSource>(&node.bytes))
            source->inode = 0;
    CHECK(*back == expected);
}

TEST_CASE("what vanishes, is replaced or cannot be read is an error that names it") {
    const Scratch scratch;
    scratch.write("b/file", "x");
    util::Progress quiet;
    CHECK(payload::snapshot(scratch.at("none"), "boot", quiet).error().message.find("/none") !=
          std::string::npos);
    CHECK_FALSE(payload::snapshot(scratch.at("b/file"), "boot", quiet));

    Meddler remover([&] { std::filesystem::remove(scratch.at("b/file")); });
    const auto vanished = payload::snapshot(scratch.at("b"), "boot", remover);
    REQUIRE_FALSE(vanished);
    CHECK(vanished.error().message.find("b/file: No such file") != std::string::npos);

    scratch.write("b/secret", "x");
    ::chmod(scratch.at("b/secret").c_str(), 0);
    ::chmod(scratch.path().c_str(), 0755);
    constexpr uid_t nobody = 65534;
    const uid_t self = ::geteuid();
    if (self == 0)
        REQUIRE(::seteuid(nobody) == 0);
    const auto unreadable = payload::snapshot(scratch.at("b"), "boot", quiet);
    if (self == 0)
        REQUIRE(::seteuid(self) == 0);
    REQUIRE_FALSE(unreadable);
    CHECK(unreadable.error().message.find("b/secret: Permission denied") != std::string::npos);

    util::cancel_requested = true;
    const auto cancelled = payload::snapshot(scratch.at("b"), "boot", quiet);
    util::cancel_requested = false;
    CHECK(cancelled.error().message == "cancelled");
}

TEST_CASE("a filesystem mounted inside stays outside") {
    const Scratch scratch;
    scratch.write("b/efi/under", "x");
    scratch.write("b/file", "x");
    if (::mount("none", scratch.at("b/efi").c_str(), "tmpfs", 0, "mode=0711") != 0) {
        MESSAGE("mounting is not possible here: not tested");
        return;
    }
    scratch.write("b/efi/inside", "x");
    util::Progress quiet;
    const auto tree = payload::snapshot(scratch.at("b"), "boot", quiet);
    ::umount(scratch.at("b/efi").c_str());
    REQUIRE(tree);
    REQUIRE(tree->size() == 3);
    CHECK(find(*tree, "boot/efi")->kind == manifest::Node::Kind::directory);
}

TEST_CASE("metadata from a damaged or hostile medium is refused") {
    const std::string rest = R"(,"mode":"0644","uid":0,"gid":0,"mtime":1,"mtime_nsec":0)";
    const auto line = [&](const std::string &head, const std::string &tail) {
        return "{" + head + rest + tail + "}\n";
    };
    const std::string good = line(R"("path":"boot/a","kind":"file")", R"(,"size":3)");
    REQUIRE(manifest::parse_snapshot_metadata(good));
    const std::string bad[] = {
        line(R"("path":"../etc/a","kind":"file")", R"(,"size":3)"),
        line(R"("path":"/etc/a","kind":"file")", R"(,"size":3)"),
        line(R"("path":"","kind":"file")", R"(,"size":3)"),
        line(R"("path":"a\u0000b","kind":"file")", R"(,"size":3)"),
        line(R"("path":"boot/a","kind":"socket")", ""),
        line(R"("path":"boot/a","kind":"file")", ""),
        line(R"("path":"boot/a","kind":"file")", R"(,"size":-3)"),
        line(R"("path":"boot/a","kind":"file")", R"(,"size":"3")"),
        line(R"("path":"boot/a","kind":"file")", R"(,"size":3,"link":"boot/zzz")"),
        line(R"("path":"boot/a","kind":"file")", R"(,"size":3,"surprise":1)"),
        line(R"("path":{"base64":"!"},"kind":"file")", R"(,"size":3)"),
        line(R"("path":"boot/a","kind":"directory")", R"(,"xattrs":[{"name":"user.x"}])"),
        line(R"("path":"boot/a","kind":"directory")", R"(,"xattrs":[3])"),
        good + good,
        good.substr(0, good.size() / 2),
        "[]\n",
    };
    for (const auto &text : bad) {
        CAPTURE(text);
        const auto parsed = manifest::parse_snapshot_metadata(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message.starts_with("line "));
    }
}
