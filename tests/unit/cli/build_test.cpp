// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"

#include "../support/example_machine.h"
#include "media/image_reader.h"
#include "small_root.h"

#include <cctype>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <map>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace mdrescue;
namespace fs = std::filesystem;

namespace {

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

/// Collects what the operator is told while the work goes on, and may act when a phase begins.
struct Watcher final : util::Progress {
    std::string warnings;
    std::vector<std::string> phases;
    std::function<void(const std::string &phase)> act;

    void phase(std::string_view name, std::uint64_t) override {
        phases.emplace_back(name);
        if (act)
            act(phases.back());
    }
    void warn(std::string_view message) override { warnings += std::string(message) + "\n"; }
};

/// A small filesystem in memory over a directory.
struct SmallDisk {
    std::string place;
    SmallDisk(const std::string &directory, const std::string &size) : place(directory) {
        REQUIRE_MESSAGE(::mount("small", place.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0,
                        "tests mount small filesystems: run them as root");
    }
    ~SmallDisk() { ::umount(place.c_str()); }
    SmallDisk(const SmallDisk &) = delete;
    SmallDisk &operator=(const SmallDisk &) = delete;
};

struct Fixture : test::SmallRoot {
    std::unique_ptr<system::System> system = system::real_system();
    Watcher progress;
    cli::BuildOptions options = test::SmallRoot::options();

    /// The error of a build that must fail, and must leave nothing behind.
    util::Error failure() {
        const auto result = cli::build({*system, progress}, options);
        REQUIRE_FALSE(result.has_value());
        CHECK(nothing_left());
        return result.error();
    }

    /// A build that must succeed; what is said of the image.
    media::ImageInfo success() {
        const auto result = cli::build({*system, progress}, options);
        REQUIRE_MESSAGE(result.has_value(), result.error().message);
        CHECK(test::names_in(temporary).empty());
        auto info = media::read_image(options.output);
        REQUIRE_MESSAGE(info.has_value(), info.error().message);
        return std::move(*info);
    }

