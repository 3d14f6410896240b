// SPDX-License-Identifier: Apache-2.0
// Puts the contestants into a fixed order and gives each one the cells that its commands allow.
#include "race/job/selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "paperkite/try.h"
#include "race/job/command.h"
#include "race/journal/words.h"

namespace kite::race {

namespace {

constexpr std::string_view kDefaultSuffix = "@default";
constexpr std::string_view kControl = "control";

template <typename T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::string joined_names(const std::vector<FoundPeer>& peers) {
  std::string text;
  for (const FoundPeer& peer : peers) text += (text.empty() ? "" : ", ") + peer.name;
  return text;
}

// One name of --peers: "onnxruntime-rust" or "onnxruntime-rust:saved".
struct Wish {
  std::string peer;
  bool one_variant = false;
  std::string variant;
};

Wish wish_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, false, {}};
  return {text.substr(0, colon), true, text.substr(colon + 1)};
}

bool is_none(const Options& options) { return options.peers.size() == 1 && options.peers[0] == "none"; }

// If no single variant was asked for: the plain variant, and the variants that name this preset.
bool is_chosen(const Variant& variant, const std::vector<Wish>& wishes, const Preset& preset) {
  if (wishes.empty()) return variant.name.empty() || contains(variant.presets, std::string(preset.name));
  for (const Wish& wish : wishes) {
    if (wish.one_variant ? wish.variant == variant.name
                         : variant.name.empty() || contains(variant.presets, std::string(preset.name)))
      return true;
  }
  return false;
}

Contestant contestant_of(const Peer& peer, const Variant& variant, Track track, const Readiness& readiness) {
  Contestant contestant;
  ContestantRecord& record = contestant.record;
  record.id = peer.name + (variant.name.empty() ? "" : ":" + variant.name);
  if (track == Track::kDefault) record.id += kDefaultSuffix;
  record.peer = peer.name;
  record.variant = variant.name;
  record.title = variant.name.empty() ? peer.title : peer.title + ", " + variant.title;
  record.runtime = peer.runtime;
  record.language = peer.language;
  record.settings = variant.settings;
  record.track = track;
  record.prepared = !variant.prepare.empty();
  record.ready = readiness.ready;
  record.reason = readiness.reason;
  if (!readiness.ready && !readiness.remedy.empty()) record.reason += "; run `" + readiness.remedy + "`";
  record.versions = readiness.versions;
  record.installed_bytes = readiness.installed_bytes.value_or(0);
  contestant.peer_folder = peer.folder;
  contestant.variant = variant;
  return contestant;
}

// A peer that is broken or missing is one row, since its variants are not known.
Contestant absent_contestant(const FoundPeer& found) {
  Contestant contestant;
  contestant.record.id = contestant.record.peer = contestant.record.title = found.name;
  contestant.record.ready = false;
  contestant.record.reason = found.reason;
  return contestant;
}

Contestant contestant_of_command(const CommandLines& lines) {
  Contestant contestant;
  contestant.record.id = lines.name;
  contestant.record.title = lines.name;
  contestant.variant.oneshot = lines.oneshot;
  contestant.variant.no_pre = lines.no_pre;
  contestant.variant.inc_pre = lines.inc_pre;
  contestant.record.settings = "a command line, as given:";
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    const CommandTemplate& argv = contestant.variant.command(mode);
    if (argv.empty()) continue;
    std::string& settings = contestant.record.settings;
    if (mode != Mode::kOneshot) settings += fmt::format("{} {}:", settings.ends_with(':') ? "" : ";", word_of(mode));
    settings += " " + quoted(argv);
  }
  contestant.variant.tracks = {Track::kMatched};
  return contestant;
}

