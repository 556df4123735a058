// SPDX-License-Identifier: GPL-3.0-or-later
#include "../support/read_only_system.h"
#include "media/boot_images.h"
#include "media/boot_images_prefix.h"
#include "media/signature.h"
#include "media_fixture.h"

#include "util/bytes.h"

using namespace mdrescue;
using namespace mdrescue::media::test;

namespace {

/// The real machine, on which grub-mkimage may be missing.
class Machine : public ReadOnlySystem {
  public:
    explicit Machine(bool mkimage = true) : mkimage_(mkimage) {}
    util::Result<system::Output> run(const system::Command &command) override {
        if (!mkimage_)
            return util::fail("cannot run " + command.argv[0] + ": No such file or directory");
        return real_->run(command);
    }
    util::Result<std::string> read_file(const std::string &path, std::uint64_t limit) override {
        return real_->read_file(path, limit);
    }
    util::Result<std::string> read_at(const std::string &path, std::uint64_t offset,
                                      std::uint64_t length) override {
        return real_->read_at(path, offset, length);
    }
    util::Result<std::vector<std::string>> list(const std::string &path) override {
        return real_->list(path);
    }
    util::Result<std::string> read_link(const std::string &path) override {
        return real_->read_link(path);
    }
    bool exists(const std::string &path) override { return real_->exists(path); }

  private:
    bool mkimage_;
    std::unique_ptr<system::System> real_ = system::real_system();
};

class Warnings : public util::Progress {
  public:
    void warn(std::string_view message) override { text += std::string(message) + "\n"; }
    std::string text;
};

constexpr char image_id[] = "11111111-2222-8333-8444-555555555555";

/// The headers of a kernel for UEFI, whose certificate table is `size` bytes long.
std::string kernel(std::uint32_t size) {
    std::string headers(512, '\0');
    headers.replace(0, 2, "MZ");
    util::put_little_endian<std::uint32_t>(headers, 0x3c, 0x40);
    headers.replace(0x40, 2, "PE");
    util::put_little_endian<std::uint16_t>(headers, 0x40 + 24, 0x20b);
    util::put_little_endian<std::uint32_t>(headers, 0x40 + 24 + 112 + 32, size == 0 ? 0 : 4096);
    util::put_little_endian<std::uint32_t>(headers, 0x40 + 24 + 112 + 36, size);
    return headers;
}

std::string signed_program(const std::string &code) { return kernel(1480) + code; }

util::Result<media::BootImages> make(const std::string &root, const Directory &scratch,
                                     Warnings &warnings, bool mkimage = true,
                                     bool signed_kernel = true) {
    Machine machine(mkimage);
    put(scratch / "vmlinuz", kernel(signed_kernel ? 1480 : 0));
    return media::make_boot_images(machine,
                                   {root, MDRESCUE_SOURCE_DIR "/grub", image_id,
                                    scratch / "vmlinuz", scratch.path(), 1700000000},
                                   warnings);
}

/// As GRUB's kernel.h lays a module area out.
std::string grub_binary(const std::string &prefix) {
    const auto object = [](std::uint32_t type, const std::string &bytes) {
        std::string made(8, '\0');
        util::put_little_endian(made, 0, type);
        util::put_little_endian(made, 4, static_cast<std::uint32_t>(8 + bytes.size()));
        return made + bytes;
    };
    const std::string objects = object(0, std::string(24, 'm')) +
                                object(3, prefix + std::string(8 - prefix.size() % 8, '\0'));
    std::string info = std::string("mimg") + std::string(20, '\0');
    util::put_little_endian<std::uint64_t>(info, 8, 24);
    util::put_little_endian<std::uint64_t>(info, 16, 24 + objects.size());
    return "MZ code mentions mimg itself" + std::string(40, '\xff') + info + objects;
}

void put_bios_parts(const Directory &root) {
    std::filesystem::create_directories(root / "usr/lib/grub");
    std::filesystem::copy("/usr/lib/grub/i386-pc", root / "usr/lib/grub/i386-pc");
}

} // namespace

