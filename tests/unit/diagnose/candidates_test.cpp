// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnose/candidates.h"
#include "diagnose/findings.h"
#include "diagnose/marker.h"
#include "diagnose/unsupported.h"

#include "../support/replaced_disk.h"

#include <doctest/doctest.h>

using namespace mdrescue;
using diagnose::Candidate;
using diagnose::Finding;
using diagnose::Fitness;

namespace {

Candidate only(const test::Look &look, const std::string &medium = "/dev/sr0") {
    const auto vacancies = look.vacancies(medium);
    REQUIRE(vacancies.size() == 1);
    REQUIRE(vacancies[0].candidates.size() == 1);
    return vacancies[0].candidates[0];
}

model::Disk &target(test::Look &look) { return look.observed.disks.back(); }

bool has(const std::vector<Finding> &findings, Finding::Kind kind) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding &one) { return one.kind == kind; });
}

std::vector<Finding> findings(const test::Look &look) {
    return diagnose::find(look.profile, look.observed, look.comparison(), look.assemblies(),
                          look.vacancies());
}

} // namespace

TEST_CASE("a blank disk of the same size is the candidate for the missing one") {
    const test::Look look = test::replaced("disk1");
    CHECK(look.vacancies()[0].recorded == "disk1");
    CHECK(only(look) == Candidate{"new1", Fitness::blank, "is blank", 0});
    CHECK_FALSE(diagnose::refuses(findings(look)));
}

TEST_CASE("nothing is missing: nothing is replaced") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    CHECK(look.vacancies().empty());
}

TEST_CASE("what is on a disk decides, before anything else is asked (FAULTS 4 to 6)") {
    test::Look look = test::replaced("disk1");
    SUBCASE("a filesystem") {
        target(look).content =
            test::filesystem_content("ext4", "1f0e9a52-0000-4000-8000-000000000001", "photos");
        CHECK(only(look).reason == "holds a ext4 filesystem \"photos\"");
    }
    SUBCASE("a member of a foreign array") {
        target(look).content = test::md_member_content("aaaaaaaa:bbbbbbbb:cccccccc:dddddddd");
        CHECK(only(look).reason == "is a member of an array that is not this machine's");
    }
    SUBCASE("a partition table, even an empty one") {
        target(look).table.emplace();
        target(look).table->label = "gpt";
        CHECK(only(look).reason == "has a partition table (gpt)");
    }
    SUBCASE("the backup of a partition table alone, at the end") {
        look.surveys["new1"].bytes = diagnose::Survey::Bytes::used;
        look.surveys["new1"].backup_gpt = true;
        CHECK(only(look).reason == "has a partition table (gpt, its backup at the end alone)");
    }
    SUBCASE("something on a partition") {
        target(look).table.emplace();
        model::Partition partition;
        partition.number = 2;
        partition.content.kind = model::Content::Kind::luks;
        target(look).table->partitions = {partition};
        CHECK(only(look).reason == "has partitions; number 2 is encrypted (LUKS)");
    }
    SUBCASE("firmware RAID") {
        target(look).content.kind = model::Content::Kind::other;
        target(look).content.type = "isw_raid_member";
        CHECK(only(look).reason == "holds isw_raid_member");
    }
    SUBCASE("mounted") {
        look.observed.mounts.push_back({"/dev/sdz1", "/mnt", "ext4", "rw", ""});
        CHECK(only(look).reason == "is in use: something on it is mounted or swapped on");
    }
    CHECK(only(look).fitness == Fitness::unfit);
    CHECK(has(findings(look), Finding::Kind::no_replacement));
    CHECK(diagnose::refuses(findings(look)));
}

TEST_CASE("a name that only begins like another is another disk") {
    test::Look look = test::replaced("disk1");
    look.observed.mounts.push_back({"/dev/sdza1", "/mnt", "ext4", "rw", ""});
    CHECK(only(look).fitness == Fitness::blank);
}

TEST_CASE("no signature is not blank (FAULTS 5)") {
    test::Look look = test::replaced("disk1");
    look.surveys["new1"].bytes = diagnose::Survey::Bytes::used;
    CHECK(only(look).fitness == Fitness::ask);
    look.surveys["new1"] = {diagnose::Survey::Bytes::unreadable, "Input/output error", ""};
    CHECK(only(look).fitness == Fitness::unfit);
    look.surveys.clear();
    CHECK(only(look).fitness == Fitness::unfit);
}