kite::Status add_peer(const FoundPeer& found, const Readiness& readiness, const Options& options, const Preset& preset,
                      Selection& selection) {
  std::vector<Wish> wishes;
  for (const std::string& text : options.peers) {
    if (const Wish wish = wish_of(text); wish.peer == found.name) wishes.push_back(wish);
  }
  if (!found.peer) {
    selection.contestants.push_back(absent_contestant(found));
    return {};
  }
  for (const Wish& wish : wishes) {
    if (!wish.one_variant) continue;
    std::string known;
    bool exists = false;
    for (const Variant& variant : found.peer->variants) {
      exists = exists || variant.name == wish.variant;
      if (!variant.name.empty()) known += (known.empty() ? "" : ", ") + variant.name;
    }
    if (!exists) {
      return Error{ErrorCode::kUsage, fmt::format("{} has no variant \"{}\"", found.name, wish.variant), "--peers",
                   known.empty() ? "it has none" : "it has " + known};
    }
  }
  const std::vector<Track>& tracks = options.tracks.empty() ? preset.tracks : options.tracks;
  for (const Variant& variant : found.peer->variants) {
    if (!is_chosen(variant, wishes, preset)) continue;
    for (const Track track : tracks) {
      if (contains(variant.tracks, track))
        selection.contestants.push_back(contestant_of(*found.peer, variant, track, readiness));
    }
  }
  return {};
}

Error nothing_is_ready(const Selection& selection) {
  std::string reasons;
  for (const Contestant& contestant : selection.contestants) {
    if (!contestant.record.variant.empty() || contestant.record.track == Track::kDefault) continue;
    reasons += fmt::format("\n  {}: {}", contestant.record.id, contestant.record.reason);
  }
  return Error{ErrorCode::kUsage,
               "no contestant is ready" + reasons,
               {},
               "`kite race setup NAME` makes one ready, `kite race peers` lists them"};
}

Result<std::size_t> choose_reference(const Options& options, const Selection& selection) {
  const std::vector<Contestant>& contestants = selection.contestants;
  const auto find = [&](std::string_view id) {
    const auto at = std::find_if(contestants.begin(), contestants.end(),
                                 [&](const Contestant& contestant) { return contestant.record.id == id; });
    return static_cast<std::size_t>(at - contestants.begin());
  };
  if (!options.reference.empty()) {
    const std::size_t at = find(options.reference);
    if (at == contestants.size()) {
      std::string known;
      for (const Contestant& contestant : contestants) known += (known.empty() ? "" : ", ") + contestant.record.id;
      return Error{ErrorCode::kUsage, "\"" + options.reference + "\" does not take part", "--reference",
                   "there are " + known};
    }
    if (!contestants[at].record.ready)
      return Error{
          ErrorCode::kUsage, "the reference is not ready: " + contestants[at].record.reason, "--reference", {}};
    return at;
  }
  for (const std::string_view id : preferred_references()) {
    if (const std::size_t at = find(id); at < contestants.size() && contestants[at].record.ready) return at;
  }
  const auto first = std::find_if(contestants.begin(), contestants.end(),
                                  [](const Contestant& contestant) { return contestant.record.ready; });
  if (first == contestants.end()) return nothing_is_ready(selection);
  return static_cast<std::size_t>(first - contestants.begin());
}

// Moves the reference to the front and adds it once more under another label, as the A/A control: a difference between
// the two is noise.
void add_control(std::size_t reference, Selection& selection) {
  std::vector<Contestant>& contestants = selection.contestants;
  std::rotate(contestants.begin(), contestants.begin() + static_cast<std::ptrdiff_t>(reference),
              contestants.begin() + static_cast<std::ptrdiff_t>(reference) + 1);
  selection.reference = contestants[0].record.id;
  Contestant control = contestants[0];
  control.record.id = kControl;
  control.record.control = true;
  contestants.insert(contestants.begin() + 1, control);
  const std::string on_default = selection.reference + std::string(kDefaultSuffix);
  for (std::size_t i = 2; i < contestants.size(); ++i) {
    if (contestants[i].record.id != on_default) continue;
    Contestant second = contestants[i];
    second.record.id = std::string(kControl) + std::string(kDefaultSuffix);
    second.record.control = true;
    contestants.insert(contestants.begin() + static_cast<std::ptrdiff_t>(i) + 1, second);
    break;
  }
}

// Moves command lines right behind the reference and its control: a heat has room for few contestants, and two builds
// of one program belong into the same heat.
void commands_first(std::vector<Contestant>& contestants) {
  const auto is_command = [](const Contestant& contestant) {
    return contestant.peer_folder.empty() && contestant.record.ready;
  };
  std::stable_partition(contestants.begin() + 2, contestants.end(), is_command);
}

