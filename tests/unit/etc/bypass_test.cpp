// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/bypass.h"

#include <doctest/doctest.h>
#include <set>
#include <string>

using namespace mdrescue::etc;
using namespace std::string_literals;
using Lines = std::vector<std::string>;

namespace {

/// Missing is what has one of these sources.
auto gone(std::set<std::string> sources) {
    return [sources](const auto &entry) { return sources.contains(entry.source); };
}

Edited bypassed(const std::string &text, std::set<std::string> sources) {
    return bypass_fstab(text, gone(std::move(sources)));
}

const std::string article = "# <file system> <mount point>\n"
                            "/dev/md1\t/\text3\tdefaults\t1 1\n"
                            "LABEL=/boot\t/boot\text2\tdefaults\t1 2\n"
                            "\n"
                            "/dev/md0   swap swap defaults 0 0";

/// Everything people and programs leave in such files.
const std::string nasty[] = {
    "",
    "\n\n",
    "UUID=a /a ext4 defaults 0 1",
    "UUID=a /a ext4 defaults 0 1\r\nUUID=b none swap sw 0 0\r\n",
    "\t  UUID=a\t\t/a   ext4  \t defaults,nofail\t0\t2   \t# why\n",
    "UUID=\"a\" /a\\040b ext4 rw 0 0\nLABEL=b\\040c /b xfs\n",
    "#UUID=a /a ext4 rw 0 0\n # UUID=a /a\n##mdrescue\n",
    "#mdrescue-bypass#UUID=a /a ext4 rw 0 0\n #mdrescue-bypass# UUID=a /a ext4 rw 0 0\n",
    "#mdrescue-bypass# \n#mdrescue-bypass# # UUID=a /a ext4\n#mdrescue-bypass# broken\n",
    "#mdrescue-bypass# UUID=a / ext4 rw 0 0\n#mdrescue-bypass# UUID=a /a ext4 noauto 0 0\n",
    "#MDRESCUE-BYPASS# UUID=a /a ext4 rw 0 0\n#mdrescue-bypass# #mdrescue-bypass# UUID=a /a x\n",
    "UUID=a\nUUID=a /a\nUUID=a /a ext4 rw x y\n/a\n",
    "UUID=a /a ext4 rw 0 0\0\nUUID=a /a\0b ext4\n\xff\xfe UUID=a /b\n"s,
    std::string(5000, '/') + " /a ext4\nUUID=a " + std::string(5000, 'x') + " ext4",
    article,
};

} // namespace

TEST_CASE("the article's machine without its first disk") {
    const Edited edited = bypassed(article, {"/boot"});
    CHECK(edited.text == "# <file system> <mount point>\n"
                         "/dev/md1\t/\text3\tdefaults\t1 1\n"
                         "#mdrescue-bypass# LABEL=/boot\t/boot\text2\tdefaults\t1 2\n"
                         "\n"
                         "/dev/md0   swap swap defaults 0 0");
    CHECK(edited.lines == Lines{"LABEL=/boot\t/boot\text2\tdefaults\t1 2"});
    const Edited back = restore_fstab(edited.text);
    CHECK(back.text == article);
    CHECK(back.lines == edited.lines);
}

TEST_CASE("taken out and put back is byte for byte what it was; twice is once") {
    for (const std::string &text : nasty) {
        CAPTURE(text);
        for (const std::set<std::string> &sources :
             {std::set<std::string>{}, {"a"}, {"b"}, {"a", "b", "b c", "/dev/md0", "/boot"}}) {
            const Edited once = bypassed(text, sources);
            CHECK(bypassed(once.text, sources).text == once.text);
            CHECK(bypassed(once.text, sources).lines.empty());
            CHECK(restore_fstab(once.text).text == text);
            CHECK(once.lines == restore_fstab(once.text).lines);
            CHECK(once.text.size() == text.size() + once.lines.size() * bypass_mark.size());
        }
        const Edited once = bypass_crypttab(text, gone({"UUID=a", "/a"}));
        CHECK(bypass_crypttab(once.text, gone({"UUID=a", "/a"})).text == once.text);
        if (text.find(bypass_mark) == std::string::npos)
            CHECK(restore_crypttab(once.text).text == text);
    }
}

TEST_CASE("a file with nothing missing and nothing marked is not touched") {
    for (const std::string &text : nasty) {
        CHECK(bypassed(text, {}).text == text);
        CHECK(restore_fstab(text).text == text);
        CHECK(restore_fstab(text).lines.empty());
    }
}

TEST_CASE("swap, CRLF and a last line without its newline") {
    const std::string text = "UUID=a none swap sw 0 0\r\nUUID=b /b ext4";
    CHECK(bypassed(text, {"a", "b"}).text ==
          "#mdrescue-bypass# UUID=a none swap sw 0 0\r\n#mdrescue-bypass# UUID=b /b ext4");
}

