// SPDX-License-Identifier: GPL-3.0-or-later
#include "burn/optical_drive.h"

#include "burn/libburn_messages.h"
#include "burn/track_source.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <thread>
#include <unistd.h>

namespace mdrescue::burn {
namespace {

using util::fail;
using util::printable;
using util::Result;
using namespace std::chrono_literals;

/// libburn's name for a file that it treats as a drive (libburn.h, burn_drive_scan_and_grab).
constexpr std::string_view file_drive = "stdio:";
constexpr std::uint64_t block = 2048;
/// libburn's read of more than this is split into single commands anyway.
constexpr std::uint64_t read_size = 64U << 10U;
constexpr auto ready_limit = 60s;
constexpr auto poll_time = 50ms;

/// Blanking counts up to this (libburn.h, struct burn_progress).
constexpr std::uint64_t erase_steps = 0x10000;

/// An object of libburn with the function that frees it.
template <class T> using Owned = std::unique_ptr<T, void (*)(T *)>;

std::string own_string(char *text) {
    std::string copy = text == nullptr ? "" : text;
    std::free(text);
    return copy;
}

Medium::State state_of(lib::burn_disc_status status) {
    switch (status) {
    case lib::BURN_DISC_BLANK: return Medium::State::blank;
    case lib::BURN_DISC_EMPTY: return Medium::State::none;
    case lib::BURN_DISC_APPENDABLE: return Medium::State::appendable;
    case lib::BURN_DISC_FULL: return Medium::State::full;
    case lib::BURN_DISC_UNREADY:
    case lib::BURN_DISC_UNGRABBED:
    case lib::BURN_DISC_UNSUITABLE: break;
    }
    return Medium::State::unsuitable;
}

Result<lib::burn_disc_status> settled_status(lib::burn_drive *drive) {
    const auto deadline = std::chrono::steady_clock::now() + ready_limit;
    for (;;) {
        const auto status = lib::burn_disc_get_status(drive);
        if (status != lib::BURN_DISC_UNREADY)
            return status;
        if (util::cancel_requested)
            return util::cancelled();
        if (std::chrono::steady_clock::now() >= deadline)
            return fail("the drive does not become ready", "Take the disc out and look at it.");
        std::this_thread::sleep_for(poll_time);
    }
}

/// What begins a disc that can be written over: an ISO 9660 volume (ECMA-119, 8.4), other data, or
/// nothing.
std::string content_of(lib::burn_drive *drive) {
    std::string bytes(read_size, '\0');
    off_t count = 0;
    const int quiet = 2; // no message about blocks never written
    if (lib::burn_read_data(drive, 0, bytes.data(), static_cast<off_t>(bytes.size()), &count,
                            quiet) <= 0 &&
        count <= 0)
        return "";
    bytes.resize(static_cast<std::size_t>(count));
    constexpr std::size_t descriptor = 16 * block;
    if (bytes.size() >= descriptor + block && bytes.compare(descriptor + 1, 5, "CD001") == 0)
        return fmt::format("the ISO 9660 volume \"{}\"",
                           util::trimmed(bytes.substr(descriptor + 40, 32)));
    return bytes.find_first_not_of('\0') == std::string::npos ? "" : "data";
}

/// Room on a written disc once it is blanked; 0 where the drive does not tell.
std::uint64_t capacity_once_blank(lib::burn_drive *drive, int profile) {
    constexpr int cd_rw = 0x0a;
    if (profile == cd_rw) {
        int start = 0;
        int end = 0;
        if (lib::burn_disc_read_atip(drive) > 0 &&
            lib::burn_drive_get_start_end_lba(drive, &start, &end, 0) == 1 && end > 0)
            return static_cast<std::uint64_t>(end) * block;
        return 0;
    }
    int status = 0;
    int formats = 0;
    unsigned spare = 0;
    off_t size = 0;
    if (lib::burn_disc_get_formats(drive, &status, &size, &spare, &formats) <= 0 || size <= 0)
        return 0;
    return static_cast<std::uint64_t>(size);
}

bool unformatted(lib::burn_drive *drive) {
    int status = 0;
    int formats = 0;
    unsigned spare = 0;
    off_t size = 0;
    return lib::burn_disc_get_formats(drive, &status, &size, &spare, &formats) > 0 &&
           status == BURN_FORMAT_IS_UNFORMATTED;
}

/// Profiles that must be formatted before they are written the first time; libburn does it by
/// itself with a DVD+RW.
bool wants_format(int profile) { return profile == 0x12 || profile == 0x43; }

void fill_caps(lib::burn_drive *drive, Medium &medium) {
    lib::burn_multi_caps *caps = nullptr;
    if (lib::burn_disc_get_multi_caps(drive, lib::BURN_WRITE_NONE, &caps, 0) > 0)
        medium.can_simulate = caps->might_simulate != 0;
    if (caps != nullptr)
        lib::burn_disc_free_multi_caps(&caps);
}

/// Waits for the end of what the drive does; tells how far it is after each look.
Result<void> wait_idle(lib::burn_drive *drive, const std::function<void(int, int)> &look) {
    bool told = false;
    for (;;) {
        lib::burn_progress progress{};
        const auto status = lib::burn_drive_get_status(drive, &progress);
        if (status == lib::BURN_DRIVE_IDLE)
            break;
        look(progress.sector, progress.sectors);
        if (util::cancel_requested && !told && status == lib::BURN_DRIVE_WRITING) {
            lib::burn_drive_cancel(drive);
            told = true;
        }
        std::this_thread::sleep_for(poll_time);
    }
    if (told)
        return util::cancelled();
    return {};
}

struct Job {
    Owned<lib::burn_disc> disc{lib::burn_disc_create(), lib::burn_disc_free};
    Owned<lib::burn_session> session{lib::burn_session_create(), lib::burn_session_free};
    Owned<lib::burn_track> track{lib::burn_track_create(), lib::burn_track_free};
};

/// One data track of the source in one session.
Result<void> compose(Job &job, TrackSource &source) {
    const auto failed = [] { return fail(with_complaints("libburn cannot describe the disc")); };
    if (!job.disc || !job.session || !job.track)
        return failed();
    lib::burn_track_define_data(job.track.get(), 0, 0, 1, BURN_MODE1);
    const Owned<lib::burn_source> made(source.make(), lib::burn_source_free);
    if (!made || lib::burn_track_set_source(job.track.get(), made.get()) != lib::BURN_SOURCE_OK ||
        lib::burn_session_add_track(job.session.get(), job.track.get(), BURN_POS_END) != 1 ||
        lib::burn_disc_add_session(job.disc.get(), job.session.get(), BURN_POS_END) != 1)
        return failed();
    return {};
}

/// What is read of the file from now on comes from its disk (posix_fadvise(2)).
Result<void> forget_cached(const std::string &path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail(fmt::format("cannot open {}: {}", printable(path), std::strerror(errno)));
    const bool flushed = ::fsync(file) == 0;
    const int error = errno;
    if (flushed) // advice: where it is not taken, what is compared is still what was written
        static_cast<void>(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED));
    ::close(file);
    if (!flushed)
        return fail(
            fmt::format("cannot write {} to its disk: {}", printable(path), std::strerror(error)));
    return {};
}

Result<void> set_options(lib::burn_write_opts *set, Job &job, const WriteOptions &options) {
    lib::burn_write_opts_set_underrun_proof(set, 1);
    lib::burn_write_opts_set_multi(set, 0);
    if (options.simulate && lib::burn_write_opts_set_simulate(set, 1) != 1)
        return fail(with_complaints("this drive cannot simulate"));
    std::array<char, BURN_REASONS_LEN> reasons{};
    if (lib::burn_write_opts_auto_write_type(set, job.disc.get(), reasons.data(), 0) ==
        lib::BURN_WRITE_NONE)
        return fail(with_complaints(fmt::format("drive and disc cannot do that: {}",
                                                printable(util::trimmed(reasons.data())))));
    return {};
}

} // namespace

