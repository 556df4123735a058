// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/screen_parts.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

using model::Array;
using model::Content;
using model::Disk;
using model::Machine;
using util::printable;

constexpr std::size_t state_width = 8;
constexpr std::size_t table_indent = 2 + state_width + 1;

/// As people know it from /proc/mdstat of the machine itself.
std::string label(const Array &array) {
    if (!array.kernel_name.empty())
        return printable(array.kernel_name);
    if (array.preferred_minor)
        return fmt::format("md{}", *array.preferred_minor);
    return array.name.empty() ? array.uuid.substr(0, 8) : printable(array.name);
}

std::string joined(const std::vector<std::string> &parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

// ---- disks -------------------------------------------------------------------------------------

std::string filesystem_words(const Machine &machine, const Content &content) {
    const std::string type = printable(content.type);
    for (const model::MountPoint &mount : machine.mounts)
        if (!content.uuid.empty() && mount.uuid == content.uuid && mount.target.starts_with('/'))
            return fmt::format("{} ({})", printable(mount.target), type);
    return type;
}

/// "" for nothing.
std::string content_words(const Machine &machine, const Content &content) {
    switch (content.kind) {
    case Content::Kind::empty:
    case Content::Kind::partitioned: return "";
    case Content::Kind::filesystem: return filesystem_words(machine, content);
    case Content::Kind::md_member: {
        const Array *array = model::find_array(machine, content.uuid);
        return "member of " + (array == nullptr ? "an array" : label(*array));
    }
    case Content::Kind::lvm_pv: return "LVM";
    case Content::Kind::luks: return "LUKS";
    case Content::Kind::other:
    case Content::Kind::ambiguous: return printable(content.type);
    }
    return "";
}

/// "/boot (ext4), member of md1, boot loader"; "" for a disk nothing is known on.
std::string held(const Machine &machine, const Disk &disk) {
    std::vector<std::string> parts;
    const auto add = [&](const Content &content) {
        if (const std::string words = content_words(machine, content); !words.empty())
            parts.push_back(words);
    };
    add(disk.content);
    if (disk.table)
        for (const model::Partition &partition : disk.table->partitions)
            add(partition.content);
    if (disk.table && parts.empty())
        parts.emplace_back("a partition table");
    if (!disk.boot_loaders.empty())
        parts.emplace_back("boot loader");
    return joined(parts);
}

/// What the positions of all disks have in common up to a dash is not worth its columns
/// ("pci-0000:00:05.0-").
std::size_t common_position(const Machine &machine) {
    if (machine.disks.size() < 2)
        return 0;
    const std::string &first = machine.disks.front().position;
    std::size_t length = first.size();
    for (const Disk &disk : machine.disks) {
        const auto differ =
            std::mismatch(first.begin(), first.end(), disk.position.begin(), disk.position.end());
        length = std::min(length, static_cast<std::size_t>(differ.first - first.begin()));
    }
    // Start behind the last dash in it that is followed by a word ("scsi-0:0:1:0"), not a number.
    while (length > 0 && (first[length - 1] != '-' || length == first.size() ||
                          std::string_view("0123456789").find(first[length]) != std::string::npos))
        --length;
    if (length == 0 || !first.starts_with("pci-"))
        return 0;
    return length;
}

Line table_title() {
    return {{fmt::format("  {} {} {} {} {:>8}  {}", fitted("DISKS", state_width), fitted("", 6),
                         fitted("position", 20), fitted("serial", 20), "size", "now"),
             Style::strong}};
}

Line disk_row(const char *state, Style style, const std::string &id, const Disk &disk,
              std::size_t skip, const std::string &now) {
    const std::string position = disk.position.size() > skip ? disk.position.substr(skip) : "";
    return {{"  ", Style::normal},
            {fitted(state, state_width), style},
            {fmt::format(" {} {} {} {:>8}  {}", fitted(printable(id), 6),
                         fitted_end(printable(position), 20), fitted(printable(disk.serial), 20),
                         util::size_text(disk.size), fitted(now, 8)),
             Style::normal}};
}

Lines held_rows(const char *word, const Machine &machine, const Disk &disk) {
    const std::string words = held(machine, disk);
    if (words.empty())
        return {};
    return wrapped({{std::string(table_indent, ' ') + word, Style::normal}}, words);
}

bool is_medium(const Facts &facts, const Disk &disk) {
    return "/dev/" + disk.kernel_name == facts.medium;
}

Lines unknown_disk(const Facts &facts, const Disk &disk, const char *state) {
    Lines lines{disk_row(state, Style::warning, "", disk, common_position(*facts.observed),
                         printable(disk.kernel_name))};
    const std::string words = held(*facts.observed, disk);
    append(lines, wrapped({{std::string(table_indent, ' '), Style::normal}},
                          words.empty() ? "no known content" : "holds: " + words));
    return lines;
}

Lines observed_disks(const Facts &facts) {
    Lines lines{table_title()};
    for (const Disk &disk : facts.observed->disks)
        if (!is_medium(facts, disk))
            append(lines, unknown_disk(facts, disk, "here"));
    if (lines.size() == 1)
        lines.push_back({{"  no disk was found", Style::bad}});
    return lines;
}

const diagnose::DiskMatch *match_of(const Facts &facts, const std::string &recorded) {
    for (const auto &match : facts.comparison->disks)
        if (match.recorded == recorded)
            return &match;
    return nullptr;
}

Lines found_disk(const Facts &facts, const Disk &recorded, const diagnose::DiskMatch &match,
                 const Disk &now, bool brief) {
    const Machine &machine = facts.profile->machine;
    Disk shown = recorded;
    shown.serial = now.serial; // what is written on it: it may have been replaced since the record
    Lines lines{disk_row("found", Style::good, recorded.id, shown, common_position(machine),
                         printable(now.kernel_name))};
    if (brief)
        return lines;
    append(lines, held_rows("holds: ", machine, recorded));
    append(lines, wrapped({{std::string(table_indent, ' ') + "known by ", Style::normal}},
                          printable(match.reason)));
    if (now.position != recorded.position)
        append(lines,
               wrapped({{std::string(table_indent, ' ') + "now at ", Style::normal}},
                       now.position.empty() ? "an unknown position" : printable(now.position)));
    if (now.serial != recorded.serial)
        append(lines,
               wrapped({{std::string(table_indent, ' ') + "recorded with serial ", Style::warning}},
                       recorded.serial.empty() ? "none" : printable(recorded.serial)));
    return lines;
}

// ---- arrays ------------------------------------------------------------------------------------

std::string more_may_fail(int redundancy) {
    switch (redundancy) {
    case 0: return "no further member may fail";
    case 1: return "one more member may fail";
    default: return fmt::format("{} more members may fail", redundancy);
    }
}

/// "slot 3" or "slots 0, 3" of those not up; "" when all are.
std::string slots_down(const std::string &map) {
    std::vector<std::string> slots;
    for (std::size_t i = 1; i + 1 < map.size(); ++i)
        if (map[i] == '_')
            slots.push_back(std::to_string(i - 1));
    return slots.empty() ? "" : (slots.size() == 1 ? "slot " : "slots ") + joined(slots);
}

struct State {
    std::string words;
    Style style = Style::good;
};

State running_state(const Array &array) {
    const std::string down = slots_down(model::slot_map(array));
    const int left = model::redundancy_left(array);
    if (down.empty())
        return {fmt::format("all {} members up", array.slots), Style::good};
    const bool rebuilding =
        std::any_of(array.members.begin(), array.members.end(),
                    [](const model::ArrayMember &member) { return !!member.recovery_offset; });
    return {fmt::format("degraded: {} missing{}; {}", down, rebuilding ? " or not yet rebuilt" : "",
                        left < 0 ? "data is lost" : more_may_fail(left)),
            left < 0 ? Style::bad : Style::warning};
}

State state_of(const diagnose::Assembly &assembly, const Array *observed) {
    if (!assembly.error.empty())
        return {"could not be started: " + printable(assembly.error), Style::bad};
    switch (assembly.verdict) {
    case diagnose::Verdict::absent: return {"no member was found", Style::bad};
    case diagnose::Verdict::too_few:
        return {fmt::format("not started: too few members, {} missing",
                            observed == nullptr ? "" : slots_down(model::slot_map(*observed))),
                Style::bad};
    case diagnose::Verdict::dirty_degraded:
        return {"not started: degraded and not shut down cleanly. Starting it can damage data; "
                "it needs a decision.",
                Style::warning};
    case diagnose::Verdict::split_brain:
        return {"not started: its halves were written to apart from each other; one must be chosen",
                Style::bad};
    case diagnose::Verdict::duplicate:
        return {"not started: two disks claim the same slot; take one of them out", Style::bad};
    case diagnose::Verdict::reshaping:
        return {"not started: it was being reshaped, which is left to its own system", Style::bad};
    case diagnose::Verdict::journal_lost:
        return {"not started: its write journal is gone", Style::bad};
    case diagnose::Verdict::start:
    case diagnose::Verdict::restart:
    case diagnose::Verdict::running:
        if (observed != nullptr)
            return running_state(*observed);
    }
    return {"its state is not known", Style::warning};
}

std::string fitted_at_least(const std::string &text, std::size_t width) {
    return fitted(text, std::max(width, columns(text)));
}

/// "[UU_UU]" of all arrays in one column, as long as they are of a usual size.
constexpr std::size_t map_width = 8;

Lines array_row(const std::string &name, const Array &array, const State &state) {
    return wrapped(
        {{fmt::format("  {} {} {:>8}  {}  ", fitted(name, state_width),
                      fitted(model::level_name(array.level), 7), util::size_text(array.size),
                      fitted_at_least(model::slot_map(array), map_width)),
          Style::normal}},
        state.words, state.style, table_indent);
}

/// An array that is not here: its recorded shape with every slot empty.
Array nothing_of(const Array &recorded) {
    Array empty = recorded;
    empty.kernel_name.clear();
    empty.slots_up.clear();
    empty.members.clear();
    return empty;
}

std::string device_words(const Machine &machine, const model::DeviceRef &device) {
    const Disk *disk = model::find_disk(machine, device.disk);
    return disk == nullptr ? "a disk" : printable(model::device_path(*disk, device.partition));
}

Lines member_rows(const Facts &facts, const Array &array) {
    Lines lines;
    for (const model::ArrayMember &member : array.members) {
        const std::string role = model::role_name(member.slot);
        lines.push_back(
            {{fmt::format("{}{} {} events {}", std::string(table_indent, ' '), fitted(role, 8),
                          fitted(device_words(*facts.observed, member.device), 16), member.events),
              Style::normal}});
    }
    return lines;
}

Lines recorded_array(const Facts &facts, const Array &recorded, const diagnose::Assembly &assembly,
                     bool brief) {
    const Array *observed = model::find_array(*facts.observed, recorded.uuid);
    Array shown = observed == nullptr ? nothing_of(recorded) : *observed;
    if (shown.size == 0)
        shown.size = recorded.size;
    State state = state_of(assembly, observed);
    if (observed != nullptr && !observed->kernel_name.empty() &&
        observed->kernel_name != recorded.kernel_name)
        state.words += "; now " + printable(observed->kernel_name);
    Lines lines = array_row(label(recorded), shown, state);
    for (const diagnose::LeftOut &left_out : assembly.left_out)
        append(lines,
               wrapped({{std::string(table_indent, ' ') + "left out: ", Style::warning}},
                       device_words(*facts.observed, left_out.device) + " " + left_out.reason));
    if (brief)
        return lines;
    const bool runs = observed != nullptr && !observed->kernel_name.empty();
    append(lines, wrapped({{std::string(table_indent, ' '), Style::normal}},
                          fmt::format("{}UUID {}, metadata {}{}",
                                      recorded.name.empty() ? "" : printable(recorded.name) + ", ",
                                      recorded.uuid, printable(recorded.metadata),
                                      runs ? ", " + printable(observed->running_state) : "")));
    append(lines, member_rows(facts, shown));
    return lines;
}

Lines foreign_arrays(const Facts &facts) {
    Lines lines;
    for (const Array &array : facts.observed->arrays)
        if (!facts.profile || model::find_array(facts.profile->machine, array.uuid) == nullptr)
            append(lines, array_row(label(array), array,
                                    {facts.profile ? "not of this disc: left alone"
                                                   : "not started: nothing is recorded",
                                     Style::warning}));
    return lines;
}

Line arrays_title() { return {{"  ARRAYS", Style::strong}}; }

/// Nothing recorded answers to what is here: only what is here is worth showing.
bool stranger(const Facts &facts) {
    return !facts.profile ||
           (facts.comparison && facts.comparison->match == diagnose::MachineMatch::other);
}

} // namespace

