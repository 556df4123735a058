// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../support/fake_system.h"
#include "superblocks.h"

#include "diagnose/marker.h"
#include "execute/steps.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

// A small machine for the steps that write to disks: disk1 (swap and a member) died, its blank
// replacement is called sdc; disk2 and disk3, now sda and sdb, hold the other members of a RAID-5.
// sfdisk, wipefs, mdadm, mkswap and mke2fs are played by the fixture.

namespace mdrescue::test {

inline const std::string raid_uuid = "5a68c5e9:cd775618:9f8d395e:8b4781df";
inline const std::string swap_uuid = "203a54ac-7cab-50c6-a102-b46bc5789717";
inline constexpr std::uint64_t mib = 1U << 20U;

struct Listener : util::Progress {
    void phase(std::string_view name, std::uint64_t total) override {
        phases.push_back(fmt::format("{} {}", name, total));
    }
    void advance(std::uint64_t done) override { last = done; }
    void warn(std::string_view message) override { warnings.emplace_back(message); }
    std::vector<std::string> phases, warnings;
    std::uint64_t last = 0;
};

class DiskFixture {
  public:
    DiskFixture() {
        profile.image_id = "6f2f0b2e-1d3c-8a4b-9c5d-0e1f2a3b4c5d";
        record();
        for (const char *name : {"sda", "sdb", "sdc"})
            plug_in(name, fmt::format("SERIAL-{}", name));
        for (const char *name : {"sda", "sdb"}) {
            add_partition(name, 1, 2048, 2048);
            add_partition(name, 2, 4096, 8192);
        }
        put("/dev/sda2", 4096, superblock_1_2(raid_uuid, 1, ".AA"));
        put("/dev/sdb2", 4096, superblock_1_2(raid_uuid, 2, ".AA"));
        run_array();
        system.files["/proc/self/mountinfo"] = "22 1 9:127 / / rw - ext4 /dev/md127 rw\n";
        system.files["/proc/swaps"] = "Filename Type Size Used Priority\n";
        system.program = [this](const system::Command &command) { return play(command); };
        observe();
        make_plan();
    }

    FakeSystem system;
    Listener progress;
    model::Profile profile;
    model::Machine observed;
    plan::Plan plan;
    execute::Journal journal{system, ""};
    execute::Context context{
        system, progress, journal, profile,
        {},     plan,     {},      [this] { return util::Result<model::Machine>(observed); }};

    plan::MarkDisk mark{"disk1", 7 * mib, {}};
    plan::WriteTable table{"disk1", {}, 512};
    plan::WipeSignatures wipe{"disk1", {1, 2}};
    plan::MakeWritable writable{raid_uuid};
    plan::AddMember add{raid_uuid, {"disk1", 2}};
    plan::MakeFilesystem swap{{"disk1", 1},
                              {"swap", swap_uuid, "", {{"page_size", "4096"}, {"pages", "256"}}}};
    plan::UnmarkDisk unmark{"disk1", 7 * mib};
    plan::WaitForRebuild wait{{raid_uuid}};

    std::map<std::string, std::string> signatures; ///< blkid's lines by device
    std::map<std::string, int> statuses;           ///< of programs, where not 0
    bool kernel_reads_table = true;
    bool adding_works = true;

    /// Programs that were run, those that only look left out.
    [[nodiscard]] std::vector<std::string> writers() const {
        std::vector<std::string> lines;
        for (const auto &argv : system.commands)
            if (argv[0] != "blkid" && argv[0] != "e2fsck" &&
                !(argv[0] == "sfdisk" && argv[1] == "--json"))
                lines.push_back(fmt::format("{}", fmt::join(argv, " ")));
        return lines;
    }
    /// Nothing was written by us or by a program.
    [[nodiscard]] bool untouched() const {
        return writers().empty() && system.device_writes.empty();
    }