/// The grabbed drive, with the library it belongs to.
struct OpticalDrive::Held {
    std::string address;
    lib::burn_drive_info *infos = nullptr;
    bool eject = false;

    explicit Held(std::string where) : address(std::move(where)) {}
    Held(const Held &) = delete;
    Held &operator=(const Held &) = delete;
    ~Held() {
        release(eject);
        lib::burn_finish();
    }

    [[nodiscard]] lib::burn_drive *drive() const {
        return infos == nullptr ? nullptr : infos[0].drive;
    }

    void release(bool outside) {
        if (infos == nullptr)
            return;
        lib::burn_drive_release(infos[0].drive, outside ? 1 : 0);
        lib::burn_drive_info_free(infos);
        infos = nullptr;
    }

    Result<void> grab(Tray tray) {
        static_cast<void>(complaints()); // of earlier things
        std::string where = address;     // the API takes char *
        const int load = tray == Tray::close ? 1 : 0;
        const int got = lib::burn_drive_scan_and_grab(&infos, where.data(), load);
        if (got > 0)
            return {};
        infos = nullptr;
        return fail(with_complaints(fmt::format("cannot take hold of {} as a CD, DVD or BD drive",
                                                printable(address))),
                    "Is it in use? `fuser -v` names by what; a mounted disc: umount it first.");
    }