TEST_CASE(
    "too small is told in bytes (FAULTS 10), larger is fine (11), other sectors are not (12)") {
    test::Look look = test::replaced("disk1");
    target(look).size -= 1U << 20U;
    CHECK(only(look).bytes_missing == 1U << 20U);
    CHECK(only(look).reason == "is too small: 1048576 bytes are missing");
    target(look).size += 1ULL << 33U;
    CHECK(only(look).fitness == Fitness::blank);
    target(look).logical_sector = 4096;
    CHECK(only(look).fitness == Fitness::unfit);
}

TEST_CASE("GPT needs its backup at the end too") {
    model::Disk disk = test::mirror_uefi_disk(1);
    const std::uint64_t last = 3147776 + 1872236544ULL;
    CHECK(diagnose::bytes_needed(disk) == (last + 33) * 512);
}

TEST_CASE("never: the medium, read-only and removable drives (FAULTS 27)") {
    test::Look look = test::replaced("disk1");
    CHECK(only(look, "/dev/sdz").fitness == Fitness::unfit);
    CHECK(only(look, "/dev/sdz1").fitness == Fitness::unfit);
    target(look).removable = true;
    CHECK(only(look).reason == "is a removable drive");
    target(look).removable = false;
    target(look).read_only = true;
    CHECK(only(look).reason == "is read-only");
}

TEST_CASE("a half-written replacement goes on, if nothing but our own output is on it") {
    test::Look look = test::replaced("disk1");
    look.surveys["new1"] = {diagnose::Survey::Bytes::used, "",
                            diagnose::marker_bytes(look.profile, "disk1")};
    CHECK(only(look).fitness == Fitness::resumed);

    SUBCASE("with the table and the members written") {
        const model::Disk recorded = look.profile.machine.disks[0];
        target(look).table = recorded.table;
        target(look).content = recorded.content;
        CHECK(only(look).fitness == Fitness::resumed);
        SUBCASE("but not with somebody else's data in it") {
            target(look).table->partitions[0].content =
                test::filesystem_content("ext4", "1f0e9a52-0000-4000-8000-000000000001", "");
            CHECK(only(look).fitness == Fitness::unfit);
        }
    }
    SUBCASE("the marker of another disk is no permission") {
        look.surveys["new1"].marker = diagnose::marker_bytes(look.profile, "disk2");
        CHECK(only(look).fitness == Fitness::unfit);
    }
}

TEST_CASE("a returning original has no marker and is never a target") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    look.surveys["disk1"] = {diagnose::Survey::Bytes::used, "", ""};
    CHECK(look.vacancies().empty());
}

TEST_CASE("md has rebuilt a half-written replacement: it is gone on with all the same") {
    test::Look look{test::profile_of(test::linux_journal_machine("1.2")),
                    test::linux_journal_machine("1.2"),
                    {}};
    CHECK(diagnose::worth_surveying(look.observed.disks[0], "/dev/sr0"));
    look.surveys["disk1"] = {diagnose::Survey::Bytes::used, "",
                             diagnose::marker_bytes(look.profile, "disk1")};
    const auto vacancies = look.vacancies();
    REQUIRE(vacancies.size() == 1);
    CHECK(diagnose::choices(vacancies[0]).front().fitness == Fitness::resumed);
}

TEST_CASE("findings say what is gone, in words") {
    const test::Look look = test::replaced("disk1");
    const auto found = findings(look);
    REQUIRE(has(found, Finding::Kind::disk_missing));
    CHECK(diagnose::words(found[0], look.profile) ==
          "disk1 (serial 3FE0BX717, slot pci-0000:00:05.0-scsi-0:0:0:0, 18 GB) is missing. It "
          "held a member of md1, "
          "/boot, the only boot loader. Without it the machine does not start.");
    REQUIRE(has(found, Finding::Kind::array_degraded));
    CHECK(diagnose::words(found[1], look.profile) ==
          "md1 runs degraded [_UUUUU]; no further member may fail.");
}

TEST_CASE("two disks missing from a RAID-5 refuse") {
    test::Look look = test::replaced("disk1");
    look.observed = test::without_disk(look.observed, "disk4");
    CHECK(has(findings(look), Finding::Kind::array_lost));
    CHECK(diagnose::refuses(findings(look)));
}

TEST_CASE("an array that is lost stops the recovery only where the system lies on it (FAULTS 32)") {
    test::Look look = test::stripe_lost();
    REQUIRE(has(findings(look), Finding::Kind::array_lost));
    CHECK_FALSE(diagnose::refuses(findings(look)));
    auto &mounts = look.profile.machine.mounts;
    const auto root = std::find_if(mounts.begin(), mounts.end(),
                                   [](const auto &mount) { return mount.target == "/"; });
    SUBCASE("the root") { root->uuid = look.profile.machine.arrays[0].content.uuid; }
    SUBCASE("a part of it") {
        mounts.push_back(*root);
        mounts.back().target = "/var/lib";
        mounts.back().uuid = look.profile.machine.arrays[0].content.uuid;
    }
    CHECK(has(findings(look), Finding::Kind::array_lost));
    CHECK(diagnose::refuses(findings(look)));
}

