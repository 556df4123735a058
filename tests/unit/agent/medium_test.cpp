// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/check.h"
#include "agent/medium.h"

#include "../support/fake_system.h"
#include "manifest/image_digest.h"
#include "manifest/image_sums.h"
#include "manifest/kept_table.h"
#include "profile/profile.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::agent;

namespace {

const std::string id = "0badf00d-0000-8000-8000-000000000001";

std::string profile_text(const std::string &image_id = id) {
    model::Profile profile;
    profile.image_id = image_id;
    profile.machine.host_name = "victim";
    return profile::to_json(profile);
}

/// An image as the kernel shows it: the raw bytes on a device, its files once it is mounted.
class Disc {
  public:
    explicit Disc(FakeSystem &system, const std::string &device = "/dev/sr0") {
        files["mdrescue/id-" + id] = "";
        files["mdrescue/machine.json"] = profile_text();
        files["boot/vmlinuz"] = std::string(3 << 20, 'k');
        for (const auto &[name, bytes] : files)
            sums += manifest::sums_line(util::sha256(bytes), name);
        files["mdrescue/SHA256SUMS"] = sums;
        image.assign(5 << 20, 'i');
        image.replace(manifest::volume_descriptor_offset, 6, "\1CD001");
        seal();
        system.files[device] = image;
        system.on_mount = [&system, device, this](const system::Mount &mount) {
            if (mount.source == device)
                for (const auto &[name, bytes] : files)
                    system.files["/medium/" + name] = bytes;
        };
    }

    std::map<std::string, std::string> files;
    std::string sums;
    std::string image;

  private:
    void seal() {
        manifest::ImageDigest digest;
        digest.update(image);
        image.replace(manifest::digest_field_offset, manifest::digest_field_size,
                      manifest::digest_field_text({digest.finish(), image.size()}));
    }
};

const std::vector<BlockDevice> devices{
    {"sda", 1 << 20, false}, {"sr0", 5 << 20, false}, {"sr1", 0, false}};

} // namespace

TEST_CASE("the medium is the one with our id, mounted read-only") {
    FakeSystem system;
    const Disc disc(system);
    CHECK(find_medium(system, id, devices).value().device == "/dev/sr0");
    CHECK(system.mounts == std::vector<std::string>{"/dev/sr0 on /medium ro"});
    CHECK_FALSE(find_medium(system, "../../../etc", devices));
}

TEST_CASE("somebody else's disc is unmounted again") {
    FakeSystem system;
    const Disc disc(system);
    CHECK_FALSE(find_medium(system, "another-id", devices));
    CHECK(system.mounts.back() == "-/medium");
    CHECK(find_medium(system, "", devices)); // no id given: any of ours
}

TEST_CASE("what an earlier session has mounted is taken as it is") {
    FakeSystem system;
    const Disc disc(system);
    REQUIRE(find_medium(system, id, devices));
    system.files["/proc/mounts"] = "proc /proc proc rw 0 0\n/dev/sdz /medium iso9660 ro 0 0\n";
    CHECK(find_medium(system, id, devices).value().device == "/dev/sdz");
    // an image in a file, or a copy in memory of a medium that is known
    system.files["/proc/mounts"] = "/dev/loop0 /medium iso9660 ro 0 0\n";
    CHECK(find_medium(system, id, devices).value().device == "/dev/loop0");
    system.files[copied_from_path] = "/dev/sdz";
    CHECK(find_medium(system, id, devices).value().device == "/dev/sdz");
    CHECK(find_medium(system, id, devices).value().source() == "/dev/loop0");
    CHECK(system.mounts.size() == 1);
}

TEST_CASE("the profile is only believed when its digest is right") {
    FakeSystem system;
    Disc disc(system);
    REQUIRE(find_medium(system, id, devices));
    CHECK(read_profile(system, id).value().machine.host_name == "victim");
    CHECK(read_profile(system, "another").error().message.find("belongs to image") !=
          std::string::npos);
    std::string &text = system.files["/medium/mdrescue/machine.json"];
    text[text.find("victim")] = 'V';
    CHECK(read_profile(system, id).error().message.find("damaged") != std::string::npos);
    system.files["/medium/mdrescue/SHA256SUMS"].clear();
    CHECK_FALSE(read_profile(system, id));
    system.files.erase("/medium/mdrescue/SHA256SUMS");
    CHECK_FALSE(read_profile(system, id));
}

