// SPDX-License-Identifier: Apache-2.0
// CLI11 parses the command line. Its exceptions are caught here and become errors.
#include "race/job/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "paperkite/try.h"
#include "race/job/command.h"
#include "race/job/peer.h"
#include "race/job/presets.h"
#include "race/journal/words.h"
#include "race/stats/work_series.h"

namespace kite::race {

namespace {

constexpr double kLargestMargin = 50;  // percent

// CLI::Range accepts "nan", since a comparison with nan is always false.
CLI::Validator number_between(double low, double high) {
  const std::string range = fmt::format("{:g} to {:g}", low, high);
  return {[=](const std::string& text) {
            double value = 0;
            const bool number = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
            return number ? std::string() : fmt::format("{} is not a number from {}", text, range);
          },
          range};
}

// Values of the command line that must be converted after CLI11 has read them.
struct Raw {
  std::vector<std::string> commands, modes, tracks;
  double margin_percent = 2;
  std::string old_folder, new_folder;
};

std::string known_presets() {
  std::string text;
  for (const Preset& preset : presets())
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", preset.name, preset.what);
  return text;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.emplace_back(preset.name);
  return names;
}

// Throws if `text` is not a number of seconds, or if it is too short or too long; the message says how long the pairs
// of each distance take.
double noise_time(const std::string& text) {
  constexpr double kShortest = 1, kLongest = 86'400;
  double seconds = 0;
  if (CLI::detail::lexical_cast(text, seconds) && seconds >= kShortest && seconds <= kLongest) return seconds;
  std::string fits;
  for (const double distance : kDistances) {
    fits += fmt::format("{}{:g} s for pairs {:g} s apart", fits.empty() ? "" : ", ",
                        std::max(kShortest, kFewestPairsApart * distance), distance);
  }
  throw CLI::ValidationError("TIME", fmt::format("{} is not a number of seconds from {:g} to {:g}; needed are {}", text,
                                                 kShortest, kLongest, fits));
}

CLI::Option* list(CLI::App& app, const std::string& name, auto& target, const std::string& text) {
  return app.add_option(name, target, text)->delimiter(',')->allow_extra_args(false);
}

void add_race(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("--preset", options.preset, "How large a race (" + known_presets() + ")")
      ->check(CLI::IsMember(preset_names()))
      ->type_name("NAME");
  app.add_option("--model", options.models, "An .onnx file; may be repeated (default: the preset's)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--images", options.images, "The folder of pictures (default: the preset's)")->type_name("DIR");
  app.add_option("--pictures", options.pictures, "Take only N of the pictures, evenly spaced")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000}))
      ->type_name("N");
  list(app, "--peers", options.peers,
       "Contestants, NAME or NAME:VARIANT (default: the preset's; `kite race peers` lists them)")
      ->type_name("A,B");
  list(app, "--threads", options.threads,
       "Numbers of threads; 0 is each library's own (default: what the machine grants)")
      ->check(CLI::Range(0, 1024))
      ->type_name("1,2");
  list(app, "--modes", raw.modes, "oneshot, no_pre, inc_pre (default: the preset's)")
      ->check(CLI::IsMember({"oneshot", "no_pre", "inc_pre"}))
      ->type_name("M,M");
  list(app, "--tracks", raw.tracks, "matched, default (default: the preset's)")
      ->check(CLI::IsMember({"matched", "default"}))
      ->type_name("T,T");
  app.add_option("--rounds", options.rounds,
                 "Rounds; with fewer than 10 nothing is ranked (default: the preset's, or decided by the pilot)")
      ->check(CLI::Range(1, 100000))
      ->type_name("R");
  app.add_option("--budget", options.budget_minutes,
                 "Minutes that the race may take; the report says what was left out for it")
      ->check(number_between(0.1, 100000))
      ->type_name("MIN");
  app.add_option("--command", raw.commands,
                 "Race any command line as a whole process; {model} and {picture} are replaced. NAME:no_pre=... and "
                 "NAME:inc_pre=... time the inference of a program that speaks the contestants' protocol")
      ->type_name("NAME=...")
      ->allow_extra_args(false);
  app.add_option("--reference", options.reference, "The contestant that the times of the others are divided by")
      ->type_name("ID");
  app.add_option("--margin", raw.margin_percent,
                 "Differences within this many percent count as equivalent (default: 2)")
      ->check(number_between(0.1, kLargestMargin))
      ->type_name("PCT");
  app.add_option("--seed", options.seed, "Seed of every random choice (default: 1)")->type_name("N");
  app.add_option("--timeout", options.timeout_s,
                 "Seconds after which a process is ended and counts as failed (default: 120)")
      ->check(number_between(0.1, 100000))
      ->type_name("S");
  app.add_flag("--profile", options.profile, "Also run one profiled process for each contestant");
  app.add_option("--out", options.out, "The race's folder (default: a new one, named by the time)")->type_name("DIR");
  app.add_flag("--resume", options.resume, "Continue the race in --out where it stopped");
  app.add_flag("--keep", options.keep, "Keep the input tensors in DIR/work");
  app.add_option("--peers-dir", options.peers_dir,
                 "Folder of contestants (default: the project's peers, or $KITE_PEERS_DIR)")
      ->type_name("DIR");
}

