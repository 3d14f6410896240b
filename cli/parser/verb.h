// SPDX-License-Identifier: Apache-2.0
// A command line as a table of verbs and their options. The parser (parse.h), the completions and the manual read the
// same table.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kite::cli {

// Looks at a word before it is stored, and may rewrite it. Returns what is wrong with the word, or "".
using Check = std::function<std::string(std::string& word)>;

// Which words an option accepts.
struct Values {
  std::function<std::string()> text;  // for help: "INT in [1 - 1024]"
  Check check;                        // empty: any word
};

[[nodiscard]] Values one_of(std::vector<std::string> words);

// A function that stores a word itself; returns what is wrong with the word, or "".
using Take = std::function<std::string(const std::string& word)>;
// An option that is answered with a text; nothing else is done then, as for --version.
struct Reply {
  std::string text;
};

// Where an option's value goes. A bool is a flag. A vector gets a value each time that its option is given; a
// positional vector gets all remaining words. A std::optional stays empty where the option is not given.
using Destination = std::variant<bool*, int*, std::int64_t*, std::uint64_t*, double*, std::string*, std::optional<int>*,
                                 std::optional<std::int64_t>*, std::optional<std::uint64_t>*, std::optional<double>*,
                                 std::vector<int>*, std::vector<std::string>*, Take, Reply>;

// The texts are borrowed, mostly from literals, and must live longer than the table.
struct Option {
  std::string_view names;  // "-o,--output"; without a hyphen a positional: "MODEL"
  Destination into;
  std::string_view help;
  // The value's name in the help; by default that of the destination's type, as "INT".
  std::optional<std::string_view> type = {};
  Values values = {};
  bool required = false;
  bool repeated = false;        // of a Take: it is called for each word
  bool value_may_lack = false;  // the name may be given without a value
  int words = 1;                // that follow the name; several only for a vector, and given once
  char separator = '\0';        // of a vector: one word may hold several values
  std::string_view needs = {};  // the option that must be given, too
  bool* given = nullptr;        // whether the option is on the command line

  [[nodiscard]] bool is_positional() const noexcept { return !names.starts_with('-'); }
  [[nodiscard]] bool takes_value() const noexcept;
  [[nodiscard]] bool takes_many() const noexcept;
  // Each name by itself, the short ones first.
  [[nodiscard]] std::vector<std::string> spellings() const;
  // "N", or "INT".
  [[nodiscard]] std::string_view type_name() const noexcept;
  // The type's name and the accepted values: "N:INT in [1 - 1024]".
  [[nodiscard]] std::string value_text() const;
};

// A program is the outermost verb.
struct Verb {
  std::string_view name;
  std::string_view summary;
  std::vector<Option> options = {};
  std::vector<Verb> verbs = {};              // without a `run`, one of them must be named
  std::function<int()> run = {};             // after the command line was understood; returns the exit code
  std::string_view footer = {};              // below the help
  std::vector<std::string>* rest = nullptr;  // gets all following words unchanged, also --help

  void add(std::vector<Option> more);
};

// --help, which every verb has unless it has a `rest`.
[[nodiscard]] Option help_option();

}  // namespace kite::cli
