// SPDX-License-Identifier: Apache-2.0
// Which contestants race, and in which cells: decided from the command line, the preset and what is ready. These
// functions do not touch the disk.
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
struct Contestant {
  ContestantRecord record;
  std::string peer_folder;  // empty: a command line
  Variant variant;
};

struct CellChoice {
  std::size_t contestant = 0, model = 0;
  Mode mode = Mode::kOneshot;
  std::int32_t threads = 1;
};

struct Selection {
  std::vector<Contestant> contestants;  // the reference first, then its control; those that are not ready have no cells
  std::vector<CellChoice> cells;
  std::string reference;
  std::vector<std::string> notes;  // what was left out, with the reason
};

struct CheckedPeers {  // all peers that could race, with what their check said
  std::vector<FoundPeer> peers;
  std::vector<Readiness> readiness;  // parallel to peers
};

// The peers whose readiness this race has to know. kUsage: a peer does not exist; the message lists those that do.
[[nodiscard]] Result<std::vector<FoundPeer>> chosen_peers(const Options& options, const Preset& preset,
                                                          const std::vector<FoundPeer>& all);

// `models`: how many models race. kUsage: no contestant is ready (with all reasons), or a variant or the reference is
// not known.
[[nodiscard]] Result<Selection> select(const Options& options, const Preset& preset, const CheckedPeers& checked,
                                       std::size_t models, std::int32_t machine_threads);

}  // namespace kite::race
