// SPDX-License-Identifier: GPL-3.0-or-later
#include "execute/steps.h"

#include "diagnose/findings.h"
#include "execute/device_content.h"
#include "execute/md_state.h"
#include "util/text.h"

#include <fmt/format.h>

namespace mdrescue::execute {
namespace {

using model::Array;
using model::ArrayMember;
using probe::MdSuperblock;
using util::fail;
using util::Result;

bool returning(const plan::AddMember &step) {
    return step.role == plan::AddMember::Role::returning;
}

/// What a step's array and device are now.
struct Scene {
    std::string array_path, path;
    DeviceContent content;
    std::vector<MdMember> members;     ///< of the running array
    const MdMember *present = nullptr; ///< the device among them
};

Result<Scene> look(Context &context, const plan::AddMember &step) {
    Scene scene;
    MDR_TRY_ASSIGN(scene.array_path, confirm_array(context, step.array));
    MDR_TRY_ASSIGN(scene.path, context.device(step.device));
    MDR_TRY_ASSIGN(scene.content, look_at(context.system, scene.path));
    scene.members = md_members(context.system, kernel_name(scene.array_path));
    for (const MdMember &member : scene.members)
        if (member.device == kernel_name(scene.path))
            scene.present = &member;
    return scene;
}

const ArrayMember *recorded_member(const Context &context, const plan::AddMember &step) {
    const Array *array = model::find_array(context.profile.machine, step.array);
    if (array != nullptr)
        for (const ArrayMember &member : array->members)
            if (member.device == step.device)
                return &member;
    return nullptr;
}

/// In 512-byte sectors: what the running array keeps on each member, and its metadata; of a
/// journal, what was recorded. 0.90 lies in the last whole 64 KiB but one boundary, 1.0 in the last
/// 8 to 12 KiB (drivers/md/md.c).
std::uint64_t sectors_needed(const Context &context, const plan::AddMember &step) {
    const Array *array = model::find_array(context.observed, step.array);
    if (array == nullptr)
        return 0;
    const ArrayMember *member = recorded_member(context, step);
    if (step.role == plan::AddMember::Role::journal)
        return member == nullptr ? 0 : member->data_offset + member->data_size;
    if (array->metadata == "0.90")
        return array->component_size + 128;
    if (array->metadata == "1.0")
        return array->component_size + 16;
    return array->component_size + (member == nullptr ? 16 : member->data_offset);
}

bool believes_gone(const ArrayMember &member, int slot) {
    return slot >= 0 && static_cast<std::size_t>(slot) < member.array_state.size() &&
           member.array_state[static_cast<std::size_t>(slot)] == '.';
}

/// Both halves were written to alone: a bitmap would make md take this one back without copying
/// what differs (FAULTS 17). The event counts do not tell.
bool written_apart(Context &context, const Scene &scene, const MdSuperblock &returning) {
    for (const MdMember &running : scene.members) {
        const auto superblocks = superblocks_on(context.system, probe::device_node(running.device));
        if (!running.in_sync || !superblocks || superblocks->empty())
            continue;
        const ArrayMember &other = superblocks->front().member;
        if (believes_gone(returning.member, other.slot) &&
            believes_gone(other, returning.member.slot))
            return true;
    }
    return false;
}

Status check_returning(Context &context, const plan::AddMember &step, const Scene &scene) {
    const ArrayMember *recorded = recorded_member(context, step);
    const MdSuperblock &superblock = scene.content.superblocks.front();
    if (recorded != nullptr && !recorded->device_uuid.empty() &&
        superblock.member.device_uuid != recorded->device_uuid)
        return Status::blocked(
            fmt::format("{} is not the member that was recorded there", scene.path));
    if (written_apart(context, scene, superblock))
        return Status::blocked(fmt::format(
            "{} and {} were both written to without each other: which of them is right has to be "
            "decided first",
            scene.path, scene.array_path));
    return Status::not_done("was a member before");
}

/// The device is not among the members of the running array.
Status check_content(Context &context, const plan::AddMember &step, const Scene &scene) {
    const DeviceContent &content = scene.content;
    for (const MdSuperblock &superblock : content.superblocks)
        if (superblock.array.uuid != step.array)
            return Status::blocked(fmt::format("{} is a member of another array, {}", scene.path,
                                               superblock.array.uuid));
    if (content.magic.size() != content.superblocks.size())
        return Status::blocked(fmt::format("{} carries a damaged md superblock", scene.path));
    if (!content.superblocks.empty())
        return returning(step) ? check_returning(context, step, scene)
                               : Status::not_done("was added before, and is not in the array now");
    if (returning(step))
        return Status::blocked(fmt::format("{} is no member of the array any more", scene.path));
    if (!content.empty())
        return Status::blocked(fmt::format("{} carries {}", scene.path, words(content)));
    return Status::not_done();
}

Status check_scene(Context &context, const plan::AddMember &step, const Scene &scene) {
    if (scene.present != nullptr && scene.present->faulty)
        return Status::blocked(
            fmt::format("{} had errors: md has marked {} faulty. That disk is bad "
                        "or its cable is",
                        scene.array_path, scene.path));
    const bool carries_array = !scene.content.superblocks.empty() &&
                               scene.content.superblocks.front().array.uuid == step.array;
    if (scene.present != nullptr)
        return carries_array ? Status::done()
                             : Status::blocked(fmt::format("{} is in {} without a superblock of it",
                                                           scene.path, scene.array_path));
    const auto sectors = sectors_of(context.system, scene.path);
    if (!sectors)
        return Status::blocked(sectors.error().message);
    if (const std::uint64_t needed = sectors_needed(context, step); *sectors < needed)
        return Status::blocked(fmt::format("{} is too small for {}: {} bytes are missing",
                                           scene.path, scene.array_path,
                                           (needed - *sectors) * 512));
    return check_content(context, step, scene);
}

} // namespace

Status check(Context &context, const plan::AddMember &step) {
    const auto scene = look(context, step);
    return scene ? check_scene(context, step, *scene) : Status::blocked(scene.error().message);
}

Result<void> apply(Context &context, const plan::AddMember &step) {
    // mdadm asks nothing, not even before it takes the last member of another array. Safety rules 1
    // and 2: the disk consented to (or the recorded member itself), empty, and not in use.
    MDR_TRY_ASSIGN(const Scene scene, look(context, step));
    if (const Status status = check_scene(context, step, scene);
        status.kind != Status::Kind::not_done)
        return status.kind == Status::Kind::done ? Result<void>() : fail(status.reason);
    MDR_TRY(returning(step) ? confirm_disk(context, step.device.disk)
                            : confirm_target(context, step.device.disk));
    MDR_TRY(confirm_unused(context.system, scene.path));
    MDR_TRY(system::run_ok(context.system,
                           {.argv = plan::command(step, context.plan, context.machines())}));
    if (const Status status = check(context, step); status.kind != Status::Kind::done)
        return fail(fmt::format("{} was added to {}, but did not stay there{}{}", scene.path,
                                scene.array_path, status.reason.empty() ? "" : ": ",
                                status.reason));
    return {};
}

} // namespace mdrescue::execute
