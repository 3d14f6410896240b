// SPDX-License-Identifier: Apache-2.0
// Pictures go through the recipe of libpaperkite, so such a contestant and kite differ only in the runtime.
#include "contestant.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <set>

#include "paperkite/npy.h"
#include "paperkite/preprocessor.h"

namespace contestant {

namespace {

constexpr std::int64_t kTensorsKept = 16;
constexpr const char* kUsage = R"(usage: version
       oneshot --model F --picture F --recipe F --labels F COMMON
       no_pre  --model F --inputs F.npy --count N [--logits F.npy] [--blocks MS] COMMON
       inc_pre --model F --inputs F.txt --recipe F --count N [--logits F.npy] [--tensors F.npy] [--blocks MS] COMMON
       prepare --model F COMMON
COMMON: --threads N (0: the runtime's choice)  --track matched|default  [--set KEY=VALUE]...)";

struct Verb {
  const char* name;
  Command command;
  std::set<std::string> needs;
};
const Verb kVerbs[] = {
    {"version", Command::kVersion, {}},
    {"oneshot", Command::kOneshot, {"model", "picture", "recipe", "labels"}},
    {"no_pre", Command::kNoPre, {"model", "inputs", "count"}},
    {"inc_pre", Command::kIncPre, {"model", "inputs", "recipe", "count"}},
    {"prepare", Command::kPrepare, {"model"}},
};
const std::set<std::string> kOptional = {"threads", "track", "set", "logits", "tensors", "blocks"};

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t whole(const std::string& name, const std::string& text, std::int64_t least) {
  const bool digits = !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoll(text) < least) {
    throw Failure("--" + name + " " + text + ": a whole number of at least " + std::to_string(least) + " is needed");
  }
  return std::stoll(text);
}

Request parse(std::span<char* const> words) {
  const auto verb =
      std::ranges::find_if(kVerbs, [&](const Verb& v) { return !words.empty() && v.name == std::string(words[0]); });
  if (verb == std::end(kVerbs) || words.size() % 2 == 0) throw Failure(kUsage);
  std::map<std::string, std::string> values;
  Request request;
  request.command = verb->command;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    const std::string word = words[i], value = words[i + 1], name = word.substr(std::min<std::size_t>(2, word.size()));
    if (!word.starts_with("--") || (!verb->needs.contains(name) && !kOptional.contains(name))) {
      throw Failure(word + " is no option of " + verb->name + "\n" + kUsage);
    }
    const std::size_t equals = value.find('=');
    if (name != "set") {
      values[name] = value;
    } else if (equals != std::string::npos) {
      request.settings[value.substr(0, equals)] = value.substr(equals + 1);
    }
  }
  for (const std::string& name : verb->needs) {
    if (!values.contains(name)) throw Failure(std::string(verb->name) + " needs --" + name + "\n" + kUsage);
  }
  for (const auto& [name, text] : {std::pair{"model", &request.model},
                                   {"picture", &request.picture},
                                   {"recipe", &request.recipe},
                                   {"labels", &request.labels},
                                   {"inputs", &request.inputs},
                                   {"logits", &request.logits},
                                   {"tensors", &request.tensors}}) {
    *text = values[name];
  }
  if (values.contains("count")) request.count = whole("count", values["count"], 1);
  if (values.contains("blocks")) request.block_ns = whole("blocks", values["blocks"], 1) * 1'000'000;
  const std::string track = values.contains("track") ? values["track"] : "matched";
  if (track != "matched" && track != "default") throw Failure("--track " + track + ": matched or default");
  if (track == "matched" && values.contains("threads"))
    request.threads = static_cast<int>(whole("threads", values["threads"], 0));
  return request;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Failure(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Failure(path + ": cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

kite::Preprocessor read_recipe(const std::string& path) {
  auto made = kite::Preprocessor::parse(read_text(path));
  if (!made.ok()) throw Failure(path + ": " + made.error().message());
  return *made;
}

// A stack [N, C, H, W], of which one at a time is in memory: the file does not count as the contestant's.
kite::NpyReader open_tensors(const std::string& path) {
  auto made = kite::NpyReader::open(path);
  if (!made.ok()) throw Failure(made.error().message());
  const kite::TensorType& type = made->type();
  if (type.dtype != kite::DType::kFloat32 || type.shape.rank() != 4 || type.shape.elements() == 0) {
    throw Failure(path + ": it holds something else; save it with numpy.save() as float32 [N, C, H, W]");
  }
  return std::move(*made);
}

void write_floats(const std::string& path, std::span<const std::int64_t> dims, std::span<const float> values) {
  const auto shape = kite::Shape::make(dims);
  if (!shape.ok()) throw Failure(path + ": " + shape.error().message());
  const kite::TensorView view{{kite::DType::kFloat32, *shape}, std::as_bytes(values).data()};
  if (const auto written = kite::write_npy(path, view); !written.ok()) throw Failure(written.error().message());
}

kite::Tensor picture_tensor(const kite::Preprocessor& recipe, const std::string& path) {
  auto made = recipe.tensor_of_file(path);
  if (!made.ok()) throw Failure(made.error().message());
  return std::move(*made);
}

std::span<const float> infer(Engine& engine, const kite::Tensor& tensor) {
  return engine.infer(tensor.as<float>(), tensor.shape().dims().first<4>());
}

// The first of the largest, and its probability; softmax in double.
std::pair<std::size_t, double> best(std::span<const float> scores) {
  const auto index = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
  double sum = 0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score) - static_cast<double>(scores[index]));
  return {index, 1 / sum};
}

std::string escaped(const std::string& text) {
  std::string json;
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) json += c;
  }
  return json;
}