    [[nodiscard]] bool real() const { return lib::burn_drive_get_drive_role(drive()) == 1; }
};

OpticalDrive::OpticalDrive(std::unique_ptr<Held> held) : held_(std::move(held)) {}
OpticalDrive::OpticalDrive(OpticalDrive &&) noexcept = default;
OpticalDrive &OpticalDrive::operator=(OpticalDrive &&) noexcept = default;
OpticalDrive::~OpticalDrive() = default;

Result<OpticalDrive> OpticalDrive::open(const std::string &address, Tray tray) {
    if (lib::burn_initialize() == 0)
        return fail("libburn does not start");
    std::string queue = "SORRY";
    std::string print = "NEVER";
    std::string prefix = "libburn: ";
    lib::burn_msgs_set_severities(queue.data(), print.data(), prefix.data());
    auto held = std::make_unique<Held>(address);
    MDR_TRY(held->grab(tray));
    return OpticalDrive(std::move(held));
}

std::string OpticalDrive::name() const {
    if (!held_->real()) // libburn makes names up
        return "a file as a drive";
    const lib::burn_drive_info &info = held_->infos[0];
    return printable(fmt::format("{} {}", util::trimmed(info.vendor), util::trimmed(info.product)));
}

std::string OpticalDrive::serial() const {
    char *text = nullptr;
    int length = 0;
    if (!held_->real() || lib::burn_drive_get_serial_no(held_->drive(), &text, &length) <= 0)
        return "";
    return printable(util::trimmed(own_string(text)));
}

Result<Medium> OpticalDrive::look() {
    lib::burn_drive *drive = held_->drive();
    MDR_TRY_ASSIGN(const auto status, settled_status(drive));
    Medium medium;
    medium.state = state_of(status);
    std::array<char, 80> profile{};
    if (lib::burn_disc_get_profile(drive, &medium.profile, profile.data()) == 1)
        medium.profile_name = profile.data();
    if (medium.state == Medium::State::none)
        return medium;
    medium.unformatted = wants_format(medium.profile) && unformatted(drive);
    if (medium.state == Medium::State::blank)
        medium.capacity =
            static_cast<std::uint64_t>(lib::burn_disc_available_space(drive, nullptr));
    else
        medium.erasable = lib::burn_disc_erasable(drive) == 1;
    if (medium.erasable || medium.unformatted)
        medium.capacity = capacity_once_blank(drive, medium.profile);
    fill_caps(drive, medium);
    if (overwritable(medium) && !medium.unformatted)
        medium.content = content_of(drive);
    static_cast<void>(complaints());
    return medium;
}

