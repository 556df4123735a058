// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_burner.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <linux/cdrom.h>
#include <scsi/scsi.h>
#include <scsi/scsi_ioctl.h>
#include <scsi/sg.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mdrescue::burn::test {
namespace {

constexpr std::uint32_t block_size = 2048;
constexpr unsigned good = 0, no_medium = 0x023a00, invalid_command = 0x052000,
                   invalid_field = 0x052400, out_of_range = 0x052100, write_error = 0x030c00,
                   read_error = 0x031100;

/// The one burner of the process, for ioctl().
FakeBurner *present_burner = nullptr;

unsigned byte(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}
std::uint32_t big(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value = value << 8U | byte(bytes, at + i);
    return value;
}
void put(std::string &bytes, std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        bytes[at + i] = static_cast<char>(value >> 8 * (size - 1 - i) & 0xffU);
}
std::string number(std::uint64_t value, std::size_t size) {
    std::string bytes(size, '\0');
    put(bytes, 0, value, size);
    return bytes;
}
/// Minutes, seconds, frames (MMC-6, 4.2.3.8.3).
std::string msf(std::uint32_t block) {
    const std::uint32_t frames = block + 150;
    return number(frames / 4500, 1) + number(frames / 75 % 60, 1) + number(frames % 75, 1);
}

/// A feature descriptor: MMC-6, 5.2.2. All are current and persistent.
std::string feature(unsigned code, const std::string &data) {
    return number(code, 2) + number(3, 1) + number(data.size(), 1) + data;
}

} // namespace

bool Disc::overwritable() const {
    return profile == dvd_plus_rw || profile == dvd_ram || profile == bd_re;
}
bool Disc::erasable() const { return profile == cd_rw || profile == dvd_rw || overwritable(); }

FakeBurner::FakeBurner(std::optional<Disc> given) : disc(std::move(given)) {
    std::string name = "/tmp/mdrescue-burner-XXXXXX";
    const int file = ::mkstemp(name.data());
    struct stat info {};
    ::fstat(file, &info);
    ::close(file);
    path_ = name;
    device_ = info.st_dev;
    inode_ = info.st_ino;
    present_burner = this;
}

FakeBurner::~FakeBurner() {
    present_burner = nullptr;
    ::unlink(path_.c_str());
}