void say_phase(const char* name, std::int64_t t_ns) {
  std::printf("{\"phase\": \"%s\", \"t_ns\": %lld}\n", name, static_cast<long long>(t_ns));
  std::fflush(stdout);  // the output of a killed process shows how far it came
}

// Resident and proportional memory now; a figure that this kernel does not report is left out.
std::string memory_mark(const std::string& name, bool peak) {
  // A file mapped from a tmpfs counts as shared memory.
  std::map<std::string, std::string> wanted = {{"RssAnon:", "rss_anon_bytes"},
                                               {"RssFile:", "rss_file_bytes"},
                                               {"RssShmem:", "rss_file_bytes"},
                                               {"Pss:", "pss_bytes"}};
  if (peak) wanted["VmHWM:"] = "vm_hwm_bytes";
  std::map<std::string, std::uint64_t> bytes;
  for (const char* path : {"/proc/self/status", "/proc/self/smaps_rollup"}) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto found = wanted.find(line.substr(0, line.find_first_of(" \t")));
      if (found == wanted.end()) continue;
      const std::uint64_t kibibytes = std::strtoull(line.c_str() + found->first.size(), nullptr, 10);
      bytes[found->second] += kibibytes * 1024;
    }
  }
  std::string mark = "{\"mark\": \"" + name + "\"";
  for (const auto& [key, value] : bytes) mark += ", \"" + key + "\": " + std::to_string(value);
  return mark + "}\n";
}

void say_info(const Versions& versions, const Engine* engine) {
  std::string list;
  for (const auto& [name, version] : versions) {
    list += (list.empty() ? "\"" : ", \"") + escaped(name) + "\": \"" + escaped(version) + "\"";
  }
  std::string rest;
  if (engine != nullptr) {
    rest = ", \"threads\": " + std::to_string(engine->threads()) + ", \"settings\": \"" + escaped(engine->settings()) +
           "\"";
  }
  std::printf("{\"info\": {\"versions\": {%s}%s}}\n", list.c_str(), rest.c_str());
}

void oneshot(const Program& program, const Request& request) {
  const kite::Preprocessor recipe = read_recipe(request.recipe);
  const std::unique_ptr<Engine> engine = program.load(request);
  const kite::Tensor tensor = picture_tensor(recipe, request.picture);
  const auto [index, score] = best(infer(*engine, tensor));
  const std::vector<std::string> labels = read_lines(request.labels);
  const std::string label = index < labels.size() ? labels[index] : std::to_string(index);
  std::printf("%zu, %s, %.4f\n", index, label.c_str(), score);
  std::fflush(stdout);
}

