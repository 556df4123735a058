// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/optical_drive.h"
#include "fake_burner.h"
#include "image.h"

using namespace mdrescue;
using namespace mdrescue::burn;
using namespace mdrescue::burn::test;
using media::test::Directory;

namespace {

constexpr std::uint32_t dvd_blocks = 2295104, cd_blocks = 359844;

OpticalDrive opened(const std::string &address) {
    auto drive = OpticalDrive::open(address, Tray::close);
    REQUIRE_MESSAGE(drive.has_value(), (drive ? "" : drive.error().message));
    return std::move(*drive);
}

Medium seen(OpticalDrive &drive) {
    auto medium = drive.look();
    REQUIRE_MESSAGE(medium.has_value(), (medium ? "" : medium.error().message));
    return *medium;
}

template <class T> void check_good(const util::Result<T> &result) {
    CHECK_MESSAGE(result.has_value(), (result ? "" : result.error().message));
}

template <class T> void check_error(const util::Result<T> &result, const std::string &words) {
    REQUIRE_FALSE(result.has_value());
    INFO(result.error().message);
    CHECK(result.error().message.find(words) != std::string::npos);
}

std::string head(const FakeBurner &burner, const Source &source) {
    return burner.disc->bytes.substr(0, source.image.size);
}

/// Everything `burn` does with a disc.
util::Result<void> burned(OpticalDrive &drive, const Source &source, bool blanking = false) {
    MDR_TRY_ASSIGN(const Medium medium, drive.look());
    MDR_TRY_ASSIGN(const Preparation preparation, prepare(medium, source.image.size, blanking));
    MDR_TRY(drive.prepare(preparation, silent));
    MDR_TRY(drive.write(source, {}, silent));
    MDR_TRY_ASSIGN(const bool there, drive.reload());
    CHECK(there);
    return drive.compare(source, silent);
}

} // namespace

TEST_CASE("a drive without a disc says so, and what the drive is") {
    const FakeBurner burner(std::nullopt);
    OpticalDrive drive = opened(burner.path());
    CHECK(drive.name() == "MDRESCUE FAKE BURNER");
    CHECK(drive.serial() == "FAKE0001");
    check_error(prepare(seen(drive), 1, false), "no disc");
}

TEST_CASE("a disc is written, reloaded, read back and compared") {
    const Directory scratch;
    const Source source = make_source(scratch);
    for (const int profile :
         {cd_r, cd_rw, dvd_plus_rw, dvd_ram, bd_re, dvd_plus_r, dvd_rw, dvd_r, bd_r}) {
        CAPTURE(profile);
        const bool cd = profile == cd_r || profile == cd_rw;
        const std::uint32_t blocks = cd ? cd_blocks : dvd_blocks;
        FakeBurner burner(Disc{profile, blocks});
        OpticalDrive drive = opened(burner.path());
        CHECK(seen(drive).profile == profile);
        CHECK(seen(drive).capacity >= (blocks - 64) * 2048ULL);
        check_good(burned(drive, source));
        CHECK(head(burner, source) == bytes_of(source));
        CHECK(burner.ejected >= 1);
        CHECK(burner.loaded >= 1);
        CHECK(burner.blanked == 0);
    }
}

TEST_CASE("a disc without room is refused in bytes, and not written to") {
    const Directory scratch;
    const Source source = make_source(scratch);
    FakeBurner burner(Disc{dvd_plus_rw, 1024});
    OpticalDrive drive = opened(burner.path());
    check_error(burned(drive, source), std::to_string(source.image.size - 1024 * 2048));
    CHECK(burner.disc->bytes.empty());
}

TEST_CASE("a write error is an error") {
    const Directory scratch;
    const Source source = make_source(scratch);
    for (const int profile : {dvd_plus_rw, dvd_plus_r}) {
        CAPTURE(profile);
        FakeBurner burner(Disc{profile, dvd_blocks});
        burner.trouble.write_error_at = 777;
        OpticalDrive drive = opened(burner.path());
        check_error(burned(drive, source), "could not write");
    }
}

TEST_CASE("a bit that flips silently is found by reading back") {
    const Directory scratch;
    const Source source = make_source(scratch);
    FakeBurner burner(Disc{dvd_plus_rw, dvd_blocks});
    burner.trouble.bit_flip_at = 900;
    OpticalDrive drive = opened(burner.path());
    check_error(burned(drive, source), "does not give back");
}

TEST_CASE("a disc that cannot be read back is an error") {
    const Directory scratch;
    const Source source = make_source(scratch);
    FakeBurner burner(Disc{dvd_plus_rw, dvd_blocks});
    burner.trouble.read_error_at = 901;
    OpticalDrive drive = opened(burner.path());
    check_error(burned(drive, source), "cannot be read back");
}

