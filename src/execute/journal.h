// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdrescue::execute {

/// The trace of a recovery, evidence and never state: lines for people ("recovery.log") and JSON
/// lines for machines ("recovery.jsonl", each an object with "seconds" since the start, "event" and
/// "sentence"), kept in memory and appended to files of a directory as they come. A journal that
/// cannot be written does not stop a recovery; it says so once, in the text.
class Journal {
  public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    /// directory: made when missing; "" keeps the journal in memory alone.
    Journal(system::System &system, std::string directory);

    /// One event; sentence: for people, printable; fields: raw values for machines.
    void note(std::string_view event, const std::string &sentence, const Fields &fields = {});

    [[nodiscard]] const std::string &text() const { return text_; } ///< all lines for people
    [[nodiscard]] const std::string &json() const { return json_; } ///< all JSON lines

    /// Where SaveLog has kept it, as the recovered system names the file; "" before.
    [[nodiscard]] const std::string &saved_as() const { return saved_as_; }
    void saved(std::string path) { saved_as_ = std::move(path); }

  private:
    void append(const std::string &file, const std::string &line);

    system::System &system_;
    std::string directory_;
    std::string text_;
    std::string json_;
    std::string saved_as_;
    std::chrono::steady_clock::time_point start_;
    bool failed_ = false;
};

} // namespace mdrescue::execute
