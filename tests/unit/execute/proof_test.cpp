// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/proof.h"

#include "recovery.h"

#include <doctest/doctest.h>

using namespace mdrescue;

TEST_CASE(
    "an array is proven when all its members are up and no list has a bad block (FAULTS 14)") {
    test::Recovery f;
    const auto md0 = [&](const std::string &attribute) -> std::string & {
        return f.system.given["/sys/block/md0/md/" + attribute];
    };
    const auto proof = [&] { return execute::prove(f.context).arrays.at(0); };
    REQUIRE(f.profile.machine.arrays[0].kernel_name == "md0");
    CHECK(proof().proven);
    CHECK(proof().sentence == "md0: all 5 members up, no bad blocks");
    SUBCASE("a member is missing") {
        md0("degraded") = "1\n";
        CHECK_FALSE(proof().proven);
        CHECK(proof().sentence == "md0: 1 of 5 members not up, no bad blocks");
    }
    SUBCASE("it is being rebuilt") {
        md0("sync_action") = "recover\n";
        CHECK_FALSE(proof().proven);
    }
    SUBCASE("md could not read a sector") {
        md0("dev-md0member/bad_blocks") = "128 8\n200 1\n";
        CHECK_FALSE(proof().proven);
        CHECK(proof().sentence ==
              "md0: all 5 members up, bad blocks on md0member (sectors 128-135, 200-200)");
    }
    SUBCASE("it does not run") {
        md0("array_state") = "";
        CHECK_FALSE(proof().proven);
    }
    SUBCASE("it is not here") {
        f.context.observed.arrays.erase(f.context.observed.arrays.begin());
        CHECK_FALSE(proof().proven);
    }
    CHECK_FALSE(execute::prove(f.context).all());
}

TEST_CASE("of an array whose data is lost there is nothing to prove (FAULTS 32)") {
    test::Recovery f;
    f.plan.lost = {f.profile.machine.arrays[0].uuid};
    f.system.given["/sys/block/md0/md/array_state"] = "";
    for (model::Disk &disk : f.profile.machine.disks)
        disk.boot_loaders.clear();
    const execute::ProofReport report = execute::prove(f.context);
    CHECK(report.arrays.at(0).proven);
    CHECK_FALSE(report.arrays.at(0).expected);
    CHECK(report.all());
}
