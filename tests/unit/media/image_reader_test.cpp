// SPDX-License-Identifier: GPL-3.0-or-later
#include "media_fixture.h"

#include "manifest/image_digest.h"
#include "media/image_reader.h"

using namespace mdrescue;
using namespace mdrescue::media::test;

namespace {

util::Progress silent;

std::string written(const Directory &scratch, const media::ImageRequest &request) {
    const std::string iso = scratch / "x.iso";
    const auto report = media::write_image(request, iso, true, silent);
    REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));
    return iso;
}

void check_refused(const std::string &path, const std::string &reason) {
    for (const auto &error : {media::read_image(path).error().message,
                              media::verify_image(path, silent).error().message}) {
        INFO(error);
        CHECK(error.find(reason) != std::string::npos);
    }
}

} // namespace

TEST_CASE("an image tells what it is") {
    const Directory scratch;
    const std::string iso = written(scratch, small_request());
    const auto info = media::read_image(iso);
    REQUIRE_MESSAGE(info.has_value(), (info ? "" : info.error().message));
    CHECK(info->size == std::filesystem::file_size(iso));
    CHECK(info->volume_id == "MDRESCUE");
    CHECK(info->profile == victim_profile());
    CHECK(info->bios);
    CHECK(info->uefi);
    CHECK(info->secure_boot);
    const auto has = [&](const std::string &path, std::uint64_t size) {
        return std::any_of(info->files.begin(), info->files.end(), [&](const auto &file) {
            return file.path == path && file.size == size;
        });
    };
    CHECK(has("boot/config", 12));
    CHECK(has("mdrescue/grub/eltorito.img", 4096));
    CHECK(has("EFI/BOOT/grub.cfg", 9));
    CHECK(media::read_image_file(iso, "boot/config") == "CONFIG_MD=y\n");
    CHECK_FALSE(media::read_image_file(iso, "boot/missing"));
}

TEST_CASE("an image for one firmware says so") {
    const Directory scratch;
    auto request = small_request();
    request.boot.secure_boot = false;
    request.boot.bios.clear();
    auto info = media::read_image(written(scratch, request));
    REQUIRE(info);
    CHECK_FALSE(info->bios);
    CHECK(info->uefi);
    CHECK_FALSE(info->secure_boot);
    request.boot.secure_boot = true;
    info = media::read_image(written(scratch, request));
    REQUIRE(info);
    CHECK(info->secure_boot);
    request = small_request();
    request.boot.esp.clear();
    info = media::read_image(written(scratch, request));
    REQUIRE(info);
    CHECK(info->bios);
    CHECK_FALSE(info->uefi);
    CHECK(media::verify_image(scratch / "x.iso", silent)->sound);
}

TEST_CASE("an image with Joliet names for Windows reads the same") {
    const Directory scratch;
    auto request = small_request();
    request.joliet = true;
    const std::string iso = written(scratch, request);
    CHECK(get(iso).find("%/E") !=
          std::string::npos); // UCS-2 level 3, in a supplementary volume descriptor
    CHECK(media::read_image_file(iso, "boot/config") == "CONFIG_MD=y\n");
    CHECK(media::verify_image(iso, silent)->sound);
}

TEST_CASE("a sound image verifies, also with more behind it") {
    const Directory scratch;
    const std::string iso = written(scratch, small_request());
    const std::string digest = util::sha256(get(iso));
    const std::uint64_t size = std::filesystem::file_size(iso);
    for (const std::string &tail :
         {std::string(), std::string(300'000, '\0'), std::string("junk")}) {
        put(iso, get(iso).substr(0, size) + tail);
        const auto result = media::verify_image(iso, silent);
        REQUIRE(result);
        CHECK(result->sound);
        CHECK(result->damaged.empty());
        CHECK(result->bytes == size);
        CHECK(result->digest == digest);
    }
}

TEST_CASE("a flipped bit anywhere is found") {
    const Directory scratch;
    const std::string iso = written(scratch, small_request());
    const std::string good = get(iso);
    // Every part of the image gets some; the step is no multiple of the block size.
    for (std::size_t at = 0; at < good.size(); at += 4099) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x10);
        put(iso, bad);
        const auto result = media::verify_image(iso, silent);
        INFO("byte ", at);
        CHECK((!result || (!result->sound && !result->damaged.empty())));
    }
    // The descriptor and the digest field, bit by bit where it matters most.
    for (std::size_t at = manifest::volume_descriptor_offset;
         at < manifest::volume_descriptor_offset + 2048; at += 13) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        put(iso, bad);
        const auto result = media::verify_image(iso, silent);
        INFO("byte ", at);
        CHECK((!result || !result->sound));
    }
}

TEST_CASE("damaged files are named") {
    const Directory scratch;
    auto request = small_request();
    request.tree.push_back(text("boot/vmlinuz", std::string(50'000, 'k')));
    const std::string iso = written(scratch, request);
    const std::string good = get(iso);
    const auto damaged = [&](std::size_t at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        put(iso, bad);
        const auto result = media::verify_image(iso, silent);
        REQUIRE(result);
        CHECK_FALSE(result->sound);
        CHECK(result->digest == util::sha256(bad));
        return result->damaged;
    };
    CHECK(damaged(good.find("kkkkkkkk") + 40'000) == std::vector<std::string>{"boot/vmlinuz"});
    CHECK(damaged(good.find("CONFIG_MD")) == std::vector<std::string>{"boot/config"});
    CHECK(damaged(10) == std::vector<std::string>{"volume descriptors or boot records"});
    CHECK(damaged(good.find("  boot/config\n") - 5) ==
          std::vector<std::string>{"mdrescue/SHA256SUMS"});
    CHECK(damaged(good.find("  boot/config\n")) == std::vector<std::string>{"mdrescue/SHA256SUMS"});
}

TEST_CASE("what is no whole image of ours is refused with the reason") {
    const Directory scratch;
    const std::string iso = written(scratch, small_request());
    const std::string good = get(iso);
    check_refused(scratch / "missing", "No such file");
    check_refused(scratch.path(), "is a directory");
    check_refused("/dev/null", "neither a file nor a disk");
    put(scratch / "empty", "");
    check_refused(scratch / "empty", "is empty");
    put(scratch / "text", "hello");
    check_refused(scratch / "text", "too short");
    put(scratch / "noise", std::string(100'000, 'n'));
    check_refused(scratch / "noise", "no ISO 9660");
    for (const std::size_t size : {good.size() - 1, good.size() / 2, std::size_t{34'816}}) {
        put(scratch / "short", good.substr(0, size));
        check_refused(scratch / "short", "truncated: the image has " + std::to_string(good.size()));
    }
    put(scratch / "tree/file", "x");
    run({"xorriso", "-as", "mkisofs", "-V", "FOREIGN", "-o", scratch / "foreign.iso",
         scratch / "tree"});
    check_refused(scratch / "foreign.iso", "ISO image \"FOREIGN\"");
}

TEST_CASE("a profile of a newer version is refused plainly") {
    const Directory scratch;
    auto request = small_request();
    auto &json = std::get<std::string>(request.tree.back().bytes);
    const std::string version = "\"version\": 1";
    REQUIRE(json.find(version) != std::string::npos);
    json.replace(json.find(version), version.size(), "\"version\": 999");
    const auto info = media::read_image(written(scratch, request));
    REQUIRE_FALSE(info);
    CHECK(info.error().message.find("999") != std::string::npos);
}
