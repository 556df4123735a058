// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/waiting.h"

#include "../support/fake_system.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::agent;

namespace {

class Silent final : public Terminal {
  public:
    void show(const Lines &) override {}
    void clear() override {}
    void status(const std::string &) override {}
    Answer ask(const std::string &) override { return {}; }
    bool interrupted() override { return false; }
    util::Result<void> shell(std::size_t) override { return {}; }
};

} // namespace

TEST_CASE("disks: opened before they count as here, since only then all their partitions are") {
    FakeSystem system;
    Silent terminal;
    Modules modules(system);
    model::Machine recorded;
    recorded.disks.resize(1);
    recorded.disks[0].size = 8 * 512;
    system.files["/sys/class/block/sda/size"] = "8\n";
    system.files["/dev/sda"] = std::string(8 * 512, '\0');
    bool opened = false;
    system.on_read = [&](const std::string &path) { opened = opened || path == "/dev/sda"; };
    wait_for_disks(system, terminal, modules, &recorded);
    CHECK(opened);
    CHECK(system.clock.time_since_epoch() < std::chrono::seconds(1));
}

TEST_CASE("disks: where a recorded one is missing, others get some seconds to appear") {
    FakeSystem system;
    Silent terminal;
    Modules modules(system);
    model::Machine recorded;
    recorded.disks.resize(1);
    recorded.disks[0].size = 8 * 512;
    system.files["/sys/class/block/sdb/size"] = "16\n";
    wait_for_disks(system, terminal, modules, &recorded);
    CHECK(system.clock.time_since_epoch() >= std::chrono::seconds(6));
}
