// SPDX-License-Identifier: Apache-2.0
// Makes an Options of the values that the table of options has stored.
#include "race/job/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/parser/parse.h"
#include "paperkite/try.h"
#include "race/job/command.h"
#include "race/job/option_table.h"
#include "race/job/peer.h"
#include "race/journal/words.h"

namespace kite::race {

namespace {

Error usage(std::string what, std::string remedy) {
  return Error{ErrorCode::kUsage, std::move(what), {}, std::move(remedy)};
}

std::optional<Mode> mode_of(std::string_view word) {
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    if (word_of(mode) == word) return mode;
  }
  return std::nullopt;
}

kite::Status check_placeholders(const std::string& what, Mode mode, const std::vector<std::string>& words) {
  std::vector<std::string> used;
  for (const std::string& word : words) {
    for (const std::string& placeholder : placeholders_of(word)) used.push_back(placeholder);
  }
  const auto contains = [](const auto& all, const std::string& one) {
    return std::find(std::begin(all), std::end(all), one) != std::end(all);
  };
  for (const std::string& placeholder : used) {
    if (contains(kPlaceholders, placeholder) && placeholder != "peer" && placeholder != "home") continue;
    return usage(fmt::format("{}: there is no placeholder {{{}}}", what, placeholder),
                 "there are {model}, {picture}, {labels}, {recipe}, {threads}, {cache}, {inputs} and {count}");
  }
  for (const char* needed : {"inputs", "count"}) {
    if (mode == Mode::kOneshot || contains(used, needed)) continue;
    return usage(fmt::format("{} does not use {{{}}}", what, needed),
                 "a program whose inference is timed needs {inputs} and {count} in its arguments (peers/README.md)");
  }
  return {};
}

// NAME=... or NAME:MODE=...
kite::Status add_command(const std::string& text, Options& options) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    return usage("--command '" + text + "' has no name", "write --command 'NAME=program arguments'");
  const std::string head = text.substr(0, equals);
  const std::size_t colon = head.find(':');
  const std::string name = head.substr(0, colon);
  if (!is_peer_name(name) || name == "control")
    return usage("\"" + name + "\" cannot be a contestant's name", "use a-z 0-9 . _ -");
  const auto mode = colon == std::string::npos ? Mode::kOneshot : mode_of(std::string_view(head).substr(colon + 1));
  if (!mode) return usage("--command " + head + ": there is no such mode", "oneshot, no_pre or inc_pre");
  auto found = std::find_if(options.commands.begin(), options.commands.end(),
                            [&](const CommandLines& lines) { return lines.name == name; });
  if (found == options.commands.end()) found = options.commands.insert(found, {name, {}, {}, {}});
  if (!found->command(*mode).empty()) return usage("two commands have the name \"" + head + "\"", "rename one of them");
  auto words = split_words(std::string_view(text).substr(equals + 1));
  if (!words.ok()) return std::move(words).error().in("--command " + head);
  KITE_TRY(check_placeholders("--command " + head, *mode, *words));
  found->command(*mode) = std::move(words).value();
  return {};
}

// Within one race two contestants are compared; between two races each contestant is compared with itself.
kite::Status check_compare(const Options& options) {
  const bool pair = !options.base.empty() && !options.newer.empty();
  if (options.folders.size() == 1 && !pair) {
    return usage("it is not clear what to compare the race with",
                 "compare OLD NEW, or the two builds of one race: compare DIR --base ID --new ID");
  }
  if (options.folders.size() == 2 && !(options.base.empty() && options.newer.empty()))
    return usage("--base and --new name contestants of one race, but two folders are given", "name one folder");
  if (pair && options.base == options.newer) return usage("--base and --new are the same contestant", "name two");
  if (options.json && options.markdown_path == "-")
    return usage("--json and --markdown - would both write to standard output", "give --markdown a file");
  return {};
}

template <typename T>
void drop_repeats(std::vector<T>& values) {
  std::vector<T> kept;
  for (T& value : values) {
    if (std::find(kept.begin(), kept.end(), value) == kept.end()) kept.push_back(std::move(value));
  }
  values = std::move(kept);
}

kite::Status complete(const Raw& raw, Options& options) {
  for (const std::string& mode : raw.modes) {
    options.modes.push_back(mode == "oneshot" ? Mode::kOneshot : mode == "no_pre" ? Mode::kNoPre : Mode::kIncPre);
  }
  for (const std::string& track : raw.tracks)
    options.tracks.push_back(track == "default" ? Track::kDefault : Track::kMatched);
  drop_repeats(options.modes);
  drop_repeats(options.tracks);
  drop_repeats(options.threads);
  drop_repeats(options.peers);
  drop_repeats(options.models);
  options.margin = raw.margin_percent / 100;
  for (const std::string* folder : {&raw.old_folder, &raw.new_folder}) {
    if (!folder->empty()) options.folders.push_back(*folder);
  }
  if (options.verb == Verb::kSetup && options.names.empty() && !options.all) {
    return usage("no contestant to set up is named", "name contestants, or --all; `kite race peers` lists them");
  }
  if (options.resume && options.out.empty())
    return usage("--resume does not say which race", "name its folder with --out DIR");
  if (options.verb == Verb::kCompare) KITE_TRY(check_compare(options));
  for (const std::string& command : raw.commands) KITE_TRY(add_command(command, options));
  return {};
}

// The arguments that decide what is run: all except those for folders, --resume and --keep.
std::vector<std::string> deciding(const std::vector<std::string>& arguments) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--resume" || word == "--keep" || word.starts_with("--out=") || word.starts_with("--peers-dir="))
      continue;
    if (word == "--out" || word == "--peers-dir") {
      ++i;
    } else {
      kept.push_back(word);
    }
  }
  return kept;
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  constexpr std::size_t kHelpColumn = 34;
  Options options;
  Raw raw;
  const cli::Verb program = program_of(options, raw);
  auto parsed = cli::parse(program, arguments, kHelpColumn);
  if (!parsed.ok()) {
    const bool noise = !arguments.empty() && arguments.front() == "noise";
    return usage(parsed.error().what, fmt::format("`kite {} --help` lists the options", noise ? "doctor" : "race"));
  }
  options.answer = std::move(parsed->answer);
  if (!options.answer.empty()) return options;
  parsed->verb->run();
  KITE_TRY(complete(raw, options));
  if (options.verb == Verb::kRace) options.given = deciding(arguments);
  return options;
}

}  // namespace kite::race
