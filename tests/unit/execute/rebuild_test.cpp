// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/rebuild.h"

#include "disk_fixture.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::execute;
using test::DiskFixture;
using Phase = RebuildState::Phase;
using Kind = Status::Kind;

namespace {

RebuildState state_of(DiskFixture &f) {
    const auto state = rebuild_state(f.system, "md127");
    REQUIRE(state);
    return *state;
}

void set(DiskFixture &f, const char *action, const char *completed, const char *missing) {
    f.md("sync_action", action);
    f.md("sync_completed", completed);
    f.md("degraded", missing);
}

/// Ctrl-C for one test.
struct Cancelled {
    Cancelled() { util::cancel_requested = true; }
    ~Cancelled() { util::cancel_requested = false; }
    Cancelled(const Cancelled &) = delete;
    Cancelled &operator=(const Cancelled &) = delete;
};

} // namespace

TEST_CASE("rebuild: what sysfs tells") {
    DiskFixture f;
    set(f, "idle", "none", "0");
    CHECK(state_of(f).phase == Phase::idle);
    set(f, "check", "1 / 4096", "0"); // scrubbing is no rebuild
    CHECK(state_of(f).phase == Phase::idle);
    set(f, "idle", "none", "1");
    CHECK(state_of(f).phase == Phase::stopped);
    CHECK(state_of(f).missing == 1);
    set(f, "recover", "delayed", "1");
    CHECK(state_of(f).phase == Phase::delayed);
    set(f, "recover", "1024 / 4096", "1");
    f.md("sync_speed", "2048");
    const RebuildState running = state_of(f);
    CHECK(running.phase == Phase::running);
    CHECK(running.done == 1024);
    CHECK(running.total == 4096);
    CHECK(running.speed == 2048 * 1024);
    CHECK(running.bad_blocks.empty());
    set(f, "resync", "none", "0");
    CHECK(state_of(f).phase == Phase::running);
    f.md("sync_action", "frozen");
    CHECK(state_of(f).phase == Phase::idle);
    set(f, "frozen", "none", "1");
    CHECK(state_of(f).phase == Phase::frozen);
    set(f, "idle", "none", "0");
    f.md("array_state", "inactive");
    CHECK(state_of(f).phase == Phase::stuck);
    f.md("array_state", "clean");
    f.md("dev-sda2/bad_blocks", "128 8");
    CHECK(state_of(f).bad_blocks == std::vector<std::string>{"sda2 (sectors 128-135)"});
    f.md("dev-sda2/bad_blocks", "1 1\n3 1\n5 1\n7 1\n9 1");
    CHECK(state_of(f).bad_blocks[0] == "sda2 (sectors 1-1, 3-3, 5-5, 7-7, ...)");
    CHECK_FALSE(rebuild_state(f.system, "md9"));
}

TEST_CASE("rebuild: a line for the screen, never wider than asked") {
    RebuildState state;
    state.kernel_name = "md1";
    state.phase = Phase::running;
    state.done = 45;
    state.total = 100;
    CHECK(rebuild_bar(state, 30) == "[=========>            ]  45 %");
    state.done = 1000000;
    state.total = 2000000;
    state.speed = 51200000;
    CHECK(rebuild_bar(state, 60) == "[================>               ]  50 %  51 MB/s, 10 s left");
    state.phase = Phase::idle;
    CHECK(rebuild_bar(state, 30) == "[=============] all members up");
    state.phase = Phase::delayed;
    CHECK(rebuild_bar(state, 80).find(">") == std::string::npos);
    state.phase = Phase::stopped;
    state.missing = 1;
    CHECK(rebuild_bar(state, 80).ends_with("1 member missing, nothing is being rebuilt"));
    state.done = ~std::uint64_t{0}; // whatever sysfs says
    for (const Phase phase :
         {Phase::idle, Phase::delayed, Phase::running, Phase::stopped, Phase::stuck}) {
        state.phase = phase;
        for (std::size_t width = 0; width < 120; ++width)
            CHECK(rebuild_bar(state, width).size() <= width);
    }
}

TEST_CASE("rebuild: waits until all members are up, and tells how far it is") {
    DiskFixture f;
    set(f, "recover", "delayed", "1");
    CHECK(check(f.context, f.wait).kind == Kind::not_done);
    int looks = 0;
    f.system.on_sleep = [&] {
        ++looks;
        if (looks == 100) // longer than the patience with an array that stands still
            set(f, "recover", "1024 / 4096", "1");
        if (looks == 200)
            set(f, "idle", "none", "1"); // between two rebuilds
        if (looks == 210)
            set(f, "recover", "512 / 4096", "1");
        if (looks == 300) {
            set(f, "idle", "none", "0");
            f.md("dev-sdb2/bad_blocks", "128 8");
        }
        if (looks == 205)
            CHECK(f.progress.last == 1024 * 512);
        if (looks == 250)
            CHECK(f.progress.last == 1024 * 512); // never backwards
    };
    REQUIRE(apply(f.context, f.wait));
    CHECK(looks == 300);
    CHECK(f.progress.phases == std::vector<std::string>{"rebuilding 2097152"});
    CHECK(f.progress.last == 2097152);
    CHECK(check(f.context, f.wait).kind == Kind::done);
    REQUIRE(f.progress.warnings.size() == 1); // FAULTS 14
    CHECK(f.progress.warnings[0].find("sdb2") != std::string::npos);
    CHECK(f.journal.json().find("bad_blocks") != std::string::npos);
}

TEST_CASE("rebuild: an array that stands still is told of, after a while") {
    DiskFixture f;
    set(f, "idle", "none", "1");
    auto result = apply(f.context, f.wait);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("nothing to rebuild onto") != std::string::npos);
    const auto waited = f.system.clock.time_since_epoch();
    CHECK(waited > std::chrono::seconds(10));
    CHECK(waited < std::chrono::minutes(2));

    f.add_to_array("sdc2", 0, "faulty");
    result = apply(f.context, f.wait);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("marked sdc2 faulty") != std::string::npos);

    DiskFixture frozen;
    set(frozen, "frozen", "none", "1");
    CHECK_FALSE(apply(frozen.context, frozen.wait));
    CHECK(frozen.system.controls["/sys/block/md127/md/sync_action"] == "idle");
    DiskFixture gone;
    set(gone, "recover", "1 / 4096", "1");
    gone.system.on_sleep = [&] {
        std::erase_if(gone.system.files,
                      [](const auto &file) { return file.first.starts_with("/sys/block/md127/"); });
    };
    CHECK_FALSE(apply(gone.context, gone.wait));
    gone.context.observed.arrays.clear();
    CHECK(check(gone.context, gone.wait).kind == Kind::blocked);
}

TEST_CASE("rebuild: Ctrl-C ends the waiting, md goes on by itself") {
    DiskFixture f;
    set(f, "recover", "1 / 4096", "1");
    const Cancelled cancelled;
    CHECK_FALSE(apply(f.context, f.wait));
    CHECK(f.untouched());
}

TEST_CASE("rebuild: a frozen md127 that is another array by now is not let go") {
    DiskFixture f;
    set(f, "frozen", "none", "1");
    for (const char *device : {"/dev/sda2", "/dev/sdb2"})
        f.put(device, 4096, test::superblock_1_2("11111111:22222222:33333333:44444444", 1, "AAA"));
    CHECK_FALSE(apply(f.context, f.wait));
    CHECK(f.system.controls.empty());
    CHECK(f.untouched());
    CHECK(f.journal.json().find("is another array now") != std::string::npos);
}
