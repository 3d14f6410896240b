// SPDX-License-Identifier: Apache-2.0
// The plots of a race's report. Each is a pure function of the values that it shows, and each accepts any input: no
// rows, one value, equal values. NaN and infinities are left out. Times are milliseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "race/report/plots/plot.h"
#include "race/stats/verdict.h"

namespace kite::race {

struct StandingBar {
  std::optional<double> value, low, high;
  std::string text;                // the value with its unit
  std::optional<Verdict> verdict;  // absent: not ranked
  std::string word;                // its text: "22 times faster"
  bool judged = true;              // false: it is not judged, like the reference and memory
};
struct StandingRow {
  std::string name, variant;      // the variant is shown after the contestant's name; it may be empty
  std::string size;               // "22 MiB installed"; may be empty
  std::vector<StandingBar> bars;  // by panel
};
struct StandingPanel {
  std::string title;                            // with the unit
  std::optional<double> reference, resolution;  // resolution as a share: no smaller difference can be seen
  bool beside = false;                          // a narrow picture shows it as text
};
struct StandingGroup {
  std::string title;
  std::vector<StandingPanel> panels;
  std::vector<StandingRow> rows;
};
struct StandingData {
  PlotWords words;
  std::vector<StandingGroup> groups;
};
// Bars from 0, with a panel for each measure; each group has axes of its own. The caller makes the table.
[[nodiscard]] Plot standings_plot(const StandingData& data);

struct ForestRow {
  std::string group;  // a heading is drawn where it changes
  std::string label;
  std::optional<double> ratio, low, high;
  std::optional<Verdict> verdict;  // absent where not ranked
  std::string why_not;
  std::int32_t n = 0;
  std::string word = {};             // text beside the ratio; empty: that of the verdict
  std::optional<double> limit = {};  // 0.03: a dashed line 3 % above 1, and a band of its own instead of the margin's
  std::optional<double> moved = {};  // a darker band: how far unchanged contestants moved
};
struct ForestData {
  PlotWords words;
  double margin = 0.02;  // the band within which nothing counts as a difference
  std::vector<ForestRow> rows;
  std::string less = "less than the reference", axis = "ratio to the reference";
  std::vector<std::string> heading = {}, foot = {};  // lines above and below; none in a page, which has text for them
};
[[nodiscard]] Plot forest_plot(const ForestData& data);

struct DistributionRow {
  std::string label;
  std::size_t series = 0;
  std::vector<double> medians;               // one for each process
  std::vector<std::vector<double>> samples;  // of each process; empty: the medians' own distribution is drawn
};
struct DistributionData {
  PlotWords words;
  std::string axis;  // title with unit
  std::vector<DistributionRow> rows;
};
[[nodiscard]] Plot distribution_plot(const DistributionData& data);

struct SequenceProcess {
  std::int32_t round = 0;
  std::int32_t cut = 0;    // iterations that are left out after the first one
  std::string warm_up;     // class, for the table
  std::vector<double> ms;  // by iteration
};
struct SequenceRow {
  std::string label;
  std::size_t series = 0;
  std::vector<SequenceProcess> processes;
};
struct SequenceData {
  PlotWords words;
  std::vector<SequenceRow> rows;
};
[[nodiscard]] Plot run_sequence_plot(const SequenceData& data);

struct PhaseRow {
  std::string label;
  std::vector<std::optional<double>> ms;  // by PhaseData::names
};
struct PhaseData {
  PlotWords words;
  std::vector<std::string> names;
  std::vector<PhaseRow> rows;
};
[[nodiscard]] Plot phase_plot(const PhaseData& data);

struct ScalingPoint {
  std::int32_t threads = 1, n = 0;
  double ms = 0;
};
struct ScalingSeries {
  std::string label;
  std::size_t series = 0;
  std::vector<ScalingPoint> points;  // ascending threads
};
struct ScalingData {
  PlotWords words;
  std::vector<ScalingSeries> series;
};
[[nodiscard]] Plot scaling_plot(const ScalingData& data);

struct ParetoPoint {
  std::string label;
  std::size_t series = 0;
  double ms = 0, mib = 0;
  bool ranked = true;  // false: it is drawn, but cannot be on the line
};
struct ParetoData {
  PlotWords words;
  std::vector<ParetoPoint> points;
};
[[nodiscard]] Plot pareto_plot(const ParetoData& data);

struct DriftCell {
  std::int32_t round = 0, position = 0;
  double relative = 0;  // to the median of its own cell, - 1
};
struct DriftData {
  PlotWords words;
  std::vector<DriftCell> cells;
};
[[nodiscard]] Plot drift_plot(const DriftData& data);

struct ParityStrip {
  std::string label;
  std::size_t series = 0;
  bool equal = true;
  std::vector<double> differences;  // per picture: largest logit difference / largest |logit|
};
struct ParityData {
  PlotWords words;
  double limit = 1e-3;
  std::vector<ParityStrip> rows;
};
[[nodiscard]] Plot parity_plot(const ParityData& data);

struct Frame {
  std::string name;
  double value = 0;  // of itself and everything it calls
  std::vector<Frame> calls;
};
struct FlameData {
  PlotWords words;
  std::string unit;  // "samples", "instructions"
  Frame root;
};
// Drawn down to 0.1 % of the root and 60 levels; render/page.js makes it searchable.
[[nodiscard]] Plot flame_plot(const FlameData& data);

struct MemoryPoint {
  double ms = 0, mib = 0;
};
struct MemorySeries {
  std::string label;
  std::size_t series = 0;
  std::vector<MemoryPoint> points;  // ascending ms
};
struct MemoryData {
  PlotWords words;
  std::vector<MemorySeries> series;
};
[[nodiscard]] Plot memory_plot(const MemoryData& data);

}  // namespace kite::race