TEST_CASE("an array is not given up while the disk of a member that is not found is here") {
    test::Look look = test::stripe_lost();
    look.observed.arrays[0].members.pop_back();
    CHECK(has(findings(look), Finding::Kind::array_lost));
    CHECK(diagnose::refuses(findings(look)));
}

TEST_CASE("an array is not given up where the root may be on it, or the firmware's partition") {
    test::Look look = test::stripe_lost();
    REQUIRE_FALSE(diagnose::refuses(findings(look)));
    SUBCASE("where the root lies is not known") {
        for (auto &mount : look.profile.machine.mounts)
            if (mount.target == "/")
                mount.uuid = "behind something";
    }
    SUBCASE("it mirrors an EFI system partition") {
        model::BootLoader esp;
        esp.kind = model::BootLoader::Kind::esp;
        esp.partition = look.profile.machine.arrays[0].members[0].device.partition;
        for (auto &disk : look.profile.machine.disks)
            if (disk.id == look.profile.machine.arrays[0].members[0].device.disk)
                disk.boot_loaders.push_back(esp);
    }
    CHECK(diagnose::refuses(findings(look)));
}

TEST_CASE("an array that a member out of date may still save is not given up") {
    const test::Look look = test::stripe_lost();
    auto assemblies = look.assemblies();
    const auto found = [&] {
        return diagnose::find(look.profile, look.observed, look.comparison(), assemblies,
                              look.vacancies());
    };
    CHECK_FALSE(diagnose::refuses(found()));
    assemblies[0].left_out = {{{"disk3", 1}, "is out of date"}};
    CHECK(has(found(), Finding::Kind::array_lost));
    CHECK(diagnose::refuses(found()));
    for (const Finding &finding : found())
        if (finding.kind == Finding::Kind::array_lost) // a way out, by hand
            CHECK(diagnose::words(finding, look.profile).find(" /dev/sdc1 (mdadm(8))") !=
                  std::string::npos);
}

TEST_CASE("an array all of whose disks are gone is lost; one that is not found else refuses") {
    test::Look look = test::stripe_lost();
    look.observed.arrays.erase(look.observed.arrays.begin());
    CHECK(has(findings(look), Finding::Kind::array_absent));
    CHECK(diagnose::refuses(findings(look)));
    auto &members = look.profile.machine.arrays[0].members;
    std::erase_if(members, [](const auto &member) { return member.device.disk != "disk2"; });
    CHECK(has(findings(look), Finding::Kind::array_lost));
    CHECK_FALSE(diagnose::refuses(findings(look)));
}

TEST_CASE("a machine that is not the recorded one refuses (FAULTS 25)") {
    test::Look look = test::replaced("disk1");
    for (auto &array : look.observed.arrays)
        array.uuid.front() = 'f';
    CHECK(has(findings(look), Finding::Kind::other_machine));
    look.observed.arrays.clear();
    CHECK(has(findings(look), Finding::Kind::unknown_machine));
    CHECK(diagnose::refuses(findings(look)));
}

TEST_CASE(
    "a copy of the recorded machine: told, where every disk says that it is another (FAULTS 25)") {
    test::Look look = test::replaced("disk1");
    const auto cloned = [&] { return has(findings(look), Finding::Kind::cloned_machine); };
    CHECK_FALSE(cloned());
    for (auto &disk : look.observed.disks) {
        disk.serial = "COPY-" + disk.kernel_name;
        disk.wwn.clear();
    }
    CHECK(cloned());
    CHECK_FALSE(diagnose::refuses(findings(look)));
    SUBCASE("a disk without a serial says nothing") { look.observed.disks[1].serial.clear(); }
    SUBCASE("one of them is there, on a controller that calls it something else") {
        look.observed.disks[1].serial = look.profile.machine.disks[2].serial;
        look.observed.disks[1].model = "USB bridge";
    }
    CHECK_FALSE(cloned());
}

TEST_CASE("an array of another shape than recorded refuses (FAULTS 20)") {
    test::Look look = test::replaced("disk1");
    look.observed.arrays[0].component_size += 2048;
    CHECK(has(findings(look), Finding::Kind::layout_changed));
    CHECK(diagnose::refuses(findings(look)));
}

