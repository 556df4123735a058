// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/describe.h"
#include "plan/plan.h"

#include "../support/replaced_disk.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

using namespace mdrescue;

namespace {

util::Result<plan::Plan> planned(const test::Look &look, const plan::Answers &answers = {}) {
    return plan::make_plan(look.profile, look.observed, look.comparison(), look.assemblies(),
                           look.vacancies(), answers);
}

plan::Plan plan_of(const test::Look &look) {
    auto made = planned(look);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    return *made;
}

std::string in_words(const test::Look &look) {
    const plan::Plan made = plan_of(look);
    const plan::Machines machines{look.profile, look.observed};
    std::string text;
    for (std::size_t i = 0; i < made.steps.size(); ++i) {
        text += fmt::format("{}. {}\n", i + 1, plan::describe(made.steps[i], made, machines));
        for (const std::string &command : plan::by_hand(made.steps[i], made, machines))
            text += "     " + command + "\n";
    }
    return text;
}

/// Compares with tests/golden/NAME; MDRESCUE_GOLDEN_WRITE=1 writes it anew, to be read before it is
/// committed.
void check_golden(const std::string &name, const std::string &text) {
    const std::string path = std::string(MDRESCUE_SOURCE_DIR) + "/tests/golden/" + name;
    if (std::getenv("MDRESCUE_GOLDEN_WRITE") != nullptr)
        std::ofstream(path) << text;
    std::stringstream golden;
    golden << std::ifstream(path).rdbuf();
    CHECK(golden.str() == text);
}

template <class Step> std::size_t count(const plan::Plan &plan) {
    return static_cast<std::size_t>(
        std::count_if(plan.steps.begin(), plan.steps.end(),
                      [](const plan::Step &step) { return std::holds_alternative<Step>(step); }));
}

template <class Step> std::size_t first(const plan::Plan &plan) {
    return static_cast<std::size_t>(
        std::find_if(plan.steps.begin(), plan.steps.end(),
                     [](const plan::Step &step) { return std::holds_alternative<Step>(step); }) -
        plan.steps.begin());
}

} // namespace

TEST_CASE("plans of the article's two failures, in words") {
    check_golden("linux-journal-disk1.txt", in_words(test::replaced("disk1", "1.2")));
    check_golden("linux-journal-disk4.txt", in_words(test::replaced("disk4", "0.90")));
}

TEST_CASE("nothing is done to an array whose data is lost; the rest is recovered (FAULTS 32)") {
    const test::Look look = test::stripe_lost();
    const plan::Plan plan = plan_of(look);
    CHECK(plan.lost == std::vector{look.profile.machine.arrays[0].uuid});
    const std::string md1 = look.profile.machine.arrays[1].uuid;
    for (const plan::Step &step : plan.steps) {
        if (const auto *add = std::get_if<plan::AddMember>(&step))
            CHECK(add->array == md1);
        if (const auto *wait = std::get_if<plan::WaitForRebuild>(&step))
            CHECK(wait->arrays == std::vector{md1});
        if (const auto *writable = std::get_if<plan::MakeWritable>(&step))
            CHECK(writable->array == md1);
    }
    CHECK(count<plan::AddMember>(plan) == 1);
    test::Look running = look; // it lost another member while it ran
    running.observed.arrays[0].kernel_name = "md0";
    running.observed.arrays[0].running_state = "read-auto";
    for (const plan::Step &step : plan_of(running).steps)
        if (const auto *writable = std::get_if<plan::MakeWritable>(&step))
            CHECK(writable->array == md1);
    CHECK(in_words(look).find("Take out those of what is lost: md0.") != std::string::npos);
}

TEST_CASE("what was on the dead disk alone and cannot be made again: only its partition is") {
    test::Look look = test::replaced("disk1");
    model::Content &content = look.profile.machine.disks[0].table->partitions[0].content;
    const model::DeviceRef part{"disk1", 1};
    REQUIRE(plan_of(look).lost_parts.empty());
    const auto target_is = [&](const char *target) {
        for (model::MountPoint &mount : look.profile.machine.mounts)
            if (mount.uuid == content.uuid)
                mount.target = target;
    };
    SUBCASE("a filesystem") {
        content.filesystem->type = "xfs";
        target_is("/srv");
    }
    SUBCASE("an encrypted volume") {
        content.kind = model::Content::Kind::luks;
        content.filesystem.reset();
    }
    SUBCASE("a physical volume") {
        content.kind = model::Content::Kind::lvm_pv;
        content.filesystem.reset();
    }
    const plan::Plan plan = plan_of(look);
    CHECK(plan.lost_parts == std::vector{part});
    CHECK(count<plan::WriteTable>(plan) == 1);
    CHECK(count<plan::MakeFilesystem>(plan) == 0);
    CHECK(count<plan::RestoreFiles>(plan) == 0);
    CHECK(count<plan::AddMember>(plan) == 1);
    CHECK(in_words(look).find("partition 1 of disk1.") != std::string::npos);
}

