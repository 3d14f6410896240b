// SPDX-License-Identifier: Apache-2.0
// A command line as a table: verbs, and their options. What parses it (parse.h) and what describes it read the same
// one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kite::cli {

// A word before it is stored: what is wrong with it, or "". It may be rewritten for what converts it.
using Check = std::function<std::string(std::string& word)>;

// Which words an option takes.
struct Values {
  std::function<std::string()> text;  // for help: "INT in [1 - 1024]"
  Check check;                        // empty: any
};

[[nodiscard]] Values one_of(std::vector<std::string> words);

// What stores a word itself; returns what is wrong with it, or "".
using Take = std::function<std::string(const std::string& word)>;
// An option that is answered with a text, and then nothing else is done.
struct Reply {
  std::string text;
};

// Where an option's value goes. A bool is a flag; a vector takes a value each time that its option is given, and as a
// positional all that are left; std::optional stays empty where the option is not given.
using Destination = std::variant<bool*, int*, std::int64_t*, std::uint64_t*, double*, std::string*, std::optional<int>*,
                                 std::optional<std::int64_t>*, std::optional<std::uint64_t>*, std::optional<double>*,
                                 std::vector<int>*, std::vector<std::string>*, Take, Reply>;

// Texts are borrowed, mostly from literals: they outlive the table.
struct Option {
  std::string_view names;  // "-o,--output"; without a hyphen a positional: "MODEL"
  Destination into;
  std::string_view help;
  std::optional<std::string_view> type =
      {};  // what stands for the value in help; absent: what it goes into says, "INT"
  Values values = {};
  bool required = false;
  bool repeated = false;        // of a Take: it is called for each word
  bool value_may_lack = false;  // the name alone will do
  char separator = '\0';        // of a vector: one word may hold several values
  std::string_view needs = {};  // the option without which this one means nothing
  bool* given = nullptr;        // whether the option is on the command line

  [[nodiscard]] bool is_positional() const noexcept { return !names.starts_with('-'); }
  [[nodiscard]] bool takes_value() const noexcept;
  [[nodiscard]] bool takes_many() const noexcept;
  // The names apart, the short ones first.
  [[nodiscard]] std::vector<std::string> spellings() const;
  // "N", or "INT".
  [[nodiscard]] std::string_view type_name() const noexcept;
  // The same, and which values it may have: "N:INT in [1 - 1024]".
  [[nodiscard]] std::string value_text() const;
};

// A program is the outermost verb.
struct Verb {
  std::string_view name;
  std::string_view summary;
  std::vector<Option> options = {};
  std::vector<Verb> verbs = {};              // where there is no `run`, one of them must be named
  std::function<int()> run = {};             // after the command line was understood; returns the exit code
  std::string_view footer = {};              // below the help
  std::vector<std::string>* rest = nullptr;  // takes all that follows as it is, --help too

  void add(std::vector<Option> more);
};

// Which each verb has by itself, unless it takes the rest as it is.
[[nodiscard]] Option help_option();

}  // namespace kite::cli
