// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "util/progress.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>
#include <string>
#include <vector>

/// A directory of its own for one test, gone afterwards.
class Scratch {
  public:
    Scratch() {
        std::string name =
            (std::filesystem::temp_directory_path() / "mdrescue-test-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] std::string at(const std::string &name) const { return path_ + "/" + name; }

    /// Makes the directories above it too.
    std::string write(const std::string &name, const std::string &bytes) const {
        const std::filesystem::path file(at(name));
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << bytes;
        return file.string();
    }
    void link(const std::string &name, const std::string &target) const {
        const std::filesystem::path file(at(name));
        std::filesystem::create_directories(file.parent_path());
        std::filesystem::create_symlink(target, file);
    }

  private:
    std::string path_;
};

inline std::string bytes_of(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Keeps the warnings.
struct Listener : mdrescue::util::Progress {
    void warn(std::string_view message) override { warnings.emplace_back(message); }
    std::vector<std::string> warnings;
};
