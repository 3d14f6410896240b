// SPDX-License-Identifier: Apache-2.0
// The command line of kite-race.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

enum class Verb : std::uint8_t { kRace, kPeers, kSetup, kReport, kCompare, kNoise };

struct Options {
  Verb verb = Verb::kRace;
  std::string answer;  // of --help or --version: print it and be done

  // race; what is absent is the preset's
  std::string preset = "quick";
  std::vector<std::string> models;
  std::string images;
  std::optional<std::int64_t> pictures;  // so many of them, evenly spaced
  std::vector<std::string> peers;        // "name", or "name:variant" for that form alone
  std::vector<std::int32_t> threads;
  std::vector<Mode> modes;
  std::vector<Track> tracks;
  std::optional<std::int32_t> rounds;
  std::optional<double> budget_minutes;
  std::vector<std::pair<std::string, std::vector<std::string>>> commands;  // name, argv: any program as a contestant
  std::string reference;
  std::optional<std::uint64_t> seed;
  double margin = 0.02;
  double timeout_s = 120;  // of one process of a round
  bool profile = false, resume = false, keep = false;
  std::string out;
  std::vector<std::string>
      given;  // the race's own arguments without --resume, --out, --peers-dir and --keep, to be written down

  // peers, setup
  std::string peers_dir;
  bool json = false, all = false, yes = false;
  std::vector<std::string> names;

  // noise; threads and json as above
  double noise_seconds = 60;
  std::string csv, svg, read;  // files; none where empty

  // report DIR; compare OLD NEW
  std::vector<std::string> folders;
};

// argv without the program's name. kUsage with the remedy for what cannot be understood.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments);

}  // namespace kite::race
