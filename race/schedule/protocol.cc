// SPDX-License-Identifier: Apache-2.0
// Reads the lines in order and ends at the first line that is wrong.
#include "race/schedule/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/json.h"
#include "race/schedule/answer_text.h"

namespace kite::race {

namespace {

using Json = nlohmann::json;

// A sample takes about 90 bytes; the rest leaves room for information.
constexpr std::size_t kMaxLineBytes = std::size_t{1} << 16;
constexpr std::size_t kMaxInfoEntries = 64;
constexpr std::size_t kMaxInfoBytes = 1024;
constexpr std::size_t kMaxMarks = 16;
constexpr std::size_t kNameBytes = 60;
// In the order in which they happen. No process needs a week; t_ns beyond it would only overflow differences.
constexpr std::array<std::string_view, 4> kPhases = {"runtime", "loaded", "first", "done"};
// The contestant reads its stamps, and we read exec and exit; both read the same clock, but in two processes.
constexpr std::int64_t kStampSlackNs = 1'000'000;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 50;  // no machine of this race has a pebibyte

class Reader {
 public:
  Reader(const Expectation& expected, Said& said) : expected_(expected), said_(said) {}

  void read(std::string_view output) {
    std::size_t number = 0;
    while (!output.empty() && said_.reason.empty()) {
      const std::size_t end = std::min(output.find('\n'), output.size());
      const std::string_view line = output.substr(0, end);
      output.remove_prefix(std::min(end + 1, output.size()));
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (std::string what = take(line); !what.empty()) {
        said_.reason = fmt::format("line {}: {}: {}", number, what, excerpt(line));
      }
    }
    if (said_.reason.empty()) said_.reason = whole();
  }

 private:
  // Returns what is wrong with the line; empty: nothing.
  std::string take(std::string_view line) {
    if (line.size() > kMaxLineBytes) return "longer than 65536 bytes";
    const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return "not a JSON object";
    if (said_.phases.size() == kPhases.size()) return "a line behind \"done\"";
    if (json.contains("phase")) return take_phase(json);
    if (json.contains("sample")) return take_sample(json);
    if (json.contains("mark")) return take_mark(json);
    if (json.contains("info")) return take_info(json["info"]);
    return {};
  }

  std::string take_phase(const Json& json) {
    const std::size_t at = said_.phases.size();
    const Json& name = json["phase"];
    if (name != std::string(kPhases[at])) return fmt::format("expected phase \"{}\"", kPhases[at]);
    const auto stamp = json.find("t_ns");
    if (stamp == json.end() || !stamp->is_number_integer()) return "\"t_ns\" is not a whole number";
    const auto t_ns = stamp->is_number_unsigned() && !std::in_range<std::int64_t>(stamp->get<std::uint64_t>())
                          ? std::numeric_limits<std::int64_t>::max()
                          : stamp->get<std::int64_t>();
    const std::int64_t earliest =
        at == 0 ? expected_.begin_ns - kStampSlackNs : expected_.begin_ns + said_.phases.back().t_ns;
    if (t_ns < earliest) return at == 0 ? "a time before the process began" : "a time before that of the phase before";
    if (t_ns > expected_.begin_ns + expected_.wall_ns + kStampSlackNs) return "a time after the process ended";
    said_.phases.push_back({std::string(kPhases[at]), t_ns - expected_.begin_ns});
    return {};
  }

  std::string take_sample(const Json& json) {
    const auto at = static_cast<std::int64_t>(said_.samples.size());
    if (at >= expected_.count) return fmt::format("more than the {} samples asked for", expected_.count);
    if (json["sample"] != at) return fmt::format("expected sample {}", at);
    Sample sample;
    const std::int64_t input = at % expected_.inputs;
    if (!json.contains("input") || json["input"] != input) return fmt::format("expected input {}", input);
    sample.input = static_cast<std::int32_t>(input);
    const auto number = [&json](const char* key) -> std::optional<double> {
      const auto found = json.find(key);
      if (found == json.end() || !found->is_number() || !std::isfinite(found->get<double>())) return std::nullopt;
      return found->get<double>();
    };
    const auto ms = number("ms");
    const auto score = number("score");
    // A computation cannot take no time at all.
    if (!ms || *ms <= 0) return "\"ms\" is not a positive number";
    if (!score) return "\"score\" is not a number";
    const auto index = json.find("index");
    if (index == json.end() || !index_is_valid(*index, sample.index)) return "\"index\" is not a class";
    sample.ms = *ms;
    sample.score = *score;
    said_.samples.push_back(sample);
    return {};
  }

