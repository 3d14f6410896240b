// SPDX-License-Identifier: Apache-2.0
// Writes the words; every number comes from stats and schedule.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "race/commands/noise_found.h"
#include "race/commands/terminal.h"
#include "race/report/analysis/text.h"
#include "race/report/plots/plots.h"
#include "race/schedule/heat_plan.h"
#include "race/schedule/pilot.h"
#include "race/stats/variance.h"

namespace kite::race {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kMinute = 60, kTenMinutes = 600;
constexpr std::int32_t kMostPairs = 10'000;
// If a larger share of the processor time is lost, a note says so: half of a heat's limit for one block
// (pairing/blocks.h).
constexpr double kMuchLost = 0.05;

// What is usually compared at this distance.
std::string_view like(double distance_s) {
  return distance_s < 0.5  ? "two turns of a heat"
         : distance_s < 5  ? "two whole programs of a round"
         : distance_s < 60 ? "two programs started by hand"
                           : "two runs of a benchmark suite";
}

std::string distance_text(double distance_s) {
  return distance_s < 60 ? fmt::format("{:g} s", distance_s) : fmt::format("{:g} min", distance_s / 60);
}

std::string threads_name(std::int32_t threads) { return plural(threads, "thread"); }

// The number of pairs whose interval reaches 2 % to either side.
std::int32_t pairs_needed(const WorkPairs& found) {
  return rounds_for_half_width(found.sd, kTargetResolution, 0.95, 2, kMostPairs);
}

std::string bar(double value, double largest) {
  constexpr double kCells = 16;
  const auto cells = largest > 0 ? static_cast<int>(std::lround(kCells * value / largest)) : 0;
  std::string text;
  for (int i = 0; i < std::max(cells, 1); ++i) text += "█";
  return text;
}

// One character for each stretch of time. Its height shows the slowest block.
std::string skyline(const WorkSeries& series, std::size_t columns) {
  constexpr std::string_view kLevels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto piece = [](const WorkBlock& block) { return block.piece_ms; };
  const auto [least, most] = std::ranges::minmax(series.blocks, {}, piece);
  const double range = most.piece_ms - least.piece_ms;
  std::string text;
  const std::size_t count = series.blocks.size(), shown = std::min(columns, count);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto part = std::span(series.blocks).subspan(i * count / shown, (i + 1) * count / shown - i * count / shown);
    const double slowest = std::ranges::max(part, {}, piece).piece_ms;
    const double height = range > 0 ? (slowest - least.piece_ms) / range : 0;
    text += kLevels[std::min<std::size_t>(static_cast<std::size_t>(height * 8), 7)];
  }
  return text;
}

Table distance_table(const std::vector<NoiseFound>& all) {
  Table table("Noise",
              {{"apart"},
               {"a pair differs by", Kind::kNumber},
               {""},
               {"19 of 20 by at most", Kind::kNumber},
               {"later / earlier", Kind::kNumber},
               {"pairs for 2 %", Kind::kNumber}},
              "The series is too short for every distance.");
  double largest = 0;
  for (const NoiseFound& found : all) {
    for (const WorkPairs& pairs : found.distances) largest = std::max(largest, pairs.sd);
  }
  for (const NoiseFound& found : all) {
    table.group(threads_name(found.series.threads));
    for (const WorkPairs& pairs : found.distances) {
      table.row({distance_text(pairs.distance_s), percent_text(pairs.sd), bar(pairs.sd, largest),
                 percent_text(std::expm1(pairs.nineteen_of_20)), ratio_text(pairs.ratio),
                 std::to_string(pairs_needed(pairs))});
    }
  }
  return table;
}

Table forecast_table(const std::vector<NoiseFound>& all) {
  Table table("What a race would see here",
              {{"what is compared"}, {"repeated"}, {"takes"}, {"differences seen from", Kind::kNumber}},
              "The series is too short to say what a race would see: measure for a minute.");
  for (const NoiseFound& found : all) {
    const std::string threads = threads_name(found.series.threads);
    for (const HeatForecast& heat : found.heats) {
      table.row({"steady inference, " + threads, plural(heat.sets, "set"), duration_text(heat.seconds),
                 percent_text(heat.resolution)});
    }
    for (const RoundsForecast& rounds : found.rounds) {
      table.row({"whole programs, " + threads, plural(rounds.rounds, "round"), "by the program",
                 percent_text(rounds.resolution)});
    }
  }
  return table;
}

// One sentence for each distance, over all numbers of threads.
List distance_sentences(const std::vector<NoiseFound>& all) {
  std::vector<std::string> lines;
  for (const WorkPairs& first : all.front().distances) {
    std::vector<std::string> parts;
    for (const NoiseFound& found : all) {
      for (const WorkPairs& pairs : found.distances) {
        if (pairs.distance_s != first.distance_s) continue;
        const std::int32_t needed = pairs_needed(pairs);
        parts.push_back(fmt::format("{}{} with {}", needed >= kMostPairs ? "more than " : "", plural(needed, "pair"),
                                    threads_name(found.series.threads)));
      }
    }
    lines.push_back(fmt::format("{} apart, like {}: 2 % is seen after {}.", distance_text(first.distance_s),
                                like(first.distance_s), joined(parts, ", ")));
  }
  return bullets(lines);
}