std::vector<std::int32_t> threads_of(const Contestant& contestant, Mode mode, const Options& options,
                                     const Preset& preset, std::int32_t machine_threads, bool with_axes) {
  if (contestant.record.track == Track::kDefault) return {0};
  if (!options.threads.empty()) return options.threads;
  std::vector<std::int32_t> threads = preset.threads;
  if (threads.empty()) threads.push_back(machine_threads);
  for (const ThreadAxis& axis : preset.axes) {
    if (!with_axes || !matches(axis.peers, contestant.record.peer) ||
        !matches(axis.variants, contestant.record.variant) || !contains(axis.modes, mode))
      continue;
    for (const std::int32_t count : axis.threads) {
      if (!contains(threads, count)) threads.push_back(count);
    }
  }
  return threads;
}

}  // namespace

Result<std::vector<FoundPeer>> chosen_peers(const Options& options, const Preset& preset,
                                            const std::vector<FoundPeer>& all) {
  std::vector<FoundPeer> chosen;
  if (is_none(options)) return chosen;
  const auto add = [&](std::string_view name) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const FoundPeer& peer) { return peer.name == name; });
    if (at == all.end()) return false;
    const bool taken =
        std::any_of(chosen.begin(), chosen.end(), [&](const FoundPeer& peer) { return peer.name == name; });
    if (!taken) chosen.push_back(*at);
    return true;
  };
  for (const std::string& text : options.peers) {
    if (!add(wish_of(text).peer)) {
      return Error{ErrorCode::kUsage, "there is no contestant \"" + wish_of(text).peer + "\"", "--peers",
                   all.empty() ? "the folder of contestants is empty" : "there are " + joined_names(all)};
    }
  }
  if (!options.peers.empty()) return chosen;
  for (const std::string_view name : preset.peers) add(name);
  // A folder without any contestant of the preset: all its contestants race.
  return chosen.empty() ? all : chosen;
}

Result<Selection> select(const Options& options, const Preset& preset, const CheckedPeers& checked, std::size_t models,
                         std::int32_t machine_threads) {
  Selection selection;
  for (std::size_t i = 0; i < checked.peers.size(); ++i) {
    KITE_TRY(add_peer(checked.peers[i], checked.readiness[i], options, preset, selection));
  }
  for (const CommandLines& lines : options.commands) {
    for (const Contestant& contestant : selection.contestants) {
      if (contestant.record.id == lines.name) {
        return Error{ErrorCode::kUsage, "\"" + lines.name + "\" is a contestant already", "--command",
                     "choose another name"};
      }
    }
    selection.contestants.push_back(contestant_of_command(lines));
  }
  if (selection.contestants.empty())
    return Error{ErrorCode::kUsage, "there is no contestant to race", "--peers",
                 "`kite race peers` lists the contestants"};
  KITE_TRY_ASSIGN(const std::size_t reference, choose_reference(options, selection));
  add_control(reference, selection);
  commands_first(selection.contestants);

  const std::vector<Mode>& modes = options.modes.empty() ? preset.modes : options.modes;
  for (std::size_t contestant = 0; contestant < selection.contestants.size(); ++contestant) {
    // A contestant that is not ready gets its cells as well: the report shows them with the reason.
    for (std::size_t model = 0; model < models; ++model) {
      const bool with_variants = model == 0 || !preset.variants_on_first_model_only;
      // The control races only where all contestants do. With a control for every point of an axis, one of the many
      // would differ from its reference by chance.
      const bool with_axes = with_variants && !selection.contestants[contestant].record.control;
      if (!with_variants && !selection.contestants[contestant].record.variant.empty()) continue;
      for (const Mode mode : modes) {
        if (selection.contestants[contestant].variant.command(mode).empty()) continue;
        for (const std::int32_t threads :
             threads_of(selection.contestants[contestant], mode, options, preset, machine_threads, with_axes)) {
          selection.cells.push_back({contestant, model, mode, threads});
        }
      }
    }
  }
  if (selection.cells.empty()) {
    return Error{ErrorCode::kUsage, "no contestant has a command for the modes asked for", "--modes", "choose others"};
  }
  return selection;
}

}  // namespace kite::race