// The input of a sample: a tensor of a file, or a picture, which is timed from its path on.
class Inputs {
 public:
  explicit Inputs(const Request& request) {
    if (request.command == Command::kNoPre) {
      tensors_.emplace(open_tensors(request.inputs));
      buffer_.resize(static_cast<std::size_t>(tensors_->item_elements()));
      std::ranges::copy(tensors_->type().shape.dims().subspan<1, 3>(), shape_.begin() + 1);
      return;
    }
    recipe_ = read_recipe(request.recipe);
    paths_ = read_lines(request.inputs);
    if (paths_.empty()) throw Failure(request.inputs + ": names no picture");
  }
  [[nodiscard]] std::int64_t count() const {
    return tensors_ ? tensors_->items() : static_cast<std::int64_t>(paths_.size());
  }

  struct Sample {
    std::int64_t begin_ns = 0, end_ns = 0;
    std::span<const float> scores;  // until the next sample
  };
  Sample take(std::int64_t index, Engine& engine) {
    Sample sample;
    if (tensors_) {
      const auto read = tensors_->read(index, 1, std::as_writable_bytes(std::span(buffer_)));
      if (!read.ok()) throw Failure(read.error().message());
      sample.begin_ns = now_ns();
      sample.scores = engine.infer(buffer_.data(), shape_);
    } else {
      const std::string& path = paths_[static_cast<std::size_t>(index)];
      sample.begin_ns = now_ns();
      picture_ = picture_tensor(*recipe_, path);
      sample.scores = infer(engine, picture_);
    }
    sample.end_ns = now_ns();
    return sample;
  }
  [[nodiscard]] const kite::Tensor& picture() const { return picture_; }  // of the last sample

 private:
  std::optional<kite::NpyReader> tensors_;
  std::vector<float> buffer_;
  std::array<std::int64_t, 4> shape_{1};  // of one
  std::optional<kite::Preprocessor> recipe_;
  std::vector<std::string> paths_;
  kite::Tensor picture_;
};

struct Series {
  std::vector<std::int64_t> times_ns;
  std::vector<float> logits, kept;
  std::vector<std::int64_t> kept_shape;
  std::int64_t end_ns = 0;

  [[nodiscard]] std::span<const float> scores(std::size_t sample) const {
    const std::size_t classes = logits.size() / times_ns.size();
    return std::span(logits).subspan(sample * classes, classes);
  }
  void add(const Inputs::Sample& sample) {
    end_ns = sample.end_ns;
    times_ns.push_back(sample.end_ns - sample.begin_ns);
    logits.insert(logits.end(), sample.scores.begin(), sample.scores.end());
  }
  void keep(const kite::Tensor& tensor) {
    kept.insert(kept.end(), tensor.as<float>(), tensor.as<float>() + tensor.shape().elements());
    if (kept_shape.empty()) {
      kept_shape.assign(tensor.shape().dims().begin(), tensor.shape().dims().end());
      kept_shape[0] = 0;
    }
    ++kept_shape[0];
  }
};

Series take_series(const Request& request, Engine& engine, Inputs& inputs) {
  Series series;
  for (std::int64_t i = 0; i < request.count; ++i) {
    series.add(inputs.take(i % inputs.count(), engine));
    if (i == 0) say_phase("first", series.end_ns);
    if (!request.tensors.empty() && i < kTensorsKept) series.keep(inputs.picture());
  }
  return series;
}

void say_samples(const Series& series, std::int64_t inputs) {
  for (std::size_t i = 0; i < series.times_ns.size(); ++i) {
    const auto [index, score] = best(series.scores(i));
    std::printf("{\"sample\": %zu, \"input\": %zu, \"ms\": %.6f, \"index\": %zu, \"score\": %.6f}\n", i,
                i % static_cast<std::size_t>(inputs), static_cast<double>(series.times_ns[i]) * 1e-6, index, score);
  }
}