    void put(const std::string &device, std::uint64_t offset, const std::string &bytes) {
        system.files[device].replace(offset, bytes.size(), bytes);
    }
    void put_marker() { put("/dev/sdc", mark.offset, mark.bytes); }
    void put_table() { write_table("/dev/sdc"); }
    void sysfs(const std::string &path, const std::string &value) {
        system.files["/sys/" + path] = value + "\n";
    }
    void md(const std::string &attribute, const std::string &value) {
        sysfs("block/md127/md/" + attribute, value);
    }
    void add_to_array(const std::string &name, int slot, const std::string &state) {
        md(fmt::format("dev-{}/state", name), state);
        md(fmt::format("dev-{}/slot", name), slot < 0 ? "none" : std::to_string(slot));
        sysfs(fmt::format("class/block/{}/holders/md127", name), "");
    }
    void add_partition(const std::string &disk, unsigned number, std::uint64_t start,
                       std::uint64_t size) {
        const std::string name = fmt::format("{}{}", disk, number);
        std::string &bytes = system.files["/dev/" + name];
        bytes.resize(size * 512);
        sysfs(fmt::format("class/block/{}/start", name), std::to_string(start));
        sysfs(fmt::format("class/block/{}/size", name), std::to_string(size));
        sysfs(fmt::format("class/block/{}/dev", name),
              fmt::format("8:{}", static_cast<unsigned>(disk.back() - 'a') * 16 + number));
        sysfs(fmt::format("class/block/{}/{}/partition", disk, name), std::to_string(number));
    }
    void remake_context() { context.observed = observed; }
    model::Machine seen() const { return observed; }

  private:
    void record() {
        for (unsigned number = 1; number <= 3; ++number) {
            model::Disk disk;
            disk.id = fmt::format("disk{}", number);
            disk.size = 8 * mib;
            model::PartitionTable recorded;
            recorded.label = "dos";
            recorded.id = fmt::format("0x5c0d1a0{}", number);
            recorded.partitions.resize(2);
            recorded.partitions[0] = {1, 2048, 2048, "82", "", "", "", true, {}};
            recorded.partitions[1] = {2, 4096, 8192, "fd", "", "", "", false, {}};
            disk.table = recorded;
            profile.machine.disks.push_back(disk);
        }
        model::Array array;
        array.uuid = raid_uuid;
        array.name = "root";
        array.metadata = "1.2";
        array.level = 5;
        array.slots = 3;
        array.component_size = 4096;
        for (int slot = 0; slot < 3; ++slot) {
            model::ArrayMember member;
            member.device = {fmt::format("disk{}", slot + 1), 2};
            member.device_uuid = device_uuid(slot);
            member.slot = slot;
            member.data_offset = 2048;
            array.members.push_back(member);
        }
        profile.machine.arrays = {array};
    }

    void plug_in(const std::string &name, const std::string &serial) {
        sysfs(fmt::format("block/{}/size", name), "16384");
        sysfs(fmt::format("block/{}/dev", name), fmt::format("8:{}", (name.back() - 'a') * 16));
        sysfs(fmt::format("block/{}/queue/logical_block_size", name), "512");
        sysfs(fmt::format("block/{}/device/model", name), "MODEL");
        sysfs(fmt::format("block/{}/serial", name), serial);
        sysfs(fmt::format("class/block/{}/size", name), "16384");
        system.links["/sys/block/" + name] = fmt::format(
            "../devices/pci0000:00/0000:00:0{}.0/virtio1/block/{}", name.back() - 'a' + 3, name);
        system.files["/dev/" + name].resize(8 * mib);
    }

    void run_array() {
        sysfs("block/md127/size", "16384");
        md("array_state", "readonly");
        md("degraded", "1");
        md("sync_action", "idle");
        md("sync_completed", "none");
        md("component_size", "2048");
        add_to_array("sda2", 1, "in_sync");
        add_to_array("sdb2", 2, "in_sync");
    }

