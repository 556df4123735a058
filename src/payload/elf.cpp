// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload/elf.h"

#include "util/text.h"

#include <algorithm>
#include <cstring>
#include <elf.h>

namespace mdrescue::payload {

namespace {

auto damaged() { return util::fail("damaged ELF file"); }

bool inside(std::string_view bytes, std::uint64_t offset, std::uint64_t length) {
    return offset <= bytes.size() && length <= bytes.size() - offset;
}

template <class T> std::optional<T> at(std::string_view bytes, std::uint64_t offset) {
    if (!inside(bytes, offset, sizeof(T)))
        return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

/// The zero-terminated string at an offset.
std::optional<std::string> text_at(std::string_view bytes, std::uint64_t offset) {
    if (offset >= bytes.size())
        return std::nullopt;
    const auto end = bytes.find('\0', offset);
    if (end == std::string_view::npos)
        return std::nullopt;
    return std::string(bytes.substr(offset, end - offset));
}

std::optional<Elf64_Ehdr> header_of(std::string_view elf) {
    const auto header = at<Elf64_Ehdr>(elf, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
        return std::nullopt;
    return header;
}

util::Result<std::vector<Elf64_Phdr>> segments(std::string_view elf, const Elf64_Ehdr &header) {
    std::vector<Elf64_Phdr> found;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        const auto segment =
            at<Elf64_Phdr>(elf, header.e_phoff + std::uint64_t{i} * sizeof(Elf64_Phdr));
        if (!segment)
            return damaged();
        found.push_back(*segment);
    }
    return found;
}

/// Virtual address to file offset, by the loaded segments.
std::optional<std::uint64_t> file_offset(const std::vector<Elf64_Phdr> &segments,
                                         std::uint64_t address) {
    for (const auto &segment : segments)
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
            address - segment.p_vaddr < segment.p_filesz)
            return segment.p_offset + (address - segment.p_vaddr);
    return std::nullopt;
}

util::Result<std::vector<Elf64_Dyn>> dynamic_entries(std::string_view elf,
                                                     const Elf64_Phdr &segment) {
    std::vector<Elf64_Dyn> entries;
    for (std::uint64_t done = 0; done + sizeof(Elf64_Dyn) <= segment.p_filesz;
         done += sizeof(Elf64_Dyn)) {
        const auto entry = at<Elf64_Dyn>(elf, segment.p_offset + done);
        if (!entry)
            return damaged();
        if (entry->d_tag == DT_NULL)
            break;
        entries.push_back(*entry);
    }
    return entries;
}

util::Result<void> read_entries(std::string_view elf, const std::vector<Elf64_Phdr> &all,
                                const std::vector<Elf64_Dyn> &entries, Dynamics &dynamics) {
    const auto table = std::find_if(entries.begin(), entries.end(),
                                    [](const Elf64_Dyn &e) { return e.d_tag == DT_STRTAB; });
    const auto strings =
        table == entries.end() ? std::nullopt : file_offset(all, table->d_un.d_ptr);
    const bool has_run_path = std::any_of(entries.begin(), entries.end(),
                                          [](const Elf64_Dyn &e) { return e.d_tag == DT_RUNPATH; });
    for (const auto &entry : entries) {
        const bool path = entry.d_tag == (has_run_path ? DT_RUNPATH : DT_RPATH);
        if (entry.d_tag != DT_NEEDED && !path)
            continue;
        const auto text = strings ? text_at(elf, *strings + entry.d_un.d_val) : std::nullopt;
        if (!text)
            return damaged();
        if (!path) {
            dynamics.needed.push_back(*text);
            continue;
        }
        for (const auto part : util::split(*text, ':'))
            if (!part.empty())
                dynamics.run_path.emplace_back(part);
    }
    return {};
}

} // namespace

util::Result<std::optional<Dynamics>> read_dynamics(std::string_view elf) {
    const auto header = header_of(elf);
    if (!header)
        return std::optional<Dynamics>();
    Dynamics dynamics;
    dynamics.machine = header->e_machine;
    MDR_TRY_ASSIGN(const auto all, segments(elf, *header));
    for (const auto &segment : all) {
        if (segment.p_type == PT_INTERP) {
            const auto text = text_at(elf, segment.p_offset);
            if (!text)
                return damaged();
            dynamics.interpreter = *text;
        } else if (segment.p_type == PT_DYNAMIC) {
            MDR_TRY_ASSIGN(const auto entries, dynamic_entries(elf, segment));
            MDR_TRY(read_entries(elf, all, entries, dynamics));
        }
    }
    return std::optional(std::move(dynamics));
}

util::Result<std::optional<std::string_view>> elf_section(std::string_view elf,
                                                          std::string_view name) {
    const auto header = header_of(elf);
    if (!header)
        return util::fail("not a 64-bit little-endian ELF file");
    const auto section = [&](std::uint64_t index) {
        return at<Elf64_Shdr>(elf, header->e_shoff + index * sizeof(Elf64_Shdr));
    };
    const auto names = section(header->e_shstrndx);
    if (!names)
        return damaged();
    for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
        const auto one = section(i);
        const auto its_name = one ? text_at(elf, names->sh_offset + one->sh_name) : std::nullopt;
        if (!its_name)
            return damaged();
        if (*its_name != name)
            continue;
        if (!inside(elf, one->sh_offset, one->sh_size))
            return damaged();
        return std::optional(elf.substr(one->sh_offset, one->sh_size));
    }
    return std::optional<std::string_view>();
}

} // namespace mdrescue::payload
