// SPDX-License-Identifier: Apache-2.0
#include "race/job/selection.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kite::race {
namespace {

Peer peer_of(const std::string& name) {
  Peer peer;
  peer.name = name;
  peer.folder = "/peers/" + name;
  peer.title = "Title of " + name;
  Variant plain;
  plain.tracks = {Track::kMatched, Track::kDefault};
  plain.oneshot = {"run", "oneshot"};
  plain.no_pre = {"run", "no_pre"};
  Variant saved = plain;
  saved.name = "saved";
  saved.title = "saved";
  saved.presets = {"study"};
  Variant optimisation = plain;
  optimisation.name = "optimisation-off";
  optimisation.title = "not optimised";
  optimisation.presets = {"study"};
  peer.variants = {plain, saved, optimisation};
  return peer;
}

CheckedPeers checked_peers(const std::vector<std::string>& names) {
  CheckedPeers checked;
  for (const std::string& name : names) {
    checked.peers.push_back({name, peer_of(name), {}});
    checked.readiness.push_back({true, {}, {}, {{"lib", "1.0"}}});
  }
  return checked;
}

Options options_of(const std::vector<std::string>& arguments) {
  auto options = parse_options(arguments);
  EXPECT_TRUE(options.ok());
  return options.ok() ? std::move(options).value() : Options{};
}

Result<Selection> select_with(const std::vector<std::string>& arguments, const CheckedPeers& checked,
                              std::size_t models = 1) {
  const Options options = options_of(arguments);
  return select(options, *find_preset(options.preset), checked, models, 2);
}

std::vector<std::string> ids(const Selection& selection) {
  std::vector<std::string> result;
  for (const Contestant& contestant : selection.contestants) result.push_back(contestant.record.id);
  return result;
}

std::vector<std::int32_t> threads_in(const Selection& selection, const std::string& id, Mode mode) {
  std::vector<std::int32_t> threads;
  for (const CellChoice& cell : selection.cells) {
    if (selection.contestants[cell.contestant].record.id == id && cell.mode == mode) threads.push_back(cell.threads);
  }
  return threads;
}

using Ids = std::vector<std::string>;
using Threads = std::vector<std::int32_t>;

TEST(Selection, the_reference_comes_first_and_runs_twice) {
  const auto selection = select_with({}, checked_peers({"kite", "onnxruntime-python"}));
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(ids(*selection), (Ids{"onnxruntime-python", "control", "kite"}));
  EXPECT_EQ(selection->reference, "onnxruntime-python");
  EXPECT_TRUE(selection->contestants[1].record.control);
  EXPECT_EQ(selection->contestants[1].record.peer, "onnxruntime-python");
  // Three contestants, two modes of the preset, the machine's two threads.
  EXPECT_EQ(selection->cells.size(), 6u);
  EXPECT_EQ(threads_in(*selection, "control", Mode::kNoPre), Threads{2});
}

TEST(Selection, variants_run_in_the_presets_that_they_name) {
  const auto study = select_with({"--preset", "study"}, checked_peers({"kite"}), 2);
  ASSERT_TRUE(study.ok());
  EXPECT_EQ(ids(*study), (Ids{"kite", "control", "kite:saved", "kite:optimisation-off"}));
  EXPECT_EQ(study->contestants[2].record.title, "Title of kite, saved");
  // The reference and its control on two models, two variants on the first of them; no contestant
  // has an inc_pre command.
  EXPECT_EQ(study->cells.size(), (2u * 2 + 2u) * 2);
}

TEST(Selection, one_variant_can_be_asked_for) {
  const auto selection = select_with({"--peers", "kite:saved"}, checked_peers({"kite"}));
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(ids(*selection), (Ids{"kite:saved", "control"}));
  const auto unknown = select_with({"--peers", "kite:svaed"}, checked_peers({"kite"}));
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message().find("it has saved, optimisation-off"), std::string::npos);
}

TEST(Selection, the_default_track_has_one_number_of_threads_and_a_control_of_its_own) {
  const auto selection =
      select_with({"--tracks", "matched,default", "--threads", "1,2"}, checked_peers({"onnxruntime-cpp"}));
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(ids(*selection), (Ids{"onnxruntime-cpp", "control", "onnxruntime-cpp@default", "control@default"}));
  EXPECT_EQ(threads_in(*selection, "onnxruntime-cpp", Mode::kOneshot), (Threads{1, 2}));
  EXPECT_EQ(threads_in(*selection, "onnxruntime-cpp@default", Mode::kOneshot), Threads{0});
}

