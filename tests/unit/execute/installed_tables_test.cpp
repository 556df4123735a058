// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/installed_tables.h"

#include "../support/example_machine.h"
#include "../support/fake_system.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using namespace mdrescue::execute;

namespace {

const std::string boot_line = "LABEL=/boot\t/boot\text2\tdefaults\t1 2";

struct Scene {
    FakeSystem system;
    model::Machine observed = test::linux_journal_machine();
    std::string original = model::find_file(observed, "/etc/fstab")->text;

    Scene() {
        observed.disks.erase(observed.disks.begin());
        system.files["/root/etc/fstab"] = original;
    }
    auto bypass(Writing writing = Writing::really) {
        return bypass_tables(system, "/root", observed, nullptr, writing);
    }
};

} // namespace

TEST_CASE("taken out, told, and put back byte for byte") {
    Scene scene;
    const auto changes = scene.bypass();
    REQUIRE(changes);
    REQUIRE(changes->size() == 1);
    CHECK(changes->front().path == "/etc/fstab");
    CHECK(changes->front().taken_out == std::vector{boot_line});
    CHECK(scene.system.files["/root/etc/fstab"].find("#mdrescue-bypass# " + boot_line) !=
          std::string::npos);
    const auto again = scene.bypass();
    REQUIRE(again);
    CHECK(again->empty());
    const auto back = restore_tables(scene.system, "/root", Writing::really);
    REQUIRE(back);
    CHECK(back->front().put_back == std::vector{boot_line});
    CHECK(scene.system.files["/root/etc/fstab"] == scene.original);
}

TEST_CASE("what is lost stays out, or is taken out; the rest is put back") {
    Scene scene;
    const model::Machine whole = test::linux_journal_machine();
    const std::vector lost{whole.arrays[0].uuid};
    const auto restore = [&] {
        return restore_tables_without({lost, {}, whole, scene.observed}, scene.system, "/root",
                                      Writing::really)
            .value();
    };
    REQUIRE(scene.bypass());
    auto changes = restore();
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].put_back == std::vector{boot_line});
    REQUIRE(changes[0].taken_out.size() == 1);
    CHECK(changes[0].taken_out[0].find("swap") != std::string::npos);
    CHECK(scene.system.files["/root/etc/fstab"].find("\n" + boot_line) != std::string::npos);
    CHECK(restore().empty());
    // nor does anything else put it back
    const std::string without = scene.system.files["/root/etc/fstab"];
    CHECK(without.find("\n#mdrescue-lost# ") != std::string::npos);
    CHECK(restore_tables(scene.system, "/root", Writing::really)->empty());
    CHECK(scene.system.files["/root/etc/fstab"] == without);
}

TEST_CASE("a line that was bypassed before, and is lost, gets the other mark") {
    Scene scene;
    const model::Machine whole = test::linux_journal_machine();
    const std::vector lost{whole.arrays[0].uuid};
    scene.observed.arrays.erase(scene.observed.arrays.begin());
    REQUIRE(scene.bypass());
    const auto changes = restore_tables_without({lost, {}, whole, scene.observed}, scene.system,
                                                "/root", Writing::really);
    REQUIRE(changes);
    CHECK(changes->front().taken_out.size() == 1);
    CHECK(scene.system.files["/root/etc/fstab"].find("#mdrescue-bypass# ") == std::string::npos);
    CHECK(scene.system.files["/root/etc/fstab"].find("#mdrescue-lost# ") != std::string::npos);
}

TEST_CASE("nothing is written by a dry run, or where nothing changes") {
    Scene scene;
    scene.system.unwritable = {"/root/etc/fstab", "/root/etc/crypttab"};
    const auto dry = scene.bypass(Writing::dry_run);
    REQUIRE(dry);
    CHECK(dry->size() == 1);
    CHECK(scene.system.files["/root/etc/fstab"] == scene.original);
    CHECK_FALSE(scene.bypass()); // it would be written
    CHECK(restore_tables(scene.system, "/root", Writing::really));
    scene.observed = test::linux_journal_machine();
    scene.system.files["/root/etc/crypttab"] = "# nothing\n";
    CHECK(scene.bypass());
}

TEST_CASE("a crypttab is edited beside the fstab") {
    Scene scene;
    scene.system.files["/root/etc/crypttab"] = "x UUID=gone none luks";
    scene.system.files["/root/etc/fstab"] += "/dev/mapper/x /x ext4 rw 0 2\n";
    const auto changes = scene.bypass();
    REQUIRE(changes);
    CHECK(changes->size() == 2);
    CHECK(scene.system.files["/root/etc/crypttab"] == "#mdrescue-bypass# x UUID=gone none luks");
    REQUIRE(restore_tables(scene.system, "/root", Writing::really));
    CHECK(scene.system.files["/root/etc/crypttab"] == "x UUID=gone none luks");
}

TEST_CASE("a directory without an installed system is an error that says so") {
    Scene scene;
    const auto result =
        bypass_tables(scene.system, "/nowhere", scene.observed, nullptr, Writing::really);
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "/nowhere/etc/fstab does not exist");
    scene.system.files["/etc/fstab"] = scene.original;
    CHECK(restore_tables(scene.system, "/", Writing::really));
}
