// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/installed.h"

#include "../execute/disk_fixture.h"
#include "../support/example_machine.h"
#include "../support/fake_system.h"
#include "agent/program_inside.h"
#include "diagnose/assembly.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <functional>
#include <set>

using namespace mdrescue;
using namespace mdrescue::agent;
using Argv = std::vector<std::string>;

namespace {

/// Shows; nothing is asked here.
class Screen final : public Terminal {
  public:
    void show(const Lines &lines) override { text += rendered(lines, false); }
    void clear() override {}
    void status(const std::string &) override {}
    Answer ask(const std::string &) override { return {}; }
    Answer ask_secret(const std::string &prompt) override {
        text += prompt + "\n";
        const std::string answer = secrets.empty() ? "" : secrets.front();
        secrets.erase(secrets.begin(), secrets.begin() + (secrets.empty() ? 0 : 1));
        return {answer, 0};
    }
    bool interrupted() override { return false; }
    util::Result<void> shell(std::size_t) override { return {}; }

    std::string text;
    std::vector<std::string> secrets; ///< what is typed when asked
};

const std::string fstab = "/dev/md1\t/\text3\tdefaults\t1 1\nLABEL=/boot\t/boot\text2\tdefaults\t1 "
                          "2\n/dev/md0\tswap\tswap\tdefaults\t0 0\n";

/// The article's machine without its first disk, its arrays started read-only.
struct Scene {
    FakeSystem system;
    Facts facts;
    Screen screen;
    Arguments arguments;
    model::Machine observed;
    int probes = 0;

    explicit Scene(const model::Machine &recorded = test::linux_journal_machine()) {
        facts.medium = "/dev/sr0";
        facts.profile = test::profile_of(recorded);
        observed = recorded;
        std::erase_if(observed.disks, [](const auto &disk) { return disk.id == "disk1"; });
        observed.mounts.clear();
        for (model::Array &array : observed.arrays) {
            array.running_state = "readonly";
            std::erase_if(array.members,
                          [](const auto &member) { return member.device.disk == "disk1"; });
        }
        system.files["/proc/cmdline"] = recorded.command_line + " mdrescue.mode=installed\n";
        system.files["/proc/sys/kernel/osrelease"] = "6.1.0-56-amd64\n";
        system.on_mount = [this](const system::Mount &) { put_system(); };
        system.program = [this](const system::Command &command) { return play(command); };
        for (const model::Array &array : observed.arrays)
            run(array);
        look();
    }

    /// sysfs of a running array, and its members' superblocks.
    void run(const model::Array &array) {
        const std::string md = "/sys/block/" + array.kernel_name + "/md/";
        system.files[md + "array_state"] = "readonly\n";
        for (const model::ArrayMember &member : array.members) {
            const model::Disk *disk = model::find_disk(observed, member.device.disk);
            const std::string name = model::device_path(*disk, member.device.partition).substr(5);
            system.files[md + "dev-" + name + "/state"] = "in_sync\n";
            system.files["/sys/class/block/" + name + "/size"] = "128\n";
            std::string bytes(128 * 512, '\0');
            bytes.replace(4096, 4096, test::superblock_1_2(array.uuid, 1, "AAA"));
            system.files["/dev/" + name] = bytes;
        }
    }

    system::Output play(const system::Command &command) {
        const system::Output output = program ? program(command) : system::Output{};
        if (command.argv[1] == "--readwrite" && output.status == 0)
            system.files["/sys/block/" + command.argv[2].substr(5) + "/md/array_state"] = "clean\n";
        return output;
    }

    std::function<system::Output(const system::Command &)> program;

