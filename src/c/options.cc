// SPDX-License-Identifier: Apache-2.0
// Options by name and value: one row for each.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "c/boundary.h"
#include "c/open_options.h"
#include "tensor/size_text.h"

namespace kite {

namespace {

enum class For : std::uint8_t { kBoth, kClassifiers, kSessions };

struct OptionRow {
  std::string_view name;
  For whom;
  const char* expected;                                        // what the value must be
  bool (*take)(paperkite_options&, const std::string& value);  // false where it is not
};

bool take_text(std::string& into, const std::string& value) {
  into = value;
  return true;
}

bool take_flag(bool& into, const std::string& value) {
  into = value == "true";
  return into || value == "false";
}

bool take_integer(int& into, const std::string& value, int least, int most) {
  const auto number = parse_integer(value);
  if (!number || *number < least || *number > most) return false;
  into = static_cast<int>(*number);
  return true;
}

// A word of a few; the empty one states nothing.
bool take_word(std::string& into, const std::string& value, std::initializer_list<std::string_view> words) {
  into = value;
  return value.empty() || std::ranges::find(words, value) != words.end();
}

MeaningOptions& meaning(paperkite_options& options) { return options.classifier.model.meaning; }

using Options = paperkite_options;
using Text = const std::string&;

constexpr const char* kText = "text";
constexpr const char* kFlag = "true or false";

const OptionRow kRows[] = {
    {"threads", For::kBoth, "a number from 1 to 1024",
     [](Options& options, Text value) {
       return take_integer(options.classifier.session.threads, value, 1, 1024) &&
              take_integer(options.classifier.model.threads, value, 1, 1024);
     }},
    {"isa", For::kBoth, kText,
     [](Options& options, Text value) { return take_text(options.classifier.model.isa, value); }},
    {"cache-dir", For::kBoth, kText,
     [](Options& options, Text value) { return take_text(options.classifier.model.cache_dir, value); }},
    {"no-cache", For::kBoth, kFlag,
     [](Options& options, Text value) {
       bool no_cache = false;
       if (!take_flag(no_cache, value)) return false;
       options.classifier.model.use_cache = !no_cache;
       return true;
     }},
    {"memory-limit", For::kBoth, "a size, e.g. 500MB",
     [](Options& options, Text value) {
       const auto bytes = parse_size_bytes(value);
       if (bytes) options.classifier.model.memory_limit_bytes = *bytes;
       return bytes.has_value();
     }},
    {"limit", For::kBoth, "NAME=VALUE, e.g. pixels=50000000; kite limits lists all",
     [](Options& options, Text value) {
       return add_limit(options.classifier.model.limits, value, "paperkite_options_set").ok();
     }},
    {"data-dir", For::kBoth, kText,
     [](Options& options, Text value) {
       meaning(options).data_dirs.push_back(value);
       return true;
     }},
    {"disable-pass", For::kBoth, kText,
     [](Options& options, Text value) {
       options.classifier.model.disabled_passes.push_back(value);
       return true;
     }},
    {"labels", For::kClassifiers, kText,
     [](Options& options, Text value) { return take_text(meaning(options).labels, value); }},
    {"recipe", For::kClassifiers, kText,
     [](Options& options, Text value) { return take_text(meaning(options).recipe, value); }},
    {"size", For::kClassifiers, "HEIGHTxWIDTH, e.g. 224x224",
     [](Options& options, Text value) {
       meaning(options).size = parse_picture_size(value);
       return meaning(options).size.has_value();
     }},
    {"shape", For::kClassifiers, "NAME=SIZES, e.g. x=1x3x224x224",
     [](Options& options, Text value) {
       const auto named = parse_named_shape(value);
       if (named) options.classifier.model.input_shapes.insert_or_assign(named->first, named->second);
       return named.has_value();
     }},
    {"scores-from", For::kClassifiers, kText,
     [](Options& options, Text value) { return take_text(meaning(options).scores_from, value); }},
    {"activation", For::kClassifiers, "softmax, sigmoid or none",
     [](Options& options, Text value) {
       return take_word(meaning(options).activation, value, {"softmax", "sigmoid", "none"});
     }},
    {"threshold", For::kClassifiers, "a number between 0 and 1",
     [](Options& options, Text value) {
       const auto number = parse_real(value);
       if (!number || *number <= 0 || *number >= 1) return false;
       meaning(options).threshold = number;
       return true;
     }},
    {"raw", For::kClassifiers, kFlag,
     [](Options& options, Text value) { return take_flag(meaning(options).raw, value); }},
    {"processor", For::kClassifiers, "pil or torchvision",
     [](Options& options, Text value) { return take_word(meaning(options).processor, value, {"pil", "torchvision"}); }},
    {"exif", For::kClassifiers, "ignore or apply",
     [](Options& options, Text value) { return take_word(meaning(options).exif, value, {"ignore", "apply"}); }},
    {"library", For::kClassifiers, "timm or hf",
     [](Options& options, Text value) { return take_word(meaning(options).library, value, {"timm", "hf"}); }},
    {"library-folder", For::kClassifiers, kText,
     [](Options& options, Text value) { return take_text(meaning(options).library_folder, value); }},
    {"max-plans", For::kSessions, "a number from 1 to 1024",
     [](Options& options, Text value) { return take_integer(options.max_plans, value, 1, 1024); }},
};

std::string names_of_options() {
  std::string names;
  for (const OptionRow& row : kRows) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

// The options stay as they were where the value is refused.
Status set_option(paperkite_options& options, const char* name, const char* value) {
  constexpr const char* kFunction = "paperkite_options_set";
  const auto* const row = std::ranges::find(kRows, std::string_view(name), &OptionRow::name);
  if (row == std::end(kRows)) {
    return Error{ErrorCode::kUsage, "there is no option " + in_quotes(name), kFunction,
                 "there are " + names_of_options()};
  }
  paperkite_options changed = options;
  if (!row->take(changed, value)) {
    return Error{ErrorCode::kUsage, "the option " + std::string(name) + " cannot be " + in_quotes(value), kFunction,
                 std::string("it is ") + row->expected};
  }
  if (row->whom == For::kClassifiers) changed.only_for_classifiers = name;
  if (row->whom == For::kSessions) changed.only_for_sessions = name;
  options = std::move(changed);
  return {};
}

Error foreign_option(const std::string& name, const char* opened, const char* function) {
  return {ErrorCode::kUsage, "the option " + name + " means nothing for a " + opened, function, "leave it out"};
}

}  // namespace

Result<ClassifierOptions> classifier_options(const paperkite_options* options, const char* function) {
  ClassifierOptions chosen;
  if (options != nullptr) {
    if (!options->only_for_sessions.empty()) return foreign_option(options->only_for_sessions, "classifier", function);
    chosen = options->classifier;
  }
  chosen.keep_scores = true;
  return chosen;
}

Result<SessionPoolOptions> session_options(const paperkite_options* options, const char* function) {
  SessionPoolOptions chosen;
  if (options == nullptr) return chosen;
  if (!options->only_for_classifiers.empty()) return foreign_option(options->only_for_classifiers, "session", function);
  chosen.model = options->classifier.model;
  chosen.session = options->classifier.session;
  if (options->max_plans > 0) chosen.max_plans = options->max_plans;
  return chosen;
}

}  // namespace kite

extern "C" {

paperkite_error* paperkite_options_new(paperkite_options** options) {
  return kite::guarded_into("paperkite_options_new", options, []() -> kite::Result<std::unique_ptr<paperkite_options>> {
    return std::make_unique<paperkite_options>();
  });
}

paperkite_error* paperkite_options_set(paperkite_options* options, const char* name, const char* value) {
  return kite::guarded([&]() -> kite::Status {
    KITE_TRY(kite::check_given(options, "options", "paperkite_options_set"));
    KITE_TRY(kite::check_given(name, "name", "paperkite_options_set"));
    KITE_TRY(kite::check_given(value, "value", "paperkite_options_set"));
    return kite::set_option(*options, name, value);
  });
}

void paperkite_options_free(paperkite_options* options) { delete options; }

}  // extern "C"
