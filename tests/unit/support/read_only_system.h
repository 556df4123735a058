// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "system/system.h"

#include <stdexcept>
#include <string>

namespace mdrescue {

/// For what must only look: everything that changes something is a mistake and ends the test.
class ReadOnlySystem : public system::System {
  public:
    util::Result<void> write_control(const std::string &, const std::string &) override {
        throw forbidden();
    }
    util::Result<void> make_directory(const std::string &) override { throw forbidden(); }
    util::Result<void> mount(const system::Mount &) override { throw forbidden(); }
    util::Result<void> unmount(const std::string &) override { throw forbidden(); }
    util::Result<void> write_device(const std::string &, std::uint64_t, const std::string &,
                                    system::Claim) override {
        throw forbidden();
    }
    util::Result<std::unique_ptr<system::ClaimedDevice>> claim(const std::string &) override {
        throw forbidden();
    }
    util::Result<void> replace_file(const std::string &, const std::string &,
                                    std::uint32_t) override {
        throw forbidden();
    }
    util::Result<void> append_file(const std::string &, const std::string &) override {
        throw forbidden();
    }
    util::Result<void> copy_file(const std::string &, const std::string &) override {
        throw forbidden();
    }
    util::Result<void> make_symlink(const std::string &, const std::string &) override {
        throw forbidden();
    }
    util::Result<void> make_hard_link(const std::string &, const std::string &) override {
        throw forbidden();
    }
    util::Result<void> make_node(const std::string &, std::uint32_t, std::uint64_t) override {
        throw forbidden();
    }
    util::Result<void> set_attributes(const std::string &, const system::Attributes &,
                                      bool) override {
        throw forbidden();
    }
    util::Result<std::optional<system::FileInfo>> look(const std::string &path) override {
        return util::fail("cannot look at " + path);
    }
    util::Result<std::uint64_t> free_space(const std::string &path) override {
        return util::fail("cannot look at " + path);
    }
    util::Result<void> rename(const std::string &, const std::string &) override {
        throw forbidden();
    }
    util::Result<void> remove(const std::string &) override { throw forbidden(); }
    util::Result<void> sync(const std::string &) override { throw forbidden(); }
    util::Result<void> lock(const std::string &) override { throw forbidden(); }
    void sleep(std::chrono::milliseconds) override { throw forbidden(); }
    std::chrono::steady_clock::time_point now() override { return {}; }

  private:
    static std::logic_error forbidden() {
        return std::logic_error("looking must not change anything");
    }
};

} // namespace mdrescue
