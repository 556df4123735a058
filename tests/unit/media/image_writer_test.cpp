// SPDX-License-Identifier: GPL-3.0-or-later
#include "media_fixture.h"

#include "manifest/image_digest.h"
#include "media/image_reader.h"

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mdrescue;
using namespace mdrescue::media::test;
using media::write_image;

namespace {

util::Progress silent;

/// Changes a file, or asks to stop, once the image has begun.
class Meddler : public util::Progress {
  public:
    explicit Meddler(std::function<void()> act) : act_(std::move(act)) {}
    void phase(std::string_view, std::uint64_t) override { act_(); }

  private:
    std::function<void()> act_;
};

/// Enough that the last files are not in libisofs' buffer when the first bytes come out.
media::ImageRequest large_request(const Directory &source) {
    media::ImageRequest request = small_request();
    put(source / "filler", std::string(24'000'000, 'f'));
    put(source / "victim", std::string(3'000'000, 'v'));
    request.tree.push_back(on_disk("boot/filler", source / "filler"));
    request.tree.push_back(on_disk("boot/victim", source / "victim"));
    return request;
}

/// Writing must fail, name the file, and leave nothing.
void check_failure(const media::ImageRequest &request, util::Progress &progress,
                   const std::string &name, const std::string &reason) {
    const Directory target;
    const auto report = write_image(request, target / "x.iso", false, progress);
    REQUIRE_FALSE(report);
    INFO(report.error().message);
    CHECK(report.error().message.find(name) != std::string::npos);
    CHECK(report.error().message.find(reason) != std::string::npos);
    CHECK(target.names().empty());
}

} // namespace

