// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/position.h"

#include "probe/facts.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <optional>

namespace mdrescue::probe {
namespace {

using Parts = std::vector<std::string>;

bool digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// "host2", "ata1": a name and a number.
bool numbered(std::string_view text, std::string_view name) {
    return text.starts_with(name) && digits(text.substr(name.size()));
}

/// "0000:00:1f.2"
bool pci_address(std::string_view text) {
    constexpr std::string_view shape = "xxxx:xx:xx.x";
    if (text.size() != shape.size())
        return false;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == 'x' ? std::isxdigit(static_cast<unsigned char>(text[i])) == 0
                            : text[i] != shape[i])
            return false;
    return true;
}

/// "1-1.2:1.0": an interface of a USB device.
bool usb_interface(std::string_view text) {
    const auto dash = text.find('-');
    const auto colon = text.find(':');
    return dash != std::string_view::npos && colon != std::string_view::npos && dash < colon &&
           digits(text.substr(0, dash)) &&
           std::isdigit(static_cast<unsigned char>(text.back())) != 0 &&
           text.find_first_not_of("0123456789.", dash + 1) == colon &&
           text.find_first_not_of("0123456789.", colon + 1) == std::string_view::npos;
}

struct ScsiAddress {
    unsigned host = 0, bus = 0, target = 0;
    std::uint64_t lun = 0;
};

std::optional<ScsiAddress> scsi_address(std::string_view text) {
    const auto fields = util::split(text, ':');
    if (fields.size() != 4)
        return std::nullopt;
    std::array<std::uint64_t, 4> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = digits(fields[i]) ? decimal(fields[i]) : std::nullopt;
        if (!number)
            return std::nullopt;
        numbers[i] = *number;
    }
    return ScsiAddress{static_cast<unsigned>(numbers[0]), static_cast<unsigned>(numbers[1]),
                       static_cast<unsigned>(numbers[2]), numbers[3]};
}

/// The components after "devices".
Parts components(std::string_view path) {
    Parts parts;
    bool inside = false;
    for (const std::string_view part : util::split(path, '/')) {
        if (inside && !part.empty())
            parts.emplace_back(part);
        inside = inside || part == "devices";
    }
    return parts;
}

template <class Predicate>
std::optional<std::size_t> last_where(const Parts &parts, Predicate matches) {
    for (std::size_t i = parts.size(); i-- > 0;)
        if (matches(parts[i]))
            return i;
    return std::nullopt;
}

bool has_starting(const Parts &parts, std::string_view start) {
    return last_where(parts, [&](const std::string &part) { return part.starts_with(start); })
        .has_value();
}

std::string directory(const Parts &parts, std::size_t count) {
    return "/sys/devices/" +
           fmt::format("{}", fmt::join(parts.begin(),
                                       parts.begin() + static_cast<std::ptrdiff_t>(count), "/"));
}

/// Hosts are numbered over the whole machine in the order they were found; path_id counts from the
/// lowest one of the same controller.
unsigned first_host(const PositionHints &hints, unsigned host) {
    unsigned lowest = host;
    for (const std::string &name : hints.hosts)
        if (numbered(name, "host"))
            if (const auto number = decimal(std::string_view(name).substr(4)))
                lowest = std::min(lowest, static_cast<unsigned>(*number));
    return lowest;
}

std::string sas_position(const PositionHints &hints, const ScsiAddress &address) {
    const auto phys = decimal(hints.sas_port_phys);
    if (hints.sas_address.empty() || !phys)
        return {};
    if (*phys >= 2)
        return fmt::format("-sas-{}-lun-{}", hints.sas_address, address.lun);
    if (hints.sas_phy.empty())
        return {};
    if (!hints.sas_expander.empty())
        return fmt::format("-sas-exp{}-phy{}-lun-{}", hints.sas_expander, hints.sas_phy,
                           address.lun);
    return fmt::format("-sas-phy{}-lun-{}", hints.sas_phy, address.lun);
}

std::string scsi_position(const PositionHints &hints, const Parts &parts,
                          const ScsiAddress &address) {
    if (has_starting(parts, "rport-") || has_starting(parts, "session") ||
        has_starting(parts, "vmbus_"))
        return {};
    if (has_starting(parts, "end_device-"))
        return sas_position(hints, address);
    if (last_where(parts, [](const std::string &part) { return numbered(part, "ata"); })) {
        // Behind a port multiplier the bus tells the disk, else the target (master and slave of one
        // cable).
        return hints.ata_port.empty()
                   ? std::string()
                   : fmt::format("-ata-{}.{}", hints.ata_port,
                                 address.bus != 0 ? fmt::format("{}.0", address.bus)
                                                  : fmt::to_string(address.target));
    }
    return fmt::format("-scsi-{}:{}:{}:{}", address.host - first_host(hints, address.host),
                       address.bus, address.target, address.lun);
}

