// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/archive_cache.h"
#include "payload/initramfs.h"
#include "payload/tree_builder.h"
#include "scratch.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <sys/sysmacros.h>

using namespace mdrescue;
using payload::TreeBuilder;

namespace {

struct Entry {
    mode_t mode = 0;
    time_t mtime = 0;
    unsigned links = 0;
    std::int64_t inode = 0;
    std::string bytes; ///< or the target of a link
    dev_t rdev = 0;
};

std::map<std::string, Entry> read_archive(const std::string &path,
                                          std::vector<std::string> *order = nullptr) {
    std::map<std::string, Entry> entries;
    archive *reader = ::archive_read_new();
    ::archive_read_support_filter_all(reader);
    ::archive_read_support_format_cpio(reader);
    REQUIRE(::archive_read_open_filename(reader, path.c_str(), 1U << 16U) == ARCHIVE_OK);
    archive_entry *entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = ::archive_read_next_header(reader, &entry)) == ARCHIVE_OK) {
        Entry one{::archive_entry_mode(entry),
                  ::archive_entry_mtime(entry),
                  ::archive_entry_nlink(entry),
                  ::archive_entry_ino64(entry),
                  {},
                  ::archive_entry_rdev(entry)};
        if (const char *target = ::archive_entry_symlink(entry))
            one.bytes = target;
        char buffer[4096];
        la_ssize_t got = 0;
        while ((got = ::archive_read_data(reader, buffer, sizeof buffer)) > 0)
            one.bytes.append(buffer, static_cast<std::size_t>(got));
        CHECK(got == 0);
        if (order != nullptr)
            order->emplace_back(::archive_entry_pathname(entry));
        entries[::archive_entry_pathname(entry)] = std::move(one);
    }
    CHECK(result == ARCHIVE_EOF);
    ::archive_read_free(reader);
    return entries;
}

manifest::Tree sample(const Scratch &scratch, std::int64_t time = 1700000000) {
    TreeBuilder builder(time);
    payload::add_merged_links(builder);
    builder.directory("tmp", 01777);
    builder.character_device("dev/console", 0600, 5, 1);
    builder.file("etc/na\xffme", "text");
    const std::string source = scratch.write("source", std::string(3000000, 'x') + "end");
    REQUIRE(builder.copy("usr/bin/one", source, 0755) == 3000003U);
    REQUIRE(builder.copy("usr/bin/two", source, 0644) == 0U);
    REQUIRE_FALSE(builder.copy("usr/bin/three", scratch.at("none")));
    return builder.take();
}

} // namespace

TEST_CASE("an archive holds the tree as given, for the kernel's unpacker") {
    const Scratch scratch;
    const auto tree = sample(scratch);
    util::Progress quiet;
    for (const bool zstd : {true, false}) {
        REQUIRE(payload::write_archive(tree, zstd, scratch.at("a"), quiet));
        std::vector<std::string> order;
        const auto entries = read_archive(scratch.at("a"), &order);
        CHECK(entries.size() == tree.size());
        for (const auto &[path, entry] : entries)
            CHECK(entry.mtime == 1700000000);
        CHECK(entries.at("tmp").mode == (S_IFDIR | 01777));
        CHECK(entries.at("bin").bytes == "usr/bin");
        CHECK(entries.at("dev/console").rdev == makedev(5, 1));
        CHECK(entries.at("etc/na\xffme").bytes == "text");
        const Entry &one = entries.at("usr/bin/one");
        const Entry &two = entries.at("usr/bin/two");
        CHECK(one.inode == two.inode);
        CHECK(one.links == 2);
        CHECK(one.mode == (S_IFREG | 0755));
        CHECK(two.mode == one.mode);
        CHECK(one.bytes.empty()); // the last link carries the bytes
        CHECK(two.bytes.size() == 3000003);
        CHECK(std::find(order.begin(), order.end(), "usr") <
              std::find(order.begin(), order.end(), "usr/bin"));
    }
}