TEST(Selection, the_study_varies_threads_of_optimisation_levels_in_whole_processes) {
  const auto selection = select_with({"--preset", "study"}, checked_peers({"onnxruntime-rust", "kite"}));
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(threads_in(*selection, "onnxruntime-rust:optimisation-off", Mode::kOneshot), (Threads{2, 0, 4, 8}));
  EXPECT_EQ(threads_in(*selection, "onnxruntime-rust:optimisation-off", Mode::kNoPre), Threads{2});
  EXPECT_EQ(threads_in(*selection, "onnxruntime-rust:saved", Mode::kOneshot), Threads{2});
  EXPECT_EQ(threads_in(*selection, "control", Mode::kOneshot), Threads{2});
  EXPECT_EQ(threads_in(*selection, "kite", Mode::kOneshot), Threads{2});
}

TEST(Selection, one_that_is_not_ready_has_cells_that_say_so) {
  CheckedPeers checked = checked_peers({"kite", "onnxruntime-python"});
  checked.readiness[1] = {false, "it is not set up", "kite race setup onnxruntime-python", {}};
  checked.peers.push_back({"broken", std::nullopt, "unknown key"});
  checked.readiness.push_back({false, "unknown key", {}, {}});
  const auto selection = select_with({}, checked);
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(ids(*selection), (Ids{"kite", "control", "onnxruntime-python", "broken"}));
  EXPECT_EQ(selection->contestants[2].record.reason, "it is not set up; run `kite race setup onnxruntime-python`");
  EXPECT_EQ(selection->contestants[3].record.reason, "unknown key");
  const auto cells_of = [&](std::size_t contestant) {
    return std::count_if(selection->cells.begin(), selection->cells.end(),
                         [contestant](const CellChoice& cell) { return cell.contestant == contestant; });
  };
  EXPECT_EQ(cells_of(2), cells_of(0));
  EXPECT_EQ(cells_of(3), 0);  // its commands are not known
}

TEST(Selection, no_ready_contestant_is_an_error_with_the_reasons) {
  CheckedPeers checked = checked_peers({"kite"});
  checked.readiness[0] = {false, "it is not built", {}, {}};
  const auto selection = select_with({}, checked);
  ASSERT_FALSE(selection.ok());
  EXPECT_NE(selection.error().message().find("kite: it is not built"), std::string::npos);
}

TEST(Selection, a_command_line_races_as_a_whole_process_only) {
  const auto selection =
      select_with({"--peers", "none", "--command", "mine=./a {model}", "--command", "theirs=./b"}, checked_peers({}));
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(ids(*selection), (Ids{"mine", "control", "theirs"}));
  for (const CellChoice& cell : selection->cells) EXPECT_EQ(cell.mode, Mode::kOneshot);
  EXPECT_EQ(selection->contestants[0].record.peer, "");
}

TEST(Selection, two_builds_stand_side_by_side_before_all_others_in_every_mode_that_they_have) {
  const auto selection = select_with({"--command", "base=./a", "--command", "base:no_pre=./a {inputs} {count}",
                                      "--command", "new=./b", "--command", "new:no_pre=./b {inputs} {count}"},
                                     checked_peers({"kite", "onnxruntime-python", "rten"}));
  ASSERT_TRUE(selection.ok()) << selection.error().message();
  EXPECT_EQ(ids(*selection), (Ids{"onnxruntime-python", "control", "base", "new", "kite", "rten"}));
  EXPECT_EQ(threads_in(*selection, "new", Mode::kNoPre), Threads{2});
  EXPECT_EQ(threads_in(*selection, "new", Mode::kOneshot), Threads{2});
  EXPECT_EQ(selection->contestants[2].record.settings,
            "a command line, as given: ./a; no_pre: ./a '{inputs}' '{count}'");
}

TEST(Selection, an_unknown_reference_lists_those_that_there_are) {
  const auto selection = select_with({"--reference", "ort"}, checked_peers({"kite"}));
  ASSERT_FALSE(selection.ok());
  EXPECT_NE(selection.error().message().find("there are kite"), std::string::npos);
}

TEST(Selection, an_unknown_peer_lists_those_that_there_are) {
  const CheckedPeers checked = checked_peers({"kite", "rten"});
  const auto chosen = chosen_peers(options_of({"--peers", "kite,rtne"}), *find_preset("quick"), checked.peers);
  ASSERT_FALSE(chosen.ok());
  EXPECT_NE(chosen.error().message().find("no contestant \"rtne\"; --peers; there are kite, rten"), std::string::npos);
}

TEST(Selection, a_folder_without_the_presets_contestants_races_all_of_its_own) {
  const auto chosen = chosen_peers(options_of({}), *find_preset("quick"), checked_peers({"a", "b"}).peers);
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->size(), 2u);
  const auto some = chosen_peers(options_of({}), *find_preset("quick"), checked_peers({"a", "kite"}).peers);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->size(), 1u);
}

}  // namespace
}  // namespace kite::race