    void observe() {
        unsigned id = 1;
        for (const char *name : {"sda", "sdb", "sdc"}) {
            model::Disk disk;
            disk.id = fmt::format("disk{}", id++);
            disk.kernel_name = name;
            disk.size = 8 * mib;
            disk.model = "MODEL";
            disk.serial = fmt::format("SERIAL-{}", name);
            disk.position = fmt::format("pci-0000:00:0{}.0", name[2] - 'a' + 3);
            observed.disks.push_back(disk);
        }
        model::Array array = profile.machine.arrays[0];
        array.kernel_name = "md127";
        array.running_state = "readonly";
        array.members.erase(array.members.begin());
        array.members[0].device = {"disk1", 2};
        array.members[1].device = {"disk2", 2};
        observed.arrays = {array};
        context.observed = observed;
    }

    void make_plan() {
        mark.bytes = diagnose::marker_bytes(profile, "disk1");
        table.table = *profile.machine.disks[0].table;
        plan.replacements = {{"disk1", "disk3", diagnose::Fitness::blank}};
        plan.disks = {{"disk1", "disk3"}, {"disk2", "disk1"}, {"disk3", "disk2"}};
        plan.steps = {mark, table, wipe, writable, add, swap, unmark, wait};
    }

    system::Output play(const system::Command &command) {
        const auto &argv = command.argv;
        if (const auto status = statuses.find(argv[0]); status != statuses.end())
            return {status->second, "", "it failed"};
        if (argv[0] == "blkid")
            return signatures.contains(argv.back()) ? system::Output{0, signatures[argv.back()], ""}
                                                    : system::Output{2, "", ""};
        if (argv[0] == "sfdisk" && argv[1] == "--json")
            return tables_.contains(argv[2]) ? system::Output{0, tables_[argv[2]], ""}
                                             : system::Output{1, "", "no partition table"};
        if (argv[0] == "sfdisk")
            script_ = command.input, write_table(argv.back());
        if (argv[0] == "wipefs")
            for (std::size_t i = 2; i < argv.size(); ++i)
                signatures.erase(argv[i]);
        if (argv[0] == "mdadm" && argv[1] == "--readwrite")
            md("array_state", "clean");
        if (argv[0] == "mdadm" && argv[1] == "--manage" && adding_works)
            join(argv.back());
        if (argv[0] == "mkswap")
            make_swap(argv);
        return {};
    }

    void write_table(const std::string &device) {
        nlohmann::json list = nlohmann::json::array();
        for (const model::Partition &partition : table.table.partitions) {
            const std::string node = fmt::format("{}{}", device, partition.number);
            list.push_back({{"node", node},
                            {"start", partition.start},
                            {"size", partition.size},
                            {"type", partition.type}});
            if (partition.bootable)
                list.back()["bootable"] = true;
            if (kernel_reads_table)
                add_partition(device.substr(5), partition.number, partition.start, partition.size);
        }
        tables_[device] = nlohmann::json{{"partitiontable",
                                          {{"label", "dos"},
                                           {"id", table.table.id},
                                           {"device", device},
                                           {"unit", "sectors"},
                                           {"partitions", list}}}}
                              .dump();
        put(device, 510, "\x55\xaa");
    }

    void join(const std::string &device) {
        put(device, 4096, superblock_1_2(raid_uuid, 0, "AAA"));
        add_to_array(device.substr(5), 0, "spare");
    }

    void make_swap(const std::vector<std::string> &argv) {
        const std::string &device = argv[argv.size() - 2];
        std::string page(4096, '\0');
        page.replace(4086, 10, "SWAPSPACE2");
        util::put_little_endian<std::uint32_t>(page, 1028, 255);
        std::string uuid = argv[2];
        std::erase(uuid, '-');
        page.replace(1036, 16, *util::from_hex(uuid));
        put(device, 0, page);
        signatures[device] =
            fmt::format("ID_FS_TYPE=swap\nID_FS_USAGE=other\nID_FS_UUID_ENC={}\n", argv[2]);
    }

    std::map<std::string, std::string> tables_;
    std::string script_;

  public:
    [[nodiscard]] const std::string &script() const { return script_; }
    void change_table(const std::string &device, const std::string &from, const std::string &to) {
        std::string &report = tables_[device];
        report.replace(report.find(from), from.size(), to);
    }
};

} // namespace mdrescue::test
