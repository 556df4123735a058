// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/missing_sources.h"

#include "execute/entry_content.h"
#include "execute/named_devices.h"
#include "util/text.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace mdrescue::execute {
namespace {

using etc::CrypttabEntry;
using etc::FstabEntry;
using Source = FstabEntry::Source;

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view one) { return text.starts_with(one); });
}

/// "sda1", "nvme0n1p2", …
bool is_disk_name(std::string_view name) {
    return name.find('/') == name.npos &&
           starts_with_any(name, {"sd", "hd", "vd", "xvd", "nvme", "mmcblk"});
}

/// Something the system opens or activates: there is no telling before that.
bool is_mapped_name(std::string_view name) {
    const auto slash = name.find('/');
    return slash != name.npos && name.find('/', slash + 1) == name.npos &&
           !starts_with_any(name, {"disk/", "md/", "zvol/", "shm/", "block/", "cciss/", "rbd/"});
}

bool understood(std::string_view path) {
    const std::string_view name = path.substr(std::string_view("/dev/").size());
    return is_disk_name(name) || is_mapped_name(name) || starts_with_any(name, {"md", "disk/by-"});
}

class Sources {
  public:
    explicit Sources(const Surroundings &surroundings)
        : surroundings_(surroundings), here_(named_devices(surroundings.observed)) {
        if (surroundings.recorded != nullptr)
            recorded_ = named_devices(*surroundings.recorded);
        closed_ = std::any_of(here_.begin(), here_.end(), [](const NamedDevice &device) {
            return !device.volume.empty() && device.content->type == "inactive";
        });
    }

    /// Entries that stay: the system opens them, and they can hold anything. And those that were
    /// taken out: nothing is under their names.
    void set_crypttab(const etc::Edited &edited) {
        for (const etc::CrypttabLine &line : etc::parse_crypttab(edited.text).lines)
            if (line.entry) {
                mappings_.push_back(line.entry->name);
                closed_ = closed_ || !headerless(*line.entry);
            }
        for (const std::string &raw : edited.lines)
            for (const etc::CrypttabLine &line : etc::parse_crypttab(raw).lines)
                if (line.entry)
                    no_mappings_.push_back(line.entry->name);
    }

    template <class Entry>
    [[nodiscard]] bool missing(const Entry &entry, Source kind, const std::string &value) const {
        const SourceName name = simplified(kind, value);
        switch (name.kind) {
        case Source::uuid:
        case Source::label:
        case Source::partuuid:
        case Source::partlabel: return tag_missing(name);
        case Source::device: return path_missing(entry, name.value);
        case Source::other: return false;
        }
        return false;
    }

  private:
    [[nodiscard]] bool tag_missing(const SourceName &name) const {
        const auto matches = [&](const NamedDevice &device) {
            return carries(device, name.kind, name.value);
        };
        if (std::any_of(here_.begin(), here_.end(), matches))
            return false;
        if (name.kind == Source::uuid && was_in_a_mapping_that_is_gone(name.value))
            return true;
        const auto known = std::find_if(recorded_.begin(), recorded_.end(), matches);
        return known == recorded_.end() ? !closed_ : !volume_is_here(*known);
    }

    /// The record has what was mounted from a mapping, and its UUID.
    [[nodiscard]] bool was_in_a_mapping_that_is_gone(const std::string &uuid) const {
        if (surroundings_.recorded == nullptr)
            return false;
        const auto &mounts = surroundings_.recorded->mounts;
        return std::any_of(mounts.begin(), mounts.end(), [&](const model::MountPoint &mount) {
            return same_tag(mount.uuid, uuid) && names_one_of(mount.source, no_mappings_);
        });
    }

    static bool names_one_of(const std::string &path, const std::vector<std::string> &mappings) {
        return path.starts_with(mapper) && std::find(mappings.begin(), mappings.end(),
                                                     path.substr(mapper.size())) != mappings.end();
    }

    [[nodiscard]] bool volume_is_here(const NamedDevice &recorded) const {
        return !recorded.volume.empty() &&
               std::any_of(here_.begin(), here_.end(), [&](const NamedDevice &device) {
                   return device.volume == recorded.volume;
               });
    }

    template <class Entry>
    [[nodiscard]] bool path_missing(const Entry &entry, const std::string &path) const {
        for (const NamedDevice &device : here_)
            if (std::find(device.paths.begin(), device.paths.end(), path) != device.paths.end())
                return device.name_moves && !fits(entry, *device.content);
        if (path.starts_with(by_id_directory) && id_is_here(path))
            return false;
        if (names_one_of(path, mappings_))
            return false;
        if (names_one_of(path, no_mappings_) && !surroundings_.exists(path))
            return true;
        if (!understood(path) || surroundings_.exists(path))
            return false;
        return !(closed_ && is_mapped_name(path.substr(5)) && !recorded_has(path));
    }

    [[nodiscard]] bool id_is_here(const std::string &path) const {
        return std::any_of(here_.begin(), here_.end(), [&](const NamedDevice &device) {
            return named_by_id(device, std::string_view(path).substr(by_id_directory.size()));
        });
    }

    [[nodiscard]] bool recorded_has(const std::string &path) const {
        return std::any_of(recorded_.begin(), recorded_.end(), [&](const NamedDevice &device) {
            return std::find(device.paths.begin(), device.paths.end(), path) != device.paths.end();
        });
    }

    static constexpr std::string_view mapper = "/dev/mapper/";

    const Surroundings &surroundings_;
    std::vector<NamedDevice> here_;
    std::vector<NamedDevice> recorded_;
    std::vector<std::string> mappings_;
    std::vector<std::string> no_mappings_;
    bool closed_ = false; ///< something is there whose inside cannot be seen yet
};

bool missing(const Sources &sources, const CrypttabEntry &entry) {
    const auto [kind, value] = etc::source_name(entry.source);
    return sources.missing(entry, kind, value);
}

bool missing(const Sources &sources, const FstabEntry &entry) {
    return sources.missing(entry, entry.kind, entry.source);
}

} // namespace

EditedTables bypass_missing(const InstalledTables &tables, const Surroundings &surroundings) {
    Sources sources(surroundings);
    EditedTables edited;
    edited.crypttab = etc::bypass_crypttab(
        tables.crypttab, [&](const CrypttabEntry &entry) { return missing(sources, entry); });
    sources.set_crypttab(edited.crypttab);
    edited.fstab = etc::bypass_fstab(
        tables.fstab, [&](const FstabEntry &entry) { return missing(sources, entry); });
    return edited;
}

} // namespace mdrescue::execute
