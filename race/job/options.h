// SPDX-License-Identifier: Apache-2.0
// The command line of `kite race`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

enum class Verb : std::uint8_t { kRace, kPeers, kSetup, kReport, kCompare, kNoise };

// A contestant without a folder: its command line for each mode; empty where it does not race in that mode.
struct CommandLines {
  std::string name;
  std::vector<std::string> oneshot, no_pre, inc_pre;

  [[nodiscard]] std::vector<std::string>& command(Mode mode) {
    return mode == Mode::kOneshot ? oneshot : mode == Mode::kNoPre ? no_pre : inc_pre;
  }
};

struct Options {
  Verb verb = Verb::kRace;
  std::string answer;  // to --help or --version: the program prints it and ends

  // race; where an option is absent, the preset's value is used
  std::string preset = "quick";
  std::vector<std::string> models;
  std::string images;
  std::optional<std::int64_t> pictures;  // how many of them, evenly spaced
  std::vector<std::string> peers;        // "name", or "name:variant" for that variant alone
  std::vector<std::int32_t> threads;
  std::vector<Mode> modes;
  std::vector<Track> tracks;
  std::optional<std::int32_t> rounds;
  std::optional<double> budget_minutes;
  std::vector<CommandLines> commands;  // any program as a contestant
  std::string reference;
  std::optional<std::uint64_t> seed;
  double margin = 0.02;
  double timeout_s = 120;  // of one process of a round
  bool profile = false, resume = false, keep = false;
  std::string out;
  // The race's own arguments without --resume, --out, --peers-dir and --keep; they are written into the journal.
  std::vector<std::string> given;

  // peers, setup
  std::string peers_dir;
  bool json = false, all = false, yes = false;
  std::vector<std::string> names;

  // noise and compare; empty: none
  std::string svg_path, markdown_path;  // "-": standard output

  // noise; threads and json as above
  double noise_seconds = 60;
  std::string csv_path, read_path;  // empty: none

  // report DIR; compare OLD NEW, or compare DIR --base A --new B
  std::vector<std::string> folders;
  std::string base, newer;           // contestants of one race
  std::vector<std::string> fail_if;  // "label=3%"
};

// `arguments` is argv without the program's name. kUsage, with the remedy: an argument cannot be understood.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments);

}  // namespace kite::race
