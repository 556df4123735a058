// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A burner below libburn: this test program has its own ioctl(2), which answers SG_IO on the
/// burner's "device" (an empty file) by what MMC-6 asks of a drive. libburn itself is the real one.
namespace mdrescue::burn::test {

// MMC-6, table 95.
inline constexpr int cd_rom = 0x08, cd_r = 0x09, cd_rw = 0x0a, dvd_r = 0x11, dvd_ram = 0x12,
                     dvd_rw = 0x14, dvd_plus_rw = 0x1a, dvd_plus_r = 0x1b, bd_r = 0x41,
                     bd_re = 0x43;

struct Disc {
    int profile = dvd_plus_rw;
    std::uint32_t blocks = 0;  ///< of 2048 bytes
    std::string bytes{};       ///< what was written, from block 0 on
    bool closed = false;       ///< sequential discs: written and closed
    bool unformatted = false;  ///< overwritable discs, before their first use
    bool overwritable() const; ///< in the sense of MMC: random writable
    bool erasable() const;
};

struct Trouble {
    std::optional<std::uint32_t> write_error_at; ///< block
    std::optional<std::uint32_t> bit_flip_at;    ///< block: one bit of it arrives wrong, silently
    std::optional<std::uint32_t> read_error_at;  ///< block
    bool tray_without_motor = false;             ///< once out, the disc stays out
};

class FakeBurner {
  public:
    explicit FakeBurner(std::optional<Disc> disc);
    ~FakeBurner();
    FakeBurner(const FakeBurner &) = delete;
    FakeBurner &operator=(const FakeBurner &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }

    std::optional<Disc> disc;
    Trouble trouble;
    bool tray_out = false;
    int ejected = 0, loaded = 0, blanked = 0, formatted = 0, test_writes = 0;
    unsigned write_speed = 0; ///< in kB/s, as it was told last; 0xffff and more: the fastest
    bool test_write = false;  ///< mode page 05h told to simulate
    std::vector<std::uint8_t> commands;

    /// One SCSI command. data: what is sent, or room for what is asked for. Returns the sense (key,
    /// ASC, ASCQ) as 0xKKAAQQ; 0 for good.
    unsigned answer(std::string_view command, std::string &data, bool to_drive);
    /// Whether a descriptor of this process is this burner.
    [[nodiscard]] bool is(int descriptor) const;

  private:
    unsigned medium_command(std::string_view command, std::string &data);
    [[nodiscard]] std::string without_pregap(std::uint32_t &block, std::string data) const;
    unsigned write(std::uint32_t block, const std::string &data);
    unsigned read(std::uint32_t block, std::uint32_t count, std::string &data);
    void start_stop(unsigned how);
    [[nodiscard]] std::string configuration() const;
    [[nodiscard]] std::string disc_information() const;
    [[nodiscard]] std::string track_information() const;
    [[nodiscard]] std::string table_of_contents(unsigned format) const;
    [[nodiscard]] std::string format_capacities() const;
    [[nodiscard]] std::string atip() const;
    [[nodiscard]] static std::string mode_page(unsigned page);
    [[nodiscard]] bool present() const { return disc && !tray_out; }
    [[nodiscard]] std::uint32_t written() const;

    std::string path_;
    unsigned long device_ = 0, inode_ = 0;
};

} // namespace mdrescue::burn::test