TEST_CASE("a filesystem that is made again empty is named among what is lost") {
    test::Look look = test::replaced("disk1");
    model::Machine &machine = look.profile.machine;
    const auto lost = [&] {
        return plan::lost_data_words(plan_of(look), {look.profile, look.observed});
    };
    CHECK(lost().empty()); // /boot gets its files
    for (model::MountPoint &mount : machine.mounts)
        if (mount.target == "/boot")
            mount.target = "/srv";
    CHECK(lost() == "/srv");
    model::Disk &disk = machine.disks[0];
    machine.mounts.clear();
    CHECK(lost() == "partition 1 of disk1");
    disk.boot_loaders.push_back({model::BootLoader::Kind::esp, 1, {}});
    CHECK(lost().empty()); // nothing was there
    disk.boot_loaders.pop_back();
    disk.table->partitions[0].content.filesystem->type = "swap";
    CHECK(lost().empty());
}

TEST_CASE("a /boot that cannot be made again is refused") {
    test::Look look = test::replaced("disk1");
    look.profile.machine.disks[0].table->partitions[0].content.filesystem->type = "xfs";
    const auto plan = plan::make_plan(look.profile, look.observed, look.comparison(),
                                      look.assemblies(), look.vacancies(), {});
    REQUIRE_FALSE(plan);
    CHECK(plan.error().message.find(
              "/boot lay on disk1, in a filesystem (xfs) outside any array") != std::string::npos);
}

TEST_CASE("a part of the system that lay in LVM or LUKS on the dead disk alone is refused") {
    test::Look look = test::replaced("disk1");
    model::Machine &machine = look.profile.machine;
    model::Content &content = machine.disks[0].table->partitions[0].content;
    content = {};
    const auto planned = [&] {
        return plan::make_plan(look.profile, look.observed, look.comparison(), look.assemblies(),
                               look.vacancies(), {});
    };
    const char *target = "/var/lib";
    bool refused = true;
    const auto in_lvm = [&] {
        content.kind = model::Content::Kind::lvm_pv;
        content.uuid = "pv";
        machine.volume_groups = {{"vg0",
                                  "vg",
                                  {"pv"},
                                  {{"v", "lv", 4194304, test::filesystem_content("ext4", "u", "")}},
                                  ""}};
    };
    SUBCASE("LVM") { in_lvm(); }
    SUBCASE("LUKS") { content.kind = model::Content::Kind::luks; }
    SUBCASE("LVM with data alone") {
        in_lvm();
        target = "/srv";
        refused = false;
    }
    SUBCASE("LUKS, and another container on an array") {
        content.kind = model::Content::Kind::luks;
        machine.arrays[0].content = content;
        refused = false;
    }
    machine.mounts.push_back({"/dev/mapper/vg0-v", target, "ext4", "rw", "u"});
    const auto plan = planned();
    CHECK(plan.has_value() != refused);
    if (!plan)
        CHECK(plan.error().message.find("/var/lib lay on disk1, in ") != std::string::npos);
}

TEST_CASE("what was given up is not forgotten when the new disk is taken for the recorded one") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    look.profile.machine.disks[0].table->partitions[0].content.filesystem->type = "xfs";
    look.profile.machine.disks[0].table->partitions[0].content.uuid = "data";
    CHECK(plan_of(look).lost_parts.empty()); // it is there
    look.observed.disks[0].table->partitions[0].content = {};
    CHECK(plan_of(look).lost_parts == std::vector{model::DeviceRef{"disk1", 1}});
    CHECK(plan_of(look).replacements.empty());
}

TEST_CASE("the same disks under other names give the same plan") {
    const test::Look look = test::replaced("disk1");
    test::Look renamed = look;
    for (std::size_t i = 0; i < renamed.observed.disks.size(); ++i)
        renamed.observed.disks[i].kernel_name = fmt::format("sd{}", static_cast<char>('q' - i));
    for (auto &mount : renamed.observed.mounts)
        if (mount.source.starts_with("/dev/sd"))
            mount.source = "/dev/sdq1";
    CHECK(plan_of(renamed) == plan_of(look));
}

