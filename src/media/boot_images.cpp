// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/boot_images.h"

#include "media/boot_images_prefix.h"
#include "media/fat_image.h"
#include "media/signature.h"
#include "model/family.h"
#include "util/bytes.h"
#include "util/digest.h"
#include "util/text.h"

#include <fmt/format.h>
#include <fstream>
#include <optional>

namespace mdrescue::media {
namespace {

constexpr std::string_view prefix = "/mdrescue/grub";
constexpr std::size_t boot_sector_size = 512;
constexpr std::size_t headers_size = 4096; // of a kernel, and more

/// The signed loaders of one distribution.
struct SignedChain {
    std::string shim, grub;
    std::string mok_manager; ///< "" where there is none
    std::string directory;   ///< where its GRUB looks for grub.cfg: "EFI/debian"
};

class Maker {
  public:
    Maker(system::System &system, const BootImagesRequest &request, util::Progress &progress)
        : system_(system), request_(request), progress_(progress) {}

    util::Result<BootImages> make() {
        MDR_TRY(make_bios());
        MDR_TRY(make_efi());
        if (images_.bios.empty() && images_.esp.empty())
            return util::fail(
                "no boot loader for the image: the parts of GRUB are missing",
                "Install the package grub-pc-bin (BIOS) or grub-efi-amd64-bin (UEFI).");
        return std::move(images_);
    }

  private:
    [[nodiscard]] std::string parts_directory(const std::string &platform,
                                              const std::string &needed) const {
        for (const model::Family &family : model::families) {
            std::string directory = fmt::format("{}/{}/{}", root(), family.grub_parts, platform);
            if (system_.exists(directory + "/" + needed))
                return directory;
        }
        return {};
    }

    [[nodiscard]] std::string root() const { return request_.root == "/" ? "" : request_.root; }

    /// A text of the data directory's grub/, filled in.
    util::Result<std::string> text(const std::string &name) {
        MDR_TRY_ASSIGN(std::string text, system_.read_file(request_.grub_directory + "/" + name));
        static constexpr std::string_view place = "@IMAGE_ID@";
        for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at))
            text.replace(at, place.size(), request_.image_id);
        return text;
    }

    /// Names of a list that this GRUB has: versions differ by a few modules.
    util::Result<std::vector<std::string>> modules(const std::string &list,
                                                   const std::string &directory) {
        MDR_TRY_ASSIGN(const std::string names, text(list));
        std::vector<std::string> found;
        for (const std::string_view line : util::split(names, '\n'))
            for (const std::string_view name : util::split_words(line.substr(0, line.find('#'))))
                if (system_.exists(fmt::format("{}/{}.mod", directory, name)))
                    found.emplace_back(name);
        return found;
    }

    util::Result<std::string> make_image(const std::string &format, const std::string &directory,
                                         const std::string &list) {
        MDR_TRY_ASSIGN(const auto names, modules(list, directory));
        MDR_TRY_ASSIGN(const std::string early, write_early_config());
        const std::string output = fmt::format("{}/{}.img", request_.scratch, format);
        std::vector<std::string> argv{
            "",   "-O",  format, "-d",  directory, "-p", std::string(prefix),
            "-c", early, "-o",   output};
        argv.insert(argv.end(), names.begin(), names.end());
        MDR_TRY(run_mkimage(std::move(argv)));
        return system_.read_file(output);
    }

    util::Result<std::string> write_early_config() {
        MDR_TRY_ASSIGN(const std::string early, text("early.cfg.in"));
        std::string path = request_.scratch + "/early.cfg";
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        if (!file.write(early.data(), static_cast<std::streamsize>(early.size())).flush())
            return util::fail(fmt::format("cannot write {}", util::printable(path)));
        return path;
    }

    util::Result<void> run_mkimage(std::vector<std::string> argv) {
        std::string reason;
        for (const model::Family &family : model::families) {
            const std::string name = std::string(family.grub_program) + "mkimage";
            argv.front() = name;
            const auto output = system_.run({argv});
            if (!output) {
                reason = output.error().message;
                continue;
            }
            if (output->status != 0)
                return util::fail(fmt::format("{} failed: {}", name,
                                              util::printable(util::trimmed(output->err))));
            return {};
        }
        return util::fail(
            fmt::format("the boot loaders cannot be made without grub-mkimage: {}", reason),
            "Install the package grub-common.");
    }

    util::Result<void> make_bios() {
        const std::string directory = parts_directory("i386-pc", "boot_hybrid.img");
        if (directory.empty()) {
            progress_.warn("The image will not start on BIOS machines: install the package "
                           "grub-pc-bin to change that.");
            return {};
        }
        MDR_TRY_ASSIGN(images_.bios_mbr, system_.read_file(directory + "/boot_hybrid.img"));
        images_.bios_mbr.resize(boot_sector_size, '\0');
        MDR_TRY_ASSIGN(images_.bios, make_image("i386-pc-eltorito", directory, "bios.modules"));
        return {};
    }

