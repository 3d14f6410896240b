// SPDX-License-Identifier: Apache-2.0
// Verbs and options as they are typed and explained.
#include "race/job/option_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/number_text.h"
#include "cli/parser/number_option.h"
#include "race/job/presets.h"
#include "race/stats/work_series.h"

namespace kite::race {

namespace {

constexpr double kLargestMargin = 50;  // percent

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

// A negative seed counts from 2^64 down.
std::string take_seed(const std::string& text, std::optional<std::uint64_t>& seed) {
  seed = parse_unsigned(text);
  if (const auto number = parse_integer(text); number && !seed) seed = static_cast<std::uint64_t>(*number);
  return seed ? std::string() : text + " is no whole number";
}

// An error if `text` is not a number of seconds, or if it is too short or too long; it says how long the pairs of each
// distance take.
std::string take_noise_time(const std::string& text, double& seconds) {
  constexpr double kShortest = 1, kLongest = 86'400;
  const auto number = parse_real(text);
  if (number && *number >= kShortest && *number <= kLongest) {
    seconds = *number;
    return {};
  }
  std::string fits;
  for (const double distance : kDistances) {
    fits += fmt::format("{}{:g} s for pairs {:g} s apart", fits.empty() ? "" : ", ",
                        std::max(kShortest, kFewestPairsApart * distance), distance);
  }
  return fmt::format("{} is not a number of seconds from {:g} to {:g}; needed are {}", text, kShortest, kLongest, fits);
}

cli::Option json_option(Options& options) {
  return {.names = "--json", .into = &options.json, .help = "Print JSON for programs"};
}

cli::Option margin_option(Raw& raw, std::string_view help) {
  return {.names = "--margin",
          .into = &raw.margin_percent,
          .help = help,
          .type = "PCT",
          .values = cli::real_within(0.1, kLargestMargin)};
}

// What is raced, against whom.
std::vector<cli::Option> options_of_field(Options& options, Raw& raw) {
  raw.preset_help = "How large a race (" + known_presets() + ")";
  return {{.names = "--preset",
           .into = &options.preset,
           .help = raw.preset_help,
           .type = "NAME",
           .values = cli::one_of(preset_names())},
          {.names = "--model",
           .into = &options.models,
           .help = "An .onnx file; may be repeated (default: the preset's)",
           .type = "FILE"},
          {.names = "--images",
           .into = &options.images,
           .help = "The folder of pictures (default: the preset's)",
           .type = "DIR"},
          {.names = "--pictures",
           .into = &options.pictures,
           .help = "Take only N of the pictures, evenly spaced",
           .type = "N",
           .values = cli::integer_within(1, 1000000)},
          {.names = "--peers",
           .into = &options.peers,
           .help = "Contestants, NAME or NAME:VARIANT (default: the preset's; `kite race peers` lists them)",
           .type = "A,B",
           .separator = ','},
          {.names = "--threads",
           .into = &options.threads,
           .help = "Numbers of threads; 0 is each library's own (default: what the machine grants)",
           .type = "1,2",
           .values = cli::integer_within(0, 1024),
           .separator = ','},
          {.names = "--modes",
           .into = &raw.modes,
           .help = "oneshot, no_pre, inc_pre (default: the preset's)",
           .type = "M,M",
           .values = cli::one_of({"oneshot", "no_pre", "inc_pre"}),
           .separator = ','},
          {.names = "--tracks",
           .into = &raw.tracks,
           .help = "matched, default (default: the preset's)",
           .type = "T,T",
           .values = cli::one_of({"matched", "default"}),
           .separator = ','}};
}

// How long, what is divided by what, and where it is kept.
std::vector<cli::Option> options_of_race(Options& options, Raw& raw) {
  return {{.names = "--rounds",
           .into = &options.rounds,
           .help = "Rounds; with fewer than 10 nothing is ranked (default: the preset's, or decided by the pilot)",
           .type = "R",
           .values = cli::integer_within(1, 100000)},
          {.names = "--budget",
           .into = &options.budget_minutes,
           .help = "Minutes that the race may take; the report says what was left out for it",
           .type = "MIN",
           .values = cli::real_within(0.1, 100000)},
          {.names = "--command",
           .into = &raw.commands,
           .help = "Race any command line as a whole process; {model} and {picture} are replaced. NAME:no_pre=... and "
                   "NAME:inc_pre=... time the inference of a program that speaks the contestants' protocol",
           .type = "NAME=..."},
          {.names = "--reference",
           .into = &options.reference,
           .help = "The contestant that the times of the others are divided by",
           .type = "ID"},
          margin_option(raw, "Differences within this many percent count as equivalent (default: 2)"),
          {.names = "--seed",
           .into = cli::Take([&options](const std::string& text) { return take_seed(text, options.seed); }),
           .help = "Seed of every random choice (default: 1)",
           .type = "N"},
          {.names = "--timeout",
           .into = &options.timeout_s,
           .help = "Seconds after which a process is ended and counts as failed (default: 120)",
           .type = "S",
           .values = cli::real_within(0.1, 100000)},
          {.names = "--profile", .into = &options.profile, .help = "Also run one profiled process for each contestant"},
          {.names = "--out",
           .into = &options.out,
           .help = "The race's folder (default: a new one, named by the time)",
           .type = "DIR"},
          {.names = "--resume", .into = &options.resume, .help = "Continue the race in --out where it stopped"},
          {.names = "--keep", .into = &options.keep, .help = "Keep the input tensors in DIR/work"},
          {.names = "--peers-dir",
           .into = &options.peers_dir,
           .help = "Folder of contestants (default: the project's peers, or $KITE_PEERS_DIR)",
           .type = "DIR"}};
}

// A verb whose run only notes that it was chosen.
cli::Verb verb_of(std::string_view name, std::string_view summary, Verb which, Options& options,
                  std::vector<cli::Option> taken) {
  const auto choose = [&options, which] {
    options.verb = which;
    return 0;
  };
  return {.name = name, .summary = summary, .options = std::move(taken), .run = choose};
}

cli::Verb compare_verb(Options& options, Raw& raw) {
  cli::Verb verb = verb_of(
      "compare", "Whether a contestant has become slower: between two races, or between two builds in one race",
      Verb::kCompare, options,
      {{.names = "OLD",
        .into = &raw.old_folder,
        .help = "The folder of the earlier race; without NEW, the folder of one race with both builds",
        .required = true},
       {.names = "NEW", .into = &raw.new_folder, .help = "The later race's folder"},
       {.names = "--base",
        .into = &options.base,
        .help = "In one race: the contestant that the new one is compared with",
        .type = "ID"},
       {.names = "--new",
        .into = &options.newer,
        .help = "In one race: the contestant that may have become slower",
        .type = "ID"},
       margin_option(raw, "A change within this many percent counts as none (default: 2)"),
       {.names = "--fail-if",
        .into = &options.fail_if,
        .help =
            "Fail where the whole interval lies beyond a limit, as label=3%: label (start to answer), whole (start to "
            "exit), load, first, steady (inference alone), inc_pre (with preprocessing), memory (peak)",
        .type = "MEASURE=PCT",
        .separator = ','},
       {.names = "--svg", .into = &options.svg_path, .help = "Write the changes as a picture", .type = "FILE"},
       {.names = "--markdown",
        .into = &options.markdown_path,
        .help = "Write them as a table for a pull request; - is standard output",
        .type = "FILE"},
       json_option(options)});
  verb.footer =
      "Exit code 0: nothing is slower, or beyond its limit. 1: something is. 2: the command line is wrong. 3: the\n"
      "races cannot be compared, or nothing in them has the measure. 6: a file cannot be read or written.\n"
      "7, with --fail-if: it cannot be decided, since contestants that did not change moved by more than the limit,\n"
      "or the contestant has no result. An undecided comparison does not fail; it is reported.";
  return verb;
}

// What `kite doctor --noise` hands over.
cli::Verb noise_verb(Options& options) {
  return verb_of(
      "noise", "How much this machine's times vary (kite doctor --noise)", Verb::kNoise, options,
      {{.names = "TIME",
        .into = cli::Take([&options](const std::string& text) { return take_noise_time(text, options.noise_seconds); }),
        .help = "Seconds (default: 60)",
        .type = "S"},
       {.names = "--threads",
        .into = &options.threads,
        .help = "Numbers of threads (default: 1 and all that the machine grants)",
        .type = "1,2",
        .values = cli::integer_within(1, 1024),
        .separator = ','},
       json_option(options),
       {.names = "--csv",
        .into = &options.csv_path,
        .help = "Write the series, one line for each block",
        .type = "FILE"},
       {.names = "--svg", .into = &options.svg_path, .help = "Draw the ratios at each distance", .type = "FILE"},
       {.names = "--read",
        .into = &options.read_path,
        .help = "Use a series that --csv wrote instead of measuring",
        .type = "FILE"}});
}

}  // namespace

cli::Verb program_of(Options& options, Raw& raw) {
  cli::Verb program = verb_of("kite race", "Race inference stacks against each other on this machine, fairly",
                              Verb::kRace, options, {});
  program.add({{.names = "--version",
                .into = cli::Reply{"kite-race " KITE_VERSION},
                .help = "Display program version information and exit"}});
  program.add(options_of_field(options, raw));
  program.add(options_of_race(options, raw));
  const cli::Option peers_dir = {
      .names = "--peers-dir", .into = &options.peers_dir, .help = "Folder of contestants", .type = "DIR"};
  program.verbs = {verb_of("peers", "List the contestants and whether they can run here", Verb::kPeers, options,
                           {peers_dir, json_option(options)}),
                   verb_of("setup", "Install contestants, each into a folder of its own", Verb::kSetup, options,
                           {peers_dir,
                            {.names = "NAME", .into = &options.names, .help = "Contestants", .type = ""},
                            {.names = "--all", .into = &options.all, .help = "Every contestant"},
                            {.names = "--yes", .into = &options.yes, .help = "Do not ask for confirmation"}}),
                   verb_of("report", "Write a race's report and tables again from its journal", Verb::kReport, options,
                           {{.names = "DIR", .into = &raw.old_folder, .help = "The race's folder", .required = true}}),
                   compare_verb(options, raw), noise_verb(options)};
  return program;
}

}  // namespace kite::race