TEST_CASE("what is written where, in a safe order") {
    const plan::Plan plan = plan_of(test::replaced("disk1"));
    CHECK(count<plan::AddMember>(plan) == 1);
    CHECK(first<plan::MarkDisk>(plan) == 0);
    CHECK(first<plan::WriteTable>(plan) < first<plan::WipeSignatures>(plan));
    CHECK(first<plan::WipeSignatures>(plan) < first<plan::AddMember>(plan));
    CHECK(first<plan::MakeFilesystem>(plan) < first<plan::RestoreFiles>(plan));
    CHECK(first<plan::RestoreFiles>(plan) < first<plan::InstallBootLoader>(plan));
    CHECK(first<plan::InstallBootLoader>(plan) < first<plan::UnmarkDisk>(plan));
    // Whatever writes to the root filesystem waits until its array is whole (safety rule 7).
    CHECK(first<plan::WaitForRebuild>(plan) < first<plan::RestoreConfiguration>(plan));
    CHECK(first<plan::WaitForRebuild>(plan) < first<plan::RememberBootDisk>(plan));
    CHECK(first<plan::WaitForRebuild>(plan) < first<plan::SaveLog>(plan));
}

TEST_CASE("every step names the replaced disk or an array, never a survivor's partition") {
    for (const char *disk : {"disk1", "disk2", "disk3", "disk4", "disk5", "disk6"}) {
        const plan::Plan plan = plan_of(test::replaced(disk));
        for (const plan::Step &step : plan.steps)
            std::visit(plan::Visitor{
                           [&](const plan::MarkDisk &one) { CHECK(one.disk == disk); },
                           [&](const plan::WriteTable &one) { CHECK(one.disk == disk); },
                           [&](const plan::WipeSignatures &one) { CHECK(one.disk == disk); },
                           [&](const plan::MakeWritable &) {},
                           [&](const plan::AddMember &one) { CHECK(one.device.disk == disk); },
                           [&](const plan::MakeFilesystem &one) { CHECK(one.device.disk == disk); },
                           [&](const plan::RestoreFiles &one) { CHECK(one.device.disk == disk); },
                           [&](const plan::InstallBootLoader &one) { CHECK(one.disk == disk); },
                           [&](const plan::MakeBootEntry &one) { CHECK(one.device.disk == disk); },
                           [&](const plan::UnmarkDisk &one) { CHECK(one.disk == disk); },
                           [&](const plan::WaitForRebuild &) {},
                           [&](const plan::RestoreConfiguration &) {},
                           [&](const plan::RememberBootDisk &one) { CHECK(one.disk == disk); },
                           [&](const plan::SaveLog &) {}},
                       step);
    }
}

TEST_CASE("a stale member is taken back, not formatted (FAULTS 16)") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    model::Array &array = look.observed.arrays[1];
    array.slots_up[3] = false;
    for (model::ArrayMember &member : array.members)
        if (member.slot == 3)
            member.events -= 50;
        else
            member.array_state[3] = '.';
    const plan::Plan plan = plan_of(look);
    CHECK(plan.replacements.empty());
    CHECK(count<plan::WriteTable>(plan) == 0);
    REQUIRE(count<plan::AddMember>(plan) == 1);
    const auto &member = std::get<plan::AddMember>(plan.steps[first<plan::AddMember>(plan)]);
    CHECK(member.role == plan::AddMember::Role::returning);
    CHECK(member.device == model::DeviceRef{"disk4", 2});
}

TEST_CASE(
    "a lost write journal: nothing without the operator's start; then another is given to the "
    "array before it is written to") {
    model::Machine machine = test::linux_journal_machine("1.2");
    model::Array &array = machine.arrays[0];
    array.journal = true;
    array.slots = 0;
    for (model::ArrayMember &member : array.members)
        member.slot =
            member.device.disk == "disk4" ? model::journal_slot : static_cast<int>(array.slots++);
    array.slots_up.resize(array.slots);
    for (model::ArrayMember &member : array.members)
        member.array_state.resize(array.slots);
    test::Look look{test::profile_of(machine), test::without_disk(machine, "disk4"), {}};
    look.observed.disks.push_back(test::blank_disk("new1", "sdz"));
    look.surveys["new1"] = {diagnose::Survey::Bytes::blank, "", ""};
    const plan::Plan plan = plan_of(look);
    const auto journal = std::find(
        plan.steps.begin(), plan.steps.end(),
        plan::Step(plan::AddMember{array.uuid, {"disk4", 1}, plan::AddMember::Role::journal}));
    REQUIRE(journal != plan.steps.end());
    const auto at = static_cast<std::size_t>(journal - plan.steps.begin());
    CHECK(first<plan::WipeSignatures>(plan) < at);
    CHECK(at < first<plan::MakeWritable>(plan));

    look.observed.arrays[0].kernel_name.clear();
    look.observed.arrays[0].running_state.clear();
    look.observed.arrays[0].slots_up.clear();
    const auto refused = planned(look);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("mdadm --assemble --force /dev/md/") != std::string::npos);
    CHECK(refused.error().message.find(" /dev/sdb1 /dev/sdc1 /dev/sde1 /dev/sdf1 ") !=
          std::string::npos);
}

