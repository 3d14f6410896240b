// SPDX-License-Identifier: Apache-2.0
// Races with known true ratios, judged by the functions that the report calls: how often the verdicts are right. Seeds
// are fixed, so a figure depends only on the code. The limits allow for the random error of so many races only where a
// comment says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>

#include "race/stats/compare.h"
#include "race/stats/control.h"
#include "race/stats/planted.h"
#include "race/stats/planted_tally.h"

namespace kite::race {
namespace {

constexpr int kRaces = 1000;
constexpr int kLargeRaces = 200;  // of many workloads

using Source = std::function<std::unique_ptr<Machine>()>;
std::unique_ptr<Machine> quiet() { return std::make_unique<QuietMachine>(); }
std::unique_ptr<Machine> restless() { return std::make_unique<RestlessMachine>(); }

struct RaceOptions {
  int races = kRaces;
  int rounds = 20;
  int workloads = 1;
  std::vector<double> ratios = {1.0};  // true ones, of the contestants in every workload
  double process_sd = kBetweenProcessSd;
  double bias = 0;  // by how much the control of the first workload differs from its reference
  Source machine = quiet;
};

struct Judged {
  std::vector<ControlFound> controls;
  std::vector<FamilyComparison> families;
};

// Every round runs the reference, the control and all contestants of every workload in a random order.
Judged run(const RaceOptions& options, Planted& planted) {
  const auto workloads = static_cast<std::size_t>(options.workloads);
  const std::size_t contestants = options.ratios.size() + 2;
  std::vector<ControlPair> pairs(workloads);
  std::vector<Family> families(workloads);
  for (Family& family : families) family.contestants.resize(options.ratios.size());
  const auto machine = options.machine();
  std::vector<std::size_t> order(workloads * contestants);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (int round = 1; round <= options.rounds; ++round) {
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[planted.random().below(i + 1)]);
    for (const std::size_t turn : order) {
      const std::size_t workload = turn / contestants, contestant = turn % contestants;
      const double factor = std::exp(machine->next(planted));
      const auto value = [&](double ratio) { return factor * planted.process(10 * ratio, options.process_sd); };
      if (contestant == 0) {
        pairs[workload].reference[round] = value(1);
      } else if (contestant == 1) {
        pairs[workload].control[round] = value(workload == 0 ? 1 + options.bias : 1);
      } else {
        families[workload].contestants[contestant - 2][round] = value(options.ratios[contestant - 2]);
      }
    }
  }
  // Bias is asked for in at most 20 rounds.
  Judged judged;
  judged.controls = judge_controls(pairs, {.sign_flip = {.exact_up_to = 20, .draws = 100}});
  for (std::size_t i = 0; i < workloads; ++i) {
    families[i].reference = pairs[i].reference;
    families[i].resolution = judged.controls[i].resolution;
  }
  // The verdicts do not use p, so the fastest computation of p is good enough.
  judged.families = compare_families(families, {.sign_flip = {.exact_up_to = 0, .draws = 20}});
  return judged;
}

constexpr double kMargin = FamilyRules{}.margin;

Tally race(const RaceOptions& options, std::uint64_t seed) {
  Planted planted(seed);
  Tally tally;
  for (int number = 0; number < options.races; ++number) {
    const Judged judged = run(options, planted);
    tally.add(judged.families, judged.controls, options.ratios, kMargin);
  }
  std::printf(
      "%d races, %d rounds, %d workloads, ratio %.3f of %zu, sd %.3f: faster %d slower %d equivalent %d undecided %d, "
      "covered %d; a false word in %d, a biased workload in %d\n",
      options.races, options.rounds, options.workloads, options.ratios[0], options.ratios.size(), options.process_sd,
      tally.faster, tally.slower, tally.equivalent, tally.undecided, tally.covered, tally.races_with_a_false_word,
      tally.races_with_a_biased_workload);
  return tally;
}

TEST(PlantedRaces, identical_contestants_are_rarely_called_different) {
  for (const int rounds : {10, 20, 30}) {
    const Tally tally = race({.rounds = rounds}, 1000 + static_cast<std::uint64_t>(rounds));
    EXPECT_LE(tally.faster + tally.slower, kRaces * 0.05) << rounds << " rounds";
  }
}

TEST(PlantedRaces, intervals_cover_the_truth_as_often_as_they_say) {
  for (const auto& machine : {Source(quiet), Source(restless)}) {
    for (const int rounds : {10, 20, 30}) {
      const Tally tally =
          race({.rounds = rounds, .ratios = {1.1}, .machine = machine}, 2000 + static_cast<std::uint64_t>(rounds));
      EXPECT_GE(tally.covered, kRaces * 0.93) << rounds << " rounds";
      EXPECT_LE(tally.covered, kRaces * 0.97) << rounds << " rounds";
    }
  }
}

// If the true ratio is at the margin, any verdict means that the interval misses it: in 5 % of the races, with the same
// tolerance as for coverage.
TEST(PlantedRaces, an_effect_at_the_margin_is_rarely_given_a_word) {
  for (const int rounds : {10, 20, 30, 100}) {
    for (const double ratio : {1.02, 1 / 1.02}) {
      const Tally tally = race({.rounds = rounds, .ratios = {ratio}}, 3000 + static_cast<std::uint64_t>(rounds));
      EXPECT_LE(tally.decided(), kRaces * 0.07) << rounds << " rounds, ratio " << ratio;
    }
  }
}

TEST(PlantedRaces, six_percent_is_found_in_twenty_rounds) {
  EXPECT_GE(race({.ratios = {1.06}}, 4001).slower, kRaces * 0.8);
  EXPECT_GE(race({.ratios = {1 / 1.06}}, 4002).faster, kRaces * 0.8);
}

TEST(PlantedRaces, five_percent_is_found_in_thirty_rounds) {
  EXPECT_GE(race({.rounds = 30, .ratios = {1.05}}, 5001).slower, kRaces * 0.8);
  EXPECT_GE(race({.rounds = 30, .ratios = {1 / 1.05}}, 5002).faster, kRaces * 0.8);
}

// The reference and three others: four in the race.
TEST(PlantedRaces, the_same_effects_are_found_in_a_race_of_four) {
  EXPECT_GE(race({.ratios = {1.06, 1.0, 1.0}}, 6001).slower, kRaces * 0.8);
  EXPECT_GE(race({.ratios = {1 / 1.06, 1.0, 1.0}}, 6002).faster, kRaces * 0.8);
  EXPECT_GE(race({.rounds = 30, .ratios = {1.05, 1.0, 1.0}}, 6003).slower, kRaces * 0.8);
  EXPECT_GE(race({.rounds = 30, .ratios = {1 / 1.05, 1.0, 1.0}}, 6004).faster, kRaces * 0.8);
}

// Four contestants and the reference. A difference of 5 % in 30 rounds is found in 80 % of the races, so 1,000 races
// may show 2.5 points (two standard errors) less.
TEST(PlantedRaces, four_compared_contestants_cost_a_few_points_of_power) {
  EXPECT_GE(race({.ratios = {1.06, 1.0, 1.0, 1.0}}, 6001).slower, kRaces * 0.8);
  EXPECT_GE(race({.rounds = 30, .ratios = {1.05, 1.0, 1.0, 1.0}}, 6003).slower, kRaces * 0.775);
  EXPECT_GE(race({.rounds = 30, .ratios = {1 / 1.05, 1.0, 1.0, 1.0}}, 6004).faster, kRaces * 0.775);
}

// As large as a race of two models in three modes with two measures each. The machines range from one on which 1 % can
// be seen to one on which 10 % cannot.
TEST(PlantedRaces, one_race_in_twenty_at_most_holds_a_false_word_in_any_of_its_workloads) {
  for (const auto& machine : {Source(quiet), Source(restless)}) {
    for (const double sd : {0.01, 0.031, 0.1}) {
      for (const int rounds : {10, 20}) {
        const RaceOptions options{.races = kLargeRaces,
                                  .rounds = rounds,
                                  .workloads = 12,
                                  .ratios = {1, 1, 1.05, 1.5},
                                  .process_sd = sd,
                                  .machine = machine};
        EXPECT_LE(race(options, 7000 + static_cast<std::uint64_t>(rounds)).races_with_a_false_word, kLargeRaces * 0.05)
            << "sd " << sd << ", " << rounds << " rounds";
      }
    }
  }
}

TEST(PlantedRaces, what_is_far_apart_is_found_on_the_noisiest_machine_among_many_places) {
  const Tally tally = race({.races = kLargeRaces,
                            .rounds = 10,
                            .workloads = 12,
                            .ratios = {20, 1, 1, 1},
                            .process_sd = 0.1,
                            .machine = restless},
                           7100);
  EXPECT_GE(tally.slower, kLargeRaces * 0.99);
}

TEST(PlantedRaces, a_fair_race_has_a_biased_place_once_in_twenty_at_most) {
  for (const auto& machine : {Source(quiet), Source(restless)}) {
    for (const int rounds : {10, 20}) {
      const RaceOptions options{.races = kLargeRaces, .rounds = rounds, .workloads = 20, .machine = machine};
      EXPECT_LE(race(options, 8000 + static_cast<std::uint64_t>(rounds)).races_with_a_biased_workload,
                kLargeRaces * 0.05)
          << rounds << " rounds";
    }
  }
}

TEST(PlantedRaces, a_bias_of_a_tenth_is_found_among_twenty_places) {
  const RaceOptions options{.races = kLargeRaces, .rounds = 20, .workloads = 20, .bias = 0.1};
  EXPECT_GE(race(options, 8100).first_workload_biased, kLargeRaces * 0.8);
}

TEST(PlantedRaces, a_recorded_machine_plays_its_series_and_leaves_the_truth_alone) {
  const std::vector<double> series = {0, 0.02, -0.01, 0.4, 0.38, 0.05, 0, -0.02, 0.01, 0, 0.03};
  const auto recorded = [&] { return std::make_unique<RecordedMachine>(series); };
  const Tally tally = race({.ratios = {1.1}, .machine = recorded}, 9001);
  EXPECT_GE(tally.covered, kRaces * 0.93);
  EXPECT_LE(tally.covered, kRaces * 0.97);
}

}  // namespace
}  // namespace kite::race