TEST_CASE(
    "the same tree gives the same bytes, whatever the inode numbers and times of its sources") {
    const Scratch first, second;
    util::Progress quiet;
    for (const bool zstd : {true, false}) {
        REQUIRE(payload::write_archive(sample(first), zstd, first.at("a"), quiet));
        second.write("filler", "x");
        REQUIRE(payload::write_archive(sample(second), zstd, second.at("a"), quiet));
        CHECK(bytes_of(first.at("a")) == bytes_of(second.at("a")));
    }
}

TEST_CASE("a source that changed size, vanished or cannot be written away leaves nothing behind") {
    const Scratch scratch;
    const auto tree = sample(scratch);
    util::Progress quiet;
    scratch.write("source", "short");
    CHECK(payload::write_archive(tree, true, scratch.at("a"), quiet)
              .error()
              .message.find("source changed") != std::string::npos);
    scratch.write("source", std::string(3000004, 'x'));
    CHECK_FALSE(payload::write_archive(tree, true, scratch.at("a"), quiet));
    std::filesystem::remove(scratch.at("source"));
    CHECK_FALSE(payload::write_archive(tree, true, scratch.at("a"), quiet));
    CHECK_FALSE(std::filesystem::exists(scratch.at("a")));
    CHECK_FALSE(payload::write_archive(tree, true, scratch.at("no/such/a"), quiet));
    scratch.write("source", std::string(3000003, 'x'));
    if (!std::filesystem::is_character_file("/dev/full")) // full(4)
        return;
    std::filesystem::create_symlink("/dev/full", scratch.at("full")); // what is removed, is this
    CHECK(payload::write_archive(tree, true, scratch.at("full"), quiet)
              .error()
              .message.find("cannot write") != std::string::npos);
    CHECK(std::filesystem::is_symlink(scratch.at("full")));
}

TEST_CASE("the cache gives back what was stored, and nothing stale or damaged") {
    const Scratch scratch;
    const std::string cache = scratch.at("var/cache");
    const auto tree = sample(scratch);
    const auto key = payload::archive_key(tree, true);
    REQUIRE(key);
    CHECK(payload::fetch_archive(cache, *key, scratch.at("out")) == false);
    REQUIRE(payload::store_archive(cache, *key, scratch.write("archive", "bytes")));
    CHECK(payload::fetch_archive(cache, *key, scratch.at("out")) == true);
    CHECK(bytes_of(scratch.at("out")) == "bytes");

    CHECK(payload::archive_key(sample(scratch, 1), true).value() != *key);
    CHECK(payload::archive_key(tree, false).value() != *key);
    const timespec old[2] = {{1, 0}, {1, 0}};
    std::string content = bytes_of(scratch.at("source"));
    content.back() = '!';
    scratch.write("source", content);
    ::utimensat(AT_FDCWD, scratch.at("source").c_str(), old, 0);
    const std::string edited = payload::archive_key(tree, true).value();
    CHECK(edited != *key);
    scratch.write("source", content);
    ::utimensat(AT_FDCWD, scratch.at("source").c_str(), old, 0);
    CHECK(payload::archive_key(tree, true).value() != edited); // same size, same modification time

    for (const auto &file : std::filesystem::directory_iterator(cache))
        scratch.write("var/cache/" + file.path().filename().string(), "bytez");
    CHECK(payload::fetch_archive(cache, *key, scratch.at("out")) == false);
    CHECK_FALSE(std::filesystem::exists(scratch.at("out")));
    CHECK(std::filesystem::is_empty(cache));

    for (char name = 'a'; name < 'i'; ++name)
        REQUIRE(payload::store_archive(cache, std::string(1, name), scratch.at("archive")));
    CHECK(std::distance(std::filesystem::directory_iterator(cache), {}) == 4);
    CHECK(payload::fetch_archive(cache, "h", scratch.at("out")) == true);
    CHECK_FALSE(
        payload::store_archive(scratch.at("archive/below-a-file"), "k", scratch.at("archive")));
}