/// What follows "pci-…" in the position; none: a bus that is not known here.
std::optional<std::string> below_controller(const PositionHints &hints, const Parts &parts) {
    std::string position;
    if (const auto usb =
            last_where(parts, [](const std::string &part) { return usb_interface(part); }))
        position = "-usb-0:" + parts[*usb].substr(parts[*usb].find('-') + 1);
    const auto device =
        last_where(parts, [](const std::string &part) { return scsi_address(part).has_value(); });
    if (device) {
        const std::string scsi = scsi_position(hints, parts, *scsi_address(parts[*device]));
        return scsi.empty() ? std::nullopt : std::optional(position + scsi);
    }
    if (has_starting(parts, "nvme"))
        return hints.nvme_namespace.empty() ? std::nullopt
                                            : std::optional("-nvme-" + hints.nvme_namespace);
    if (last_where(parts, [](const std::string &part) { return numbered(part, "virtio"); }))
        return position;
    return std::nullopt;
}

/// Compares at i and j runs of digits by value; moves both behind what was compared.
int compare_numbers(std::string_view left, std::size_t &i, std::string_view right, std::size_t &j) {
    const auto run = [](std::string_view text, std::size_t &at) {
        while (at < text.size() && text[at] == '0')
            ++at;
        const std::size_t start = at;
        while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0)
            ++at;
        return text.substr(start, at - start);
    };
    const auto a = run(left, i);
    const auto b = run(right, j);
    if (a.size() != b.size())
        return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
}

bool natural_before(std::string_view left, std::string_view right) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < left.size() && j < right.size()) {
        const bool both_digits = std::isdigit(static_cast<unsigned char>(left[i])) != 0 &&
                                 std::isdigit(static_cast<unsigned char>(right[j])) != 0;
        const int order = both_digits ? compare_numbers(left, i, right, j) : left[i++] - right[j++];
        if (order != 0)
            return order < 0;
    }
    if (left.size() - i != right.size() - j)
        return left.size() - i < right.size() - j;
    return left < right;
}

} // namespace

PathParts path_parts(const std::string &sysfs_path) {
    const Parts parts = components(sysfs_path);
    PathParts result;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string &part = parts[i];
        if (numbered(part, "host"))
            result.host_directory = directory(parts, i);
        else if (numbered(part, "ata"))
            result.ata = part;
        else if (part.starts_with("end_device-"))
            result.end_device = part;
        else if (part.starts_with("port-"))
            result.sas_port = part;
        else if (part.starts_with("expander-"))
            result.expander = part;
        else if (usb_interface(part))
            result.usb_device = directory(parts, i);
    }
    return result;
}

std::string position_of(const PositionHints &hints) {
    const Parts parts = components(hints.path);
    const auto pci = last_where(parts, [](const std::string &part) { return pci_address(part); });
    if (!pci) {
        const auto xen =
            last_where(parts, [](const std::string &part) { return part.starts_with("vbd-"); });
        return xen ? "xen-" + parts[*xen] : std::string();
    }
    const auto below = below_controller(
        hints, Parts(parts.begin() + static_cast<std::ptrdiff_t>(*pci) + 1, parts.end()));
    return below ? fmt::format("pci-{}{}", parts[*pci], *below) : std::string();
}

std::string transport_of(const std::string &sysfs_path) {
    const Parts parts = components(sysfs_path);
    if (has_starting(parts, "nvme"))
        return "nvme";
    if (last_where(parts, [](const std::string &part) { return usb_interface(part); }))
        return "usb";
    if (has_starting(parts, "rport-"))
        return "fc";
    if (has_starting(parts, "session"))
        return "iscsi";
    if (has_starting(parts, "end_device-"))
        return "sas";
    if (last_where(parts, [](const std::string &part) { return numbered(part, "ata"); }))
        return "sata";
    if (last_where(parts, [](const std::string &part) { return scsi_address(part).has_value(); }))
        return "scsi";
    if (last_where(parts, [](const std::string &part) { return numbered(part, "virtio"); }))
        return "virtio";
    if (has_starting(parts, "vbd-"))
        return "xen";
    return has_starting(parts, "mmc") ? "mmc" : "";
}

bool position_before(const std::string &left, const std::string &right) {
    if (left.empty() || right.empty())
        return !left.empty();
    // PCI addresses are hexadecimal and of fixed width: "pci-0000:0a:00.0" by text, what follows by
    // numbers.
    constexpr std::size_t pci_width = 16;
    const bool both_pci = left.starts_with("pci-") && right.starts_with("pci-");
    const std::size_t width = both_pci ? std::min({pci_width, left.size(), right.size()}) : 0;
    const int order = left.compare(0, width, right, 0, width);
    return order != 0 ? order < 0
                      : natural_before(std::string_view(left).substr(width),
                                       std::string_view(right).substr(width));
}

} // namespace mdrescue::probe