  std::string take_mark(const Json& json) {
    if (said_.marks.size() == kMaxMarks) return "too many marks";
    if (!json["mark"].is_string()) return "a mark without a name";
    MarkRecord mark;
    mark.name = json["mark"].get<std::string>().substr(0, kNameBytes);
    const std::pair<const char*, std::uint64_t*> members[] = {{"rss_anon_bytes", &mark.rss_anon_bytes},
                                                              {"rss_file_bytes", &mark.rss_file_bytes},
                                                              {"pss_bytes", &mark.pss_bytes},
                                                              {"vm_hwm_bytes", &mark.vm_hwm_bytes}};
    for (const auto& [key, member] : members) {
      const auto found = json.find(key);
      if (found == json.end() || found->is_null()) continue;
      if (!found->is_number_unsigned() || found->get<std::uint64_t>() > kMaxBytes) {
        return fmt::format("\"{}\" is not a number of bytes", key);
      }
      *member = found->get<std::uint64_t>();
    }
    said_.marks.push_back(std::move(mark));
    return {};
  }

  std::string take_info(const Json& info) {
    if (!info.is_object()) return "\"info\" is not an object";
    for (const auto& [key, value] : info.items()) {
      if (!value.is_object()) {
        add_info(key, value);
        continue;
      }
      for (const auto& [inner, inner_value] : value.items()) add_info(key + "." + inner, inner_value);
    }
    return said_.info.size() > kMaxInfoEntries ? "too much information" : "";
  }

  void add_info(const std::string& key, const Json& value) {
    if (said_.info.size() > kMaxInfoEntries) return;
    const std::string text =
        value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
    said_.info[key.substr(0, kMaxInfoBytes)] = text.substr(0, kMaxInfoBytes);
  }

  bool index_is_valid(const Json& json, std::int32_t& out) const {
    if (!json.is_number_unsigned()) return false;
    const auto index = json.get<std::uint64_t>();
    const bool known =
        expected_.classes > 0 ? std::cmp_less(index, expected_.classes) : std::in_range<std::int32_t>(index);
    if (known) out = static_cast<std::int32_t>(index);
    return known;
  }

  // Returns what is missing at the end; empty: nothing.
  [[nodiscard]] std::string whole() const {
    if (said_.phases.size() < kPhases.size()) {
      return fmt::format("its output ends without phase \"{}\"", kPhases[said_.phases.size()]);
    }
    const auto got = static_cast<std::int64_t>(said_.samples.size());
    return got == expected_.count ? "" : fmt::format("{} samples instead of {}", got, expected_.count);
  }

