// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../support/read_only_system.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mdrescue::probe::test {

/// A machine made of a map of files. Programs are answered by a function.
class FakeSystem final : public ReadOnlySystem {
  public:
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> links;
    std::function<util::Result<system::Output>(const system::Command &)> answer;
    std::vector<std::vector<std::string>> ran;

    util::Result<system::Output> run(const system::Command &command) override {
        ran.push_back(command.argv);
        return answer ? answer(command) : util::fail("cannot run " + command.argv[0]);
    }
    util::Result<std::string> read_file(const std::string &path, std::uint64_t /*limit*/) override {
        const auto found = files.find(path);
        if (found == files.end())
            return util::fail("cannot read " + path);
        return found->second;
    }
    util::Result<std::string> read_at(const std::string &path, std::uint64_t offset,
                                      std::uint64_t length) override {
        MDR_TRY_ASSIGN(const std::string bytes, read_file(path, 0));
        return offset >= bytes.size() ? std::string() : bytes.substr(offset, length);
    }
    util::Result<std::vector<std::string>> list(const std::string &path) override {
        const std::string start = path.ends_with('/') ? path : path + "/";
        std::set<std::string> names;
        for (const auto &[name, bytes] : files)
            if (name.starts_with(start))
                names.insert(
                    name.substr(start.size(), name.find('/', start.size()) - start.size()));
        if (names.empty())
            return util::fail("cannot list " + path);
        return std::vector<std::string>(names.begin(), names.end());
    }
    util::Result<std::string> read_link(const std::string &path) override {
        const auto found = links.find(path);
        if (found == links.end())
            return util::fail("no link " + path);
        return found->second;
    }
    bool exists(const std::string &path) override {
        const auto at = files.lower_bound(path);
        return at != files.end() && (at->first == path || at->first.starts_with(path + "/"));
    }
};

} // namespace mdrescue::probe::test