TEST_CASE("the root, what is not started at boot, and broken lines stay") {
    const std::string text = "UUID=a / ext4 rw 0 1\n"
                             "UUID=a // ext4 rw 0 1\n"
                             "UUID=a /media/x ext4 user,noauto 0 0\n"
                             "UUID=a /x\n"
                             "UUID=a /y ext4 rw no number\n";
    CHECK(bypassed(text, {"a"}).lines.empty());
    // waited for as soon as somebody looks there
    CHECK(bypassed("UUID=a /x ext4 noauto,x-systemd.automount 0 0\n", {"a"}).lines.size() == 1);
    // nofail does not wait in vain at boot, but its device unit does
    CHECK(bypassed("UUID=a /x ext4 nofail 0 0\n", {"a"}).lines.size() == 1);
}

TEST_CASE("what lies in a missing filesystem goes with it, whatever the order") {
    const std::string text = "UUID=efi /boot/efi vfat umask=0077 0 1\n"
                             "/opt/deep/er /deepest none bind\n"
                             "/boot/x /opt/x none bind 0 0\n"
                             "tmpfs /opt/x/y tmpfs rw 0 0\n"
                             "UUID=c /boot-2 ext4 rw 0 0\n"
                             "LABEL=/boot/of/another /other ext4 rw 0 0\n"
                             "/boot none none bind 0 0\n"
                             "UUID=b /boot/ ext4 rw 0 0\n"
                             "UUID=d /boot ext4 rw 0 0\n"
                             "/boot/swapfile none swap sw 0 0\n";
    const Edited edited = bypassed(text, {"b"});
    CHECK(edited.lines == Lines{"UUID=efi /boot/efi vfat umask=0077 0 1",
                                "/boot/x /opt/x none bind 0 0", "tmpfs /opt/x/y tmpfs rw 0 0",
                                "/boot none none bind 0 0", "UUID=b /boot/ ext4 rw 0 0",
                                "/boot/swapfile none swap sw 0 0"});
    CHECK(restore_fstab(edited.text).text == text);
}

TEST_CASE("an edit made meanwhile survives, also below what was taken out") {
    std::string text = bypassed(article, {"/boot"}).text;
    text += "\nUUID=new /boot/efi vfat rw 0 1\n# mine\nUUID=x /x ext4";
    const Edited again = bypassed(text, {"/boot"});
    CHECK(again.lines == Lines{"UUID=new /boot/efi vfat rw 0 1"});
    CHECK(restore_fstab(again.text).text ==
          article + "\nUUID=new /boot/efi vfat rw 0 1\n# mine\nUUID=x /x ext4");
}

TEST_CASE("crypttab") {
    const std::string text = "# name source key options\n"
                             "home\tUUID=a\tnone\tluks\r\n"
                             "swap /dev/sda3 /dev/urandom swap\n"
                             "usb UUID=a none luks,noauto\n"
                             "broken\n"
                             "data UUID=b none luks";
    const Edited edited = bypass_crypttab(text, gone({"UUID=a", "/dev/sda3"}));
    CHECK(edited.text == "# name source key options\n"
                         "#mdrescue-bypass# home\tUUID=a\tnone\tluks\r\n"
                         "#mdrescue-bypass# swap /dev/sda3 /dev/urandom swap\n"
                         "usb UUID=a none luks,noauto\n"
                         "broken\n"
                         "data UUID=b none luks");
    CHECK(restore_crypttab(edited.text).text == text);
    CHECK(bypass_crypttab(edited.text, gone({"UUID=a", "/dev/sda3"})).lines.empty());
}

TEST_CASE(
    "what is lost: only what has its source there goes with it, and the nearest mount has it") {
    const std::string text = "UUID=lost /srv ext4 rw 0 2\n"
                             "UUID=b /srv/data ext4 rw 0 2\n"
                             "/srv/data/www /var/www none bind 0 0\n"
                             "/srv/data /data none bind 0 0\n"
                             "/srv/mail /var/mail none bind 0 0\n"
                             "/srv /srv none bind 0 0\n";
    const auto edited =
        take_out_lost_fstab(text, [](const FstabEntry &entry) { return entry.source == "lost"; });
    CHECK(edited.lines == std::vector<std::string>{"UUID=lost /srv ext4 rw 0 2",
                                                   "/srv/mail /var/mail none bind 0 0",
                                                   "/srv /srv none bind 0 0"});
}

TEST_CASE("a line marked as lost is a comment: nothing goes with it later") {
    const std::string text = "#mdrescue-lost# UUID=lost /srv ext4 rw 0 2\n"
                             "UUID=new /srv ext4 rw 0 2\n"
                             "UUID=b /srv/data ext4 rw 0 2\n"
                             "/srv/mail /var/mail none bind 0 0\n";
    CHECK(bypassed(text, {"lost"}).text == text);
    CHECK(restore_fstab(text).text == text);
    CHECK(take_out_lost_fstab(text, [](const FstabEntry &entry) {
              return entry.source == "lost";
          }).text == text);
}