TEST_CASE("boot images of this machine's GRUB") {
    const Directory root, scratch;
    put_bios_parts(root);
    std::filesystem::copy("/usr/lib/grub/x86_64-efi", root / "usr/lib/grub/x86_64-efi");
    Warnings warnings;
    const auto images = make(root.path(), scratch, warnings);
    REQUIRE_MESSAGE(images.has_value(), (images ? "" : images.error().message));
    CHECK(images->bios.starts_with(get("/usr/lib/grub/i386-pc/cdboot.img").substr(0, 8)));
    CHECK(images->bios.find(std::string("--set=root /mdrescue/id-") + image_id) ==
          std::string::npos); // compressed
    CHECK(images->bios_mbr == get("/usr/lib/grub/i386-pc/boot_hybrid.img"));
    CHECK_FALSE(images->secure_boot);
    CHECK(images->efi_directories.empty());
    CHECK(warnings.text.find("shim-signed") != std::string::npos);
    put(scratch / "esp", images->esp);
    run({"mcopy", "-i", scratch / "esp", "::/EFI/BOOT/BOOTX64.EFI", scratch / "loader"});
    const std::string loader = get(scratch / "loader");
    CHECK(loader.starts_with("MZ"));
    CHECK(loader.find(std::string("--set=root /mdrescue/id-") + image_id) != std::string::npos);
    CHECK(media::grub_prefix(loader) == "/mdrescue/grub");

    const auto again = make(root.path(), scratch, warnings);
    REQUIRE(again);
    CHECK(again->bios == images->bios);
    CHECK(again->esp == images->esp);
}

TEST_CASE("the distribution's signed loaders are taken, with the stub where their GRUB looks") {
    const Directory root, scratch;
    put(root / "usr/lib/shim/shimx64.efi.signed", signed_program("shim"));
    put(root / "usr/lib/shim/mmx64.efi.signed", "MZ mok");
    put(root / "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
        signed_program(grub_binary("(hd0)/EFI/acme")));
    Warnings warnings;
    const auto images = make(root.path(), scratch, warnings);
    REQUIRE_MESSAGE(images.has_value(), (images ? "" : images.error().message));
    CHECK(images->secure_boot);
    CHECK(images->bios.empty());
    CHECK(images->bios_mbr.empty());
    CHECK(warnings.text.find("grub-pc-bin") != std::string::npos);
    CHECK(warnings.text.find("shim") == std::string::npos);
    CHECK(images->efi_directories == std::vector<std::string>{"EFI/acme", "EFI/BOOT"});
    CHECK(images->stub.find(std::string("/mdrescue/id-") + image_id) != std::string::npos);
    CHECK(images->stub.find('@') == std::string::npos);
    put(scratch / "esp", images->esp);
    for (const auto &[name, bytes] :
         {std::pair<std::string, std::string>{"EFI/BOOT/BOOTX64.EFI", signed_program("shim")},
          {"EFI/BOOT/grubx64.efi", signed_program(grub_binary("(hd0)/EFI/acme"))},
          {"EFI/BOOT/mmx64.efi", "MZ mok"},
          {"EFI/BOOT/grub.cfg", images->stub},
          {"EFI/acme/grub.cfg", images->stub}}) {
        run({"mcopy", "-o", "-i", scratch / "esp", "::/" + name, scratch / "copy"});
        CHECK(get(scratch / "copy") == bytes);
    }
}

TEST_CASE("signed loaders start no unsigned kernel with Secure Boot on, and that is said") {
    const Directory root, scratch;
    put(root / "usr/lib/shim/shimx64.efi.signed", signed_program("shim"));
    put(root / "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
        signed_program(grub_binary("(hd0)/EFI/acme")));
    Warnings warnings;
    const auto images = make(root.path(), scratch, warnings, true, false);
    REQUIRE_MESSAGE(images.has_value(), (images ? "" : images.error().message));
    CHECK_FALSE(images->secure_boot);
    CHECK_FALSE(images->esp.empty()); // it starts with Secure Boot off all the same
    CHECK(warnings.text.find("vmlinuz is not signed") != std::string::npos);
    CHECK(warnings.text.find("linux-image-amd64") != std::string::npos);
}