Result<void> OpticalDrive::prepare(Preparation preparation, util::Progress &progress) {
    if (preparation == Preparation::none)
        return {};
    lib::burn_drive *drive = held_->drive();
    const bool blank = preparation == Preparation::blank;
    progress.phase(blank ? "Blanking the disc" : "Formatting the disc", erase_steps);
    const int quickly = 1;
    const int default_size = 3 << 1; // bits 1 and 2: size mode
    if (blank)
        lib::burn_disc_erase(drive, quickly);
    else
        lib::burn_disc_format(drive, 0, default_size);
    MDR_TRY(wait_idle(drive, [&](int step, int /*steps*/) {
        progress.advance(static_cast<std::uint64_t>(std::max(step, 0)));
    }));
    if (lib::burn_drive_wrote_well(drive) != 1)
        return fail(with_complaints(blank ? "the disc could not be blanked"
                                          : "the disc could not be formatted"),
                    "Take another disc.");
    if (lib::burn_drive_re_assess(drive, 0) <= 0)
        return fail(with_complaints("the drive does not find the disc again"));
    return {};
}

Result<void> OpticalDrive::write(const Source &source, const WriteOptions &options,
                                 util::Progress &progress) {
    lib::burn_drive *drive = held_->drive();
    MDR_TRY_ASSIGN(SourceReader reader, SourceReader::open(source));
    TrackSource bytes(std::move(reader));
    Job job;
    MDR_TRY(compose(job, bytes));
    const Owned<lib::burn_write_opts> set(lib::burn_write_opts_new(drive),
                                          lib::burn_write_opts_free);
    MDR_TRY(set_options(set.get(), job, options));
    int profile = 0;
    std::array<char, 80> name{};
    lib::burn_disc_get_profile(drive, &profile, name.data());
    if (options.speed > 0 && held_->real())
        lib::burn_drive_set_speed(drive, 0, kilobytes_per_second(profile, options.speed));

    progress.phase(options.simulate ? "Simulating" : "Writing the disc", source.image.size);
    lib::burn_disc_write(set.get(), job.disc.get());
    bool stopped = false;
    MDR_TRY(wait_idle(drive, [&](int sector, int /*sectors*/) {
        progress.advance(
            std::min(static_cast<std::uint64_t>(std::max(sector, 0)) * block, source.image.size));
        if (bytes.failed() && !stopped) { // what would follow is zeros
            lib::burn_drive_cancel(drive);
            stopped = true;
        }
    }));
    if (bytes.failed())
        return bytes.end();
    if (lib::burn_drive_wrote_well(drive) != 1)
        return fail(with_complaints("the drive could not write the disc"),
                    "The disc is of no use now. Take another one, or another kind; a lower "
                    "--speed may help.");
    return bytes.end();
}

Result<bool> OpticalDrive::reload() {
    const bool outside = held_->real();
    held_->release(outside);
    if (!outside)
        MDR_TRY(forget_cached(held_->address.substr(file_drive.size())));
    MDR_TRY(held_->grab(Tray::close));
    MDR_TRY_ASSIGN(const auto status, settled_status(held_->drive()));
    return status != lib::BURN_DISC_EMPTY;
}

Result<void> OpticalDrive::compare(const Source &source, util::Progress &progress) {
    const std::uint64_t total = source.image.size;
    progress.phase("Reading the disc back", total);
    util::Sha256 digest;
    std::string bytes(read_size, '\0');
    for (std::uint64_t at = 0; at < total;) {
        if (util::cancel_requested)
            return util::cancelled();
        const std::uint64_t length = std::min(read_size, total - at);
        off_t count = 0;
        if (lib::burn_read_data(held_->drive(), static_cast<off_t>(at), bytes.data(),
                                static_cast<off_t>(length), &count, 0) <= 0)
            return fail(with_complaints(fmt::format("the disc cannot be read back at byte {}", at)),
                        "It is of no use. Take another one; a lower --speed may help.");
        digest.update(std::string_view(bytes).substr(0, length));
        at += length;
        progress.advance(at);
    }
    if (const std::string found = digest.finish(); found != source.digest)
        return fail(fmt::format("the disc does not give back what was written: SHA-256 {}, not {}",
                                found, source.digest),
                    "It is of no use. Take another one; a lower --speed may help.");
    return {};
}

void OpticalDrive::eject_at_end() { held_->eject = held_->real(); }

} // namespace mdrescue::burn