    /// What lies on the root filesystem.
    void put_system() {
        if (!system.files.contains("/sysroot/etc/fstab"))
            system.files["/sysroot/etc/fstab"] = fstab_now;
        system.files["/sysroot/usr/lib/systemd/systemd"] = "";
        system.attributes["/sysroot/usr/lib/systemd/systemd"].mode = 0755;
        system.links["/sysroot/sbin"] = "usr/sbin";
        system.files["/sysroot/usr/sbin/other"] = "";
        system.links["/sysroot/usr/sbin/init"] = "/lib/systemd/systemd";
        system.links["/sysroot/lib"] = "usr/lib";
        system.files["/sysroot/lib/modules/6.1.0-56-amd64/modules.dep"] = "";
    }

    void look() {
        facts.observed = observed;
        facts.comparison = diagnose::compare(*facts.profile, observed);
        facts.assemblies = diagnose::decide_assembly(facts.profile->machine, observed);
    }

    util::Result<void> prepare() {
        return prepare_installed(system, screen, facts, arguments,
                                 [this]() -> util::Result<model::Machine> {
                                     ++probes;
                                     return observed;
                                 });
    }

    [[nodiscard]] bool ran(const Argv &argv) const {
        return std::find(system.commands.begin(), system.commands.end(), argv) !=
               system.commands.end();
    }

    /// A fstab of the machine, in place of the article's.
    std::string fstab_now = fstab;
};

} // namespace

TEST_CASE("the article's machine without its first disk is made ready") {
    Scene scene;
    CHECK(installed_refusal(scene.facts).empty());
    const auto result = scene.prepare();
    REQUIRE_MESSAGE(result, result.error().message);
    CHECK(scene.system.commands == std::vector<Argv>{{"mdadm", "--readwrite", "/dev/md0"},
                                                     {"mdadm", "--readwrite", "/dev/md1"},
                                                     {"e2fsck", "-p", "/dev/md1"}});
    CHECK(scene.system.controls["/sys/module/md_mod/parameters/start_ro"] == "0");
    CHECK(scene.system.mounts ==
          Argv{"/dev/md1 on /sysroot", "-/sysroot", "/dev/md1 on /sysroot ro"});
    CHECK(scene.system.synced == Argv{"/sysroot"});
    CHECK(scene.screen.text.find("/etc/fstab: taken out until its device is back:") !=
          std::string::npos);
    CHECK(scene.screen.text.find("LABEL=/boot /boot ext2 defaults") != std::string::npos);
    CHECK(scene.screen.text.find("!") == std::string::npos);
    CHECK(scene.probes == 0);
}

TEST_CASE("where the command line says rw the root stays as it is, with the line taken out") {
    Scene scene;
    scene.arguments.root_writable = true;
    REQUIRE(scene.prepare());
    CHECK(scene.system.mounts == Argv{"/dev/md1 on /sysroot"});
    CHECK(
        scene.system.files["/sysroot/etc/fstab"] ==
        "/dev/md1\t/\text3\tdefaults\t1 1\n#mdrescue-bypass# LABEL=/boot\t/boot\text2\tdefaults\t1 "
        "2\n/dev/md0\tswap\tswap\tdefaults\t0 0\n");
}

TEST_CASE("arrays that are writable already, and foreign ones, are left as they are") {
    Scene scene;
    scene.system.files["/sys/block/md0/md/array_state"] = "clean\n";
    scene.observed.arrays.push_back(
        test::linux_journal_array("1.2", "f0f0f0f0:f0f0f0f0:f0f0f0f0:f0f0f0f0", 7, 2, 1));
    scene.run(scene.observed.arrays.back());
    scene.run(scene.observed.arrays[1]);
    scene.look();
    REQUIRE(scene.prepare());
    CHECK_FALSE(scene.ran({"mdadm", "--readwrite", "/dev/md0"}));
    CHECK_FALSE(scene.ran({"mdadm", "--readwrite", "/dev/md7"}));
    CHECK(scene.ran({"mdadm", "--readwrite", "/dev/md1"}));
}