TEST_CASE("a member that was recorded as faulty is not added to anything") {
    test::Look look = test::replaced("disk4");
    for (model::ArrayMember &member : look.profile.machine.arrays[0].members)
        if (member.device.disk == "disk4")
            member.slot = model::faulty_slot;
    const auto refused = planned(look);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("marked faulty") != std::string::npos);
}

TEST_CASE("two blank disks: the operator chooses, there is no default (FAULTS 8)") {
    test::Look look = test::replaced("disk1");
    look.observed.disks.push_back(test::blank_disk("new2", "sdy"));
    look.surveys["new2"] = {diagnose::Survey::Bytes::blank, "", ""};
    const auto made = planned(look);
    REQUIRE_FALSE(made);
    CHECK(made.error().message.find("several disks can take the place of disk1") == 0);
    const auto chosen = planned(look, {{{"disk1", "new2"}}});
    REQUIRE(chosen);
    CHECK(chosen->replacements[0].observed == "new2");
    CHECK_FALSE(planned(look, {{{"disk1", "disk2"}}}));
}

TEST_CASE("a GPT disk gets the recorded table; a larger one its backup at the real end") {
    const std::uint64_t more = 1ULL << 30U;
    test::Look same = test::mirror_replaced("disk2");
    test::Look larger = test::mirror_replaced("disk2", more);
    for (test::Look *look : {&same, &larger}) // made on a smaller disk once
        look->profile.machine.disks[1].table->last_usable -= 2048;
    const auto table_in = [](const test::Look &look) {
        const plan::Plan plan = plan_of(look);
        return std::get<plan::WriteTable>(plan.steps[first<plan::WriteTable>(plan)]).table;
    };
    const model::PartitionTable recorded = *same.profile.machine.disks[1].table;
    CHECK(table_in(same) == recorded);
    model::PartitionTable wanted = recorded;
    wanted.last_usable = (same.profile.machine.disks[1].size + more) / 512 - 34;
    CHECK(table_in(larger) == wanted);
}

TEST_CASE("plans of a UEFI mirror, in words") {
    check_golden("mirror-uefi-disk1.txt", in_words(test::mirror_replaced("disk1")));
    check_golden("mirror-uefi-disk2.txt", in_words(test::mirror_replaced("disk2")));
}

TEST_CASE("an EFI system partition: made, its files, then the boot entry that leads to them") {
    const plan::Plan plan = plan_of(test::mirror_replaced("disk1"));
    CHECK(count<plan::MakeFilesystem>(plan) == 1);
    REQUIRE(count<plan::RestoreFiles>(plan) == 1);
    const auto &files = std::get<plan::RestoreFiles>(plan.steps[first<plan::RestoreFiles>(plan)]);
    CHECK(files == plan::RestoreFiles{
                       {"disk1", 1}, "vfat", "5E1D-00A1", "mdrescue/esp/disk1-1", "/boot/efi"});
    REQUIRE(count<plan::MakeBootEntry>(plan) == 1);
    const auto &entry = std::get<plan::MakeBootEntry>(plan.steps[first<plan::MakeBootEntry>(plan)]);
    CHECK(entry.device == model::DeviceRef{"disk1", 1});
    CHECK(entry.entry.label == "debian");
    CHECK(first<plan::MakeFilesystem>(plan) < first<plan::RestoreFiles>(plan));
    CHECK(first<plan::RestoreFiles>(plan) < first<plan::MakeBootEntry>(plan));
    CHECK(first<plan::MakeBootEntry>(plan) < first<plan::UnmarkDisk>(plan));
    // grub-install for a BIOS and Debian's memory of its disk belong to other machines.
    CHECK(count<plan::InstallBootLoader>(plan) == 0);
    CHECK(count<plan::RememberBootDisk>(plan) == 0);
}

