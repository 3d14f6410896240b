// SPDX-License-Identifier: Apache-2.0
#include "cli/parser/parse.h"

#include <gtest/gtest.h>

#include "cli/parser/number_option.h"

namespace kite::cli {
namespace {

// One option of each kind, and a verb within a verb.
struct Filled {
  bool flag = false, is_count_given = false, is_noise_asked = false;
  int count = 7;
  std::int64_t batch = 0;
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::optional<double> threshold;
  std::optional<int> rounds;
  std::string noise, file, taken;
  std::vector<int> threads;
  std::vector<std::string> models, pictures, pair, rest;
};

Verb program_into(Filled& filled) {
  Verb work{.name = "work", .summary = "Work", .run = [] { return 3; }};
  work.add({{.names = "PICTURE", .into = &filled.pictures, .help = "Pictures"},
            {.names = "-f,--flag", .into = &filled.flag, .help = "A flag"},
            {.names = "-n,--count",
             .into = &filled.count,
             .help = "A number",
             .type = "N",
             .values = integer_within(1, 9),
             .given = &filled.is_count_given},
            {.names = "--batch", .into = &filled.batch, .help = "A number"},
            {.names = "--bytes", .into = &filled.bytes, .help = "A number"},
            {.names = "--seconds", .into = &filled.seconds, .help = "A number", .values = real_within(0.5, 2.0)},
            {.names = "--threshold", .into = &filled.threshold, .help = "A number"},
            {.names = "--rounds", .into = &filled.rounds, .help = "A number"},
            {.names = "--noise",
             .into = &filled.noise,
             .help = "A time, or none",
             .value_may_lack = true,
             .given = &filled.is_noise_asked},
            {.names = "--file", .into = &filled.file, .help = "A file", .needs = "--noise"},
            {.names = "--threads", .into = &filled.threads, .help = "Numbers", .separator = ','},
            {.names = "--model", .into = &filled.models, .help = "Models", .values = one_of({"a", "b", "c"})},
            {.names = "--pair", .into = &filled.pair, .help = "Two words", .type = "KIND FOLDER", .words = 2},
            {.names = "--take",
             .into = Take([&filled](const std::string& word) {
               filled.taken += word;
               return word == "bad" ? std::string("bad is not good") : std::string();
             }),
             .help = "Texts",
             .repeated = true}});
  const auto leaf = [](std::string_view name) {
    return Verb{.name = name, .summary = "Inner", .run = [] { return 4; }};
  };
  Verb program{.name = "test", .summary = "A program"};
  program.add({{.names = "--version", .into = Reply{"test 1"}, .help = "Print the version"}});
  program.verbs = {std::move(work),
                   {.name = "outer", .summary = "Outer", .verbs = {leaf("one"), leaf("two")}},
                   {.name = "other", .summary = "Another program", .run = [] { return 5; }, .rest = &filled.rest}};
  return program;
}

Filled filled_by(std::vector<std::string> arguments) {
  Filled filled;
  const Verb program = program_into(filled);
  const auto parsed = parse(program, std::move(arguments));
  EXPECT_TRUE(parsed.ok()) << parsed.error().what;
  return filled;
}

TEST(Parse, every_kind_of_destination_takes_its_words) {
  EXPECT_TRUE(filled_by({"work", "-f"}).flag);
  EXPECT_EQ(filled_by({"work", "-n", "3"}).count, 3);
  EXPECT_EQ(filled_by({"work", "--count=4"}).count, 4);
  EXPECT_EQ(filled_by({"work"}).count, 7);
  EXPECT_EQ(filled_by({"work", "--batch", "5000000000"}).batch, 5'000'000'000);
  EXPECT_EQ(filled_by({"work", "--bytes", "18446744073709551615"}).bytes, ~std::uint64_t{0});
  EXPECT_EQ(filled_by({"work", "--seconds", "1.5"}).seconds, 1.5);
  EXPECT_EQ(filled_by({"work"}).threshold, std::nullopt);
  EXPECT_EQ(filled_by({"work", "--threshold", "0.25"}).threshold, 0.25);
  EXPECT_EQ(filled_by({"work", "--rounds", "2"}).rounds, 2);
  EXPECT_EQ(filled_by({"work", "--threads", "1,2", "--threads", "4"}).threads, (std::vector{1, 2, 4}));
  EXPECT_EQ(filled_by({"work", "--take", "a", "--take", "b"}).taken, "ab");
}

std::string refusal_of(std::vector<std::string> arguments) {
  Filled filled;
  const auto parsed = parse(program_into(filled), std::move(arguments));
  return parsed.ok() ? "ok" : parsed.error().what;
}

TEST(Parse, what_is_misspelt_is_told_with_what_is_meant) {
  EXPECT_TRUE(refusal_of({"work", "--thread=3"}).ends_with("--thread=3, is --threads meant?"));
  EXPECT_TRUE(refusal_of({"work", "--secnds", "1"}).ends_with(", is --seconds meant?"));
  EXPECT_TRUE(refusal_of({"wrk"}).ends_with(", is work meant?"));
  EXPECT_TRUE(refusal_of({"outer", "tow"}).ends_with("required"));
  EXPECT_TRUE(refusal_of({"work", "--bogus"}).ends_with("--bogus"));
}

TEST(Parse, words_behind_two_dashes_are_no_options) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(filled_by({"work", "--", "-a", "--flag"}).pictures, (Words{"-a", "--flag"}));
  const Filled filled = filled_by({"work", "p", "-f", "--", "-n", "--", "-", "one"});
  EXPECT_EQ(filled.pictures, (Words{"p", "-n", "--", "-", "one"}));
  EXPECT_TRUE(filled.flag);
  EXPECT_EQ(filled.count, 7);
  EXPECT_EQ(filled_by({"work", "--take", "a", "p", "--"}).pictures, Words{"p"});
  EXPECT_EQ(filled_by({"other", "a", "--", "-b"}).rest, (Words{"a", "--", "-b"}));
  EXPECT_EQ(refusal_of({"outer", "one", "--", "-x"}), "The following argument was not expected: -x");
}

TEST(Parse, a_flag_has_no_value) {
  for (const char* word : {"--flag=false", "--flag=0", "--flag=2", "--flag=x"}) {
    EXPECT_NE(refusal_of({"work", word}), "ok") << word;
  }
}

TEST(Parse, a_vector_option_takes_one_word_each_time_and_a_positional_all_that_are_left) {
  const Filled filled = filled_by({"work", "--model", "a", "b", "--model", "c", "d"});
  EXPECT_EQ(filled.models, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(filled.pictures, (std::vector<std::string>{"b", "d"}));
}

TEST(Parse, says_which_options_were_given) {
  EXPECT_FALSE(filled_by({"work"}).is_count_given);
  EXPECT_TRUE(filled_by({"work", "-n", "7"}).is_count_given);
  EXPECT_TRUE(filled_by({"work", "--noise"}).is_noise_asked);
  EXPECT_EQ(filled_by({"work", "--noise", "30"}).noise, "30");
}

TEST(Parse, a_verb_that_takes_the_rest_takes_help_too) {
  EXPECT_EQ(filled_by({"other", "--help", "x", "--", "-y"}).rest,
            (std::vector<std::string>{"--help", "x", "--", "-y"}));
}

TEST(Parse, an_option_of_two_words_takes_no_third) {
  const Filled filled = filled_by({"work", "--pair", "a", "b", "c", "-f"});
  EXPECT_EQ(filled.pair, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(filled.pictures, (std::vector<std::string>{"c"}));
  Filled unused;
  const Verb program = program_into(unused);
  EXPECT_FALSE(parse(program, {"work", "--pair", "a"}).ok());
  EXPECT_FALSE(parse(program, {"work", "--pair", "a", "--flag"}).ok());
  EXPECT_FALSE(parse(program, {"work", "--pair", "a", "b", "--pair", "c", "d"}).ok());
}

TEST(Parse, finds_the_innermost_verb) {
  Filled filled;
  const Verb program = program_into(filled);
  const std::pair<std::vector<std::string>, std::string_view> cases[] = {
      {{"work"}, "work"}, {{"outer", "two"}, "two"}, {{"other", "work"}, "other"}};
  for (const auto& [arguments, name] : cases) {
    const auto parsed = parse(program, arguments);
    ASSERT_TRUE(parsed.ok()) << parsed.error().what;
    EXPECT_EQ(parsed->verb->name, name);
    EXPECT_EQ(parsed->answer, "");
  }
}

TEST(Parse, answers_for_help_and_for_the_version) {
  Filled filled;
  const Verb program = program_into(filled);
  EXPECT_EQ(parse(program, {"--version"})->answer, "test 1\n");
  EXPECT_NE(parse(program, {"--help"})->answer.find("Usage: test"), std::string::npos);
  const std::string help = parse(program, {"work", "-h"}).value().answer;
  for (const char* part :
       {"-n,--count N:INT in [1 - 9]", "--model TEXT:{a,b,c}", "--seconds FLOAT:FLOAT in [0.5 - 2]"}) {
    EXPECT_NE(help.find(part), std::string::npos) << part << '\n' << help;
  }
}

TEST(Parse, a_wrong_command_line_is_an_error_that_says_what_is_wrong) {
  Filled filled;
  const Verb program = program_into(filled);
  const std::pair<std::vector<std::string>, std::string_view> cases[] = {
      {{}, "A subcommand is required"},
      {{"outer"}, "A subcommand is required"},
      {{"none"}, "A subcommand is required"},
      {{"outer", "one", "two"}, "The following argument was not expected: two"},
      {{"work", "-n", "10"}, "--count: 10 is no INT in [1 - 9]"},
      {{"work", "--seconds", "x"}, "--seconds: x is no FLOAT in [0.5 - 2]"},
      {{"work", "--batch", "x"}, "Could not convert: --batch = x"},
      {{"work", "--model", "d"}, "--model: d not in {a,b,c}"},
      {{"work", "--take", "bad"}, "--take: bad is not good"},
      {{"work", "--file", "x"}, "--file requires --noise"},
      {{"work", "--batch", "1", "--batch", "2"}, "--batch: At Most 1 required but received 2"}};
  for (const auto& [arguments, what] : cases) {
    const auto parsed = parse(program, arguments);
    ASSERT_FALSE(parsed.ok()) << what;
    EXPECT_EQ(parsed.error().what, what);
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
  }
}

TEST(Parse, what_is_required_is_missed) {
  std::string model;
  Verb program{.name = "test", .summary = "", .run = [] { return 0; }};
  program.add({{.names = "MODEL", .into = &model, .help = "", .required = true}});
  EXPECT_EQ(parse(program, {}).error().what, "MODEL is required");
  EXPECT_TRUE(parse(program, {"x.onnx"}).ok());
  EXPECT_EQ(model, "x.onnx");
}

TEST(Parse, a_program_that_runs_by_itself_needs_no_verb) {
  bool flag = false;
  Verb program{.name = "test", .summary = "", .run = [] { return 0; }};
  program.add({{.names = "--flag", .into = &flag, .help = ""}});
  program.verbs.push_back({.name = "inner", .summary = "", .run = [] { return 1; }});
  EXPECT_EQ(parse(program, {"--flag"})->verb, &program);
  EXPECT_EQ(parse(program, {"inner"})->verb, &program.verbs[0]);
}

TEST(Parse, no_option_of_any_type_takes_what_is_no_number) {
  constexpr const char* kNumbers[] = {"--count",     "--batch",  "--bytes",  "--seconds",
                                      "--threshold", "--rounds", "--threads"};
  constexpr const char* kNoNumbers[] = {"",
                                        " ",
                                        " 5",
                                        "5 ",
                                        "+5",
                                        "0x5",
                                        "0b1",
                                        "5x",
                                        "five",
                                        "nan",
                                        "inf",
                                        "-inf",
                                        "1e999",
                                        "5,5x",
                                        "5,,5",
                                        ",5",
                                        "5,",
                                        "1'0",
                                        "\t5",
                                        "--5",
                                        "99999999999999999999999",
                                        "-99999999999999999999999"};
  for (const std::string option : kNumbers) {
    for (const std::string word : kNoNumbers) {
      // As a real number, this one is only large.
      if (word.size() > 20 && (option == "--seconds" || option == "--threshold")) continue;
      Filled filled;
      const Verb program = program_into(filled);
      EXPECT_FALSE(parse(program, {"work", option + "=" + word}).ok()) << option << "=\"" << word << '"';
    }
  }
}

TEST(Parse, an_integer_has_the_range_of_its_type_and_no_fraction) {
  Filled filled;
  const Verb program = program_into(filled);
  for (const char* word :
       {"--bytes=-1", "--bytes=1.0", "--rounds=2147483648", "--rounds=1e3", "--threads=1,2147483648"}) {
    EXPECT_FALSE(parse(program, {"work", word}).ok()) << word;
  }
  ASSERT_TRUE(parse(program, {"work", "--bytes", "18446744073709551615", "--rounds", "-2147483648", "--threads", "1,-2",
                              "--seconds", "1e0", "--batch", "-9223372036854775808"})
                  .ok());
  EXPECT_EQ(filled.bytes, 18446744073709551615U);
  EXPECT_EQ(filled.rounds, -2147483648);
  EXPECT_EQ(filled.threads, (std::vector{1, -2}));
}

TEST(Parse, no_option_takes_an_empty_value) {
  for (const char* option : {"--file", "--model", "--take", "--pair", "--count"}) {
    Filled filled;
    const Verb program = program_into(filled);
    const auto parsed = parse(program, {"work", "--noise", option, "", "x"});
    ASSERT_FALSE(parsed.ok()) << option;
  }
}

TEST(Parse, no_positional_alone_takes_an_empty_value) {
  std::string model;
  std::vector<std::string> pictures;
  Verb program{.name = "test", .summary = "A program", .run = [] { return 0; }};
  program.add({{.names = "MODEL", .into = &model, .help = "A model"},
               {.names = "PICTURE", .into = &pictures, .help = "Pictures"}});
  EXPECT_FALSE(parse(program, {"", "a"}).ok());
  EXPECT_TRUE(parse(program, {"m", "a", ""}).ok()) << "a list is checked where each of its entries is";
}

}  // namespace
}  // namespace kite::cli
