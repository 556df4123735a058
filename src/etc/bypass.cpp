// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/bypass.h"

#include "etc/lines.h"
#include "util/text.h"

#include <algorithm>
#include <set>

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

/// The entry on a line that was taken out with that mark.
std::optional<FstabEntry> taken_out_fstab_entry(std::string_view line, std::string_view mark) {
    if (!line.starts_with(mark))
        return std::nullopt;
    auto entry = parse_fstab(line.substr(mark.size())).lines.front().entry;
    return entry && may_be_taken_out(*entry) ? std::move(entry) : std::nullopt;
}

std::optional<CrypttabEntry> taken_out_crypttab_entry(std::string_view line) {
    if (!line.starts_with(bypass_mark))
        return std::nullopt;
    auto entry = parse_crypttab(line.substr(bypass_mark.size())).lines.front().entry;
    return entry && may_be_taken_out(*entry) ? std::move(entry) : std::nullopt;
}

/// Mount points whose filesystem is not there.
class Gone {
  public:
    void add(const FstabEntry &entry) {
        if (entry.target.starts_with('/'))
            targets_.insert(without_slashes_at_end(entry.target));
    }
    /// A bind mount, a swap file or a loop in it.
    [[nodiscard]] bool has_source_of(const FstabEntry &entry) const {
        return entry.kind == FstabEntry::Source::other && holds(entry.source, true);
    }
    [[nodiscard]] bool is_above(const FstabEntry &entry) const {
        return holds(entry.target, false);
    }

  private:
    [[nodiscard]] bool holds(const std::string &path, bool itself) const {
        return std::any_of(targets_.begin(), targets_.end(), [&](const std::string &target) {
            return path.starts_with(target + "/") || (itself && path == target);
        });
    }

    std::set<std::string> targets_;
};

std::optional<FstabEntry> entry_of(const FstabLine &line) {
    if (line.entry)
        return line.entry;
    auto bypassed = taken_out_fstab_entry(line.text, bypass_mark);
    return bypassed ? bypassed : taken_out_fstab_entry(line.text, lost_mark);
}

/// The entries by line, those included that were taken out before: they may be gone still.
std::vector<std::optional<FstabEntry>> entries_of(const Fstab &fstab) {
    std::vector<std::optional<FstabEntry>> entries;
    for (const FstabLine &line : fstab.lines)
        entries.push_back(entry_of(line));
    return entries;
}

/// Whether an entry needs one of those that are gone.
using Needs = std::function<bool(const FstabEntry &, const Gone &)>;

/// Which of them cannot be mounted. What is taken out can take others with it, in any order.
std::vector<bool> to_take_out(const std::vector<std::optional<FstabEntry>> &entries,
                              const FstabMissing &missing, const Needs &needs) {
    Gone gone;
    std::vector<bool> out(entries.size(), false);
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto &entry = entries[i];
            if (out[i] || !entry || !may_be_taken_out(*entry) ||
                !(missing(*entry) || needs(*entry, gone)))
                continue;
            out[i] = changed = true;
            gone.add(*entry);
        }
    }
    return out;
}

void take_out(std::string &line, std::string_view mark, Edited &edited) {
    edited.lines.push_back(line);
    line.insert(0, mark);
}

Edited without(std::string_view text, std::string_view mark, const FstabMissing &missing,
               const Needs &needs) {
    Fstab fstab = parse_fstab(text);
    const std::vector<bool> out = to_take_out(entries_of(fstab), missing, needs);
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
    return without(text, bypass_mark, missing, [](const FstabEntry &entry, const Gone &gone) {
        return gone.is_above(entry) || gone.has_source_of(entry);
    });
}

Edited bypass_crypttab(std::string_view text, const CrypttabMissing &missing) {
    return without(text, bypass_mark, missing);
}

Edited take_out_lost_fstab(std::string_view text, const FstabLost &lost) {
    return without(text, lost_mark, lost, [](const FstabEntry &entry, const Gone &gone) {
        return gone.has_source_of(entry);
    });
}

Edited take_out_lost_crypttab(std::string_view text, const CrypttabLost &lost) {
    return without(text, lost_mark, lost);
}

Edited restore_fstab(std::string_view text) {
    return restored(text, [](const std::string &line) {
        return taken_out_fstab_entry(line, bypass_mark).has_value();
    });
}

Edited restore_crypttab(std::string_view text) {
    return restored(
        text, [](const std::string &line) { return taken_out_crypttab_entry(line).has_value(); });
}

} // namespace mdrescue::etc
