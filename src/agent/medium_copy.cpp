// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/medium_copy.h"

#include "probe/facts.h"
#include "util/text.h"

#include <string>

namespace mdrescue::agent {
namespace {

using util::Result;

constexpr const char *copy_path = "/run/mdrescue/medium.iso";

/// In bytes (proc(5), /proc/meminfo: in units of 1024 bytes).
std::uint64_t available_memory(system::System &system) {
    const std::string text = system.read_file("/proc/meminfo").value_or("");
    for (const std::string_view line : util::split(text, '\n')) {
        const auto words = util::split_words(line);
        if (words.size() > 1 && words[0] == "MemAvailable:")
            return probe::decimal(words[1]).value_or(0) * 1024;
    }
    return 0;
}

Result<std::string> loop_device_with(system::System &system, const std::string &file) {
    MDR_TRY_ASSIGN(const std::string free, system::run_ok(system, {.argv = {"losetup", "-f"}}));
    std::string device(util::trimmed(free));
    MDR_TRY(system::run_ok(system, {.argv = {"losetup", "-r", device, file}}));
    return device;
}

system::Mount on_medium_directory(const std::string &device) {
    return {device, medium_directory, "iso9660", true, ""};
}

} // namespace

MediumCopy::MediumCopy(system::System &system, std::uint64_t size, std::uint64_t reserve)
    : system_(system), complete_so_far_(size > 0 && available_memory(system) >= size + reserve) {
    if (complete_so_far_ &&
        (!system_.make_directory("/run/mdrescue") || !system_.remove(copy_path)))
        complete_so_far_ = false;
}

MediumCopy::~MediumCopy() {
    if (!in_use_)
        give_up();
}

void MediumCopy::give_up() {
    if (complete_so_far_)
        static_cast<void>(system_.remove(copy_path)); // memory, and nobody else's
    complete_so_far_ = false;
}

void MediumCopy::append(std::string_view bytes) {
    if (complete_so_far_ && !system_.append_file(copy_path, std::string(bytes)))
        give_up();
}

void MediumCopy::detach(const std::string &loop_device) {
    // It holds memory, no more: what is wrong with it changes nothing.
    static_cast<void>(system_.run({.argv = {"losetup", "-d", loop_device}}));
}

Result<bool> MediumCopy::take_place_of(Medium &medium) {
    if (!complete_so_far_ || !system_.replace_file(copied_from_path, medium.device))
        return false;
    const auto loop = loop_device_with(system_, copy_path);
    if (!loop)
        return false;
    if (!system_.unmount(medium_directory)) {
        detach(*loop);
        return false;
    }
    if (!system_.mount(on_medium_directory(*loop))) {
        detach(*loop);
        MDR_TRY(system_.mount(on_medium_directory(medium.device)));
        return false;
    }
    in_use_ = true;
    medium.copy = *loop;
    return true;
}

} // namespace mdrescue::agent
