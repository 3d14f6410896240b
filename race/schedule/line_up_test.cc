// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/line_up.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/test_folder.h"
#include "race/schedule/mock_runner.h"

namespace kite::race {
namespace {

using Cells = std::vector<std::int32_t>;

TEST(line_up, every_contestant_has_the_reference_right_beside_it) {
  EXPECT_EQ(with_reference_between(9, Cells{}), (Cells{9}));
  EXPECT_EQ(with_reference_between(9, Cells{1}), (Cells{9, 1, 9}));
  EXPECT_EQ(with_reference_between(9, Cells{1, 2}), (Cells{9, 1, 2, 9}));
  EXPECT_EQ(with_reference_between(9, Cells{1, 2, 3}), (Cells{9, 1, 2, 9, 3, 9}));
  EXPECT_EQ(with_reference_between(-1, Cells{1, 2, 3}), (Cells{1, 2, 3}));
}

TEST(line_up, cells_of_one_model_mode_and_number_of_threads_stand_together) {
  const TestFolder folder;
  const RaceSetup setup = mock_setup(folder.path(), {"kite", "ort", "ort:saved"}, 2, 4);
  Cells cells;
  for (const CellRecord& cell : setup.plan.cells) cells.push_back(cell.id);
  const std::vector<LineUp> all = line_ups(setup, cells);
  ASSERT_EQ(all.size(), 6u);
  for (const LineUp& one : all) {
    const auto contestant = [&](std::int32_t id) { return setup.plan.cells[static_cast<std::size_t>(id)].contestant; };
    ASSERT_EQ(one.others.size(), 2u);
    EXPECT_EQ(contestant(one.reference), "kite");
    EXPECT_EQ(contestant(one.control), "control");
    EXPECT_EQ(contestant(one.others[0]), "ort");
  }
  EXPECT_EQ(line_ups(setup, Cells{cells[3]})[0].reference, -1);
}

TEST(line_up, on_the_other_track_the_reference_is_the_same_peer_in_the_same_variant) {
  RaceSetup setup;
  setup.plan.reference = "ort";
  ContestantRecord plain, variant, installed, other;
  plain.id = "ort";
  variant.id = "ort:saved";
  variant.variant = "saved";
  installed.id = "ort@default";
  other.id = "kite";
  for (ContestantRecord* one : {&plain, &variant, &installed}) one->peer = "ort";
  installed.track = Track::kDefault;
  setup.plan.contestants = {plain, variant, installed, other};
  EXPECT_TRUE(is_reference(setup, plain));
  EXPECT_TRUE(is_reference(setup, installed));
  EXPECT_FALSE(is_reference(setup, variant));
  EXPECT_FALSE(is_reference(setup, other));
}

}  // namespace
}  // namespace kite::race