    util::Result<void> make_efi() {
        MDR_TRY_ASSIGN(images_.stub, text("stub.cfg.in"));
        if (const auto chain = find_signed_chain())
            return use_signed(*chain);
        const std::string directory = parts_directory("x86_64-efi", "moddep.lst");
        images_.stub.clear();
        if (directory.empty()) {
            progress_.warn(
                "The image will not start on UEFI machines: install the packages shim-signed and "
                "grub-efi-amd64-signed (or grub-efi-amd64-bin, without Secure Boot) to change "
                "that.");
            return {};
        }
        progress_.warn("The image will not start where Secure Boot is on: install the packages "
                       "shim-signed and "
                       "grub-efi-amd64-signed to change that.");
        MDR_TRY_ASSIGN(std::string loader, make_image("x86_64-efi", directory, "efi.modules"));
        return make_esp({{"EFI/BOOT/BOOTX64.EFI", std::move(loader)}});
    }

    util::Result<void> use_signed(const SignedChain &chain) {
        MDR_TRY_ASSIGN(const std::string kernel, system_.read_at(request_.kernel, 0, headers_size));
        const bool loaders = carries_signature(chain.shim) && carries_signature(chain.grub);
        images_.secure_boot = loaders && carries_signature(kernel);
        if (!loaders)
            progress_.warn(
                "The image will not start where Secure Boot is on: the shim and GRUB of "
                "this machine are not both signed. Install those of the distribution (on "
                "Debian shim-signed and grub-efi-amd64-signed) to change that.");
        else if (!images_.secure_boot)
            progress_.warn(fmt::format("The image will not start where Secure Boot is on: the "
                                       "kernel {} is not signed. Name a signed one with --kernel; "
                                       "the distribution has them (on Debian linux-image-amd64).",
                                       util::printable(request_.kernel)));
        // As CD the signed GRUB finds its configuration on the ISO, as disk on the FAT image; by
        // its prefix, or beside itself.
        images_.efi_directories = {chain.directory};
        if (chain.directory != "EFI/BOOT")
            images_.efi_directories.emplace_back("EFI/BOOT");
        std::vector<FatFile> files{{"EFI/BOOT/BOOTX64.EFI", chain.shim},
                                   {"EFI/BOOT/GRUBX64.EFI", chain.grub}};
        if (!chain.mok_manager.empty())
            files.push_back({"EFI/BOOT/MMX64.EFI", chain.mok_manager});
        for (const std::string &directory : images_.efi_directories)
            if (is_short_path(directory))
                files.push_back({directory + "/GRUB.CFG", images_.stub});
            else
                progress_.warn(fmt::format(
                    "The signed GRUB looks in {}, a name that the boot partition cannot have; "
                    "try the image with UEFI from a USB stick before you rely on it.",
                    util::printable(directory)));
        return make_esp(std::move(files));
    }

    util::Result<void> make_esp(std::vector<FatFile> files) {
        const std::string id = util::sha256(request_.image_id).substr(0, 8);
        MDR_TRY_ASSIGN(const std::string serial, util::from_hex(id));
        MDR_TRY_ASSIGN(images_.esp, make_fat_image({std::move(files), "MDRESCUE",
                                                    util::big_endian<std::uint32_t>(serial, 0),
                                                    request_.epoch}));
        return {};
    }

    /// The first of several paths that can be read; "" when none can.
    std::string first_of(const std::vector<std::string> &paths) {
        for (const std::string &path : paths)
            if (auto bytes = system_.read_file(path))
                return std::move(*bytes);
        return {};
    }

    std::optional<SignedChain> find_signed_chain() {
        // Debian and Ubuntu; Ubuntu's plain name is a link that leads out of another machine's
        // root, "latest" is not.
        const std::string shim = root() + "/usr/lib/shim/";
        SignedChain chain;
        chain.shim = first_of({shim + "shimx64.efi.signed.latest", shim + "shimx64.efi.signed"});
        chain.grub = first_of({root() + "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"});
        chain.mok_manager = first_of({shim + "mmx64.efi.signed", shim + "mmx64.efi"});
        if (!chain.shim.empty() && !chain.grub.empty())
            return with_directory(std::move(chain), "debian");
        return find_installed_chain();
    }

    /// What the machine's own EFI system partition holds.
    std::optional<SignedChain> find_installed_chain() {
        for (const std::string_view mount : {"boot/efi/EFI", "efi/EFI"}) {
            const std::string base = fmt::format("{}/{}", root(), mount);
            const auto names = system_.list(base);
            if (!names)
                continue;
            for (const std::string &name : *names) {
                const std::string directory = base + "/" + name + "/";
                SignedChain chain;
                chain.shim = first_of({directory + "shimx64.efi"});
                chain.grub = first_of({directory + "grubx64.efi"});
                chain.mok_manager = first_of({directory + "mmx64.efi"});
                if (!chain.shim.empty() && !chain.grub.empty())
                    return with_directory(std::move(chain), name);
            }
        }
        return std::nullopt;
    }

    /// The directory by the binary's own word, else by name. A prefix elsewhere (/boot/grub) would
    /// lead to the snapshot's files.
    static SignedChain with_directory(SignedChain chain, const std::string &name) {
        const auto own = grub_prefix(chain.grub);
        chain.directory = own && own->starts_with("/EFI/") ? own->substr(1) : "EFI/" + name;
        return chain;
    }

    system::System &system_;
    const BootImagesRequest &request_;
    util::Progress &progress_;
    BootImages images_;
};

} // namespace

util::Result<BootImages> make_boot_images(system::System &system, const BootImagesRequest &request,
                                          util::Progress &progress) {
    return Maker(system, request, progress).make();
}

} // namespace mdrescue::media
