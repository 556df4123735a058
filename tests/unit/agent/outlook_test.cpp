// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/outlook.h"
#include "agent/recovery_screens.h"
#include "diagnose/marker.h"

#include "../support/replaced_disk.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using agent::Outlook;
using agent::unattended_objection;

namespace {

Outlook outlook_of(const test::Look &look) {
    Outlook outlook{look.observed, look.comparison(), look.assemblies(), look.vacancies(), {}};
    outlook.findings = diagnose::find(look.profile, look.observed, outlook.comparison,
                                      outlook.assemblies, outlook.vacancies);
    return outlook;
}

std::string text(const agent::Lines &lines) { return agent::rendered(lines, false); }

bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("unattended: one disk missing, one blank disk that fits") {
    CHECK(unattended_objection(outlook_of(test::replaced("disk1"))).empty());
}

TEST_CASE("unattended: everything else needs an operator") {
    test::Look look = test::replaced("disk1");
    SUBCASE("two blank disks") {
        look.observed.disks.push_back(test::blank_disk("new2", "sdy"));
        look.surveys["new2"] = {diagnose::Survey::Bytes::blank, "", ""};
    }
    SUBCASE("a disk that is not blank") {
        look.surveys["new1"].bytes = diagnose::Survey::Bytes::used;
    }
    SUBCASE("no replacement") { look.observed.disks.pop_back(); }
    SUBCASE("two disks missing") { look.observed = test::without_disk(look.observed, "disk2"); }
    SUBCASE("another machine") {
        for (auto &array : look.observed.arrays)
            array.uuid.front() = 'f';
    }
    SUBCASE("a copy of the machine") {
        for (auto &disk : look.observed.disks)
            disk.serial = "COPY-" + disk.kernel_name;
    }
    SUBCASE("an array is lost for good") { look = test::stripe_lost(); }
    SUBCASE("a filesystem is lost") {
        for (model::MountPoint &mount : look.profile.machine.mounts)
            if (mount.target == "/boot")
                mount.target = "/srv";
    }
    SUBCASE("an encrypted volume is lost") {
        look.profile.machine.disks[0].table->partitions[0].content.kind =
            model::Content::Kind::luks;
    }
    SUBCASE("bad blocks on a survivor") { look.observed.arrays[1].members[0].bad_blocks = true; }
    SUBCASE("nothing is missing") {
        look = {test::profile_of(test::linux_journal_machine("1.2")),
                test::linux_journal_machine("1.2"),
                {}};
    }
    CHECK_FALSE(unattended_objection(outlook_of(look)).empty());
}

TEST_CASE("a half-written replacement goes on unattended") {
    test::Look look = test::replaced("disk1");
    look.surveys["new1"] = {diagnose::Survey::Bytes::used, "",
                            diagnose::marker_bytes(look.profile, "disk1")};
    CHECK(unattended_objection(outlook_of(look)).empty());
}

TEST_CASE("the plan on the screen names what is replaced with what, and fits on it") {
    const test::Look look = test::replaced("disk1");
    const auto plan = plan::make_plan(look.profile, look.observed, look.comparison(),
                                      look.assemblies(), look.vacancies(), {});
    REQUIRE(plan);
    const plan::Machines machines{look.profile, look.observed};
    CHECK(contains(text(agent::failure_screen(*plan, machines)), "serial NEW00001"));
    const agent::Lines brief = agent::plan_screen(*plan, machines, false);
    CHECK(brief.size() <= 22);
    CHECK(contains(text(brief), "replaces disk1 (serial 3FE0BX717"));
    CHECK(contains(text(brief), "serial NEW00001"));
    CHECK(contains(text(brief), "blank"));
    CHECK(
        contains(text(agent::plan_screen(*plan, machines, true)), "mdadm --manage /dev/md1 --add"));
}

TEST_CASE("a choice is numbered without a default, and says why the others are out") {
    test::Look look = test::replaced("disk1");
    look.observed.disks.push_back(test::blank_disk("new2", "sdy"));
    look.surveys["new2"] = {diagnose::Survey::Bytes::blank, "", ""};
    look.observed.disks.push_back(test::blank_disk("new3", "sdx"));
    look.observed.disks.back().size /= 2;
    const std::string shown =
        text(agent::choice_screen(look.vacancies()[0], look.observed, look.profile));
    CHECK(contains(shown, "  1  "));
    CHECK(contains(shown, "  2  "));
    CHECK_FALSE(contains(shown, "  3  "));
    CHECK(contains(shown, "is too small"));
}

TEST_CASE("what is not proven is told apart") {
    execute::ProofReport report;
    report.arrays = {{true, "md0: all 5 members up, no bad blocks"}};
    report.disks = {{false, "disk1 starts this machine: not proven"}};
    CHECK_FALSE(report.all());
    const std::string shown = text(agent::proof_screen(report));
    CHECK(contains(shown, "yes  md0"));
    CHECK(contains(shown, "NO   disk1"));
}
