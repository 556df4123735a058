// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/bypass.h"

#include "etc/lines.h"
#include "util/text.h"

#include <algorithm>

namespace mdrescue::etc {
namespace {

bool has_option(const std::string &options, std::string_view wanted) {
    const auto list = util::split(options, ',');
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

std::string without_slashes_at_end(std::string path) {
    while (path.size() > 1 && path.back() == '/')
        path.pop_back();
    return path;
}

bool may_be_taken_out(const FstabEntry &entry) {
    const bool at_boot =
        !has_option(entry.options, "noauto") || has_option(entry.options, "x-systemd.automount");
    return at_boot && without_slashes_at_end(entry.target) != "/";
}

bool may_be_taken_out(const CrypttabEntry &entry) { return !has_option(entry.options, "noauto"); }

/// The entry on a line that was bypassed.
std::optional<FstabEntry> taken_out_fstab_entry(std::string_view line) {
    if (!line.starts_with(bypass_mark))
        return std::nullopt;
    auto entry = parse_fstab(line.substr(bypass_mark.size())).lines.front().entry;
    return entry && may_be_taken_out(*entry) ? std::move(entry) : std::nullopt;
}

std::optional<CrypttabEntry> taken_out_crypttab_entry(std::string_view line) {
    if (!line.starts_with(bypass_mark))
        return std::nullopt;
    auto entry = parse_crypttab(line.substr(bypass_mark.size())).lines.front().entry;
    return entry && may_be_taken_out(*entry) ? std::move(entry) : std::nullopt;
}

/// The entries of a file by line, and which of them are out.
struct Lines {
    std::vector<std::optional<FstabEntry>> entries;
    std::vector<bool> out;
};

bool is_above(const std::string &target, const std::string &path) {
    return path.starts_with(target + "/");
}

bool has_path_as_source(const FstabEntry &entry) {
    return entry.kind == FstabEntry::Source::other && entry.source.starts_with('/');
}

/// What is bypassed takes with it all mount points below, and what has its source there.
bool needs_what_is_out(const FstabEntry &entry, const Lines &lines) {
    for (std::size_t i = 0; i < lines.entries.size(); ++i) {
        if (!lines.out[i] || !lines.entries[i]->target.starts_with('/'))
            continue;
        const std::string target = without_slashes_at_end(lines.entries[i]->target);
        if (is_above(target, entry.target) ||
            (has_path_as_source(entry) &&
             (is_above(target, entry.source) || entry.source == target)))
            return true;
    }
    return false;
}

/// What is lost takes with it what has its source on it: of all mount points above a path, the
/// nearest one has it.
bool has_source_on_what_is_out(const FstabEntry &entry, const Lines &lines) {
    if (!has_path_as_source(entry))
        return false;
    std::size_t nearest = 0;
    bool out = false;
    for (std::size_t i = 0; i < lines.entries.size(); ++i) {
        if (!lines.entries[i] || &*lines.entries[i] == &entry ||
            !lines.entries[i]->target.starts_with('/'))
            continue;
        const std::string target = without_slashes_at_end(lines.entries[i]->target);
        if (target.size() < nearest || !(is_above(target, entry.source) || entry.source == target))
            continue;
        nearest = target.size();
        out = lines.out[i];
    }
    return out;
}

/// What was bypassed before is gone still, perhaps.
std::optional<FstabEntry> entry_of(const FstabLine &line) {
    return line.entry ? line.entry : taken_out_fstab_entry(line.text);
}

/// Whether an entry cannot be without one of those that are out.
using Needs = bool (*)(const FstabEntry &, const Lines &);

/// Which of them cannot be mounted. What is taken out can take others with it, in any order.
std::vector<bool> to_take_out(const Fstab &fstab, const FstabMissing &missing, Needs needs) {
    Lines lines;
    for (const FstabLine &line : fstab.lines)
        lines.entries.push_back(entry_of(line));
    lines.out.assign(lines.entries.size(), false);
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < lines.entries.size(); ++i) {
            const auto &entry = lines.entries[i];
            if (lines.out[i] || !entry || !may_be_taken_out(*entry) ||
                !(missing(*entry) || needs(*entry, lines)))
                continue;
            lines.out[i] = changed = true;
        }
    }
    return lines.out;
}

void take_out(std::string &line, std::string_view mark, Edited &edited) {
    edited.lines.push_back(line);
    line.insert(0, mark);
}

Edited without(std::string_view text, std::string_view mark, const FstabMissing &missing,
               Needs needs) {
    Fstab fstab = parse_fstab(text);
    const std::vector<bool> out = to_take_out(fstab, missing, needs);
    Edited edited;
    for (std::size_t i = 0; i < fstab.lines.size(); ++i)
        if (out[i] && fstab.lines[i].entry)
            take_out(fstab.lines[i].text, mark, edited);
    edited.text = to_text(fstab);
    return edited;
}

Edited without(std::string_view text, std::string_view mark, const CrypttabMissing &missing) {
    Crypttab crypttab = parse_crypttab(text);
    Edited edited;
    for (CrypttabLine &line : crypttab.lines)
        if (line.entry && may_be_taken_out(*line.entry) && missing(*line.entry))
            take_out(line.text, mark, edited);
    edited.text = to_text(crypttab);
    return edited;
}

/// Puts back the lines that `taken_out` knows.
template <class Predicate> Edited restored(std::string_view text, Predicate taken_out) {
    Edited edited;
    std::vector<std::string> lines = split_lines(text);
    for (std::string &line : lines)
        if (taken_out(line)) {
            line.erase(0, bypass_mark.size());
            edited.lines.push_back(line);
        }
    edited.text = joined(lines);
    return edited;
}

} // namespace

Edited bypass_fstab(std::string_view text, const FstabMissing &missing) {
    return without(text, bypass_mark, missing, needs_what_is_out);
}

Edited bypass_crypttab(std::string_view text, const CrypttabMissing &missing) {
    return without(text, bypass_mark, missing);
}

Edited take_out_lost_fstab(std::string_view text, const FstabLost &lost) {
    return without(text, lost_mark, lost, has_source_on_what_is_out);
}

Edited take_out_lost_crypttab(std::string_view text, const CrypttabLost &lost) {
    return without(text, lost_mark, lost);
}

Edited restore_fstab(std::string_view text) {
    return restored(
        text, [](const std::string &line) { return taken_out_fstab_entry(line).has_value(); });
}

Edited restore_crypttab(std::string_view text) {
    return restored(
        text, [](const std::string &line) { return taken_out_crypttab_entry(line).has_value(); });
}

} // namespace mdrescue::etc
