// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/installed.h"

#include "agent/program_inside.h"
#include "agent/unlock.h"
#include "execute/installed_tables.h"
#include "execute/mounting.h"
#include "execute/steps.h"
#include "util/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace mdrescue::agent {
namespace {

using diagnose::Verdict;
using model::Machine;
using util::printable;
using util::Result;
using Strings = std::vector<std::string>;

constexpr std::chrono::milliseconds check_limit = std::chrono::hours(2);

/// What keeps an array from being started with the system that uses it; "" when nothing does. The
/// installed system's own rules would start it without asking.
std::string objection(Verdict verdict) {
    switch (verdict) {
    case Verdict::split_brain: return "two halves of it were written to alone";
    case Verdict::duplicate: return "two members claim the same place in it";
    case Verdict::dirty_degraded: return "it is degraded and was not shut down cleanly";
    case Verdict::reshaping: return "its shape was being changed";
    case Verdict::journal_lost: return "its write journal is gone";
    case Verdict::start:
    case Verdict::restart:
    case Verdict::running:
    case Verdict::absent:
    case Verdict::too_few: return "";
    }
    return "";
}

std::string array_objection(const Facts &facts) {
    for (const diagnose::Assembly &assembly : facts.assemblies)
        if (const std::string reason = objection(assembly.verdict); !reason.empty())
            return fmt::format("array {} is not safe to start: {}", assembly.node, reason);
    return "";
}

std::string duplicate_objection(const Facts &facts) {
    if (facts.comparison->duplicates.empty())
        return "";
    return fmt::format("several disks carry the identity of {}: remove all but one",
                       printable(facts.comparison->duplicates.front().recorded));
}

/// Parameters of the recorded command line that this system was not started with, but for those
/// that only an initramfs or the boot loader reads.
std::string missing_parameters(const std::string &recorded, const std::string &current) {
    const auto here = util::split_words(current);
    std::string missing;
    for (const std::string_view word : util::split_words(recorded)) {
        const std::string_view name = word.substr(0, word.find('='));
        const bool of_others = name == "BOOT_IMAGE" || name == "initrd" || name == "root" ||
                               name == "ro" || name == "rw" || name == "rootfstype" ||
                               name == "rootflags" || name == "resume" || name == "quiet" ||
                               name == "splash";
        if (!of_others && std::find(here.begin(), here.end(), word) == here.end())
            missing += " " + printable(word);
    }
    return missing;
}

/// Which observed disk answers for each recorded one: a plan that does nothing.
plan::Plan places_of_disks(const diagnose::Comparison &comparison) {
    plan::Plan plan;
    for (const diagnose::DiskMatch &match : comparison.disks)
        if (match.observed)
            plan.disks[match.recorded] = *match.observed;
    return plan;
}

/// A filesystem of the installed system that is here.
struct Place {
    std::string device;
    std::string type;
    std::string options; ///< for mount(2)
};

class Preparation {
  public:
    Preparation(system::System &system, Terminal &terminal, const Facts &facts,
                const Arguments &arguments, const execute::Observe &observe)
        : system_(system), terminal_(terminal), journal_(system, ""),
          plan_(places_of_disks(*facts.comparison)),
          arguments_(arguments), context_{
                                     system,          progress_, journal_,          *facts.profile,
                                     *facts.observed, plan_,     execute::Places(), observe} {}

    Result<void> run() {
        warn_of_parameters();
        MDR_TRY(make_arrays_writable());
        MDR_TRY_ASSIGN(const Place root, root_place());
        MDR_TRY(check_filesystem(root));
        MDR_TRY(mount_root(root, false));
        if (auto result = edit(); !result) {
            static_cast<void>(
                system_.unmount(installed_root)); // the first error is the one to tell
            return result;
        }
        if (!arguments_.root_writable) {
            // No mount(2) with MS_REMOUNT in System: it is mounted again.
            MDR_TRY(system_.unmount(installed_root));
            MDR_TRY(mount_root(root, true));
        }
        MDR_TRY(hand_over_mappings());
        return mount_usr();
    }

  private:
    [[nodiscard]] const Machine &recorded() const { return context_.profile.machine; }
    void say(const std::string &text, Style style = Style::normal) {
        terminal_.show(wrapped({}, text, style));
    }

    /// Safety rule 4: by recorded UUID, after consent; they run already, from members found live.
    Result<void> make_arrays_writable() {
        for (const model::Array &array : recorded().arrays) {
            const plan::MakeWritable step{array.uuid};
            if (execute::check(context_, step).kind == execute::Status::Kind::not_done)
                MDR_TRY(execute::apply(context_, step));
        }
        // What the installed system starts itself is its own business again.
        return system_.write_control("/sys/module/md_mod/parameters/start_ro", "0");
    }

    /// As every start of the machine does before it mounts the root. e2fsck(8), exit status: from 4
    /// on errors are left.
    Result<void> check_filesystem(const Place &root) {
        if (!root.type.starts_with("ext"))
            return {};
        say(fmt::format("Checking the root filesystem on {} ...", root.device));
        MDR_TRY_ASSIGN(const system::Output output,
                       system_.run({.argv = {"e2fsck", "-p", root.device}, .limit = check_limit}));
        constexpr int errors_left = 4;
        if (output.status >= errors_left)
            return util::fail(fmt::format("e2fsck found errors on {} that it does not mend by "
                                          "itself (status {})",
                                          root.device, output.status),
                              "Run e2fsck in the rescue shell.");
        return {};
    }

