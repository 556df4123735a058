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

/// A machine whose record has one disk of 8 sectors.
struct Scene {
    FakeSystem system;
    Silent terminal;
    Modules modules{system};
    model::Machine recorded;

    Scene() {
        recorded.disks.resize(1);
        recorded.disks[0].size = 8 * 512;
    }
    void wait() { wait_for_disks(system, terminal, modules, &recorded); }
    [[nodiscard]] auto waited() const { return system.clock.time_since_epoch(); }
};

} // namespace

TEST_CASE("disks: opened before they count as here, since only then all their partitions are") {
    Scene scene;
    scene.system.files["/sys/class/block/sda/size"] = "8\n";
    scene.system.files["/dev/sda"] = std::string(8 * 512, '\0');
    bool opened = false;
    scene.system.on_read = [&](const std::string &path) { opened = opened || path == "/dev/sda"; };
    scene.wait();
    CHECK(opened);
    CHECK(scene.waited() < std::chrono::seconds(1));
}

TEST_CASE("disks: where a recorded one is missing, others get some seconds to appear") {
    Scene scene;
    scene.system.files["/sys/class/block/sdb/size"] = "16\n";
    scene.wait();
    CHECK(scene.waited() >= std::chrono::seconds(6));
}