TEST_CASE("what is refused, before anything is written") {
    SUBCASE("another machine") {
        Scene scene;
        for (model::Array &array : scene.observed.arrays)
            array.uuid[0] = array.uuid[0] == '0' ? '1' : '0';
        scene.look();
        CHECK(installed_refusal(scene.facts).find("another machine") != std::string::npos);
    }
    SUBCASE("no profile") {
        Scene scene;
        scene.facts.profile.reset();
        CHECK_FALSE(installed_refusal(scene.facts).empty());
    }
    using diagnose::Verdict;
    for (const Verdict verdict :
         {Verdict::split_brain, Verdict::duplicate, Verdict::dirty_degraded, Verdict::reshaping}) {
        Scene scene;
        scene.facts.assemblies[0].verdict = verdict;
        CHECK(installed_refusal(scene.facts).find("not safe to start") != std::string::npos);
    }
    for (const Verdict verdict : {Verdict::running, Verdict::absent, Verdict::too_few}) {
        Scene scene;
        scene.facts.assemblies[0].verdict = verdict;
        CHECK(installed_refusal(scene.facts).empty());
    }
    SUBCASE("two disks that say they are the same") {
        Scene scene;
        scene.facts.comparison->duplicates.push_back({"disk2", {"disk2", "disk9"}});
        CHECK(installed_refusal(scene.facts).find("disk2") != std::string::npos);
    }
    SUBCASE("hibernated") {
        Scene scene;
        scene.facts.observed->arrays[0].content.type = "swsuspend";
        CHECK(installed_refusal(scene.facts).find("hibernated") != std::string::npos);
    }
}

TEST_CASE("a root filesystem with errors is not written to") {
    Scene scene;
    scene.program = [](const system::Command &command) {
        return system::Output{command.argv[0] == "e2fsck" ? 4 : 0, "", ""};
    };
    const auto result = scene.prepare();
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("e2fsck found errors on /dev/md1") != std::string::npos);
    CHECK(scene.system.mounts.empty());
}

TEST_CASE("a failure leaves nothing mounted") {
    SUBCASE("the array does not become writable") {
        Scene scene;
        scene.program = [](const system::Command &) { return system::Output{1, "", "no"}; };
        CHECK_FALSE(scene.prepare());
        CHECK(scene.system.mounts.empty());
    }
    SUBCASE("no init") {
        Scene scene;
        scene.system.on_mount = [&](const system::Mount &) {
            scene.put_system();
            scene.system.attributes.clear(); // not executable
        };
        CHECK_FALSE(scene.prepare());
        CHECK(scene.system.mounts.back() == "-/sysroot");
    }
    SUBCASE("fstab cannot be written") {
        Scene scene;
        scene.system.unwritable = {"/sysroot/etc/fstab"};
        CHECK_FALSE(scene.prepare());
        CHECK(scene.system.mounts.back() == "-/sysroot");
    }
    SUBCASE("the root is not here") {
        Scene scene;
        scene.facts.observed->arrays[1].kernel_name.clear();
        const auto result = scene.prepare();
        REQUIRE_FALSE(result);
        CHECK(result.error().message.find("does not run") != std::string::npos);
        CHECK(scene.system.mounts.empty());
    }
}

TEST_CASE("missing modules and missing parameters are told") {
    Scene scene;
    scene.system.files["/proc/sys/kernel/osrelease"] = "6.1.0-99-amd64\n";
    scene.facts.profile->machine.command_line += " net.ifnames=0 resume=/dev/sda3";
    REQUIRE(scene.prepare());
    CHECK(scene.screen.text.find("no modules for this kernel (6.1.0-99-amd64)") !=
          std::string::npos);
    CHECK(scene.screen.text.find("without its kernel parameters net.ifnames=0.") !=
          std::string::npos);
}

