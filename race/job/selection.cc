// SPDX-License-Identifier: Apache-2.0
// Contestants in a fixed order, and for each the cells that its commands allow.
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

// "onnxruntime-rust:saved" -> the forms of that peer that were asked for.
struct Wish {
  std::string peer;
  bool one_form = false;
  std::string variant;
};

Wish wish_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, false, {}};
  return {text.substr(0, colon), true, text.substr(colon + 1)};
}

bool is_none(const Options& options) { return options.peers.size() == 1 && options.peers[0] == "none"; }

// Without a wish for one form: the plain one, and the variants that name this preset.
bool takes_part(const Variant& form, const std::vector<Wish>& wishes, const Preset& preset) {
  if (wishes.empty()) return form.name.empty() || contains(form.presets, std::string(preset.name));
  for (const Wish& wish : wishes) {
    if (wish.one_form ? wish.variant == form.name
                      : form.name.empty() || contains(form.presets, std::string(preset.name)))
      return true;
  }
  return false;
}

Racer racer_of(const Peer& peer, const Variant& form, Track track, const Readiness& readiness) {
  Racer racer;
  ContestantRecord& record = racer.record;
  record.id = peer.name + (form.name.empty() ? "" : ":" + form.name);
  if (track == Track::kDefault) record.id += kDefaultSuffix;
  record.peer = peer.name;
  record.variant = form.name;
  record.title = form.name.empty() ? peer.title : peer.title + ", " + form.title;
  record.runtime = peer.runtime;
  record.language = peer.language;
  record.settings = form.settings;
  record.track = track;
  record.prepared = !form.prepare.empty();
  record.ready = readiness.ready;
  record.reason = readiness.reason;
  if (!readiness.ready && !readiness.remedy.empty()) record.reason += "; run `" + readiness.remedy + "`";
  record.versions = readiness.versions;
  record.installed_bytes = readiness.installed_bytes.value_or(0);
  racer.peer_folder = peer.folder;
  racer.form = form;
  return racer;
}

// A peer that is broken or missing is one row, whatever forms it may have.
Racer absent_racer(const FoundPeer& found) {
  Racer racer;
  racer.record.id = racer.record.peer = racer.record.title = found.name;
  racer.record.ready = false;
  racer.record.reason = found.reason;
  return racer;
}

Racer command_racer(const CommandLines& lines) {
  Racer racer;
  racer.record.id = lines.name;
  racer.record.title = lines.name;
  racer.form.oneshot = lines.oneshot;
  racer.form.no_pre = lines.no_pre;
  racer.form.inc_pre = lines.inc_pre;
  racer.record.settings = "a command line, as given:";
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    const CommandTemplate& argv = racer.form.command(mode);
    if (argv.empty()) continue;
    std::string& settings = racer.record.settings;
    if (mode != Mode::kOneshot) settings += fmt::format("{} {}:", settings.ends_with(':') ? "" : ";", word_of(mode));
    settings += " " + quoted(argv);
  }
  racer.form.tracks = {Track::kMatched};
  return racer;
}

kite::Status add_peer(const FoundPeer& found, const Readiness& readiness, const Options& options, const Preset& preset,
                      Selection& selection) {
  std::vector<Wish> wishes;
  for (const std::string& text : options.peers) {
    if (const Wish wish = wish_of(text); wish.peer == found.name) wishes.push_back(wish);
  }
  if (!found.peer) {
    selection.racers.push_back(absent_racer(found));
    return {};
  }
  for (const Wish& wish : wishes) {
    if (!wish.one_form) continue;
    std::string known;
    bool exists = false;
    for (const Variant& form : found.peer->variants) {
      exists = exists || form.name == wish.variant;
      if (!form.name.empty()) known += (known.empty() ? "" : ", ") + form.name;
    }
    if (!exists) {
      return Error{ErrorCode::kUsage, fmt::format("{} has no variant \"{}\"", found.name, wish.variant), "--peers",
                   known.empty() ? "it has none" : "it has " + known};
    }
  }
  const std::vector<Track>& tracks = options.tracks.empty() ? preset.tracks : options.tracks;
  for (const Variant& form : found.peer->variants) {
    if (!takes_part(form, wishes, preset)) continue;
    for (const Track track : tracks) {
      if (contains(form.tracks, track)) selection.racers.push_back(racer_of(*found.peer, form, track, readiness));
    }
  }
  return {};
}

Error nobody(const Selection& selection) {
  std::string reasons;
  for (const Racer& racer : selection.racers) {
    if (!racer.record.variant.empty() || racer.record.track == Track::kDefault) continue;
    reasons += fmt::format("\n  {}: {}", racer.record.id, racer.record.reason);
  }
  return Error{ErrorCode::kUsage,
               "no contestant is ready" + reasons,
               {},
               "`kite race setup NAME` makes one ready, `kite race peers` lists them"};
}