TEST_CASE("firmware RAID, multipath and ZFS are refused by name (FAULTS 28)") {
    test::Look look = test::replaced("disk1");
    using Content = model::Content;
    const auto with = [](const char *type) {
        return Content{Content::Kind::other, type, "", {}, {}};
    };
    const auto refused = [&](const char *words) {
        for (const Finding &finding : findings(look))
            if (finding.kind == Finding::Kind::unsupported)
                return diagnose::refuses(findings(look)) &&
                       diagnose::words(finding, look.profile).find(words) != std::string::npos;
        return false;
    };
    CHECK_FALSE(has(findings(look), Finding::Kind::unsupported));
    model::Disk &dead = look.profile.machine.disks[0];
    model::Disk &here = look.observed.disks[0];
    SUBCASE("Intel's, on a survivor") {
        here.content = with("isw_raid_member");
        CHECK(refused("sdb belongs to a RAID of the firmware (isw_raid_member)"));
    }
    SUBCASE("another one, on the dead disk") {
        dead.content = with("ddf_raid_member");
        CHECK(refused("(ddf_raid_member)"));
    }
    SUBCASE("a path of several") {
        here.content = with("mpath_member");
        CHECK(refused("(multipath)"));
    }
    SUBCASE("a path of several, as the record has it") {
        look.profile.machine.disks[1].content = with("mpath_member");
        CHECK(refused("(multipath)"));
    }
    SUBCASE("an array's member with something else on it is no firmware's") {
        here.content = with("ext4 linux_raid_member");
        CHECK_FALSE(has(findings(look), Finding::Kind::unsupported));
    }
    SUBCASE("a pool on the dead disk") {
        dead.table->partitions[0].content = with("zfs_member");
        CHECK(refused("belongs to a ZFS pool"));
        CHECK_FALSE(refused("partition 1 of sda belongs")); // sda may be another disk by now
    }
    SUBCASE("a pool on a survivor is left alone") {
        here.table->partitions[0].content = with("zfs_member");
        CHECK_FALSE(has(findings(look), Finding::Kind::unsupported));
    }
    SUBCASE("on a disk that is not the machine's it only makes that no replacement") {
        look.observed.disks.back().content = with("isw_raid_member");
        CHECK_FALSE(has(findings(look), Finding::Kind::unsupported));
    }
}

TEST_CASE("what would stop a recovery is known before") {
    model::Machine machine = test::linux_journal_machine();
    CHECK(diagnose::unsupported_in(machine).empty());
    machine.disks[0].table->partitions[0].content.type = "zfs_member";
    machine.disks[1].content.type = "mpath_member";
    std::erase_if(machine.mounts, [](const auto &mount) { return mount.target == "/"; });
    machine.arrays[0].reshaping = true;
    CHECK(diagnose::unsupported_in(machine).size() == 4);
}

TEST_CASE("LVM or LUKS on the dead disk alone is told as lost") {
    test::Look look = test::replaced("disk1");
    CHECK_FALSE(has(findings(look), Finding::Kind::volume_lost));
    look.profile.machine.disks[0].table->partitions[0].content.kind = model::Content::Kind::luks;
    CHECK(has(findings(look), Finding::Kind::volume_lost));
    CHECK_FALSE(diagnose::refuses(findings(look)));
}

TEST_CASE("what lay in LVM on the dead disk alone is not said to be made again") {
    test::Look look = test::replaced("disk1");
    model::Machine &machine = look.profile.machine;
    const std::string uuid = "44444444-5555-4666-8777-888888888888";
    const model::Content filesystem = test::filesystem_content("ext4", uuid, "");
    model::Content &partition = machine.disks[0].table->partitions[0].content;
    machine.mounts.push_back({"/dev/sda1", "/srv", "ext4", "rw", uuid});
    partition = filesystem;
    CHECK(has(findings(look), Finding::Kind::filesystem_lost)); // this one is
    partition = {};
    partition.kind = model::Content::Kind::lvm_pv;
    partition.uuid = "pv";
    machine.mounts.back().source = "/dev/mapper/vg0-srv";
    machine.volume_groups = {{"vg0", "vg", {"pv"}, {{"srv", "lv", 4194304, filesystem}}, ""}};
    const auto found = findings(look);
    CHECK_FALSE(has(found, Finding::Kind::filesystem_lost));
    CHECK(has(found, Finding::Kind::volume_lost));
    for (const Finding &finding : found) // named all the same
        if (finding.kind == Finding::Kind::disk_missing)
            CHECK(diagnose::words(finding, look.profile).find("/srv") != std::string::npos);
}