void add_series(Blocks& blocks, const NoiseFound& found, std::size_t columns) {
  const auto [least, most] = std::ranges::minmax(found.series.blocks, {}, &WorkBlock::piece_ms);
  blocks << Paragraph{
      fmt::format("{}, {:.0f} s from left to right; a piece took {} to {}; {} of the processor time was used by "
                  "others or spent waiting:",
                  threads_name(found.series.threads), found.series.seconds(), ms_text(least.piece_ms),
                  ms_text(most.piece_ms), percent_text(found.series.lost_share()))};
  blocks << Paragraph{skyline(found.series, columns > 4 ? columns - 4 : 1)};
}

}  // namespace

NoiseFound noise_of(WorkSeries series) {
  NoiseFound found;
  for (const double distance : kDistances) {
    if (const auto pairs = pairs_at(series, distance)) found.distances.push_back(*pairs);
  }
  for (const double seconds : {kMinute, kTenMinutes}) {
    const auto heat = forecast_heat(series, seconds);
    if (heat && (found.heats.empty() || heat->sets > found.heats.back().sets)) found.heats.push_back(*heat);
  }
  for (const std::int32_t rounds : {kMinRounds, kMaxRounds}) {
    if (const auto resolution = forecast_rounds(series, rounds)) found.rounds.push_back({rounds, *resolution});
  }
  found.series = std::move(series);
  return found;
}

Blocks noise_blocks(const std::vector<NoiseFound>& all, const std::string& comment, std::size_t columns) {
  Blocks blocks;
  blocks << Paragraph{"Equal pieces of fixed work on " + comment};
  for (const NoiseFound& found : all) add_series(blocks, found, columns);
  blocks << distance_table(all) << distance_sentences(all) << forecast_table(all);
  blocks << Paragraph{fmt::format(
      "A heat has the reference, its control and one contestant, which take 2 s to start; a round has whole programs a "
      "second apart. How far processes of one program differ without any noise cannot be seen in one process: {} "
      "(steady) and {} (whole programs) are assumed. A race measures this itself, and its report uses what "
      "it measured.",
      percent_text(kBetweenSteadyProcesses), percent_text(kBetweenWholePrograms))};
  for (const NoiseFound& found : all) {
    if (found.series.lost_share() < kMuchLost) continue;
    blocks << Note{Note::Tone::kOpen, "Not quiet:",
                   fmt::format("with {}, {} of the processor time was not available. Close programs that compute; on a "
                               "rented machine, look at the share of the neighbours (steal).",
                               threads_name(found.series.threads), percent_text(found.series.lost_share()))};
  }
  return blocks;
}

std::string noise_json(const std::vector<NoiseFound>& all, const std::string& comment) {
  Json series = Json::array();
  for (const NoiseFound& found : all) {
    Json distances = Json::array(), heats = Json::array(), rounds = Json::array();
    for (const WorkPairs& pairs : found.distances) {
      distances.push_back({{"distance_s", pairs.distance_s},
                           {"pairs", pairs.pairs},
                           {"ratio", pairs.ratio},
                           {"sd", pairs.sd},
                           {"nineteen_of_20", pairs.nineteen_of_20},
                           {"pairs_for_2_percent", pairs_needed(pairs)}});
    }
    for (const HeatForecast& heat : found.heats) {
      heats.push_back({{"sets", heat.sets},
                       {"seconds", heat.seconds},
                       {"noise_sd", heat.noise_sd},
                       {"resolution", heat.resolution}});
    }
    for (const RoundsForecast& one : found.rounds) {
      rounds.push_back({{"rounds", one.rounds}, {"resolution", one.resolution}});
    }
    series.push_back({{"threads", found.series.threads},
                      {"blocks", found.series.blocks.size()},
                      {"seconds", found.series.seconds()},
                      {"lost_share", found.series.lost_share()},
                      {"distances", distances},
                      {"heats", heats},
                      {"rounds", rounds}});
  }
  const Json object = {{"recorded", comment},
                       {"assumed_between_steady_processes", kBetweenSteadyProcesses},
                       {"assumed_between_whole_programs", kBetweenWholePrograms},
                       {"series", series}};
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Plot noise_plot(const std::vector<NoiseFound>& all, const std::string& comment) {
  DistributionData data;
  data.words = {"noise", "Noise of equal pieces of work",
                "Ratios of pairs of blocks, by how far apart they began. " + comment};
  data.axis = "later / earlier, difference in % (dot: the median; curve: the share of pairs below)";
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const WorkPairs& pairs : all[i].distances) {
      DistributionRow row;
      row.label = fmt::format("{}, {}", threads_name(all[i].series.threads), distance_text(pairs.distance_s));
      row.series = i;
      row.medians = {100 * (pairs.ratio - 1)};
      std::vector<double>& percent = row.samples.emplace_back();
      for (const double ratio : work_log_ratios(all[i].series, pairs.distance_s))
        percent.push_back(100 * std::expm1(ratio));
      data.rows.push_back(std::move(row));
    }
  }
  return distribution_plot(data);
}

}  // namespace kite::race
