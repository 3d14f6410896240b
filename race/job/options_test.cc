// SPDX-License-Identifier: Apache-2.0
#include "race/job/options.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

using Words = std::vector<std::string>;

Options parsed(const Words& arguments) {
  auto options = parse_options(arguments);
  EXPECT_TRUE(options.ok()) << (options.ok() ? "" : options.error().message());
  return options.ok() ? std::move(options).value() : Options{};
}

std::string error_of(const Words& arguments) {
  const auto options = parse_options(arguments);
  return options.ok() ? "it was accepted" : options.error().message();
}

TEST(Options, without_arguments_it_is_the_quick_race) {
  const Options options = parsed({});
  EXPECT_EQ(options.verb, Verb::kRace);
  EXPECT_EQ(options.preset, "quick");
  EXPECT_FALSE(options.rounds);
  EXPECT_DOUBLE_EQ(options.margin, 0.02);
}

TEST(Options, every_option_of_a_race_is_read) {
  const Options options =
      parsed({"--preset",  "study",    "--model",    "a.onnx",      "--model",        "b.onnx",
              "--images",  "p",        "--pictures", "9",           "--peers",        "kite,onnxruntime-rust:saved",
              "--threads", "1,2,1",    "--rounds",   "12",          "--budget",       "1.5",
              "--profile", "--out",    "o",          "--reference", "kite",           "--seed",
              "7",         "--margin", "3",          "--modes",     "no_pre,oneshot", "--tracks",
              "default",   "--keep"});
  EXPECT_EQ(options.preset, "study");
  EXPECT_EQ(options.models, (Words{"a.onnx", "b.onnx"}));
  EXPECT_EQ(options.images, "p");
  EXPECT_EQ(options.pictures, 9);
  EXPECT_EQ(options.peers, (Words{"kite", "onnxruntime-rust:saved"}));
  EXPECT_EQ(options.threads, (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(options.rounds, 12);
  EXPECT_EQ(options.budget_minutes, 1.5);
  EXPECT_TRUE(options.profile);
  EXPECT_TRUE(options.keep);
  EXPECT_EQ(options.out, "o");
  EXPECT_EQ(options.reference, "kite");
  EXPECT_EQ(options.seed, 7u);
  EXPECT_DOUBLE_EQ(options.margin, 0.03);
  EXPECT_EQ(options.modes, (std::vector{Mode::kNoPre, Mode::kOneshot}));
  EXPECT_EQ(options.tracks, std::vector{Track::kDefault});
}

TEST(Options, noise_has_a_time_in_which_something_fits) {
  EXPECT_EQ(parsed({"noise"}).verb, Verb::kNoise);
  EXPECT_EQ(parsed({"noise"}).noise_seconds, 60);
  const Options options =
      parsed({"noise", "900", "--threads", "2", "--json", "--csv", "c", "--svg", "s", "--read", "r"});
  EXPECT_EQ(options.noise_seconds, 900);
  EXPECT_EQ(options.threads, std::vector{2});
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.csv_path + options.svg_path + options.read_path, "csr");
  for (const char* bad : {"0.9", "nan", "x", "86401"}) {
    EXPECT_NE(error_of({"noise", bad}).find("50 s for pairs 10 s apart"), std::string::npos) << bad;
    EXPECT_NE(error_of({"noise", bad}).find("kite doctor --help"), std::string::npos) << bad;
  }
}

TEST(Options, a_command_is_a_name_and_words) {
  const Options options = parsed({"--command", "mine=./run 'a b' {model} x=y"});
  ASSERT_EQ(options.commands.size(), 1u);
  EXPECT_EQ(options.commands[0].name, "mine");
  EXPECT_EQ(options.commands[0].oneshot, (Words{"./run", "a b", "{model}", "x=y"}));
  EXPECT_NE(error_of({"--command", "no name"}).find("has no name"), std::string::npos);
  EXPECT_NE(error_of({"--command", "x={home}/run"}).find("no placeholder {home}"), std::string::npos);
  EXPECT_NE(error_of({"--command", "control=x"}).find("cannot be a contestant's name"), std::string::npos);
  EXPECT_NE(error_of({"--command", "a=x", "--command", "a=y"}).find("two commands"), std::string::npos);
  EXPECT_NE(error_of({"--command", "a='x"}).find("quote"), std::string::npos);
}

TEST(Options, a_command_has_a_line_for_each_mode) {
  const Options options = parsed({"--command", "new=./run {model}", "--command", "old=./other", "--command",
                                  "new:no_pre=./bench --input {inputs} -n {count}"});
  ASSERT_EQ(options.commands.size(), 2u);
  EXPECT_EQ(options.commands[0].oneshot, (Words{"./run", "{model}"}));
  EXPECT_EQ(options.commands[0].no_pre, (Words{"./bench", "--input", "{inputs}", "-n", "{count}"}));
  EXPECT_TRUE(options.commands[0].inc_pre.empty());
  EXPECT_NE(error_of({"--command", "a:fast=./x {inputs} {count}"}).find("no such mode; oneshot, no_pre or inc_pre"),
            std::string::npos);
  EXPECT_NE(error_of({"--command", "a:no_pre=./x {inputs}"}).find("does not use {count}"), std::string::npos);
  EXPECT_NE(error_of({"--command", "a:no_pre=x {inputs} {count}", "--command", "a:no_pre=y {inputs} {count}"})
                .find("two commands"),
            std::string::npos);
}

TEST(Options, compare_takes_two_races_or_two_builds_of_one) {
  const Options pair = parsed({"compare", "dir", "--base", "old", "--new", "new", "--fail-if", "label=3%,steady=2%",
                               "--fail-if", "memory=10%", "--svg", "a.svg", "--markdown", "-"});
  EXPECT_EQ(pair.folders, Words{"dir"});
  EXPECT_EQ(pair.base, "old");
  EXPECT_EQ(pair.newer, "new");
  EXPECT_EQ(pair.fail_if, (Words{"label=3%", "steady=2%", "memory=10%"}));
  EXPECT_EQ(pair.markdown_path, "-");
  EXPECT_NE(error_of({"compare", "dir"}).find("--base ID --new ID"), std::string::npos);
  EXPECT_NE(error_of({"compare", "dir", "--base", "old"}).find("--base ID --new ID"), std::string::npos);
  EXPECT_NE(error_of({"compare", "a", "b", "--base", "x", "--new", "y"}).find("name one folder"), std::string::npos);
  EXPECT_NE(error_of({"compare", "a", "--base", "x", "--new", "x"}).find("the same contestant"), std::string::npos);
  EXPECT_NE(error_of({"compare", "a", "b", "--json", "--markdown", "-"}).find("standard output"), std::string::npos);
  EXPECT_NE(parsed({"compare", "--help"}).answer.find("7, with --fail-if"), std::string::npos);
}

TEST(Options, verbs_have_their_own_arguments) {
  EXPECT_EQ(parsed({"peers", "--json"}).verb, Verb::kPeers);
  EXPECT_TRUE(parsed({"peers", "--json"}).json);
  const Options setup = parsed({"setup", "a", "b", "--yes", "--peers-dir", "p"});
  EXPECT_EQ(setup.verb, Verb::kSetup);
  EXPECT_EQ(setup.names, (Words{"a", "b"}));
  EXPECT_TRUE(setup.yes);
  EXPECT_EQ(setup.peers_dir, "p");
  EXPECT_NE(error_of({"setup"}).find("--all"), std::string::npos);
  EXPECT_EQ(parsed({"report", "d"}).folders, Words{"d"});
  EXPECT_EQ(parsed({"compare", "old", "new", "--margin", "5"}).folders, (Words{"old", "new"}));
  EXPECT_NE(error_of({"compare", "old"}).find("NEW"), std::string::npos);
}

TEST(Options, what_cannot_mean_anything_is_refused) {
  for (const Words& wrong :
       {Words{"--preset", "qiuck"}, Words{"--threads", "-1"}, Words{"--threads", "two"}, Words{"--rounds", "0"},
        Words{"--budget", "-3"}, Words{"--budget", "nan"}, Words{"--margin", "nan"}, Words{"--timeout", "nan"},
        Words{"--timeout", "inf"}, Words{"compare", "a", "b", "--margin", "nan"}, Words{"--margin", "90"},
        Words{"--modes", "fast"}, Words{"--tracks", "x"}, Words{"--pictures", "0"}, Words{"--nonsense"},
        Words{"nonsense"}}) {
    const auto options = parse_options(wrong);
    ASSERT_FALSE(options.ok()) << wrong[0];
    EXPECT_EQ(options.error().code, ErrorCode::kUsage);
    EXPECT_NE(options.error().message().find("--help"), std::string::npos);
  }
  EXPECT_NE(error_of({"--resume"}).find("--out"), std::string::npos);
}

TEST(Options, help_and_version_are_answers) {
  EXPECT_NE(parsed({"--help"}).answer.find("--preset"), std::string::npos);
  EXPECT_NE(parsed({"setup", "--help"}).answer.find("--all"), std::string::npos);
  EXPECT_EQ(parsed({"--version"}).answer.substr(0, 10), "kite-race ");
}

TEST(Options, what_decides_the_race_is_kept_apart_from_where_it_lies) {
  EXPECT_EQ(parsed({"--resume", "--rounds", "3", "--out", "d", "--keep", "--peers-dir", "p"}).given,
            (Words{"--rounds", "3"}));
  EXPECT_TRUE(parsed({"--out=d", "--resume"}).given.empty());
}

}  // namespace
}  // namespace kite::race