// The K of a line "go K".
std::int64_t first_input(const std::string& line, std::int64_t inputs) {
  const std::string digits = line.starts_with("go ") ? line.substr(3) : "";
  const bool whole =
      !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!whole || std::stoll(digits) >= inputs) {
    throw Failure("\"" + line + "\": not \"go K\" with K < " + std::to_string(inputs));
  }
  return std::stoll(digits);
}

// One block for each line of standard input. Returns when the last sample ended; before the first, `end_ns`.
std::int64_t run_blocks(const Request& request, Engine& engine, Inputs& inputs, std::int64_t end_ns) {
  std::puts("{\"ready\": true}");
  std::fflush(stdout);
  std::int64_t block = 0;
  for (std::string line; std::getline(std::cin, line); ++block) {
    const std::int64_t begin_ns = now_ns();
    const std::int64_t first = first_input(line, inputs.count());
    Series series;
    do {
      const auto taken = static_cast<std::int64_t>(series.times_ns.size());
      series.add(inputs.take((first + taken) % inputs.count(), engine));
    } while (series.end_ns - begin_ns < request.block_ns);
    end_ns = series.end_ns;
    std::printf("{\"block\": %lld, \"samples\": [", static_cast<long long>(block));
    for (std::size_t i = 0; i < series.times_ns.size(); ++i) {
      const auto [index, score] = best(series.scores(i));
      std::printf("%s[%lld, %.6f, %zu, %.6f]", i == 0 ? "" : ", ",
                  static_cast<long long>((first + static_cast<std::int64_t>(i)) % inputs.count()),
                  static_cast<double>(series.times_ns[i]) * 1e-6, index, score);
    }
    std::puts("]}");
    std::fflush(stdout);
  }
  return end_ns;
}

void run_series(const Program& program, const Request& request, std::int64_t runtime_ns, const Versions& versions) {
  say_phase("runtime", runtime_ns);
  Inputs inputs(request);
  const std::unique_ptr<Engine> engine = program.load(request);
  say_phase("loaded", now_ns());
  std::fputs(memory_mark("loaded", false).c_str(), stdout);
  std::fflush(stdout);
  const Series series = take_series(request, *engine, inputs);
  std::string end_mark = memory_mark("end", true);
  say_samples(series, inputs.count());
  std::int64_t end_ns = series.end_ns;
  if (request.block_ns > 0) {
    end_ns = run_blocks(request, *engine, inputs, end_ns);
    end_mark = memory_mark("end", true);
  }
  std::fputs(end_mark.c_str(), stdout);
  say_info(versions, engine.get());
  const std::int64_t logits_shape[] = {request.count, static_cast<std::int64_t>(series.scores(0).size())};
  if (!request.logits.empty()) write_floats(request.logits, logits_shape, series.logits);
  if (!request.tensors.empty()) write_floats(request.tensors, series.kept_shape, series.kept);
  say_phase("done", end_ns);  // the last line; time after the last sample is not inference
}

}  // namespace

std::string Request::setting(const std::string& key, const std::string& otherwise) const {
  const auto found = settings.find(key);
  return found == settings.end() ? otherwise : found->second;
}

const std::string& Request::required(const std::string& key) const {
  const auto found = settings.find(key);
  if (found == settings.end()) throw Failure("--set " + key + "=... is missing");
  return found->second;
}

int tasks() {
  std::error_code failed;
  const std::filesystem::directory_iterator all("/proc/self/task", failed);
  return failed ? 1 : static_cast<int>(std::distance(begin(all), end(all)));
}

int run(int argc, char** argv, const Program& program) {
  try {
    const Request request = parse(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    const Versions versions = program.start(request);
    const std::int64_t runtime_ns = now_ns();
    switch (request.command) {
      case Command::kVersion: say_info(versions, nullptr); return 0;
      case Command::kOneshot: oneshot(program, request); return 0;
      case Command::kNoPre:
      case Command::kIncPre: run_series(program, request, runtime_ns, versions); return 0;
      case Command::kPrepare: break;
    }
    if (!program.prepare) throw Failure("there is nothing to prepare");
    program.prepare(request);
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "contestant: " << failure.what() << '\n';
    return 1;
  }
}

}  // namespace contestant