Result<std::size_t> choose_reference(const Options& options, const Selection& selection) {
  const std::vector<Racer>& racers = selection.racers;
  const auto find = [&](std::string_view id) {
    const auto at =
        std::find_if(racers.begin(), racers.end(), [&](const Racer& racer) { return racer.record.id == id; });
    return static_cast<std::size_t>(at - racers.begin());
  };
  if (!options.reference.empty()) {
    const std::size_t at = find(options.reference);
    if (at == racers.size()) {
      std::string known;
      for (const Racer& racer : racers) known += (known.empty() ? "" : ", ") + racer.record.id;
      return Error{ErrorCode::kUsage, "\"" + options.reference + "\" does not take part", "--reference",
                   "there are " + known};
    }
    if (!racers[at].record.ready)
      return Error{ErrorCode::kUsage, "the reference is not ready: " + racers[at].record.reason, "--reference", {}};
    return at;
  }
  for (const std::string_view id : preferred_references()) {
    if (const std::size_t at = find(id); at < racers.size() && racers[at].record.ready) return at;
  }
  const auto first = std::find_if(racers.begin(), racers.end(), [](const Racer& racer) { return racer.record.ready; });
  if (first == racers.end()) return nobody(selection);
  return static_cast<std::size_t>(first - racers.begin());
}

// The reference to the front, and after it once more under another label: what differs between the two is noise.
void add_control(std::size_t reference, Selection& selection) {
  std::vector<Racer>& racers = selection.racers;
  std::rotate(racers.begin(), racers.begin() + static_cast<std::ptrdiff_t>(reference),
              racers.begin() + static_cast<std::ptrdiff_t>(reference) + 1);
  selection.reference = racers[0].record.id;
  Racer control = racers[0];
  control.record.id = kControl;
  control.record.control = true;
  racers.insert(racers.begin() + 1, control);
  const std::string on_default = selection.reference + std::string(kDefaultSuffix);
  for (std::size_t i = 2; i < racers.size(); ++i) {
    if (racers[i].record.id != on_default) continue;
    Racer second = racers[i];
    second.record.id = std::string(kControl) + std::string(kDefaultSuffix);
    second.record.control = true;
    racers.insert(racers.begin() + static_cast<std::ptrdiff_t>(i) + 1, second);
    break;
  }
}

// Right behind the reference and its control: a heat holds few contestants, and two builds of one program belong into
// the same one.
void commands_first(std::vector<Racer>& racers) {
  const auto is_command = [](const Racer& racer) { return racer.peer_folder.empty() && racer.record.ready; };
  std::stable_partition(racers.begin() + 2, racers.end(), is_command);
}

std::vector<std::int32_t> threads_of(const Racer& racer, Mode mode, const Options& options, const Preset& preset,
                                     std::int32_t machine_threads, bool with_axes) {
  if (racer.record.track == Track::kDefault) return {0};
  if (!options.threads.empty()) return options.threads;
  std::vector<std::int32_t> threads = preset.threads;
  if (threads.empty()) threads.push_back(machine_threads);
  for (const ThreadAxis& axis : preset.axes) {
    if (!with_axes || !matches(axis.peers, racer.record.peer) || !matches(axis.variants, racer.record.variant) ||
        !contains(axis.modes, mode))
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
  // A folder with other contestants than the preset's: all of them.
  return chosen.empty() ? all : chosen;
}

Result<Selection> select(const Options& options, const Preset& preset, const Entrants& field, std::size_t models,
                         std::int32_t machine_threads) {
  Selection selection;
  for (std::size_t i = 0; i < field.peers.size(); ++i) {
    KITE_TRY(add_peer(field.peers[i], field.readiness[i], options, preset, selection));
  }
  for (const CommandLines& lines : options.commands) {
    for (const Racer& racer : selection.racers) {
      if (racer.record.id == lines.name) {
        return Error{ErrorCode::kUsage, "\"" + lines.name + "\" is a contestant already", "--command",
                     "choose another name"};
      }
    }
    selection.racers.push_back(command_racer(lines));
  }
  if (selection.racers.empty())
    return Error{ErrorCode::kUsage, "there is nobody to race", "--peers", "`kite race peers` lists the contestants"};
  KITE_TRY_ASSIGN(const std::size_t reference, choose_reference(options, selection));
  add_control(reference, selection);
  commands_first(selection.racers);

  const std::vector<Mode>& modes = options.modes.empty() ? preset.modes : options.modes;
  for (std::size_t racer = 0; racer < selection.racers.size(); ++racer) {
    // Also of one that is not ready: its cells are rows that say why.
    for (std::size_t model = 0; model < models; ++model) {
      const bool with_variants = model == 0 || !preset.variants_on_first_model_only;
      // The control stands where all contestants meet; in every corner of an axis, one of many would differ by chance.
      const bool with_axes = with_variants && !selection.racers[racer].record.control;
      if (!with_variants && !selection.racers[racer].record.variant.empty()) continue;
      for (const Mode mode : modes) {
        if (selection.racers[racer].form.command(mode).empty()) continue;
        for (const std::int32_t threads :
             threads_of(selection.racers[racer], mode, options, preset, machine_threads, with_axes)) {
          selection.cells.push_back({racer, model, mode, threads});
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
