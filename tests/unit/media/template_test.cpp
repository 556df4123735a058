// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/template.h"

#include <doctest/doctest.h>

using mdrescue::media::filled_template;

TEST_CASE("placeholders are replaced, other @ stay") {
    CHECK(filled_template("a@b @X@ @@ @x@ @ X@Y_2@", {{"X", "1"}, {"Y_2", "$&\\"}}).value() ==
          "a@b 1 @@ @x@ @ X$&\\");
    CHECK(filled_template("@X@@X@@", {{"X", "@X@"}}).value() == "@X@@X@@");
    CHECK(filled_template("", {}).value().empty());
    CHECK(filled_template("@X", {}).value() == "@X");
}

TEST_CASE("a template of another version is an error") {
    CHECK(filled_template("@NEW@", {}).error().message ==
          "template asks for the unknown value @NEW@");
    CHECK(filled_template("text", {{"OLD", ""}}).error().message ==
          "template has no place for the value @OLD@");
}