TEST_CASE("an EFI system partition that is not mounted comes back too") {
    const plan::Plan plan = plan_of(test::mirror_replaced("disk2"));
    REQUIRE(count<plan::RestoreFiles>(plan) == 1);
    const auto &files = std::get<plan::RestoreFiles>(plan.steps[first<plan::RestoreFiles>(plan)]);
    CHECK(files.snapshot == "mdrescue/esp/disk2-1");
    CHECK(files.target.empty());
    CHECK(plan::name_of(files) == "the EFI system partition of disk2");
    // None led to it; the survivor's is looked after, since firmware may have been reset.
    REQUIRE(count<plan::MakeBootEntry>(plan) == 1);
    CHECK(std::get<plan::MakeBootEntry>(plan.steps[first<plan::MakeBootEntry>(plan)]).device.disk ==
          "disk1");
}

TEST_CASE("no files are promised of an EFI system partition that has no snapshot, nor an entry") {
    test::Look look = test::mirror_replaced("disk1");
    look.profile.machine.disks[0].boot_loaders[0].files.clear();
    const plan::Plan plan = plan_of(look);
    CHECK(count<plan::MakeFilesystem>(plan) == 1);
    CHECK(count<plan::RestoreFiles>(plan) == 0);
    CHECK(count<plan::MakeBootEntry>(plan) == 0);
}

TEST_CASE("an EFI system partition in an array comes back with the array, its entry by itself") {
    test::Look look = test::mirror_replaced("disk1");
    look.profile.machine.disks[0].table->partitions[0].content =
        test::md_member_content("0d0d0d0d:77778888:9999aaaa:bbbbcccc");
    look.profile.machine.disks[0].boot_loaders[0].files.clear(); // it was not mounted
    const plan::Plan plan = plan_of(look);
    CHECK(count<plan::MakeFilesystem>(plan) == 0);
    CHECK(count<plan::RestoreFiles>(plan) == 0);
    CHECK(count<plan::MakeBootEntry>(plan) == 1);
}

TEST_CASE("boot entries: active ones, with labels that can be told apart") {
    test::Look look = test::mirror_replaced("disk2");
    auto &entries = look.profile.machine.firmware.boot_entries;
    model::BootEntry second = entries[1];
    second.number = 4;
    second.partition_guid = look.profile.machine.disks[1].table->partitions[0].uuid;
    entries.push_back(second);
    second.number = 5;
    second.active = false;
    entries.push_back(second);
    const plan::Plan plan = plan_of(look);
    REQUIRE(count<plan::MakeBootEntry>(plan) == 2); // the survivor's first
    const auto &made =
        std::get<plan::MakeBootEntry>(plan.steps[first<plan::MakeBootEntry>(plan) + 1]);
    CHECK(made.entry.number == 4);
    CHECK(made.entry.label == "debian (disk2)");
    CHECK(plan::optional(made));
    CHECK_FALSE(plan::optional(plan.steps[0]));
    entries[2].label = "debian on the second disk";
    CHECK(std::get<plan::MakeBootEntry>(
              plan_of(look).steps[first<plan::MakeBootEntry>(plan_of(look)) + 1])
              .entry.label == "debian on the second disk");
}

TEST_CASE("cut in the rebuild: arrays that are started read-only again are let go on") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    for (model::Array &array : look.observed.arrays) {
        array.running_state = "read-auto";
        array.slots_up[2] = false;
        for (model::ArrayMember &member : array.members)
            if (member.slot == 2)
                member.recovery_offset = 4096;
    }
    const plan::Plan plan = plan_of(look);
    CHECK(count<plan::MakeWritable>(plan) == 2);
    CHECK(count<plan::AddMember>(plan) == 0);
    CHECK(std::get<plan::WaitForRebuild>(plan.steps[first<plan::WaitForRebuild>(plan)])
              .arrays.size() == 2);
}

TEST_CASE("a whole machine: nothing is waited for, no disk is new to the installed system") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    const plan::Plan plan = plan_of(look);
    CHECK(count<plan::WaitForRebuild>(plan) == 0);
    CHECK(count<plan::RememberBootDisk>(plan) == 0);
}

TEST_CASE("cut short after md had all members: what is left is in the installed system") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    for (model::Array &array : look.observed.arrays)
        array.running_state = "readonly";
    look.observed.disks[0].serial = "NEW00001";
    const plan::Plan plan = plan_of(look);
    CHECK(plan.replacements.empty());
    CHECK(count<plan::MakeWritable>(plan) == 1); // the root's
    CHECK(std::get<plan::RememberBootDisk>(plan.steps[first<plan::RememberBootDisk>(plan)]).disk ==
          "disk1");
}
