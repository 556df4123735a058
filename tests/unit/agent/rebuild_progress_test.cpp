// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/rebuild_progress.h"

#include "../support/fake_system.h"
#include "execute/rebuild.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mdrescue;
using namespace mdrescue::agent;

namespace {

/// Keeps the last status line.
class Line final : public Terminal {
  public:
    void show(const Lines &) override {}
    void clear() override {}
    void status(const std::string &text) override { said = text; }
    Answer ask(const std::string &) override { return {}; }
    bool interrupted() override { return false; }
    util::Result<void> shell(std::size_t) override { return {}; }
    std::string said;
};

void rebuilds(FakeSystem &system, const std::string &name, const std::string &completed) {
    const std::string md = "/sys/block/" + name + "/md/";
    system.files[md + "array_state"] = "clean\n";
    system.files[md + "level"] = "raid5\n";
    system.files[md + "degraded"] = "1\n";
    system.files[md + "sync_action"] = "recover\n";
    system.files[md + "sync_completed"] = completed + "\n";
    system.files[md + "sync_speed"] = "50000\n";
}

std::string line(FakeSystem &system) {
    Line terminal;
    RebuildProgress progress(system, terminal);
    progress.phase(execute::rebuild_phase, 0);
    system.clock += std::chrono::seconds(2);
    progress.advance(0);
    CHECK(terminal.said.size() <= 80);
    return terminal.said;
}

} // namespace

TEST_CASE(
    "every array that is rebuilt has its bar, with speed and time left; one that waits is named") {
    FakeSystem system;
    rebuilds(system, "md0", "1000000 / 2000000");
    rebuilds(system, "md1", "delayed");
    CHECK(line(system).starts_with("md0 [====="));
    CHECK(line(system).ends_with("50 %  51 MB/s, 10 s left, md1 waits"));
    rebuilds(system, "md1", "500000 / 2000000");
    CHECK(line(system).find("50 %  51 MB/s, 10 s left, md1 ") != std::string::npos);
    CHECK(line(system).find("25 %  51 MB/s, 15 s left") != std::string::npos);
}
