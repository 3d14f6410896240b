// SPDX-License-Identifier: Apache-2.0
// Who races, and in which cells: from the command line, the preset and what is ready. Nothing is touched on disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/job/options.h"
#include "race/job/peer.h"
#include "race/job/presets.h"
#include "race/job/readiness.h"
#include "race/journal/record.h"

namespace kite::race {

// A contestant with its commands.
struct Racer {
  ContestantRecord record;
  std::string peer_folder;  // empty: a command line
  Variant form;
};

struct CellChoice {
  std::size_t racer = 0, model = 0;
  Mode mode = Mode::kOneshot;
  std::int32_t threads = 1;
};

struct Selection {
  std::vector<Racer> racers;  // the reference first, then its control; those that are not ready have no cells
  std::vector<CellChoice> cells;
  std::string reference;
  std::vector<std::string> notes;  // what was left out, and why
};

struct Entrants {  // all that could race
  std::vector<FoundPeer> peers;
  std::vector<Readiness> readiness;  // parallel to peers
};

// The names that this race needs to know the readiness of. kUsage: a peer that does not exist, with those that do.
[[nodiscard]] Result<std::vector<FoundPeer>> chosen_peers(const Options& options, const Preset& preset,
                                                          const std::vector<FoundPeer>& all);

// `models`: how many. kUsage: nobody is ready (with every reason), an unknown variant or reference.
[[nodiscard]] Result<Selection> select(const Options& options, const Preset& preset, const Entrants& field,
                                       std::size_t models, std::int32_t machine_threads);

}  // namespace kite::race
