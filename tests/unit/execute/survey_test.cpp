// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/survey.h"

#include "../support/read_only_system.h"

#include "diagnose/marker.h"

#include <doctest/doctest.h>
#include <map>

using namespace mdrescue;
using diagnose::Survey;
using execute::survey_disk;

namespace {

constexpr std::uint64_t mib = 1U << 20U;

/// One disk of any size: a constant byte, but for what is put on it.
class OneDisk final : public ReadOnlySystem {
  public:
    explicit OneDisk(std::uint64_t bytes) : size(bytes) {
        disk.kernel_name = "sdx";
        disk.size = bytes;
    }
    std::uint64_t size;
    char fill = '\0';
    std::map<std::uint64_t, std::string> pieces;
    std::uint64_t bad = ~std::uint64_t{0}; ///< a byte that cannot be read
    std::uint64_t bytes_read = 0;
    model::Disk disk;

    Survey survey(const std::set<std::uint64_t> &offsets = {}) {
        return survey_disk(*this, disk, offsets);
    }

    util::Result<std::string> read_at(const std::string &path, std::uint64_t offset,
                                      std::uint64_t length) override {
        REQUIRE(path == "/dev/sdx");
        if (bad >= offset && bad - offset < length)
            return util::fail("cannot read /dev/sdx: Input/output error");
        std::string bytes(offset >= size ? 0 : std::min(length, size - offset), fill);
        for (const auto &[at, piece] : pieces)
            for (std::size_t i = 0; i < piece.size(); ++i)
                if (at + i >= offset && at + i < offset + bytes.size())
                    bytes[at + i - offset] = piece[i];
        bytes_read += bytes.size();
        return bytes;
    }
    util::Result<system::Output> run(const system::Command &) override { return util::fail("no"); }
    util::Result<std::string> read_file(const std::string &, std::uint64_t) override {
        return util::fail("no");
    }
    util::Result<std::vector<std::string>> list(const std::string &) override {
        return util::fail("no");
    }
    util::Result<std::string> read_link(const std::string &) override { return util::fail("no"); }
    bool exists(const std::string &) override { return false; }
    util::Result<std::optional<system::FileInfo>> look(const std::string &) override {
        return util::fail("no");
    }
    util::Result<std::uint64_t> free_space(const std::string &) override {
        return util::fail("no");
    }
};

} // namespace

TEST_CASE("survey: one constant byte is blank, whichever") {
    for (const char fill : {'\0', '\xff'}) {
        OneDisk large(1000 * 1000 * mib);
        large.fill = fill;
        CHECK(large.survey().bytes == Survey::Bytes::blank);
        CHECK(large.bytes_read == 32 * mib + 2000 * 4096 + 8); // and a look for a backup GPT
        OneDisk small(10 * mib + 512);
        small.fill = fill;
        CHECK(small.survey().bytes == Survey::Bytes::blank);
        CHECK(small.bytes_read == small.size + 8);
    }
}

TEST_CASE("survey: one other byte is not") {
    OneDisk disk(1000 * mib);
    for (const std::uint64_t at : {std::uint64_t{0}, 16 * mib - 1, 984 * mib, 1000 * mib - 1}) {
        CAPTURE(at);
        disk.pieces = {{at, "x"}};
        CHECK(disk.survey().bytes == Survey::Bytes::used);
    }
    // random data anywhere: half a MiB in the middle is met by a sample
    disk.pieces = {{500 * mib, std::string(mib / 2, 'x')}};
    CHECK(disk.survey().bytes == Survey::Bytes::used);
    // each region constant, but not the same
    disk.pieces = {{984 * mib, std::string(16 * mib, 'x')}};
    CHECK(disk.survey().bytes == Survey::Bytes::used);
    OneDisk small(40 * mib);
    small.pieces = {{20 * mib + 7, "x"}};
    CHECK(small.survey().bytes == Survey::Bytes::used);
}

TEST_CASE("survey: what cannot be read is not blank") {
    OneDisk disk(1000 * mib);
    disk.bad = 990 * mib;
    CHECK(disk.survey().bytes == Survey::Bytes::unreadable);
    CHECK(disk.survey().problem == "cannot read /dev/sdx: Input/output error");
    disk.bad = ~std::uint64_t{0};
    disk.size -= 4096; // shorter than it says
    CHECK(disk.survey().bytes == Survey::Bytes::unreadable);
    CHECK(OneDisk(0).survey().bytes == Survey::Bytes::unreadable);
}

TEST_CASE("survey: a backup GPT alone") {
    for (const std::uint32_t sector : {512U, 4096U}) {
        OneDisk disk(1000 * mib);
        disk.disk.logical_sector = sector;
        CHECK_FALSE(disk.survey().backup_gpt);
        disk.pieces = {{disk.size - sector, "EFI PART"}};
        CHECK(disk.survey().backup_gpt);
    }
}

TEST_CASE("survey: finds a marker at the places asked for") {
    model::Profile profile;
    profile.image_id = "6f2f0b2e-1d3c-8a4b-9c5d-0e1f2a3b4c5d";
    profile.machine.disks.resize(1);
    profile.machine.disks[0].id = "disk4";
    OneDisk disk(1000 * mib);
    disk.pieces = {{500 * mib + 4096, diagnose::marker_bytes(profile, "disk4")}};
    const Survey survey = disk.survey({4096, 500 * mib + 4096, 2000 * mib});
    CHECK(diagnose::marked_disk(profile, survey.marker) == "disk4");
    CHECK(disk.survey({4096}).marker.empty());
    disk.pieces[500 * mib + 4096][3] = 'X';
    CHECK(disk.survey({500 * mib + 4096}).marker.empty());
    // on a disk that cannot be read elsewhere too
    disk.pieces = {{4096, diagnose::marker_bytes(profile, "disk4")}};
    disk.bad = 990 * mib;
    CHECK(diagnose::marked_disk(profile, disk.survey({4096}).marker) == "disk4");
}