void add_compare(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("OLD", raw.old_folder,
                 "The folder of the earlier race; without NEW, the folder of one race with both builds")
      ->required();
  app.add_option("NEW", raw.new_folder, "The later race's folder");
  app.add_option("--base", options.base, "In one race: the contestant that the new one is compared with")
      ->type_name("ID");
  app.add_option("--new", options.newer, "In one race: the contestant that may have become slower")->type_name("ID");
  app.add_option("--margin", raw.margin_percent, "A change within this many percent counts as none (default: 2)")
      ->check(number_between(0.1, kLargestMargin))
      ->type_name("PCT");
  list(app, "--fail-if", options.fail_if,
       "Fail where the whole interval lies beyond a limit, as label=3%: label (start to answer), whole (start to "
       "exit), load, first, steady (inference alone), inc_pre (with preprocessing), memory (peak)")
      ->type_name("MEASURE=PCT");
  app.add_option("--svg", options.svg_path, "Write the changes as a picture")->type_name("FILE");
  app.add_option("--markdown", options.markdown_path, "Write them as a table for a pull request; - is standard output")
      ->type_name("FILE");
  app.add_flag("--json", options.json, "Print JSON for programs");
  app.footer(
      "Exit code 0: nothing is slower, or beyond its limit. 1: something is. 2: the command line is wrong. 3: the\n"
      "races cannot be compared, or nothing in them has the measure. 6: a file cannot be read or written.\n"
      "7, with --fail-if: it cannot be decided, since contestants that did not change moved by more than the limit,\n"
      "or the contestant has no result. An undecided comparison does not fail; it is reported.");
}

void add_verbs(CLI::App& app, Options& options, Raw& raw) {
  const auto add = [&](const char* name, const char* text, Verb verb) {
    CLI::App* sub = app.add_subcommand(name, text);
    sub->callback([&options, verb] { options.verb = verb; });
    if (verb == Verb::kPeers || verb == Verb::kSetup) {
      sub->add_option("--peers-dir", options.peers_dir, "Folder of contestants")->type_name("DIR");
    }
    return sub;
  };
  add("peers", "List the contestants and whether they can run here", Verb::kPeers)
      ->add_flag("--json", options.json, "Print JSON for programs");
  CLI::App* setup = add("setup", "Install contestants, each into a folder of its own", Verb::kSetup);
  setup->add_option("NAME", options.names, "Contestants")->type_name("");
  setup->add_flag("--all", options.all, "Every contestant");
  setup->add_flag("--yes", options.yes, "Do not ask for confirmation");
  add("report", "Write a race's report and tables again from its journal", Verb::kReport)
      ->add_option("DIR", raw.old_folder, "The race's folder")
      ->required();
  add_compare(
      *add("compare", "Whether a contestant has become slower: between two races, or between two builds in one race",
           Verb::kCompare),
      options, raw);
}

// What `kite doctor --noise` hands over.
void add_noise(CLI::App& app, Options& options) {
  CLI::App* noise = app.add_subcommand("noise", "How much this machine's times vary (kite doctor --noise)");
  noise->callback([&options] { options.verb = Verb::kNoise; });
  noise
      ->add_option_function<std::string>(
          "TIME", [&options](const std::string& text) { options.noise_seconds = noise_time(text); },
          "Seconds (default: 60)")
      ->type_name("S");
  list(*noise, "--threads", options.threads, "Numbers of threads (default: 1 and all that the machine grants)")
      ->check(CLI::Range(1, 1024))
      ->type_name("1,2");
  noise->add_flag("--json", options.json, "Print JSON for programs");
  noise->add_option("--csv", options.csv_path, "Write the series, one line for each block")->type_name("FILE");
  noise->add_option("--svg", options.svg_path, "Draw the ratios at each distance")->type_name("FILE");
  noise->add_option("--read", options.read_path, "Use a series that --csv wrote instead of measuring")
      ->type_name("FILE");
}

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
  Options options;
  Raw raw;
  try {
    CLI::App app{"Race inference stacks against each other on this machine, fairly", "kite race"};
    app.set_version_flag("--version", "kite-race " KITE_VERSION);
    app.option_defaults()->always_capture_default(false);
    app.require_subcommand(0, 1);
    app.get_formatter()->column_width(34);
    add_race(app, options, raw);
    add_verbs(app, options, raw);
    add_noise(app, options);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      app.parse(reversed);
    } catch (const CLI::ParseError& error) {
      std::ostringstream out;
      std::ostringstream err;
      if (app.exit(error, out, err) == 0) {
        options.answer = out.str();
        return options;
      }
      const bool noise = !arguments.empty() && arguments.front() == "noise";
      return usage(error.what(), fmt::format("`kite {} --help` lists the options", noise ? "doctor" : "race"));
    }
  } catch (const std::exception& error) {
    return usage(std::string("the command line cannot be read: ") + error.what(),
                 "`kite race --help` lists the options");
  }
  KITE_TRY(complete(raw, options));
  if (options.verb == Verb::kRace) options.given = deciding(arguments);
  return options;
}

}  // namespace kite::race