TEST_CASE("an image holds what was asked for, byte for byte") {
    const Directory scratch;
    media::ImageRequest request = small_request();
    put(scratch / "disk", std::string(1'500'000, 'd'));
    put(scratch / "empty", "");
    auto link = on_disk("boot/link-a", scratch / "disk");
    std::get<manifest::FileSource>(link.bytes).device = 7;
    std::get<manifest::FileSource>(link.bytes).inode = 42;
    auto same = link;
    same.path = "boot/link-b";
    manifest::Node symlink;
    symlink.kind = manifest::Node::Kind::symlink;
    symlink.path = "boot/loop";
    symlink.target = "loop";
    manifest::Node fifo;
    fifo.kind = manifest::Node::Kind::fifo;
    fifo.path = "boot/fifo";
    manifest::Node device;
    device.kind = manifest::Node::Kind::character_device;
    device.path = "boot/null";
    device.rdev = 0x103;
    auto secret = text("boot/secret", "key");
    secret.mode = 04600;
    secret.uid = 1234;
    secret.mtime = 4000000000;
    request.tree.insert(request.tree.end(),
                        {link, same, on_disk("boot/empty", scratch / "empty"), symlink, fifo,
                         device, secret, text("boot/ $(reboot)\\ \xff\x1b[31m\n.txt", "odd"),
                         text("boot/" + std::string(200, 'n'), "long")});
    const std::string iso = scratch / "x.iso";
    const auto report = write_image(request, iso, false, silent);
    REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));

    struct stat status {};
    REQUIRE(lstat(iso.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
    CHECK(static_cast<std::uint64_t>(status.st_size) == report->size);
    std::string blank = get(iso);
    blank.replace(manifest::digest_field_offset, manifest::digest_field_size,
                  manifest::digest_field_size, '\0');
    CHECK(util::sha256(blank) == report->digest);
    // Stored once: 1.5 MB of links would not fit twice.
    CHECK(report->size < 2'700'000);

    run({"xorriso", "-osirrox", "on:device_files", "-indev", iso, "-extract", "/",
         scratch / "out"});
    CHECK(get(scratch / "out/boot/link-a") == std::string(1'500'000, 'd'));
    CHECK(get(scratch / "out/boot/link-b") == std::string(1'500'000, 'd'));
    CHECK(get(scratch / "out/boot/config") == "CONFIG_MD=y\n");
    CHECK(get(scratch / "out/EFI/debian/grub.cfg") == "source x\n");
    CHECK(std::filesystem::exists(scratch / ("out/mdrescue/id-" + request.image_id)));
    CHECK(std::filesystem::read_symlink(scratch / "out/boot/loop") == "loop");
    REQUIRE(lstat((scratch / "out/boot/secret").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 04600);
    CHECK(status.st_uid == 1234);
    CHECK(status.st_mtime == 4000000000);
    REQUIRE(lstat((scratch / "out/boot/fifo").c_str(), &status) == 0);
    CHECK(S_ISFIFO(status.st_mode));
    REQUIRE(lstat((scratch / "out/boot/null").c_str(), &status) == 0);
    CHECK(S_ISCHR(status.st_mode));
    CHECK(status.st_rdev == 0x103);
    REQUIRE(stat((scratch / "out/boot").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0700);
    const std::string checked =
        run({"env", "-C", scratch / "out", "sha256sum", "--strict", "-c", "mdrescue/SHA256SUMS"});
    CHECK(checked.find("boot/link-b: OK") != std::string::npos);
    CHECK(checked.find("boot/empty: OK") != std::string::npos);
    const std::string sums = get(scratch / "out/mdrescue/SHA256SUMS");
    CHECK(sums.find("eltorito.img") == std::string::npos);
    CHECK(std::count(sums.begin(), sums.end(), '\n') == 11);
}

TEST_CASE(
    "the same request gives the same bytes, whatever inodes and access times the files have") {
    const Directory one, two;
    const auto request_in = [](const Directory &source, bool reverse) {
        media::ImageRequest request = small_request();
        std::vector<std::string> names{"a", "b", "c", "d", "e"};
        if (reverse)
            std::reverse(names.begin(), names.end());
        for (const std::string &name : names)
            put(source / name, std::string(5000, name[0]));
        std::sort(names.begin(), names.end());
        for (const std::string &name : names)
            request.tree.push_back(on_disk("boot/" + name, source / name));
        return request;
    };
    const auto first = request_in(one, false);
    const auto second = request_in(two, true);
    REQUIRE(write_image(first, one / "x.iso", false, silent));
    get(two / "c");
    REQUIRE(write_image(second, two / "another-name.iso", false, silent));
    CHECK(util::sha256(get(one / "x.iso")) == util::sha256(get(two / "another-name.iso")));
    media::ImageRequest later = small_request();
    later.epoch += 1;
    REQUIRE(write_image(small_request(), one / "y.iso", false, silent));
    REQUIRE(write_image(later, one / "z.iso", false, silent));
    CHECK(get(one / "y.iso") != get(one / "z.iso"));
}

TEST_CASE("a file that shrinks, grows, vanishes or cannot be read ends the writing, by its name") {
    const Directory source;
    const std::string victim = source / "victim";
    {
        const auto request = large_request(source);
        Meddler shrink([&] { std::filesystem::resize_file(victim, 2'900'000); });
        check_failure(request, shrink, victim, "became shorter");
    }
    {
        const auto request = large_request(source);
        Meddler grow([&] { std::filesystem::resize_file(victim, 3'000'001); });
        check_failure(request, grow, victim, "grew");
    }
    {
        const auto request = large_request(source);
        Meddler remove([&] { std::filesystem::remove(victim); });
        check_failure(request, remove, victim, "No such file");
    }
    {
        const auto request = large_request(source);
        Meddler replace([&] {
            std::filesystem::remove(victim);
            REQUIRE(mkfifo(victim.c_str(), 0600) == 0);
        });
        check_failure(request, replace, victim, "no regular file");
        std::filesystem::remove(victim);
    }
    {
        // /proc/self/mem: opens, and reading at 0 fails with EIO.
        media::ImageRequest request = small_request();
        manifest::Node unreadable = text("boot/unreadable", "");
        unreadable.bytes = manifest::FileSource{"/proc/self/mem", 0, 0, 0};
        request.tree.push_back(unreadable);
        check_failure(request, silent, "/proc/self/mem", "Input/output error");
    }
    {
        // An empty file that grew has no data blocks that libisofs would ask for.
        const auto request = [&] {
            put(source / "empty", "");
            auto made = small_request();
            made.tree.push_back(on_disk("boot/empty", source / "empty"));
            return made;
        }();
        put(source / "empty", "x");
        check_failure(request, silent, source / "empty", "grew");
    }
}

TEST_CASE("cancelling leaves nothing behind") {
    const Directory source;
    const auto request = large_request(source);
    Meddler cancel([] { util::cancel_requested = true; });
    check_failure(request, cancel, "cancelled", "");
    util::cancel_requested = false;
}

TEST_CASE("outputs that must not be written are refused") {
    const Directory target;
    const auto refused = [&](const std::string &output, bool replace, const std::string &reason) {
        const auto report = write_image(small_request(), output, replace, silent);
        REQUIRE_FALSE(report);
        INFO(report.error().message);
        CHECK(report.error().message.find(reason) != std::string::npos);
    };
    refused(target.path(), true, "is a directory");
    refused("/dev/null", true, "is a device");
    refused(target / "missing/x.iso", false, "No such file");
    put(target / "kept.iso", "precious");
    refused(target / "kept.iso", false, "exists already");
    CHECK(get(target / "kept.iso") == "precious");
    REQUIRE(symlink("kept.iso", (target / "link.iso").c_str()) == 0);
    refused(target / "link.iso", true, "not a regular file");
    REQUIRE(write_image(small_request(), target / "kept.iso", true, silent));
    CHECK(get(target / "kept.iso").size() > 300'000);
    CHECK(target.names().size() == 2);
}

TEST_CASE("a file that appears under the output's name meanwhile is not overwritten") {
    const Directory target;
    Meddler other([&] { put(target / "x.iso", "someone else's"); });
    const auto report = write_image(small_request(), target / "x.iso", false, other);
    REQUIRE_FALSE(report);
    CHECK(report.error().message.find("exists") != std::string::npos);
    CHECK(get(target / "x.iso") == "someone else's");
    CHECK(target.names().size() == 1);
}

TEST_CASE("an image that its reader rejects never gets the name") {
    const Directory target;
    put(target / "x.iso", "the old image");
    std::string seen;
    const auto reject = [&](const std::string &path) -> util::Result<void> {
        const auto verified = media::verify_image(path, silent);
        REQUIRE(verified);
        CHECK(verified->sound); // complete already
        CHECK(get(target / "x.iso") == "the old image");
        seen = path;
        return util::fail("rejected");
    };
    const auto report = write_image(small_request(), target / "x.iso", true, silent, reject);
    REQUIRE_FALSE(report);
    CHECK(report.error().message == "rejected");
    CHECK_FALSE(seen.empty());
    CHECK(get(target / "x.iso") == "the old image");
    CHECK(target.names().size() == 1);
}

TEST_CASE("no room on the way is told with the bytes needed") {
    const Directory source, target;
    const auto request = large_request(source);
    struct rlimit old {};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    rlimit low = old;
    low.rlim_cur = 5'000'000;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &low) == 0);
    const auto report = write_image(request, target / "x.iso", false, silent);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, ignored);
    REQUIRE_FALSE(report);
    CHECK(report.error().message.find("the image needs 2") != std::string::npos);
    CHECK(target.names().empty());
}

TEST_CASE("a filesystem that is too small is told before anything is written") {
    // A file of 4 TiB that takes no room.
    const Directory source;
    media::ImageRequest request = small_request();
    const std::string sparse = source / "sparse";
    put(sparse, "");
    std::filesystem::resize_file(sparse, std::uintmax_t{1} << 42U);
    request.tree.push_back(on_disk("boot/sparse", sparse));
    Meddler never([] { FAIL("the writing began"); });
    check_failure(request, never, "the image needs 4398", "free");
}

TEST_CASE("requests that cannot be an image are refused") {
    const auto refused = [](auto change, const std::string &reason) {
        media::ImageRequest request = small_request();
        change(request);
        check_failure(request, silent, reason, "");
    };
    refused([](auto &r) { r.boot.bios.clear(), r.boot.esp.clear(); }, "without any boot loader");
    refused([](auto &r) { r.volume_id = "lower"; }, "volume id");
    refused([](auto &r) { r.tree.push_back(text("boot/config", "again")); },
            "two files want to be boot/config");
    refused([](auto &r) { r.tree.push_back(text("mdrescue/SHA256SUMS", "")); },
            "mdrescue/SHA256SUMS");
    refused([](auto &r) { r.tree.push_back(text("boot/../etc/passwd", "")); }, "cannot be a path");
    refused([](auto &r) { r.tree.push_back(text("boot/config/below", "")); }, "boot/config/below");
}
