// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/journal.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mdrescue::execute {
namespace {

/// Bytes that are no UTF-8 become U+FFFD: a line of JSON is always written.
std::string json_line(double seconds, std::string_view event, const std::string &sentence,
                      const Journal::Fields &fields) {
    nlohmann::ordered_json object{{"seconds", seconds}, {"event", event}, {"sentence", sentence}};
    for (const auto &[name, value] : fields)
        object[name] = value;
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace

Journal::Journal(system::System &system, std::string directory)
    : system_(system), directory_(std::move(directory)), start_(system.now()) {
    if (!directory_.empty() && !system_.make_directory(directory_))
        failed_ = true;
    if (failed_)
        text_ = fmt::format("This log cannot be written to {}.\n", directory_);
}

void Journal::note(std::string_view event, const std::string &sentence, const Fields &fields) {
    const auto passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(system_.now() - start_).count();
    const double seconds = static_cast<double>(passed) / 1000;
    const std::string line = fmt::format("{:8.1f} s  {}\n", seconds, sentence);
    const std::string object = json_line(seconds, event, sentence, fields);
    text_ += line;
    json_ += object;
    append("recovery.log", line);
    append("recovery.jsonl", object);
}

void Journal::append(const std::string &file, const std::string &line) {
    if (directory_.empty() || failed_)
        return;
    if (system_.append_file(fmt::format("{}/{}", directory_, file), line))
        return;
    failed_ = true;
    text_ += fmt::format("This log cannot be written to {}.\n", directory_);
}

} // namespace mdrescue::execute
