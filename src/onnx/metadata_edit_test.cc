// SPDX-License-Identifier: Apache-2.0
// What is dropped, what is appended, and that every other byte stays where it was.
#include "onnx/metadata_edit.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "onnx/message_builder.h"
#include "onnx/parse.h"

namespace kite::onnx {
namespace {

namespace t = test;

constexpr std::array<std::string_view, 2> kOwn = {"own.a", "own.b"};

t::Message entry(std::string_view key, std::string_view value) { return t::Message().text(1, key).text(2, value); }

std::string bytes_of(const MetadataEdit& edit) {
  std::string bytes;
  for (const Bytes run : edit.kept) bytes.append(reinterpret_cast<const char*>(run.data()), run.size());
  bytes += edit.added;
  EXPECT_EQ(bytes.size(), edit.size_bytes());
  return bytes;
}

std::string edited(const t::Message& model, const std::map<std::string, std::string>& entries = {}) {
  const auto edit = replace_metadata(model.span(), "m.onnx", kOwn, entries);
  EXPECT_TRUE(edit.ok()) << edit.error().message();
  return edit.ok() ? bytes_of(*edit) : std::string();
}

std::string refusal(const std::string& bytes) {
  const auto edit = replace_metadata(std::as_bytes(std::span(bytes)), "m.onnx", kOwn, {{"own.a", "1"}});
  return edit.ok() ? "edited" : edit.error().message();
}

TEST(ReplaceMetadata, appends_entries_and_changes_no_other_byte) {
  const t::Message model = t::small_network();
  EXPECT_EQ(edited(model), model.bytes());
  const std::string bytes = edited(model, {{"own.a", "1"}, {"own.b", std::string(300, 'x')}});
  EXPECT_TRUE(bytes.starts_with(model.bytes()));
  const auto parsed = parse_model(std::as_bytes(std::span(bytes)), "m.onnx");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->metadata.size(), 2U);
  EXPECT_EQ(parsed->metadata[0], StringPair("own.a", "1"));
  EXPECT_EQ(parsed->metadata[1].second, std::string(300, 'x'));
}

TEST(ReplaceMetadata, drops_own_entries_wherever_they_stand_and_keeps_foreign_and_unknown_fields) {
  t::Message twice;  // of a key that is stated twice, the last one counts
  twice.text(1, "foreign").text(1, "own.b").text(2, "old");
  t::Message foreign_after_all;
  foreign_after_all.text(1, "own.a").text(1, "foreign2").text(2, "stays");
  t::Message unknown;  // a field of a later format, and a group, which protocol buffers no longer write
  unknown.text(99, "later").raw(std::string("\x93\x07\x08\x01\x94\x07", 6));
  t::Message model;
  model.message(14, entry("own.a", "first")).append(t::small_network()).message(14, entry("labels", "theirs"));
  model.message(14, entry("own.a", "again")).message(14, twice).append(unknown).message(14, foreign_after_all);
  model.message(14, entry("own.b", ""));
  t::Message wanted;
  wanted.append(t::small_network()).message(14, entry("labels", "theirs")).append(unknown);
  wanted.message(14, foreign_after_all).message(14, entry("own.b", "new"));
  EXPECT_EQ(edited(model, {{"own.b", "new"}}), wanted.bytes());
  EXPECT_EQ(edited(wanted, {{"own.b", "new"}}), wanted.bytes()) << "a second edit changes nothing";
}

TEST(ReplaceMetadata, what_is_no_sequence_of_fields_is_an_error_with_its_place) {
  const std::pair<std::string, const char*> rows[] = {
      {std::string("\x72", 1), "the message ends inside a number; m.onnx: byte 1"},
      {std::string("\x72\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12), "more than ten bytes"},
      {std::string("\x72\x80\x80\x80\x80\x08zz", 8), "claims 2147483648 bytes where 2 are left"},
      {std::string("\x72\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11), "claims 18446744073709551615 bytes"},
      {std::string("\x70\x01", 2), "field 14 has wire type 0, expected 2"},
      {std::string("\x72\x03\x0a\x09x", 5), "field 1 claims 9 bytes where 1 are left"},
      {std::string("\x72\x02\x08\x01", 4), "field 1 has wire type 0, expected 2"},
      {std::string("\x00\x01", 2), "field number 0 does not exist"},
      {std::string("\x73\x08\x01", 3), "field 14 has wire type 3, expected 2"},
      {std::string("\x7b\x08\x01", 3), "the message ends inside a group"},
      {std::string("\x76\x01", 2), "wire type 6 does not exist"},
  };
  for (const auto& [bytes, words] : rows) EXPECT_NE(refusal(bytes).find(words), std::string::npos) << refusal(bytes);
  const std::string whole = t::small_network().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = refusal(whole.substr(0, size));
    EXPECT_TRUE(cut == "edited" || cut.find("; m.onnx: byte ") != std::string::npos) << size << ": " << cut;
  }
}

// Bytes of chance give an error or an edit that keeps all bytes but those of dropped entries.
TEST(ReplaceMetadata, bytes_of_chance_are_kept_or_refused) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = t::Message().message(14, entry("own.a", "1")).message(14, entry("other", "2")).bytes();
    for (unsigned change = random() % 4; change > 0; --change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto edit = replace_metadata(std::as_bytes(std::span(bytes)), "m.onnx", kOwn, {});
    if (!edit.ok()) continue;
    const std::string kept = bytes_of(*edit);
    EXPECT_TRUE(bytes.find(kept) != std::string::npos || kept.empty()) << i;
    const auto again = replace_metadata(std::as_bytes(std::span(kept)), "m.onnx", kOwn, {});
    ASSERT_TRUE(again.ok()) << i;
    EXPECT_EQ(bytes_of(*again), kept) << i;
  }
}

}  // namespace
}  // namespace kite::onnx