    Result<void> mount_root(const Place &root, bool read_only) {
        MDR_TRY(system_.make_directory(installed_root));
        return system_.mount({root.device, installed_root, root.type, read_only, root.options});
    }

    /// Safety rules 7 and 8: late, after consent, line by line.
    Result<void> edit() {
        if (!program_inside(system_, installed_root, arguments_.init))
            return util::fail(fmt::format("the root filesystem has no {}", arguments_.init));
        warn_of_modules();
        MDR_TRY_ASSIGN(const auto changes,
                       execute::bypass_tables(system_, installed_root, context_.observed,
                                              &recorded(), execute::Writing::really));
        for (const execute::TableChange &change : changes)
            for (const std::string &line : change.taken_out)
                say(fmt::format("{}: taken out until its device is back: {}", change.path,
                                execute::shown_line(line)),
                    Style::warning);
        return system_.sync(installed_root);
    }

    /// The entry of the boot menu gives them; the guided recovery's does not.
    void warn_of_parameters() {
        const std::string missing = missing_parameters(
            recorded().command_line, system_.read_file("/proc/cmdline").value_or(""));
        if (!missing.empty())
            say(fmt::format("! The installed system starts without its kernel parameters{}. Where "
                            "they matter, choose its entry in the boot menu instead.",
                            missing),
                Style::warning);
    }

    /// The disc's kernel is the machine's own as of the day the disc was made.
    void warn_of_modules() {
        const std::string version(
            util::trimmed(system_.read_file("/proc/sys/kernel/osrelease").value_or("")));
        if (!system_.exists(fmt::format("{}/lib/modules/{}/modules.dep", installed_root, version)))
            say(fmt::format("! The installed system has no modules for this kernel ({}) any more: "
                            "network and other hardware may not work until it starts from its own "
                            "/boot.",
                            printable(version)),
                Style::warning);
    }

    Result<Place> place_of(const model::MountPoint &mount) {
        MDR_TRY_ASSIGN(std::string device, execute::filesystem_device(context_, mount));
        return Place{std::move(device), mount.type, execute::subvolume_option(mount)};
    }

    /// Where something was unlocked or activated, there is more to be seen than before.
    Result<Place> root_place() {
        const model::MountPoint *mount = execute::recorded_mount(context_.profile, "/");
        if (mount == nullptr)
            return util::fail("the profile does not say which filesystem is the root");
        auto place = place_of(*mount);
        if (!place && mount->source.starts_with("/dev/mapper/"))
            place = unlock(context_, terminal_, *mount, "goes back").map([&](std::string device) {
                return Place{std::move(device), mount->type, execute::subvolume_option(*mount)};
            });
        if (place && place->device.starts_with("/dev/mapper/")) {
            MDR_TRY(execute::look_again(context_));
            if (diagnose::hibernated(context_.observed)) // behind LUKS or LVM it is seen only now
                return util::fail(diagnose::hibernated_words());
        }
        return place;
    }

    /// The installed system's rules ignore a mapped device that no udev has seen coming
    /// (55-dm.rules, coldplug), and would wait for its unit in vain.
    Result<void> hand_over_mappings() {
        for (const std::string &name : system_.list("/sys/class/block").value_or(Strings{})) {
            if (!name.starts_with("dm-"))
                continue;
            MDR_TRY_ASSIGN(const std::string numbers,
                           system_.read_file("/sys/class/block/" + name + "/dev"));
            MDR_TRY(system_.make_directory("/run/udev/data"));
            MDR_TRY(system_.replace_file(fmt::format("/run/udev/data/b{}", util::trimmed(numbers)),
                                         "E:DM_UDEV_PRIMARY_SOURCE_FLAG=1\n"));
        }
        return {};
    }

    /// systemd and others need /usr before they can mount anything.
    Result<void> mount_usr() {
        const model::MountPoint *mount = execute::recorded_mount(context_.profile, "/usr");
        if (mount == nullptr)
            return {};
        auto result = place_of(*mount).and_then([&](const Place &usr) {
            return system_.mount(
                {usr.device, std::string(installed_root) + "/usr", usr.type, true, usr.options});
        });
        if (!result)
            static_cast<void>(system_.unmount(installed_root));
        return result;
    }

    system::System &system_;
    Terminal &terminal_;
    util::Progress progress_;
    execute::Journal journal_;
    plan::Plan plan_;
    const Arguments &arguments_;
    execute::Context context_;
};

} // namespace

std::string installed_refusal(const Facts &facts) {
    if (std::string reason = refusal(facts); !reason.empty())
        return reason;
    if (std::string reason = duplicate_objection(facts); !reason.empty())
        return reason;
    if (std::string reason = array_objection(facts); !reason.empty())
        return reason;
    if (diagnose::hibernated(*facts.observed))
        return diagnose::hibernated_words();
    return "";
}

Result<void> prepare_installed(system::System &system, Terminal &terminal, const Facts &facts,
                               const Arguments &arguments, const execute::Observe &observe) {
    return Preparation(system, terminal, facts, arguments, observe).run();
}

} // namespace mdrescue::agent
