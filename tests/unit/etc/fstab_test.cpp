// SPDX-License-Identifier: GPL-3.0-or-later
#include "etc/crypttab.h"
#include "etc/fstab.h"
#include "etc/mdadm_conf.h"

#include <doctest/doctest.h>
#include <string>

using namespace mdrescue::etc;

namespace {

const std::string odd_files[] = {
    "",
    "\n",
    "no newline at the end",
    "\r\n# dos\r\n\t\n   \n",
    std::string("nul \0 inside\n\xff\xfe\n", 17),
    "UUID=a / ext4 defaults 0 1\n\n\n# end",
    " continues nothing\nARRAY /dev/md0\n  UUID=1:2:3:4\n\tspares=1\n\n",
};

} // namespace

TEST_CASE("every file is written back byte for byte") {
    for (const std::string &text : odd_files) {
        CHECK(to_text(parse_fstab(text)) == text);
        CHECK(to_text(parse_mdadm_conf(text)) == text);
        CHECK(to_text(parse_crypttab(text)) == text);
    }
}

TEST_CASE("fstab entries") {
    const Fstab fstab = parse_fstab("# comment\n"
                                    "LABEL=/boot\t/boot ext3 defaults 1 2\n"
                                    "/dev/md1 /mnt/a\\040b ext4\n"
                                    "UUID=\"12-34\" none swap sw 0 0 # note\n"
                                    "PARTUUID=x /e vfat umask=0077 0 1\n"
                                    "tmpfs /tmp tmpfs rw\n");
    REQUIRE(fstab.lines.size() == 7);
    CHECK_FALSE(fstab.lines[0].entry);
    CHECK(fstab.lines[0].problem.empty());
    CHECK(*fstab.lines[1].entry ==
          FstabEntry{FstabEntry::Source::label, "/boot", "/boot", "ext3", "defaults", 1, 2});
    CHECK(*fstab.lines[2].entry ==
          FstabEntry{FstabEntry::Source::device, "/dev/md1", "/mnt/a b", "ext4", "defaults", 0, 0});
    CHECK(fstab.lines[3].entry->kind == FstabEntry::Source::uuid);
    CHECK(fstab.lines[3].entry->source == "12-34");
    CHECK(fstab.lines[4].entry->kind == FstabEntry::Source::partuuid);
    CHECK(fstab.lines[5].entry->kind == FstabEntry::Source::other);
}

TEST_CASE("broken fstab lines say why and are no entries") {
    for (const char *line : {"/dev/md0", "/dev/md0 /", "/dev/md0 / ext4 rw x 1",
                             "/dev/md0 / ext4 rw 0 99999999999999"}) {
        const Fstab fstab = parse_fstab(line);
        CHECK_FALSE(fstab.lines[0].entry);
        CHECK_FALSE(fstab.lines[0].problem.empty());
    }
}

TEST_CASE("octal escapes: only whole ones") {
    CHECK(decode_octal("a\\040b\\134") == "a b\\");
    CHECK(decode_octal("\\04") == "\\04");
    CHECK(decode_octal("\\999\\777") == "\\999\\777");
    CHECK(decode_octal("\\") == "\\");
}

TEST_CASE("mdadm.conf: arrays, continuation, quotes, abbreviations") {
    const MdadmConf conf = parse_mdadm_conf(
        "# x\nHOMEHOST <system>\narr /dev/md/root metadata=1.2\n"
        "   UUID=49f751bd:06d60ad7:1:2 \"name=my array\" # trailing\nMAILADDR root\n");
    REQUIRE(conf.lines.size() == 5);
    CHECK(conf.lines[1].keyword == "HOMEHOST");
    const MdadmLine &array = conf.lines[2];
    CHECK(array.keyword == "ARRAY");
    CHECK(array.text.size() == 2);
    REQUIRE(array.array);
    CHECK(array.array->device == "/dev/md/root");
    CHECK(array.array->tags.at("uuid") == "49f751bd:06d60ad7:1:2");
    CHECK(array.array->tags.at("name") == "my array");
    CHECK(array.problem.empty());
}

TEST_CASE("broken mdadm.conf lines") {
    const MdadmConf conf =
        parse_mdadm_conf("ARRAY\nBANANA x\nARRAY /dev/md0 /dev/md1 UUID=1\n\"unclosed");
    for (const MdadmLine &line : conf.lines)
        CHECK_FALSE(line.problem.empty());
}

TEST_CASE("crypttab") {
    const Crypttab crypttab = parse_crypttab("#\nhome UUID=x none luks\nbroken\nswap /dev/md2\n");
    CHECK(*crypttab.lines[1].entry == CrypttabEntry{"home", "UUID=x", "none", "luks"});
    CHECK_FALSE(crypttab.lines[2].problem.empty());
    CHECK(crypttab.lines[3].entry->key == "none");
}