  const Expectation& expected_;
  Said& said_;
};

// "50, Paper Kite, 0.9957"; the label may hold commas.
bool split_answer(std::string_view line, Said& said) {
  const std::size_t comma = line.find(',');
  const std::size_t last = line.rfind(',');
  if (comma == std::string_view::npos || comma == last) return false;
  const std::string_view index = trimmed(line.substr(0, comma));
  const std::string_view score = trimmed(line.substr(last + 1));
  said.answer_label = trimmed(line.substr(comma + 1, last - comma - 1));
  const auto whole = std::from_chars(index.data(), index.data() + index.size(), said.answer_index);
  const auto real = std::from_chars(score.data(), score.data() + score.size(), said.answer_score);
  return whole.ec == std::errc() && whole.ptr == index.data() + index.size() && real.ec == std::errc() &&
         real.ptr == score.data() + score.size();
}

// {"top": [{"index", "label", "score"}, ...]}
bool read_answer(std::string_view line, Said& said) {
  const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("top") || !json["top"].is_array() || json["top"].empty()) return false;
  const Json& best = json["top"].front();
  if (!best.is_object()) return false;
  const auto index = best.find("index");
  const auto label = best.find("label");
  const auto score = best.find("score");
  if (index == best.end() || !index->is_number_unsigned() || score == best.end() || !score->is_number()) return false;
  if (!std::in_range<std::int32_t>(index->get<std::uint64_t>())) return false;
  said.answer_index = static_cast<std::int32_t>(index->get<std::uint64_t>());
  if (label != best.end() && label->is_string()) said.answer_label = label->get<std::string>();
  said.answer_score = score->get<double>();
  return true;
}

std::string parse_answer(std::string_view output, const Expectation& expected, Said& said) {
  if (output.ends_with('\n')) output.remove_suffix(1);
  if (output.empty()) return "no answer on standard output";
  if (const std::size_t end = output.find('\n'); end != std::string_view::npos) {
    return fmt::format("line 2: one line was expected: {}", excerpt(output.substr(end + 1)));
  }
  if (output.size() > kMaxLineBytes) return "line 1: longer than 65536 bytes";
  const bool read = output.front() == '{' ? read_answer(output, said) : split_answer(output, said);
  if (!read) return fmt::format("line 1: not \"index, label, probability\": {}", excerpt(output));
  if (said.answer_index < 0 || (expected.classes > 0 && said.answer_index >= expected.classes)) {
    return fmt::format("line 1: {} is not a class", said.answer_index);
  }
  // A printed probability may be rounded up.
  if (!(said.answer_score >= 0 && said.answer_score <= 1.0001)) return "line 1: the probability is not in 0..1";
  return {};
}

// [input, ms, index, score]
std::string take_block_sample(const Json& json, const Expectation& expected, std::int64_t input, Sample& sample) {
  if (!json.is_array() || json.size() != 4) return "not [input, ms, index, score]";
  if (json[0] != input) return fmt::format("expected input {}", input);
  if (!json[1].is_number() || !json[2].is_number_unsigned() || !json[3].is_number()) return "not four numbers";
  const auto index = json[2].get<std::uint64_t>();
  const bool known = expected.classes > 0 ? std::cmp_less(index, expected.classes) : std::in_range<std::int32_t>(index);
  if (!known) return fmt::format("{} is not a class", index);
  sample = {static_cast<std::int32_t>(input), json[1].get<double>(), static_cast<std::int32_t>(index),
            json[3].get<double>()};
  if (!std::isfinite(sample.ms) || sample.ms <= 0 || !std::isfinite(sample.score)) return "not a time and a score";
  return {};
}

}  // namespace

bool says_ready(std::string_view line) {
  if (line.size() > kMaxLineBytes) return false;
  const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  return json.is_object() && json.contains("ready") && json["ready"] == true;
}

std::string parse_block(std::string_view line, const Expectation& expected, std::int64_t block,
                        std::int64_t first_input, std::vector<Sample>& samples) {
  const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("block") || !json.contains("samples") || !json["samples"].is_array()) {
    return fmt::format("no answer of a block: {}", excerpt(line));
  }
  if (json["block"] != block) return fmt::format("expected block {}: {}", block, excerpt(line));
  if (json["samples"].empty()) return fmt::format("block {} without a sample", block);
  std::int64_t input = first_input;
  for (const Json& one : json["samples"]) {
    Sample sample;
    if (std::string what = take_block_sample(one, expected, input, sample); !what.empty()) {
      const std::string text = one.dump(-1, ' ', false, Json::error_handler_t::replace);
      return fmt::format("block {}: {}: {}", block, what, excerpt(text));
    }
    samples.push_back(sample);
    input = (input + 1) % expected.inputs;
  }
  return {};
}

Said parse_protocol(std::string_view output, const Expectation& expected) {
  Said said;
  if (expected.mode == Mode::kOneshot) {
    said.reason = parse_answer(output, expected, said);
  } else if (expected.count < 1 || expected.inputs < 1) {
    said.reason = "no samples were asked for";
  } else {
    Reader(expected, said).read(output);
  }
  return said;
}

}  // namespace kite::race