TEST_CASE("a root on LVM is activated without udev, and its mapped node is mounted") {
    model::Machine recorded = test::mirror_uefi_machine();
    recorded.mounts.push_back(
        {"/dev/md0", "/usr", "ext4", "ro", "11111111-2222-4333-8444-555555555555"});
    Scene scene(recorded);
    scene.fstab_now =
        "/dev/mapper/vg0-root / xfs defaults 0 1\nUUID=5E1D-00A1 /boot/efi vfat x 0 1\n";
    const model::Machine active = scene.observed;
    for (model::LogicalVolume &volume : scene.observed.volume_groups[0].volumes)
        volume.content = {model::Content::Kind::other, "inactive", "", std::nullopt, {}};
    scene.look();
    std::vector<std::string> environment;
    scene.program = [&](const system::Command &command) {
        if (command.argv[0] == "lvm") {
            environment = command.environment;
            scene.observed = active;
            scene.system.files["/dev/mapper/vg0-root"] = "";
            scene.system.files["/sys/class/block/dm-3/dev"] = "253:3\n";
        }
        return system::Output{};
    };
    const auto result = scene.prepare();
    REQUIRE_MESSAGE(result, result.error().message);
    // else the installed system's udev would ignore it
    CHECK(scene.system.files["/run/udev/data/b253:3"] == "E:DM_UDEV_PRIMARY_SOURCE_FLAG=1\n");
    CHECK(environment == Argv{"DM_DISABLE_UDEV=1"});
    CHECK(scene.system.mounts == Argv{"/dev/mapper/vg0-root on /sysroot", "-/sysroot",
                                      "/dev/mapper/vg0-root on /sysroot ro",
                                      "/dev/md0 on /sysroot/usr ro"});
    CHECK(scene.probes == 1);
    CHECK_FALSE(scene.ran({"e2fsck", "-p", "/dev/mapper/vg0-root"}));
}

namespace {

/// The article's machine with its root inside LUKS on md1; cryptsetup knows the passphrase.
struct Locked : Scene {
    static model::Machine machine() {
        model::Machine recorded = test::linux_journal_machine();
        recorded.arrays[1].content = {
            model::Content::Kind::luks, "crypto_LUKS", "aaaa-bbbb", std::nullopt, {}};
        recorded.mounts[1].source = "/dev/mapper/md1_crypt";
        recorded.mounts[1].uuid = "inside";
        recorded.files.push_back({"/etc/crypttab", "other UUID=gone none luks\n"
                                                   "swap /dev/md0 /dev/urandom swap\n"
                                                   "md1_crypt UUID=aaaa-bbbb none luks,discard\n"});
        return recorded;
    }

    Locked() : Scene(machine()) {
        program = [this](const system::Command &command) {
            if (command.argv[0] != "cryptsetup")
                return system::Output{};
            inputs.push_back(command.input);
            if (command.input != " open sesame ")
                return system::Output{2, "", "No key available with this passphrase."};
            system.files["/dev/mapper/md1_crypt"] = "";
            return system::Output{};
        };
    }

    Argv inputs;
};

} // namespace

TEST_CASE("a root behind LUKS: the passphrase goes to cryptsetup's standard input alone") {
    Locked scene;
    scene.screen.secrets = {"wrong", " open sesame "};
    const auto result = scene.prepare();
    REQUIRE_MESSAGE(result, result.error().message);
    CHECK(scene.inputs == Argv{"wrong", " open sesame "});
    CHECK(scene.ran({"cryptsetup", "open", "--type", "luks", "--key-file=-", "--allow-discards",
                     "/dev/md1", "md1_crypt"}));
    CHECK(scene.system.mounts == Argv{"/dev/mapper/md1_crypt on /sysroot", "-/sysroot",
                                      "/dev/mapper/md1_crypt on /sysroot ro"});
    CHECK(scene.ran({"e2fsck", "-p", "/dev/mapper/md1_crypt"}));
    CHECK(scene.screen.text.find("That is not its passphrase.") != std::string::npos);
    CHECK(scene.screen.text.find("sesame") == std::string::npos);
    CHECK(scene.probes == 1);
}

