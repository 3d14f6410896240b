// SPDX-License-Identifier: Apache-2.0
// A first pass over the parser's events checks depth, duplicate keys and syntax; only then is a document built. No
// exception is thrown.
#include "carriers/json_document.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace kite {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxDepth = 64;

// Receives the parser's events; returning false stops it.
class Judge : public nlohmann::json_sax<Json> {
 public:
  explicit Judge(std::int64_t most_values) : left_(most_values), most_values_(most_values) {}

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_array(std::size_t) override { return count() && enter(); }
  bool end_array() override { return leave(); }
  bool start_object(std::size_t) override { return count() && enter(); }
  bool end_object() override { return leave(); }
  bool key(string_t& name) override {
    if (keys_.back().insert(name).second) return count();
    error_ = {ErrorCode::kInvalidModel, "the key \"" + name.substr(0, 80) + "\" appears twice in one object", "",
              "remove one of them"};
    return false;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_ = {ErrorCode::kInvalidModel, "not valid JSON", "byte " + std::to_string(position),
              "correct the text there: a JSON checker shows what it expects"};
    return false;
  }

  [[nodiscard]] Error& error() { return error_; }

 private:
  bool count() {
    if (left_-- > 0) return true;
    error_ = {ErrorCode::kLimit, "JSON of more than " + std::to_string(most_values_) + " values", "",
              "keep the labels of the model's classes alone"};
    return false;
  }
  bool enter() {
    if (keys_.size() >= kMaxDepth) {
      error_ = {ErrorCode::kLimit, "JSON nested deeper than " + std::to_string(kMaxDepth) + " levels", "",
                "state labels and preprocessing in fewer levels"};
      return false;
    }
    keys_.emplace_back();
    return true;
  }
  bool leave() {
    keys_.pop_back();
    return true;
  }

  std::int64_t left_;  // how many more values are allowed
  std::int64_t most_values_;
  std::vector<std::unordered_set<std::string>> keys_;  // of every object or array that is open
  Error error_;
};

}  // namespace

std::int64_t json_value_limit(std::int64_t classes) noexcept {
  constexpr std::int64_t kUnknown = std::int64_t{1} << 20;
  constexpr std::int64_t kAroundLabels = std::int64_t{1} << 16;
  constexpr std::int64_t kPerClass = 16;  // two maps of names, or an object of several fields for each class
  return classes > 0 ? kAroundLabels + kPerClass * std::min(classes, kUnknown) : kUnknown;
}

Result<Json> parse_json(std::string_view text, std::int64_t most_values) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.size() > kMaxBytes) {
    return Error{ErrorCode::kLimit, "JSON of " + std::to_string(text.size()) + " bytes is over the limit of 16 MiB", "",
                 "keep what the model needs alone"};
  }
  Judge judge(most_values);
  if (!Json::sax_parse(text, &judge)) return std::move(judge.error());
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace kite