TEST_CASE("a sound medium is one linear read; bytes after the image do not count") {
    FakeSystem system;
    Disc disc(system);
    const Medium medium = find_medium(system, id, devices).value();
    system.files["/dev/sr0"] += "rest of a larger stick";
    system.files["/medium/boot/vmlinuz"] = "not looked at";
    util::Progress progress;
    std::string seen;
    const auto report = check_medium(system, medium, progress, [&](std::string_view bytes) {
                            seen += bytes;
                        }).value();
    CHECK(report.sound());
    CHECK(report.bytes == disc.image.size());
    CHECK(image_size(system, medium) == disc.image.size());
    CHECK(seen == disc.image);
}

TEST_CASE("a stick with a partition behind the image is sound by the table that is kept there") {
    FakeSystem system;
    Disc disc(system);
    const Medium medium = find_medium(system, id, devices).value();
    util::Progress progress;
    std::string &bytes = system.files["/dev/sr0"];
    const auto field = manifest::parse_digest_field(
        std::string_view(bytes).substr(manifest::digest_field_offset, manifest::digest_field_size));
    REQUIRE(field);
    const std::string record = manifest::kept_table_text(
        field->sha256, std::string_view(bytes).substr(0, manifest::system_area_size));
    bytes[600] ^= 1; // the table
    CHECK_FALSE(check_medium(system, medium, progress).value().sound());
    bytes.resize(manifest::kept_table_offset(field->bytes), '\0');
    bytes += record;
    std::string seen;
    CHECK(check_medium(system, medium, progress, [&](std::string_view part) { seen += part; })
              .value()
              .sound());
    CHECK(seen == disc.image); // a copy of it needs no such table
    bytes[100] ^= 1;           // the boot code is no table
    CHECK_FALSE(check_medium(system, medium, progress).value().sound());
}

TEST_CASE("a damaged medium is told by file") {
    FakeSystem system;
    Disc disc(system);
    const Medium medium = find_medium(system, id, devices).value();
    util::Progress progress;
    std::string &bytes = system.files["/dev/sr0"];
    SUBCASE("a flipped bit in a file") {
        bytes[4 << 20] ^= 1;
        system.files["/medium/boot/vmlinuz"][1 << 20] ^= 1;
        CHECK(check_medium(system, medium, progress).value().damaged ==
              std::vector<std::string>{"boot/vmlinuz"});
    }
    SUBCASE("a flipped bit outside all files") {
        bytes[100] ^= 1;
        CHECK(check_medium(system, medium, progress).value().damaged ==
              std::vector<std::string>{"boot records"});
    }
    SUBCASE("truncated") {
        bytes.resize(bytes.size() - 1);
        CHECK_FALSE(check_medium(system, medium, progress).value().sound());
    }
    SUBCASE("the digest itself is gone") {
        bytes[manifest::digest_field_offset + 30] = 'x';
        CHECK_FALSE(check_medium(system, medium, progress).value().sound());
    }
    SUBCASE("unreadable sectors") {
        system.unreadable = {"/dev/sr0", "/medium/boot/vmlinuz"};
        CHECK(check_medium(system, medium, progress).value().damaged ==
              std::vector<std::string>{"boot/vmlinuz"});
    }
    SUBCASE("the list of digests is gone too") {
        bytes[100] ^= 1;
        system.files["/medium/mdrescue/SHA256SUMS"] = "garbage\n";
        CHECK_FALSE(check_medium(system, medium, progress));
    }
}

TEST_CASE("a check can be stopped, and stopped is not damaged") {
    class Stop final : public util::Progress {
        void advance(std::uint64_t) override { util::cancel_requested = true; }
    };
    FakeSystem system;
    Disc disc(system);
    const Medium medium = find_medium(system, id, devices).value();
    Stop progress;
    CHECK(check_medium(system, medium, progress).error().message == "cancelled");
    util::cancel_requested = false;
}
