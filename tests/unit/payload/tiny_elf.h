// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <elf.h>
#include <string>
#include <vector>

/// Small ELF files that say just what a test wants said.
namespace tiny_elf {

template <class T> void put(std::string &bytes, std::size_t offset, const T &value) {
    if (bytes.size() < offset + sizeof(T))
        bytes.resize(offset + sizeof(T));
    std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

inline Elf64_Ehdr header(std::uint16_t machine = EM_X86_64) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_machine = machine;
    return header;
}

/// A kernel module with that .modinfo section.
inline std::string module(const std::string &modinfo) {
    using namespace std::string_literals;
    const std::string names = "\0.modinfo\0"s;
    std::string bytes(sizeof(Elf64_Ehdr), '\0');
    Elf64_Shdr strings{};
    strings.sh_offset = bytes.size();
    strings.sh_size = names.size();
    bytes += names;
    Elf64_Shdr info{};
    info.sh_name = 1;
    info.sh_offset = bytes.size();
    info.sh_size = modinfo.size();
    bytes += modinfo;
    Elf64_Ehdr head = header();
    head.e_shoff = bytes.size();
    head.e_shnum = 3;
    head.e_shstrndx = 1;
    put(bytes, 0, head);
    for (const auto &section : {Elf64_Shdr{}, strings, info})
        put(bytes, bytes.size(), section);
    return bytes;
}

/// A program (with interpreter) or library. run_path: "" for none.
inline std::string dynamic(const std::string &interpreter, const std::vector<std::string> &needed,
                           const std::string &run_path = {}, std::uint16_t machine = EM_X86_64) {
    constexpr std::uint64_t base = 0x400000;
    std::string strings(1, '\0');
    std::vector<Elf64_Dyn> entries;
    const auto add = [&](Elf64_Sxword tag, const std::string &text) {
        Elf64_Dyn entry{};
        entry.d_tag = tag;
        entry.d_un.d_val = strings.size();
        strings += text + '\0';
        entries.push_back(entry);
    };
    for (const auto &name : needed)
        add(DT_NEEDED, name);
    if (!run_path.empty())
        add(DT_RUNPATH, run_path);

    Elf64_Ehdr head = header(machine);
    head.e_phoff = sizeof head;
    head.e_phnum = interpreter.empty() ? 2 : 3;
    std::string bytes;
    put(bytes, sizeof head + 3 * sizeof(Elf64_Phdr) - 1, char{0});
    const std::uint64_t interpreter_at = bytes.size();
    bytes += interpreter + '\0';
    const std::uint64_t strings_at = bytes.size();
    bytes += strings;
    Elf64_Dyn table{};
    table.d_tag = DT_STRTAB;
    table.d_un.d_ptr = base + strings_at;
    entries.push_back(table);
    entries.push_back(Elf64_Dyn{});
    const std::uint64_t dynamic_at = bytes.size();
    for (const auto &entry : entries)
        put(bytes, bytes.size(), entry);

    Elf64_Phdr load{};
    load.p_type = PT_LOAD;
    load.p_vaddr = base;
    load.p_filesz = bytes.size();
    Elf64_Phdr dynamics{};
    dynamics.p_type = PT_DYNAMIC;
    dynamics.p_offset = dynamic_at;
    dynamics.p_filesz = entries.size() * sizeof(Elf64_Dyn);
    Elf64_Phdr interp{};
    interp.p_type = PT_INTERP;
    interp.p_offset = interpreter_at;
    interp.p_filesz = interpreter.size() + 1;
    put(bytes, 0, head);
    put(bytes, sizeof head, load);
    put(bytes, sizeof head + sizeof load, dynamics);
    put(bytes, sizeof head + 2 * sizeof load, interp);
    return bytes;
}

} // namespace tiny_elf
