// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/line_editor.h"
#include "agent/terminal.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::agent {

/// Device names of the consoles: those the kernel has ("tty0 ttyS0", the text of
/// /sys/class/tty/console/active), with the screen as tty1, which is there even when only a serial
/// console was asked for. Each once.
[[nodiscard]] std::vector<std::string> console_names(std::string_view active);

/// The session on all consoles. One that hangs up, ends, or does not take output for a while is
/// left aside and tried again later; it never holds up the others.
class Consoles final : public Terminal {
  public:
    Consoles(const std::vector<std::string> &names, bool plain);
    ~Consoles() override;
    Consoles(const Consoles &) = delete;
    Consoles &operator=(const Consoles &) = delete;

    void show(const Lines &lines) override;
    void clear() override;
    void status(const std::string &text) override;
    [[nodiscard]] Answer ask(const std::string &prompt) override;
    [[nodiscard]] Answer ask_secret(const std::string &prompt) override;
    [[nodiscard]] bool interrupted() override;
    [[nodiscard]] util::Result<void> shell(std::size_t console) override;

  private:
    struct Console;
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] Answer ask_line(const std::string &prompt, bool secret);
    void open_missing();
    void write_all(const std::string &coloured, const std::string &plain);
    void end_status();
    [[nodiscard]] std::vector<std::pair<std::size_t, std::string>> read_bytes(int milliseconds);
    void answered(std::size_t console, const std::string &prompt, const std::string &text);
    void tell_others(std::size_t console);

    std::vector<std::unique_ptr<Console>> consoles_;
    bool plain_;
    bool status_open_ = false;
    std::string status_;
    Clock::time_point last_status_{};
};

} // namespace mdrescue::agent