TEST_CASE("a written RW disc is blanked when that was asked for, and only then") {
    const Directory scratch;
    const Source source = make_source(scratch);
    FakeBurner burner(Disc{dvd_rw, dvd_blocks, std::string(1U << 20U, 'o'), true});
    OpticalDrive drive = opened(burner.path());
    check_error(burned(drive, source), "not blank");
    CHECK(burner.blanked == 0);
    check_good(burned(drive, source, true));
    CHECK(burner.blanked == 1);
    CHECK(head(burner, source) == bytes_of(source));
}

TEST_CASE("a BD-RE or DVD-RAM that was never used is formatted when that was asked for") {
    const Directory scratch;
    const Source source = make_source(scratch);
    for (const int profile : {bd_re, dvd_ram}) {
        CAPTURE(profile);
        FakeBurner burner(Disc{.profile = profile, .blocks = dvd_blocks, .unformatted = true});
        OpticalDrive drive = opened(burner.path());
        CHECK_FALSE(burned(drive, source).has_value());
        CHECK(burner.formatted == 0);
        check_good(burned(drive, source, true));
        CHECK(burner.formatted == 1);
        CHECK(head(burner, source) == bytes_of(source));
    }
}

TEST_CASE("a written disc that cannot be blanked is refused, also with --blank") {
    FakeBurner burner(Disc{dvd_plus_r, dvd_blocks, std::string(1U << 20U, 'o'), true});
    OpticalDrive drive = opened(burner.path());
    check_error(prepare(seen(drive), 2048, true), "cannot be written again");
}

TEST_CASE("what would be lost on an overwritable disc is named") {
    std::string volume(1U << 16U, '\0');
    volume.replace(32768, 6, "\1CD001");
    volume.replace(32768 + 40, 32, "PHOTOS 2003                     ");
    FakeBurner burner(Disc{dvd_plus_rw, dvd_blocks, volume});
    OpticalDrive drive = opened(burner.path());
    CHECK(seen(drive).content == "the ISO 9660 volume \"PHOTOS 2003\"");
}

TEST_CASE("a disc that stays outside is told") {
    FakeBurner burner(Disc{dvd_plus_rw, dvd_blocks});
    burner.trouble.tray_without_motor = true;
    OpticalDrive drive = opened(burner.path());
    const auto there = drive.reload();
    check_good(there);
    CHECK_FALSE(there.value_or(true));
}

TEST_CASE("a tray that stands open is closed, or left as it is") {
    FakeBurner burner(Disc{dvd_plus_rw, dvd_blocks});
    burner.tray_out = true;
    {
        auto drive = OpticalDrive::open(burner.path(), Tray::leave);
        check_good(drive);
        CHECK(seen(*drive).state == Medium::State::none);
    }
    CHECK(burner.tray_out);
    OpticalDrive drive = opened(burner.path());
    CHECK_FALSE(burner.tray_out);
    CHECK(seen(drive).state != Medium::State::none);
}

TEST_CASE("a simulation writes nothing") {
    const Directory scratch;
    const Source source = make_source(scratch);
    FakeBurner burner(Disc{dvd_r, dvd_blocks});
    OpticalDrive drive = opened(burner.path());
    CHECK(seen(drive).can_simulate);
    check_good(drive.write(source, {.speed = 4, .simulate = true}, silent));
    CHECK(burner.test_writes > 10);
    CHECK(burner.disc->bytes.empty());
}

TEST_CASE("the drive is told the speed") {
    const Directory scratch;
    const Source source = make_source(scratch);
    FakeBurner burner(Disc{dvd_r, dvd_blocks});
    OpticalDrive drive = opened(burner.path());
    check_good(drive.write(source, {.speed = 4, .simulate = true}, silent));
    CHECK(burner.write_speed == 4 * 1385);
}

TEST_CASE("a source that shrinks meanwhile is an error") {
    const Directory scratch;
    const Source source = make_source(scratch);
    std::filesystem::resize_file(source.image.path, source.image.size - 4096);
    FakeBurner burner(Disc{dvd_plus_rw, dvd_blocks});
    OpticalDrive drive = opened(burner.path());
    check_error(burned(drive, source), "has shrunk");
}

TEST_CASE("a file is a drive in libburn's hands") {
    const Directory scratch;
    const Source source = make_source(scratch);
    const std::string target = scratch / "disc";
    OpticalDrive drive = opened("stdio:" + target);
    check_good(burned(drive, source));
    CHECK(media::test::get(target) == bytes_of(source));
    CHECK(drive.serial().empty());
}

TEST_CASE("something that is no drive is refused") {
    const Directory scratch;
    media::test::put(scratch / "file", "x");
    check_error(OpticalDrive::open(scratch / "file", Tray::close), "cannot take hold of");
}