TEST_CASE("without the passphrase nothing is mounted") {
    Locked none;
    const auto result = none.prepare();
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "no passphrase for md1_crypt was given");
    Locked wrong;
    wrong.screen.secrets = {"a", "b", "c", " open sesame "};
    CHECK_FALSE(wrong.prepare());
    CHECK(wrong.inputs.size() == 3);
    Locked gone;
    gone.facts.observed->arrays[1].content = {};
    CHECK_FALSE(gone.prepare());
    CHECK(gone.inputs.empty());
    for (const Scene *scene :
         {static_cast<Scene *>(&none), static_cast<Scene *>(&wrong), static_cast<Scene *>(&gone)})
        CHECK(scene->system.mounts.empty());
}

TEST_CASE("a root on LVM inside LUKS: LVM sees what was opened and nothing else") {
    model::Machine recorded = Locked::machine();
    recorded.mounts[1].source = "/dev/mapper/my--vg-root";
    model::VolumeGroup group{"my-vg", "group-uuid", {"pv-inside"}, {}, ""};
    group.volumes = {{"root", "lv-uuid", 1000, test::filesystem_content("ext4", "inside", "")}};
    recorded.volume_groups = {group};
    Locked scene;
    scene.facts.profile->machine = recorded;
    scene.screen.secrets = {" open sesame "};
    const auto open = scene.program;
    scene.program = [&, open](const system::Command &command) {
        if (command.argv[0] == "lvm")
            scene.system.files["/dev/mapper/my--vg-root"] = "";
        return open(command);
    };
    const auto result = scene.prepare();
    REQUIRE_MESSAGE(result, result.error().message);
    CHECK(scene.ran({"lvm", "vgchange", "--config",
                     "devices{filter=[\"a|^/dev/mapper/md1_crypt$|\",\"r|.*|\"]}", "--sysinit",
                     "--activate", "y", "--noudevsync", "my-vg"}));
    CHECK(scene.system.mounts.front() == "/dev/mapper/my--vg-root on /sysroot");
}

TEST_CASE("a btrfs root is mounted by its subvolume") {
    model::Machine recorded = test::linux_journal_machine();
    recorded.mounts[1].type = recorded.arrays[1].content.type = "btrfs";
    recorded.mounts[1].options = "rw,relatime,space_cache=v2,subvolid=256,subvol=/@root";
    Scene scene(recorded);
    std::set<std::string> options;
    scene.system.on_mount = [&](const system::Mount &mount) {
        options.insert(mount.type + " " + mount.options);
        scene.put_system();
    };
    REQUIRE(scene.prepare());
    CHECK(options == std::set<std::string>{"btrfs subvol=/@root"});
    CHECK_FALSE(scene.ran({"e2fsck", "-p", "/dev/md1"}));
}

TEST_CASE("links inside the installed system are followed as it follows them") {
    FakeSystem system;
    system.files["/sysroot/a/init"] = "";
    system.attributes["/sysroot/a/init"].mode = 0755;
    system.files["/sysroot/a/plain"] = "";
    system.links["/sysroot/absolute"] = "/a/init";
    system.links["/sysroot/up"] = "../../../a/./init";
    system.links["/sysroot/a/sub"] = "..";
    system.links["/sysroot/loop"] = "loop";
    system.links["/sysroot/away"] = "/outside";
    system.files["/outside"] = "";
    system.attributes["/outside"].mode = 0755;
    for (const char *good : {"/a/init", "/absolute", "/up", "/a/sub/a/init"})
        CHECK_MESSAGE(program_inside(system, "/sysroot", good), good);
    for (const char *bad : {"/a", "/a/plain", "/loop", "/away", "/nothing", "/", "/a/init/x"})
        CHECK_FALSE_MESSAGE(program_inside(system, "/sysroot", bad), bad);
}
