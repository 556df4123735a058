// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probe/probe.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mdrescue::probe {

/// Gathers facts through a System. What cannot be read becomes a fact "problem/<what>" in words,
/// which interpret() turns into a warning.
class Collector {
  public:
    explicit Collector(system::System &system) : system_(system) {}

    [[nodiscard]] system::System &system() { return system_; }
    void keep(const std::string &name, std::string bytes);
    void problem(const std::string &what, const std::string &message);

    /// Keeps a file that may well be absent or unreadable (sysfs attributes). True when it was
    /// kept.
    bool keep_if_readable(const std::string &name, const std::string &path);
    /// Keeps a file that should be readable where it exists.
    bool keep_file(const std::string &name, const std::string &path);
    /// A sysfs attribute as text without the newline; "" when it cannot be read.
    [[nodiscard]] std::string attribute(const std::string &path);
    /// Names in a directory; empty when it cannot be read.
    [[nodiscard]] std::vector<std::string> list(const std::string &path);
    /// Bytes of a device by its kernel name; none when they cannot be read or the device is
    /// shorter.
    [[nodiscard]] std::optional<std::string>
    device_bytes(const std::string &device, std::uint64_t offset, std::uint64_t length);

    [[nodiscard]] Facts &facts() { return facts_; }

  private:
    system::System &system_;
    Facts facts_;
};

/// Reads facts and remembers which were asked for.
class FactReader {
  public:
    explicit FactReader(const Facts &facts) : facts_(facts) {}

    [[nodiscard]] bool has(const std::string &name) const {
        return facts_.contains(name);
    } ///< not a use
    [[nodiscard]] const std::string *find(const std::string &name);
    [[nodiscard]] std::string bytes(const std::string &name); ///< "" when missing
    [[nodiscard]] std::string
    text(const std::string &name); ///< without white space and NULs at both ends
    [[nodiscard]] std::optional<std::uint64_t> number(const std::string &name); ///< decimal
    /// Distinct names that follow "prefix/", up to the next slash, sorted. Not a use.
    [[nodiscard]] std::vector<std::string> children(const std::string &prefix) const;
    [[nodiscard]] std::vector<std::string>
    below(const std::string &prefix) const; ///< full names that begin with "prefix/"
    [[nodiscard]] std::vector<std::string> unused() const;

  private:
    const Facts &facts_;
    std::set<std::string> used_;
};

/// "/dev/sda" for "sda"; the kernel writes a slash in a name as "!" in sysfs.
[[nodiscard]] std::string device_node(std::string name);

[[nodiscard]] std::optional<std::uint64_t>
decimal(std::string_view text); ///< the whole text, digits only
[[nodiscard]] std::string without_trailing_zeros(std::string bytes);
/// A fixed-size text field as disks have them: up to the first NUL.
[[nodiscard]] std::string fixed_text(std::string_view bytes, std::size_t offset,
                                     std::size_t length);

} // namespace mdrescue::probe
