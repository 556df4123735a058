// SPDX-License-Identifier: GPL-3.0-or-later
#include "../support/fake_system.h"
#include "burn/data_partition.h"
#include "image.h"
#include "manifest/kept_table.h"
#include "media/image_reader.h"

using namespace mdrescue;
using namespace mdrescue::burn;
using namespace mdrescue::burn::test;
using media::test::Directory;

namespace {

/// A stick that is a file, changed by the real sfdisk.
class FileStick final : public system::ClaimedDevice {
  public:
    explicit FileStick(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] std::uint64_t size() const override { return std::filesystem::file_size(path_); }
    util::Result<void> write(std::uint64_t offset, std::string_view bytes) override {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return {};
    }
    util::Result<void> flush() override { return {}; }
    util::Result<void> forget_cached() override { return {}; }
    util::Result<void> reread_partitions() override { return {}; }
    util::Result<std::string> read(std::uint64_t offset, std::size_t length) override {
        std::ifstream file(path_, std::ios::binary);
        std::string bytes(length, '\0');
        file.seekg(static_cast<std::streamoff>(offset));
        file.read(bytes.data(), static_cast<std::streamsize>(length));
        return bytes;
    }

  private:
    std::string path_;
};

/// The image in a file of 64 MiB, with a data partition behind it.
std::string made(const Directory &scratch, const Source &source) {
    const std::string file = scratch / "stick";
    std::filesystem::copy_file(source.image.path, file);
    std::filesystem::resize_file(file, 64U << 20U);
    FileStick stick(file);
    const auto machine = system::real_system();
    const auto number = add_data_partition(*machine, stick, file, source);
    REQUIRE_MESSAGE(number.has_value(), (number ? "" : number.error().message));
    CHECK(number.value() == 4);
    const auto sound = confirm_still_sound(stick, source, silent);
    CHECK_MESSAGE(sound.has_value(), (sound ? "" : sound.error().message));
    return file;
}

} // namespace

TEST_CASE("the rest of a stick becomes a partition, and the table is consistent") {
    const Directory scratch;
    const Source source = make_source(scratch);
    const std::string file = made(scratch, source);
    const std::string before = bytes_of(source);
    const std::string after = media::test::get(file);

    const std::string checked = media::test::run({"sgdisk", "--verify", file});
    CHECK(checked.find("No problems found") != std::string::npos);
    const std::string table = media::test::run({"sfdisk", "--dump", file});
    const std::uint64_t start = data_partition_start(source.image.size) / 512;
    CHECK(table.find("start=" + std::string(12 - std::to_string(start).size(), ' ') +
                     std::to_string(start)) != std::string::npos);
    CHECK(after.substr((64U << 20U) - 512, 8) == "EFI PART"); // the backup is at the real end
    // The boot flag of the MBR's second record, which some BIOSes want.
    CHECK(after.substr(462, 16) == before.substr(462, 16));
    CHECK(after.substr(0, 446) == before.substr(0, 446));
}

TEST_CASE("a stick with a data partition is still verified to the byte") {
    const Directory scratch;
    const Source source = make_source(scratch);
    const std::string file = made(scratch, source);
    const auto sound = media::verify_image(file, silent);
    REQUIRE(sound.has_value());
    CHECK(sound->sound);
    CHECK(sound->digest == source.digest);

    std::string bytes = media::test::get(file);
    SUBCASE("a bit of a file") { bytes[2000000] = static_cast<char>(bytes[2000000] ^ 1); }
    SUBCASE("a bit of the boot code") { bytes[100] = static_cast<char>(bytes[100] ^ 1); }
    SUBCASE("a bit of the kept table") {
        const auto at = manifest::kept_table_offset(source.image.size) + 1000;
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
    }
    media::test::put(file, bytes);
    CHECK_FALSE(media::verify_image(file, silent).value().sound);
}

TEST_CASE("a record of another image is none") {
    const std::string area(manifest::system_area_size, 'a');
    const std::string record = manifest::kept_table_text("one", area);
    CHECK(manifest::parse_kept_table("one", record) == area);
    CHECK_FALSE(manifest::parse_kept_table("two", record).has_value());
}

TEST_CASE("too little room for a partition is said in bytes, before anything is written") {
    CHECK(confirm_data_room(64U << 20U, 8U << 20U).has_value());
    CHECK(confirm_data_room(20U << 20U, 8U << 20U).error().message.find("missing") !=
          std::string::npos);
}

TEST_CASE("the filesystem is made once the partition's node is there") {
    FakeSystem system;
    system.on_sleep = [&] { system.files["/dev/sdg4"] = ""; };
    CHECK(make_data_filesystem(system, "/dev/sdg4").has_value());
    CHECK(system.commands.at(0).front() == "mkfs.vfat");
    CHECK(system.commands.at(0).back() == "/dev/sdg4");
    system.program = [](const system::Command &) { return system::Output{1, "", "no such"}; };
    CHECK(make_data_filesystem(system, "/dev/sdg4").error().message.find("has no filesystem") !=
          std::string::npos);
}