TEST_CASE("what was not mounted is told as lost, too; a disk without a table by what it held") {
    test::Look look = test::replaced("disk1");
    model::Disk &disk = look.profile.machine.disks[0];
    model::Content &partition = disk.table->partitions[0].content;
    const auto told = [&](Finding::Kind kind) {
        std::string all;
        for (const Finding &finding : findings(look))
            if (finding.kind == kind)
                all += diagnose::words(finding, look.profile);
        return all;
    };
    partition = test::filesystem_content("ext4", "44444444-5555-4666-8777-888888888888", "");
    CHECK(told(Finding::Kind::filesystem_lost).find("Partition 1 (ext4) lay on") == 0);
    partition = test::filesystem_content("swap", "44444444-5555-4666-8777-888888888888", "");
    CHECK(told(Finding::Kind::filesystem_lost).empty()); // made again
    disk.content = partition;
    disk.table.reset();
    CHECK(told(Finding::Kind::volume_lost).find("held swap space outside") != std::string::npos);
    CHECK(told(Finding::Kind::volume_lost).ends_with("It is not made again."));
    disk.content = test::filesystem_content("ext4", "44444444-5555-4666-8777-888888888888", "");
    CHECK(told(Finding::Kind::filesystem_lost).find("A filesystem (ext4) lay on") == 0);
}

TEST_CASE("a stick that was plugged in when the image was made is not missed") {
    test::Look look = test::replaced("disk1");
    model::Machine &machine = look.profile.machine;
    model::Disk stick = machine.disks[0];
    stick.id = "stick";
    stick.serial = stick.wwn = "STICK";
    stick.transport = "usb";
    stick.table->id = "0x57170000";
    stick.table->partitions.resize(1);
    stick.table->partitions[0].content = test::filesystem_content("vfat", "AAAA-0000", "");
    machine.disks.push_back(stick);
    machine.mounts.push_back({"/dev/sdz1", "/mnt", "vfat", "rw", "AAAA-0000"});
    CHECK(look.vacancies().size() == 1);
    for (const Finding &finding : findings(look))
        CHECK(finding.disk != "stick");
    std::size_t vacancies = 2;
    SUBCASE("still not") { vacancies = 1; }
    SUBCASE("one that fstab names is") {
        for (model::VerbatimFile &file : machine.files)
            if (file.path == "/etc/fstab")
                file.text += "UUID=AAAA-0000 /backup vfat defaults 0 0\n";
    }
    SUBCASE("one that the system lies on is") { machine.mounts.back().target = "/usr/local"; }
    SUBCASE("a fixed disk is") { machine.disks.back().transport = "scsi"; }
    CHECK(look.vacancies().size() == vacancies);
}

TEST_CASE("an EFI system partition is no lost filesystem while the disc has its files") {
    test::Look look = test::mirror_replaced("disk1");
    CHECK_FALSE(has(findings(look), Finding::Kind::filesystem_lost));
    look.profile.machine.mounts[2].target = "/boot/efi2";
    CHECK_FALSE(has(findings(look), Finding::Kind::filesystem_lost));
    look.profile.machine.disks[0].boot_loaders[0].files.clear();
    CHECK(has(findings(look), Finding::Kind::filesystem_lost));
}

TEST_CASE("a UEFI machine's disc started by BIOS firmware: the operator is told of boot entries") {
    test::Look look = test::mirror_replaced("disk1");
    look.observed.firmware.mode = model::Firmware::Mode::bios;
    for (const Finding &finding : findings(look))
        if (finding.kind == Finding::Kind::firmware_mode) {
            CHECK(diagnose::words(finding, look.profile).find("boot entries") != std::string::npos);
            CHECK_FALSE(diagnose::refuses({finding}));
            return;
        }
    FAIL("not told");
}

TEST_CASE("a smaller GPT disk is refused only where partitions and the backup table do not fit") {
    test::Look look = test::mirror_replaced("disk1");
    const model::Disk &recorded = look.profile.machine.disks[0];
    const std::uint64_t need = diagnose::bytes_needed(recorded);
    CHECK(need < recorded.size); // some space is free at its end
    target(look).size = need;
    CHECK(only(look).fitness == Fitness::blank);
    target(look).size = need - 512;
    CHECK(only(look).bytes_missing == 512);
}

TEST_CASE("a machine that is hibernated is refused (FAULTS 30)") {
    test::Look look = test::replaced("disk1");
    CHECK_FALSE(has(findings(look), Finding::Kind::hibernated));
    look.observed.arrays[0].content.type = "swsuspend";
    CHECK(has(findings(look), Finding::Kind::hibernated));
    CHECK(diagnose::refuses(findings(look)));
}
