// SPDX-License-Identifier: Apache-2.0
#include "race/job/peer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/test_folder.h"

namespace kite::race {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGood = R"(title = "Some Runtime"
runtime = "some"
language = "C"
settings = "as asked"
tracks = ["matched", "default"]
setup = ["{peer}/setup"]
setup_note = "2 MB"
check = ["{home}/run", "version"]
oneshot = ["{home}/run", "oneshot", "{model}", "{picture}"]
no_pre = ["{home}/run", "no_pre", "{inputs}", "{count}"]

[variants.saved]
title = "its saved model"
prepare = ["{home}/run", "save", "{cache}"]
arguments = ["--saved", "{cache}/m"]
presets = ["study"]

[variants.bare]
no_pre = []
)";

Result<Peer> parse(const std::string& text) { return parse_peer(text, "some", "/peers/some"); }

std::string error_of(const std::string& text) {
  const auto peer = parse(text);
  return peer.ok() ? "it was accepted" : peer.error().message();
}

// `kGood` with `from` replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

const Variant& variant_named(const Peer& peer, const std::string& name) {
  for (const Variant& variant : peer.variants) {
    if (variant.name == name) return variant;
  }
  ADD_FAILURE() << name;
  return peer.variants.front();
}

TEST(Peer, a_variant_takes_the_plain_variant_and_replaces_what_it_states) {
  const auto peer = parse(kGood);
  ASSERT_TRUE(peer.ok()) << peer.error().message();
  ASSERT_EQ(peer->variants.size(), 3u);
  EXPECT_EQ(peer->variants.front().name, "");
  EXPECT_EQ(peer->variants.front().tracks, (std::vector{Track::kMatched, Track::kDefault}));
  const Variant& saved = variant_named(*peer, "saved");
  EXPECT_EQ(saved.title, "its saved model");
  EXPECT_EQ(saved.settings, "as asked");
  EXPECT_EQ(saved.oneshot, (CommandTemplate{"{home}/run", "oneshot", "{model}", "{picture}", "--saved", "{cache}/m"}));
  EXPECT_EQ(saved.no_pre.back(), "{cache}/m");
  EXPECT_EQ(saved.prepare.size(), 3u);
  EXPECT_EQ(saved.presets, std::vector<std::string>{"study"});
  EXPECT_EQ(peer->setup_note, "2 MB");
}

TEST(Peer, arguments_are_not_appended_to_a_command_that_does_not_exist) {
  const auto peer = parse(kGood);
  ASSERT_TRUE(peer.ok());
  EXPECT_TRUE(variant_named(*peer, "saved").inc_pre.empty());
  EXPECT_TRUE(variant_named(*peer, "bare").no_pre.empty());
  EXPECT_EQ(variant_named(*peer, "bare").presets, std::vector<std::string>{"full"});
}

TEST(Peer, an_unknown_key_is_named_with_its_line) {
  EXPECT_NE(error_of(with("setup_note", "setup_notes")).find("unknown key 'setup_notes'; /peers/some/peer.toml:7;"),
            std::string::npos);
  EXPECT_NE(error_of(with("arguments =", "argument ="))
                .find("[variants.saved]: unknown key 'argument'; /peers/some/peer.toml:15;"),
            std::string::npos);
}

TEST(Peer, a_placeholder_that_does_not_exist_is_refused) {
  EXPECT_NE(error_of(with("{picture}", "{image}")).find("'oneshot' uses the placeholder {image}"), std::string::npos);
  // setup and check come before any model is known.
  EXPECT_NE(error_of(with("\"version\"", "\"{model}\"")).find("'check' uses the placeholder {model}"),
            std::string::npos);
}

TEST(Peer, wrong_types_and_words_are_refused) {
  EXPECT_NE(error_of(with("\"Some Runtime\"", "3")).find("'title' is not a text"), std::string::npos);
  EXPECT_NE(error_of(with("[\"{peer}/setup\"]", "\"{peer}/setup\"")).find("'setup' is not a list of texts"),
            std::string::npos);
  EXPECT_NE(error_of(with("\"version\"", "1")).find("'check' is not a list of texts"), std::string::npos);
  EXPECT_NE(error_of(with("[\"matched\", \"default\"]", "[\"fast\"]")).find("'tracks' cannot be \"fast\""),
            std::string::npos);
  EXPECT_NE(error_of(with("[\"study\"]", "[\"stduy\"]")).find("'presets' cannot be \"stduy\""), std::string::npos);
  EXPECT_NE(error_of(with("variants.saved", "variants.Saved")).find("is not made of a-z"), std::string::npos);
  EXPECT_NE(error_of("variants = 3\n" + std::string(kGood).substr(0, 200)).find("peer.toml"), std::string::npos);
  EXPECT_NE(error_of(with("runtime = \"some\"\n", "")).find("the key 'runtime' is missing"), std::string::npos);
}

TEST(Peer, a_peer_without_a_command_is_refused) {
  EXPECT_NE(error_of("title = \"a\"\nruntime = \"b\"\nlanguage = \"c\"\n").find("no command"), std::string::npos);
}

TEST(Peer, broken_toml_is_an_error_with_its_line) {
  EXPECT_NE(error_of("title = \"a\"\nruntime = \n").find("/peers/some/peer.toml:2"), std::string::npos);
  // None of its prefixes may crash the reader.
  for (std::size_t size = 0; size < std::string(kGood).size(); ++size) (void)parse(std::string(kGood).substr(0, size));
  EXPECT_FALSE(parse(std::string("title = \"\xff\xfe\"", 12)).ok());
  EXPECT_FALSE(parse("title = " + std::string(100000, '[')).ok());
}

TEST(Peer, names_are_plain) {
  for (const char* name : {"a", "onnxruntime-python", "v1.2_x"}) EXPECT_TRUE(is_peer_name(name)) << name;
  for (const char* name : {"", ".", "..", "-a", "A", "a b", "a/b", "\xc3\xa4"})
    EXPECT_FALSE(is_peer_name(name)) << name;
  EXPECT_FALSE(parse_peer(kGood, "control", "/p/control").ok());
}

TEST(Peer, a_broken_one_is_a_row_beside_the_others) {
  const TestFolder folder;
  folder.write("good/peer.toml", kGood);
  folder.write("bad/peer.toml", "title = 1\n");
  folder.write("not-a-peer/text", "");
  const auto found = find_peers(folder.path());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].name, "bad");
  EXPECT_FALSE((*found)[0].peer);
  EXPECT_NE((*found)[0].reason.find("'title' is not a text"), std::string::npos);
  EXPECT_TRUE((*found)[1].peer);
  EXPECT_EQ((*found)[1].peer->folder, folder / "good");
  EXPECT_FALSE(find_peers(folder / "nowhere").ok());
}

}  // namespace
}  // namespace kite::race
