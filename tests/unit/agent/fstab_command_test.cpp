// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/fstab_command.h"

#include "../support/example_machine.h"
#include "../support/fake_system.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::agent;

namespace {

struct Scene {
    FakeSystem system;
    model::Machine observed = test::linux_journal_machine();
    std::string original = model::find_file(observed, "/etc/fstab")->text;
    int probes = 0;

    Scene() {
        observed.disks.erase(observed.disks.begin());
        system.files["/sysroot/etc/fstab"] = original;
    }
    CommandOutput run(const std::vector<std::string> &arguments) {
        return fstab_command(system, arguments, [this]() -> util::Result<model::Machine> {
            ++probes;
            return observed;
        });
    }
};

} // namespace

TEST_CASE("bypass and restore from the command line") {
    Scene scene;
    const auto dry = scene.run({"bypass", "--dry-run", "--root", "/sysroot/"});
    CHECK(dry.status == 0);
    CHECK(dry.out == "/sysroot/etc/fstab: would be taken out: "
                     "LABEL=/boot /boot ext2 defaults 1 2\n");
    CHECK(scene.system.files["/sysroot/etc/fstab"] == scene.original);
    CHECK(scene.run({"bypass", "--root=/sysroot"})
              .out.starts_with("/sysroot/etc/fstab: taken out: LABEL"));
    CHECK(scene.system.files["/sysroot/etc/fstab"] != scene.original);
    CHECK(scene.run({"bypass", "--root=/sysroot"}).out == "nothing to change\n");
    const int probes = scene.probes;
    CHECK(scene.run({"restore", "--root", "/sysroot"})
              .out.starts_with("/sysroot/etc/fstab: put back: "));
    CHECK(scene.system.files["/sysroot/etc/fstab"] == scene.original);
    CHECK(scene.probes == probes);
}

TEST_CASE("the root is / unless told otherwise") {
    Scene scene;
    CHECK(scene.run({"restore"}).status == 1);
    scene.system.files["/etc/fstab"] = scene.original;
    CHECK(scene.run({"restore"}).status == 0);
}

TEST_CASE("failures have the reason, wrong usage the help") {
    Scene scene;
    const auto failed = scene.run({"bypass", "--root", "/nowhere"});
    CHECK(failed.status == 1);
    CHECK(failed.err.starts_with("mdrescue-agent: /nowhere/etc/fstab does not exist\nName "));
    for (const std::vector<std::string> &arguments : {std::vector<std::string>{},
                                                      {"repair"},
                                                      {"bypass", "restore"},
                                                      {"bypass", "--root"},
                                                      {"bypass", "--root", "relative"},
                                                      {"bypass", "--force"}}) {
        const auto wrong = scene.run(arguments);
        CHECK(wrong.status == 2);
        CHECK(wrong.out.empty());
        CHECK(wrong.err.ends_with(fstab_help));
    }
    CHECK(scene.run({"--help"}).status == 0);
    CHECK(scene.run({"--help"}).out == fstab_help);
    CHECK(scene.system.files["/sysroot/etc/fstab"] == scene.original);
}