    std::string on_image(const std::string &file) {
        const auto bytes = media::read_image_file(options.output, file);
        REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
        return *bytes;
    }
};

void make_socket(const std::string &path) {
    const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    CHECK(::bind(made, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
    ::close(made);
}

} // namespace

TEST_CASE_FIXTURE(Fixture, "an unknown kernel is refused with the list of those that exist") {
    options.kernel = "2.4.18-14";
    const auto error = failure();
    CHECK(contains(error.message, "2.4.18-14"));
    CHECK(contains(error.message + error.hint, "6.1.0-1"));
}

TEST_CASE_FIXTURE(Fixture, "a kernel without modules is refused") {
    options.kernel = "6.1.0-2";
    const auto error = failure();
    CHECK(contains(error.message, "6.1.0-2"));
    CHECK(contains(error.message, "modules"));
}

TEST_CASE_FIXTURE(Fixture, "no /boot, no image") {
    fs::remove_all(root + "/boot");
    CHECK(contains(failure().message, "/boot"));
}

TEST_CASE_FIXTURE(Fixture, "a degraded machine is not recorded by accident") {
    auto machine = test::linux_journal_machine();
    machine.arrays[1].slots_up[0] = false;
    record(machine);
    const auto error = failure();
    CHECK(contains(error.message, "[_UUUUU]"));
    CHECK(contains(error.hint, "--allow-degraded"));
    options.allow_degraded = true;
    CHECK(success().profile.degraded);
    CHECK(contains(progress.warnings, "recording a degraded machine"));
}

TEST_CASE_FIXTURE(Fixture, "what will stop a recovery is said by name when the image is made") {
    auto machine = test::linux_journal_machine();
    machine.disks[0].table->partitions[0].content.type = "isw_raid_member";
    record(machine);
    success();
    CHECK(contains(progress.warnings, "(isw_raid_member)"));
}

TEST_CASE_FIXTURE(Fixture, "profiles that cannot be read") {
    test::put(machine_file, "{");
    CHECK(contains(failure().message, machine_file));
    auto newer = profile::to_json(model::Machine{});
    newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 9");
    test::put(machine_file, newer);
    CHECK(contains(failure().message, "9"));
    fs::remove(machine_file);
    CHECK(contains(failure().message, "cannot read"));
}

TEST_CASE_FIXTURE(Fixture, "a time that is none") {
    for (const auto *epoch : {"yesterday", "-1", "99999999999999999999", "12 ", ""}) {
        ::setenv("SOURCE_DATE_EPOCH", epoch, 1);
        CHECK(contains(failure().message, "SOURCE_DATE_EPOCH"));
    }
}

TEST_CASE_FIXTURE(Fixture, "a part of the program is missing") {
    fs::remove(scratch.path() + "/mdrescue-agent");
    CHECK(contains(failure().message, "mdrescue-agent"));
}

TEST_CASE_FIXTURE(Fixture, "a tool the rescue system needs is missing: its package is named") {
    fs::remove(root + "/usr/bin/sfdisk");
    const auto error = failure();
    CHECK(contains(error.message, "sfdisk"));
    CHECK(contains(error.hint, "package fdisk"));
}

TEST_CASE_FIXTURE(
    Fixture,
    "no GRUB for one firmware: a warning that names the package, and the image all the same") {
    const std::string grub = root + "/usr/lib/grub/";
    fs::remove(grub + "x86_64-efi");
    auto info = success();
    CHECK((info.bios && !info.uefi));
    CHECK(contains(progress.warnings, "grub-efi-amd64-bin"));
    CHECK_FALSE(contains(progress.warnings, "grub-pc-bin"));
    CHECK(contains(on_image("README.txt"), "This medium starts on BIOS."));

    fs::remove(options.output);
    progress.warnings.clear();
    take_grub("x86_64-efi");
    fs::remove(grub + "i386-pc");
    info = success();
    CHECK((!info.bios && info.uefi));
    CHECK(contains(progress.warnings, "grub-pc-bin"));
    CHECK(
        contains(on_image("README.txt"), "This medium starts on UEFI (Secure Boot must be off)."));

    fs::remove(options.output);
    fs::remove(grub + "x86_64-efi");
    CHECK(contains(failure().hint, "grub-pc-bin"));
}

TEST_CASE_FIXTURE(Fixture, "the volume's name comes from the profile") {
    const auto first = success();
    std::string expected = "MDRESCUE_";
    for (const char c : first.profile.image_id.substr(0, 8))
        expected += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(first.volume_id == expected);
    fs::remove(options.output);
    record(test::linux_journal_machine());
    CHECK(success().volume_id != expected);
}

TEST_CASE_FIXTURE(Fixture, "a menu password is in the menu; what is no hash is refused") {
    options.password_hash = "grub.pbkdf2.sha512.10000.0A1B.C0FFEE";
    success();
    CHECK(contains(on_image("mdrescue/grub/grub.cfg"),
                   "password_pbkdf2 mdrescue " + options.password_hash + "\n"));
    fs::remove(options.output);
    options.password_hash = "secret";
    progress.phases.clear();
    CHECK(contains(failure().message, "password hash"));
    CHECK(progress.phases.empty()); // before any work
}

TEST_CASE_FIXTURE(Fixture,
                  "whatever lies under /boot: kept as it is, a socket left out with a warning") {
    const std::string boot = root + "/boot/";
    fs::create_symlink("loop-b", boot + "loop-a");
    fs::create_symlink("loop-a", boot + "loop-b");
    fs::create_directory_symlink(".", boot + "boot"); // as Debian's users make it
    REQUIRE(::mkfifo((boot + "fifo").c_str(), 0640) == 0);
    REQUIRE_MESSAGE(::mknod((boot + "null").c_str(), S_IFCHR | 0600U, 0x103) == 0,
                    "tests make device nodes: run them as root");
    fs::current_path(boot); // a socket's path is short
    make_socket("socket\x1b[2J");
    fs::current_path("/");
    const auto info = success();
    const std::string lines = on_image("mdrescue/boot.jsonl");
    for (const std::string name : {"loop-a", "loop-b", "fifo", "null"})
        CHECK(contains(lines, "\"path\":\"boot/" + name + "\""));
    CHECK_FALSE(contains(lines, "socket"));
    CHECK(contains(progress.warnings, "socket\\x1b[2J is a socket and is left out"));
    std::map<std::string, std::uint64_t> files;
    for (const auto &file : info.files)
        files[file.path] = file.size;
    CHECK(files.at("boot/vmlinuz-6.1.0-1") == 6);
    CHECK(files.count("boot/boot/vmlinuz-6.1.0-1") == 0); // links are not followed
}

TEST_CASE_FIXTURE(
    Fixture, "an image says of each EFI system partition whether it has its files, and has them") {
    record(test::mirror_uefi_machine());
    test::put(root + "/boot/efi/EFI/debian/shimx64.efi", "shim");
    success();
    CHECK(on_image("mdrescue/esp/disk1-1/EFI/debian/shimx64.efi") == "shim");
    CHECK(contains(on_image("mdrescue/esp/disk1-1.jsonl"), "shimx64.efi"));
    CHECK(contains(progress.warnings, "partition /dev/nvme1n1p1 will not be on the image"));
    CHECK_FALSE(contains(progress.warnings, "nvme0n1p1"));
    const std::string page = on_image("README.txt");
    CHECK(contains(page, "mdrescue/esp/"));
    CHECK(contains(page, "This medium holds the files."));
    CHECK(contains(page, "this medium does not"));
    fs::remove_all(root + "/boot/efi");
    fs::remove(options.output);
    success();
    CHECK_FALSE(contains(on_image("README.txt"), "holds the files"));
    CHECK_FALSE(contains(on_image("README.txt"), "mdrescue/esp/"));
}

TEST_CASE_FIXTURE(
    Fixture,
    "a file of /boot that vanishes or shrinks meanwhile: an error that names it, and no image") {
    const std::string file = root + "/boot/initrd.img-6.1.0-1";
    for (const bool vanishes : {true, false}) {
        test::put(file, std::string(3'000'000, 'x'));
        progress.act = [&](const std::string &phase) {
            // after the files were listed; once writing begins they may be read ahead already
            if (phase == "Choosing modules and tools")
                vanishes ? static_cast<void>(fs::remove(file)) : fs::resize_file(file, 2'000'000);
        };
        CHECK(contains(failure().message, file));
    }
}

TEST_CASE_FIXTURE(Fixture, "no room for the image, or for what it is made of") {
    {
        const SmallDisk disk(out, "1m");
        const auto error = failure();
        CHECK(contains(error.message, "the image needs"));
        CHECK(contains(error.message, "bytes"));
        CHECK(contains(error.hint, "Free some space"));
    }
    {
        std::string noise; // that cannot be compressed
        for (std::uint32_t i = 0, x = 1; i < 1'000'000; ++i)
            noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24U);
        test::put(root + "/usr/bin/nano", noise);
        const SmallDisk disk(temporary, "500k");
        const auto error = failure();
        CHECK(contains(error.message, "No space left on device"));
        CHECK(contains(error.message, temporary));
    }
}

TEST_CASE_FIXTURE(Fixture, "Ctrl-C in any phase leaves nothing, not even an image that is complete "
                           "but not yet read back") {
    test::put(options.output, "the old image");
    options.force = true;
    success();
    const std::vector<std::string> all(progress.phases);
    REQUIRE(all.size() >= 7);
    CHECK(all.back() == "Verifying the image");
    test::put(options.output, "the old image");
    for (const auto &phase : all) {
        CAPTURE(phase);
        std::filesystem::remove_all(scratch.path() + "/cache"); // or no phase would compress
        progress.act = [&](const std::string &begun) {
            util::cancel_requested = util::cancel_requested || begun == phase;
        };
        const auto result = cli::build({*system, progress}, options);
        util::cancel_requested = false;
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().message == "cancelled");
        CHECK(test::get(options.output) == "the old image");
        CHECK(test::names_in(out).size() == 1);
        CHECK(test::names_in(temporary).empty());
    }
}

TEST_CASE_FIXTURE(Fixture,
                  "the same inputs give the same bytes, whoever builds, whenever and where") {
    record(test::linux_journal_machine());
    success();
    const std::string first = test::get(options.output);
    CHECK(contains(first, "MDRESCUE"));
    options.output = out + "/another.iso";
    ::setenv("TZ", "Asia/Tokyo", 1);
    ::setenv("LC_ALL", "tr_TR.UTF-8", 1);
    const auto mask = ::umask(0);
    fs::remove_all(scratch.path() + "/cache");
    success();
    ::umask(mask);
    ::unsetenv("TZ");
    ::unsetenv("LC_ALL");
    const std::string second = test::get(options.output);
    CHECK(first.size() == second.size());
    CHECK(first == second);
    struct stat status {};
    REQUIRE(::stat(options.output.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
}