TEST_CASE("a signature is found where a program for UEFI has it") {
    CHECK(media::carries_signature(kernel(1480)));
    CHECK_FALSE(media::carries_signature(kernel(0)));
    for (const std::size_t length :
         {std::size_t(0), std::size_t(2), std::size_t(64), std::size_t(200)})
        CHECK_FALSE(media::carries_signature(kernel(1480).substr(0, length)));
    std::string far = kernel(1480);
    util::put_little_endian<std::uint32_t>(far, 0x3c, 0xffffffff);
    CHECK_FALSE(media::carries_signature(far));
    CHECK_FALSE(media::carries_signature("MZ shim"));
}

TEST_CASE("without the packages the loaders of the machine's own EFI system partition are taken") {
    const Directory root, scratch;
    put(root / "boot/efi/EFI/BOOT/BOOTX64.EFI", "MZ fallback");
    put(root / "boot/efi/EFI/rocky/shimx64.efi", signed_program("shim"));
    put(root / "boot/efi/EFI/rocky/grubx64.efi", signed_program("no prefix in here"));
    Warnings warnings;
    auto images = make(root.path(), scratch, warnings);
    REQUIRE_MESSAGE(images.has_value(), (images ? "" : images.error().message));
    CHECK(images->secure_boot);
    CHECK(images->efi_directories == std::vector<std::string>{"EFI/rocky", "EFI/BOOT"});
    // A directory that FAT cannot hold in 8.3 is warned about, not fatal.
    std::filesystem::rename(root / "boot/efi/EFI/rocky", root / "boot/efi/EFI/almalinux");
    images = make(root.path(), scratch, warnings);
    REQUIRE(images);
    CHECK(images->efi_directories.front() == "EFI/almalinux");
    CHECK(warnings.text.find("almalinux") != std::string::npos);
    put(root / "boot/efi/EFI/almalinux/grubx64.efi", "MZ of one's own making");
    images = make(root.path(), scratch, warnings);
    REQUIRE(images);
    CHECK_FALSE(images->secure_boot);
    CHECK(warnings.text.find("not both signed") != std::string::npos);
}

TEST_CASE("what is missing is named by its package") {
    const Directory root, scratch;
    Warnings warnings;
    const auto nothing = make(root.path(), scratch, warnings);
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().hint.find("grub-pc-bin") != std::string::npos);
    CHECK(nothing.error().hint.find("grub-efi-amd64-bin") != std::string::npos);
    put_bios_parts(root);
    const auto no_tool = make(root.path(), scratch, warnings, false);
    REQUIRE_FALSE(no_tool);
    CHECK(no_tool.error().hint.find("grub-common") != std::string::npos);
    std::filesystem::resize_file(root / "usr/lib/grub/i386-pc/kernel.img", 0);
    const auto broken = make(root.path(), scratch, warnings);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().message.find("grub-mkimage failed") != std::string::npos);
}

TEST_CASE("the prefix of a GRUB binary, and of what is none") {
    CHECK(media::grub_prefix(grub_binary("/EFI/debian")) == "/EFI/debian");
    CHECK(media::grub_prefix(grub_binary("(hd0,gpt1)/boot/grub")) == "/boot/grub");
    CHECK_FALSE(media::grub_prefix(grub_binary("")));
    CHECK_FALSE(media::grub_prefix(""));
    const std::string whole = grub_binary("/EFI/debian");
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(media::grub_prefix(whole.substr(0, size)));
    std::string endless = whole;
    util::put_little_endian<std::uint32_t>(endless, whole.find(std::string(8, 'm')) - 4, 0);
    CHECK_FALSE(media::grub_prefix(endless));
}