std::string date_text(std::int64_t seconds_since_1970) {
    const std::time_t time = seconds_since_1970;
    std::tm parts{};
    if (::gmtime_r(&time, &parts) == nullptr)
        return "at an unknown time";
    std::array<char, 40> text{};
    const std::size_t length =
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
    return std::string(text.data(), length);
}

Lines disk_rows(const Facts &facts, bool brief) {
    if (!facts.observed)
        return {};
    if (stranger(facts) || !facts.comparison)
        return observed_disks(facts);
    const Machine &recorded = facts.profile->machine;
    Lines missing;
    Lines found;
    for (const Disk &disk : recorded.disks) {
        const auto *match = match_of(facts, disk.id);
        if (match == nullptr)
            continue; // not missed
        const Disk *now =
            match->observed ? model::find_disk(*facts.observed, *match->observed) : nullptr;
        if (now != nullptr) {
            append(found, found_disk(facts, disk, *match, *now, brief));
            continue;
        }
        missing.push_back(
            disk_row("MISSING", Style::bad, disk.id, disk, common_position(recorded), "-"));
        append(missing, held_rows("held: ", recorded, disk));
    }
    Lines lines{table_title()};
    append(lines, std::move(missing));
    for (const std::string &id : facts.comparison->new_disks)
        if (const Disk *disk = model::find_disk(*facts.observed, id);
            disk != nullptr && !is_medium(facts, *disk))
            append(lines, unknown_disk(facts, *disk, "new"));
    append(lines, std::move(found));
    return lines;
}

Lines array_rows(const Facts &facts, bool brief) {
    if (!facts.observed)
        return {};
    Lines trouble;
    Lines well;
    if (!stranger(facts))
        for (const diagnose::Assembly &assembly : facts.assemblies) {
            const Array *recorded = model::find_array(facts.profile->machine, assembly.uuid);
            if (recorded == nullptr)
                continue;
            const Array *observed = model::find_array(*facts.observed, assembly.uuid);
            const bool good = state_of(assembly, observed).style == Style::good;
            append(good ? well : trouble, recorded_array(facts, *recorded, assembly, brief));
        }
    Lines lines{arrays_title()};
    append(lines, std::move(trouble));
    append(lines, std::move(well));
    append(lines, foreign_arrays(facts));
    if (lines.size() == 1)
        lines.push_back({{"  no array was found", Style::bad}});
    return lines;
}

} // namespace mdrescue::agent