bool FakeBurner::is(int descriptor) const {
    struct stat info {};
    return ::fstat(descriptor, &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

std::uint32_t FakeBurner::written() const {
    return static_cast<std::uint32_t>(disc->bytes.size() / block_size);
}

std::string FakeBurner::configuration() const { // MMC-6, 6.6 and 5.3
    const auto profile = static_cast<unsigned>(present() ? disc->profile : 0);
    std::string profiles;
    for (const int one :
         {cd_rom, cd_r, cd_rw, dvd_r, dvd_ram, dvd_rw, dvd_plus_rw, dvd_plus_r, bd_r, bd_re})
        profiles += number(static_cast<unsigned>(one), 2) +
                    number(static_cast<unsigned>(one) == profile ? 1 : 0, 1) + number(0, 1);
    std::string features = feature(0x0000, profiles);
    if (profile == dvd_rw || profile == dvd_r)
        features += feature(0x0021, std::string("\0\1\0\0", 4))      // incremental streaming
                    + feature(0x002f, std::string("\x0a\0\0\0", 4)); // DVD-R/-RW: test write, BUF
    if (profile == cd_r || profile == cd_rw)
        features += feature(0x002d, std::string("\x46\0\0\0", 4))    // track at once
                    + feature(0x002e, std::string("\x66\0\0\0", 4)); // mastering
    features += feature(0x0108, "FAKE0001");
    return number(features.size() + 4, 4) + number(0, 2) + number(profile, 2) + features;
}

std::string FakeBurner::disc_information() const { // MMC-6, 6.21
    std::string info(34, '\0');
    put(info, 0, 32, 2);
    const bool blank = disc->bytes.empty();
    const unsigned status = disc->overwritable() ? 2 : blank ? 0 : disc->closed ? 2 : 1;
    const unsigned session = disc->overwritable() ? 3 : blank ? 0 : disc->closed ? 3 : 0;
    put(info, 2, (disc->erasable() ? 0x10U : 0U) | session << 2U | status, 1);
    put(info, 3, 1, 1);
    put(info, 4, 1, 1);
    put(info, 5, 1, 1);
    put(info, 6, 1, 1);
    put(info, 7, 0x20, 1);
    if (disc->profile == dvd_plus_rw)
        put(info, 7, 0x20 | 3, 1); // background format complete
    std::memset(&info[16], 0xff, 8);
    if (disc->profile == cd_r || disc->profile == cd_rw) {
        info.replace(17, 3, "\x61\x0f\x0f"); // lead-in start, 97:15:15
        info.replace(21, 3, msf(disc->blocks));
    }
    return info;
}

std::string FakeBurner::track_information() const { // MMC-6, 6.25
    std::string info(48, '\0');
    put(info, 0, 46, 2);
    put(info, 2, 1, 1);
    put(info, 3, 1, 1);
    put(info, 5, 4, 1);
    const bool blank = disc->bytes.empty();
    put(info, 6, (blank ? 0x40U : 0U) | 1U, 1);
    put(info, 7, disc->closed ? 0 : 1, 1);
    put(info, 12, disc->overwritable() ? 0 : written(), 4);
    put(info, 16, disc->closed ? 0 : disc->blocks - (disc->overwritable() ? 0 : written()), 4);
    put(info, 24, disc->closed ? written() : disc->blocks, 4);
    return info;
}

std::string FakeBurner::table_of_contents(unsigned format) const { // MMC-6, 6.26
    if (format == 4)
        return atip();
    const std::uint32_t end = disc->overwritable() ? disc->blocks : written();
    if (format == 1)
        return number(10, 2) + number(0x0101, 2) + std::string("\0\x14\1\0", 4) + number(0, 4);
    if (format == 2) { // full
        const auto point = [](unsigned number_of, const std::string &place) {
            return std::string("\1\x14\0", 3) + number(number_of, 1) + number(0, 4) + place;
        };
        std::string list = point(0xa0, std::string("\1\0\0", 3)) +
                           point(0xa1, std::string("\1\0\0", 3)) + point(0xa2, msf(end)) +
                           point(1, msf(0));
        return number(list.size() + 2, 2) + number(0x0101, 2) + list;
    }
    const auto track = [](unsigned which, std::uint32_t start) {
        return std::string("\0\x14", 2) + number(which, 1) + number(0, 1) + number(start, 4);
    };
    const std::string list = track(1, 0) + track(0xaa, end);
    return number(list.size() + 2, 2) + number(0x0101, 2) + list;
}

std::string FakeBurner::atip() const {
    std::string text(28, '\0');
    put(text, 0, 26, 2);
    put(text, 4, 0xc0, 1);
    put(text, 6, disc->profile == cd_rw ? 0xc0 : 0x80, 1);
    text.replace(8, 3, "\x61\x0f\x0f");
    text.replace(12, 3, msf(disc->blocks));
    return text;
}

std::string FakeBurner::format_capacities() const { // MMC-6, 6.23
    const bool formatted_disc =
        (disc->overwritable() && !disc->unformatted) || !disc->bytes.empty();
    const auto descriptor = [&](unsigned last) {
        return number(disc->blocks, 4) + number(last, 1) + number(block_size, 3);
    };
    std::string list = descriptor(formatted_disc ? 2 : 1);
    if (disc->profile == dvd_plus_rw)
        list += descriptor(0x26U << 2U);
    if (disc->profile == bd_re)
        list += descriptor(0x00U << 2U) + descriptor(0x30U << 2U) + descriptor(0x31U << 2U);
    if (disc->profile == dvd_ram)
        list += descriptor(0x00U << 2U);
    return number(0, 3) + number(list.size(), 1) + list;
}

std::string FakeBurner::mode_page(unsigned page) { // MMC-6, 7.2 and appendix
    std::string body;
    if (page == 0x2a) {
        body.assign(30, '\0');
        put(body, 2, 0x3f, 1); // reads all
        put(body, 3, 0x37, 1); // writes all, test write
        put(body, 4, 0x71, 1);
        put(body, 6, 0x29, 1); // tray, eject, lock
        put(body, 8, 11080, 2);
        put(body, 12, 2048, 2);
        put(body, 14, 11080, 2);
        put(body, 18, 11080, 2);
        put(body, 20, 11080, 2);
        put(body, 28, 11080, 2);
    } else if (page == 0x05) {
        body.assign(52, '\0');
    } else {
        body.assign(12, '\0');
    }
    put(body, 0, page, 1);
    put(body, 1, body.size() - 2, 1);
    std::string header(8, '\0');
    put(header, 0, body.size() + 6, 2);
    return header + body;
}

void FakeBurner::start_stop(unsigned how) { // MMC-6, 6.42: LoEj and Start
    if ((how & 3U) == 2) {
        tray_out = true;
        ++ejected;
    } else if ((how & 3U) == 3 && !trouble.tray_without_motor) {
        tray_out = false;
        ++loaded;
    }
}

/// A CD written session at once begins with a pregap of 150 blocks, at block -150 (MMC-6, 4.2.3.4).
std::string FakeBurner::without_pregap(std::uint32_t &block, std::string data) const {
    if ((disc->profile != cd_r && disc->profile != cd_rw) || block < 0x80000000U)
        return data;
    const std::uint32_t before =
        std::min<std::uint32_t>(0U - block, static_cast<std::uint32_t>(data.size() / block_size));
    block = 0;
    return data.substr(std::size_t{before} * block_size);
}

unsigned FakeBurner::write(std::uint32_t block, const std::string &data) {
    if (data.empty())
        return good;
    const auto count = static_cast<std::uint32_t>(data.size() / block_size);
    if (block + count > disc->blocks)
        return out_of_range;
    if (!disc->overwritable() && (block != written() || disc->closed) && !test_write)
        return out_of_range;
    const auto within = [&](const std::optional<std::uint32_t> &at) {
        return at && *at >= block && *at < block + count;
    };
    if (within(trouble.write_error_at))
        return write_error;
    if (test_write) {
        ++test_writes;
        return good;
    }
    if (disc->bytes.size() < (std::size_t{block} + count) * block_size)
        disc->bytes.resize((std::size_t{block} + count) * block_size, '\0');
    disc->bytes.replace(std::size_t{block} * block_size, data.size(), data);
    if (within(trouble.bit_flip_at)) {
        char &unlucky = disc->bytes[std::size_t{*trouble.bit_flip_at} * block_size + 100];
        unlucky = static_cast<char>(unlucky ^ 0x10);
    }
    return good;
}

unsigned FakeBurner::read(std::uint32_t block, std::uint32_t count, std::string &data) {
    if (trouble.read_error_at && *trouble.read_error_at >= block &&
        *trouble.read_error_at < block + count)
        return read_error;
    const std::size_t at = std::size_t{block} * block_size;
    if (block + count > (disc->overwritable() ? disc->blocks : written()))
        return out_of_range;
    data = at < disc->bytes.size() ? disc->bytes.substr(at, std::size_t{count} * block_size) : "";
    data.resize(std::size_t{count} * block_size, '\0');
    return good;
}

unsigned FakeBurner::medium_command(std::string_view command, std::string &data) {
    switch (byte(command, 0)) {
    case 0x00: // TEST UNIT READY
        return good;
    case 0x04: // FORMAT UNIT
        ++formatted;
        disc->unformatted = false;
        return good;
    case 0x23: // READ FORMAT CAPACITIES
        data = format_capacities();
        return good;
    case 0x25: { // READ CAPACITY
        const std::uint32_t end = disc->overwritable() ? disc->blocks : written();
        data = number(end == 0 ? 0 : end - 1, 4) + number(block_size, 4);
        return good;
    }
    case 0x28: // READ(10)
        return read(big(command, 2, 4), big(command, 7, 2), data);
    case 0xa8: // READ(12)
        return read(big(command, 2, 4), big(command, 6, 4), data);
    case 0xbe: // READ CD
        return read(big(command, 2, 4), big(command, 6, 3), data);
    case 0x2a:   // WRITE(10)
    case 0xaa: { // WRITE(12)
        std::uint32_t block = big(command, 2, 4);
        const std::string rest = without_pregap(block, data);
        return write(block, rest);
    }
    case 0x43: // READ TOC/PMA/ATIP
        data = table_of_contents(byte(command, 2) & 0x0fU);
        return good;
    case 0x51: // READ DISC INFORMATION
        data = disc_information();
        return good;
    case 0x52: // READ TRACK INFORMATION
        data = track_information();
        return good;
    case 0x5b: // CLOSE TRACK/SESSION
        disc->closed = !disc->overwritable() && !disc->bytes.empty() && !test_write &&
                       (byte(command, 2) & 7U) >= 2;
        return good;
    case 0xa1: // BLANK
        ++blanked;
        disc->bytes.clear();
        disc->closed = false;
        return good;
    case 0x35: // SYNCHRONIZE CACHE
    case 0x53: // RESERVE TRACK
    case 0x54: // SEND OPC INFORMATION
    case 0x5d: // SEND CUE SHEET
        return good;
    default: return invalid_command;
    }
}

unsigned FakeBurner::answer(std::string_view command, std::string &data, bool to_drive) {
    commands.push_back(static_cast<std::uint8_t>(byte(command, 0)));
    if (!to_drive)
        data.clear();
    switch (byte(command, 0)) {
    case 0x12: // INQUIRY (SPC-3, 6.4)
        data =
            std::string("\x05\x80\x05\x32\x1f\0\0\0", 8) + "MDRESCUE" + "FAKE BURNER     " + "1.00";
        return good;
    case 0x1b: // START STOP UNIT
        start_stop(byte(command, 4));
        return good;
    case 0x1e: // PREVENT ALLOW MEDIUM REMOVAL
        return good;
    case 0xb6: // SET STREAMING (MMC-6, 6.39): the performance descriptor's write size in kB
        if (data.size() >= 24)
            write_speed = big(data, 20, 4);
        return good;
    case 0xbb: // SET CD SPEED (MMC-3, 6.1.35)
        write_speed = big(command, 4, 2);
        return good;
    case 0x46: // GET CONFIGURATION
        data = configuration();
        return good;
    case 0x55: // MODE SELECT(10): the write parameters' test-write bit
        if (data.size() > 10 && (byte(data, 8) & 0x3fU) == 0x05)
            test_write = (byte(data, 10) & 0x10U) != 0;
        return good;
    case 0x5a: // MODE SENSE(10)
        data = mode_page(byte(command, 2) & 0x3fU);
        return good;
    case 0x5c: // READ BUFFER CAPACITY
        data = number(10, 2) + number(0, 2) + number(1U << 21U, 4) + number(1U << 21U, 4);
        return good;
    case 0x03: // REQUEST SENSE
        data.assign(18, '\0');
        put(data, 0, 0x70, 1);
        return good;
    default: return present() ? medium_command(command, data) : no_medium;
    }
}

namespace {

int answer_sg_io(FakeBurner &burner, sg_io_hdr &call) {
    const bool to_drive = call.dxfer_direction == SG_DXFER_TO_DEV;
    std::string data;
    if (to_drive)
        data.assign(static_cast<const char *>(call.dxferp), call.dxfer_len);
    const std::string_view command(reinterpret_cast<const char *>(call.cmdp), call.cmd_len);
    const unsigned sense = burner.answer(command, data, to_drive);
    call.status = 0;
    call.host_status = 0;
    call.driver_status = 0;
    call.sb_len_wr = 0;
    call.resid = 0;
    call.info = SG_INFO_OK;
    if (sense != 0) { // fixed format, SPC-3, 4.5.3
        std::string bytes(18, '\0');
        put(bytes, 0, 0x70, 1);
        put(bytes, 2, sense >> 16U, 1);
        put(bytes, 7, 10, 1);
        put(bytes, 12, sense >> 8U & 0xffU, 1);
        put(bytes, 13, sense & 0xffU, 1);
        call.sb_len_wr = static_cast<unsigned char>(std::min<std::size_t>(call.mx_sb_len, 18));
        if (call.sbp != nullptr)
            std::memcpy(call.sbp, bytes.data(), call.sb_len_wr);
        call.status = 2; // CHECK CONDITION
        call.driver_status = 8;
        call.info = SG_INFO_CHECK;
        return 0;
    }
    if (!to_drive && call.dxferp != nullptr)
        std::memcpy(call.dxferp, data.data(), std::min<std::size_t>(data.size(), call.dxfer_len));
    return 0;
}

} // namespace

/// What ioctl() does with the burner's device; -1 sets errno.
int burner_ioctl(FakeBurner &burner, unsigned long request, void *argument) {
    switch (request) {
    case SG_IO: return answer_sg_io(burner, *static_cast<sg_io_hdr *>(argument));
    case CDROM_DRIVE_STATUS: return CDS_DISC_OK;
    case SCSI_IOCTL_GET_IDLUN: std::memset(argument, 0, 8); return 0;
    case SCSI_IOCTL_GET_BUS_NUMBER: std::memset(argument, 0, sizeof(int)); return 0;
    default: errno = ENOTTY; return -1;
    }
}

FakeBurner *burner_of(int descriptor) {
    return present_burner != nullptr && present_burner->is(descriptor) ? present_burner : nullptr;
}

} // namespace mdrescue::burn::test

/// This program's own: libburn's calls come here before the C library's.
// NOLINTNEXTLINE(cert-dcl50-cpp): the C library declares it so.
extern "C" int ioctl(int descriptor, unsigned long request, ...) noexcept {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    using namespace mdrescue::burn::test;
    if (FakeBurner *burner = burner_of(descriptor))
        return burner_ioctl(*burner, request, argument);
    static auto *next =
        reinterpret_cast<int (*)(int, unsigned long, void *)>(::dlsym(RTLD_NEXT, "ioctl"));
    return next(descriptor, request, argument);
}
