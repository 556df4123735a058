// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "media/fat_image.h"
#include "media/image_writer.h"
#include "profile/profile.h"
#include "system/system.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

/// What the tests of media share: a directory that goes away, files, programs, and a small image
/// request.
namespace mdrescue::media::test {

class Directory {
  public:
    Directory() {
        std::string name =
            (std::filesystem::temp_directory_path() / "mdrescue-test-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory &) = delete;
    Directory &operator=(const Directory &) = delete;
    [[nodiscard]] std::string operator/(const std::string &name) const {
        return path_ + "/" + name;
    }
    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto &entry : std::filesystem::directory_iterator(path_))
            found.push_back(entry.path().filename().string());
        return found;
    }

  private:
    std::string path_;
};

inline void put(const std::string &path, const std::string &bytes) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline std::string get(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

/// Runs a program that must succeed; what it printed.
inline std::string run(std::vector<std::string> argv) {
    const auto machine = system::real_system();
    const auto output = machine->run({std::move(argv)});
    if (!output)
        FAIL(output.error().message);
    INFO(output->out, output->err);
    REQUIRE(output->status == 0);
    return output->out + output->err;
}

inline manifest::Node directory(std::string path, std::uint32_t mode = 0755) {
    manifest::Node node;
    node.kind = manifest::Node::Kind::directory;
    node.path = std::move(path);
    node.mode = mode;
    node.mtime = 1700000000;
    return node;
}

inline manifest::Node text(std::string path, std::string bytes) {
    manifest::Node node;
    node.path = std::move(path);
    node.mtime = 1700000000;
    node.bytes = std::move(bytes);
    return node;
}

inline manifest::Node on_disk(std::string path, const std::string &file) {
    manifest::Node node;
    node.path = std::move(path);
    node.mtime = 1700000000;
    node.bytes = manifest::FileSource{file, std::filesystem::file_size(file), 0, 0};
    return node;
}

inline model::Profile victim_profile() {
    model::Profile made;
    made.made_by = "mdrescue test";
    made.made_at = 1700000000;
    made.image_id = "11111111-2222-8333-8444-555555555555";
    made.image_kernel = "6.1.0";
    made.machine.host_name = "victim";
    return made;
}

/// Boot images are pretended: what GRUB itself is made of is no matter here.
inline ImageRequest small_request() {
    ImageRequest request;
    request.tree = {directory("boot", 0700), text("boot/config", "CONFIG_MD=y\n"),
                    directory("mdrescue"),
                    text("mdrescue/machine.json", profile::to_json(victim_profile()))};
    request.boot.bios = std::string(4096, 'B');
    request.boot.bios_mbr = std::string(512, '\0');
    request.boot.esp =
        make_fat_image(
            {{{"EFI/BOOT/BOOTX64.EFI", std::string(3000, 'E')}}, "MDRESCUE", 1, 1700000000})
            .value();
    request.boot.secure_boot = true;
    request.boot.efi_directories = {"EFI/debian", "EFI/BOOT"};
    request.boot.stub = "source x\n";
    request.volume_id = "MDRESCUE";
    request.image_id = victim_profile().image_id;
    request.epoch = 1700000000;
    return request;
}

} // namespace mdrescue::media::test
