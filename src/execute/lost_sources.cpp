// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/lost_sources.h"

#include "execute/entry_content.h"
#include "execute/named_devices.h"
#include "model/loss.h"

#include <algorithm>

namespace mdrescue::execute {
namespace {

using etc::CrypttabEntry;
using etc::FstabEntry;
using Source = FstabEntry::Source;

bool contains(const std::vector<std::string> &list, const std::string &value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

/// What an entry names.
struct Named {
    Source kind;
    std::string value;
};

Named named_by(const FstabEntry &entry) { return {entry.kind, entry.source}; }

Named named_by(const CrypttabEntry &entry) {
    auto [kind, value] = etc::source_name(entry.source);
    return {kind, std::move(value)};
}

/// The machine without the lost arrays (one may still run, and is of no use), its other arrays
/// under the kernel names of the record: what is /dev/md127 now need not be what an entry means.
model::Machine here_by_recorded_names(const Lost &lost) {
    model::Machine here = lost.observed;
    std::erase_if(here.arrays,
                  [&](const model::Array &array) { return contains(lost.arrays, array.uuid); });
    for (model::Array &array : here.arrays)
        if (const model::Array *before = model::find_array(lost.recorded, array.uuid);
            before != nullptr && !array.kernel_name.empty())
            array.kernel_name = before->kernel_name;
    return here;
}

class LostSources {
  public:
    explicit LostSources(const Lost &lost)
        : lost_(lost), here_machine_(here_by_recorded_names(lost)),
          recorded_(named_devices(lost.recorded)), here_(named_devices(here_machine_)) {}

    /// Mappings whose entries were taken out.
    void set_lost_mappings(const std::vector<std::string> &crypttab_lines) {
        for (const std::string &raw : crypttab_lines)
            for (const etc::CrypttabLine &line : etc::parse_crypttab(raw).lines)
                if (line.entry)
                    mappings_.push_back("/dev/mapper/" + line.entry->name);
    }

    template <class Entry> [[nodiscard]] bool is_lost(const Entry &entry) const {
        const Named named = named_by(entry);
        return lay_on_lost(named) && !is_here(entry, named);
    }

  private:
    [[nodiscard]] bool lay_on_lost(const Named &named) const {
        return was_on_lost_device(named) || was_mounted_from_lost(named) ||
               (named.kind == Source::device && contains(mappings_, named.value));
    }

    [[nodiscard]] bool array_lost(const std::string &uuid) const {
        return contains(lost_.arrays, uuid);
    }

    [[nodiscard]] bool part_lost(const model::DeviceRef &part) const {
        return std::find(lost_.parts.begin(), lost_.parts.end(), part) != lost_.parts.end();
    }

    [[nodiscard]] bool any_lost(const model::Place &place) const {
        return std::any_of(place.arrays.begin(), place.arrays.end(),
                           [&](const auto &array) { return array_lost(array); }) ||
               std::any_of(place.parts.begin(), place.parts.end(),
                           [&](const auto &part) { return part_lost(part); });
    }

    [[nodiscard]] bool all_lost(const model::Place &place) const {
        return place.known() &&
               std::all_of(place.arrays.begin(), place.arrays.end(),
                           [&](const auto &array) { return array_lost(array); }) &&
               std::all_of(place.parts.begin(), place.parts.end(),
                           [&](const auto &part) { return part_lost(part); });
    }

    [[nodiscard]] bool lost(const NamedDevice &device) const {
        if (device.disk == nullptr)
            return any_lost(device.place);
        return part_lost({device.disk->id, device.partition});
    }

    [[nodiscard]] bool was_on_lost_device(const Named &named) const {
        return std::any_of(recorded_.begin(), recorded_.end(), [&](const NamedDevice &device) {
            return is_named(device, named.kind, named.value) && lost(device);
        });
    }

    /// By the device a filesystem was mounted from, or its UUID, which the record has also of what
    /// is behind LUKS.
    [[nodiscard]] bool was_mounted_from_lost(const Named &named) const {
        const SourceName name = simplified(named.kind, named.value);
        const auto &mounts = lost_.recorded.mounts;
        return std::any_of(mounts.begin(), mounts.end(), [&](const model::MountPoint &mount) {
            const bool meant = name.kind == Source::uuid
                                   ? same_tag(mount.uuid, name.value)
                                   : name.kind == Source::device && mount.source == name.value;
            return meant && (contains(mappings_, mount.source) || was_inside_lost(mount));
        });
    }

    /// Behind LUKS: the record has no place of it, only those of the containers.
    [[nodiscard]] bool was_inside_lost(const model::MountPoint &mount) const {
        return !model::locate(lost_.recorded, mount.uuid).known() &&
               all_lost(model::locate(lost_.recorded, mount));
    }

    template <class Entry>
    [[nodiscard]] bool is_here(const Entry &entry, const Named &named) const {
        return std::any_of(here_.begin(), here_.end(), [&](const NamedDevice &device) {
            return is_named(device, named.kind, named.value) && fits(entry, *device.content) &&
                   !is_remnant(device, named);
        });
    }

    /// The other half of a filesystem that took several arrays has its names, and is of no use.
    [[nodiscard]] bool is_remnant(const NamedDevice &here, const Named &named) const {
        return !here.place.arrays.empty() &&
               std::any_of(recorded_.begin(), recorded_.end(), [&](const NamedDevice &device) {
                   return device.place.arrays == here.place.arrays &&
                          is_named(device, named.kind, named.value);
               });
    }

    const Lost &lost_;
    model::Machine here_machine_;
    std::vector<NamedDevice> recorded_;
    std::vector<NamedDevice> here_;
    std::vector<std::string> mappings_;
};

} // namespace

EditedTables take_out_lost(const InstalledTables &tables, const Lost &lost) {
    LostSources sources(lost);
    EditedTables edited;
    edited.crypttab = etc::take_out_lost_crypttab(
        tables.crypttab, [&](const CrypttabEntry &entry) { return sources.is_lost(entry); });
    sources.set_lost_mappings(edited.crypttab.lines);
    edited.fstab = etc::take_out_lost_fstab(
        tables.fstab, [&](const FstabEntry &entry) { return sources.is_lost(entry); });
    return edited;
}

} // namespace mdrescue::execute
