// SPDX-License-Identifier: Apache-2.0
// One class a format.
#include "answer_writer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "image/text_escape.h"

namespace kite::cli {

namespace {

using Json = nlohmann::ordered_json;

// For people. Labels come from files: control characters are shown, not sent to the terminal.
class TableWriter : public AnswerWriter {
 public:
  explicit TableWriter(std::FILE* out) : out_(out) {}

  void answer(const std::string& image, const Classification& answer, const AnswerTimings& timings) override {
    fmt::print(out_, "{}  ({:.1f} ms)\n", escape_for_terminal(image), timings.total_ms);
    for (const Prediction& prediction : answer.top) {
      fmt::print(out_, "  {:>6.2f} %  {:>5}  {}\n", 100.0 * static_cast<double>(prediction.score), prediction.index,
                 escape_for_terminal(prediction.label));
    }
    std::fflush(out_);
  }
  // The error itself goes to stderr, where people look.
  void failure(const std::string&, const Error& error) override {
    fmt::print(stderr, "kite: error[{}]: {}\n", error_code_name(error.code), error.message());
  }

 private:
  std::FILE* out_;
};

class JsonWriter : public AnswerWriter {
 public:
  JsonWriter(std::FILE* out, bool lines) : out_(out), lines_(lines) {}

  void answer(const std::string& image, const Classification& answer, const AnswerTimings& timings) override {
    Json top = Json::array();
    for (const Prediction& prediction : answer.top) {
      top.push_back({{"index", prediction.index}, {"label", prediction.label}, {"score", prediction.score}});
    }
    write({{"image", image},
           {"top", std::move(top)},
           {"timings_ms",
            {{"load", timings.load_ms},
             {"decode", timings.picture.decode_ms},
             {"preprocess", timings.picture.preprocess_ms},
             {"infer", timings.picture.infer_ms},
             {"total", timings.total_ms}}}});
  }
  void failure(const std::string& image, const Error& error) override {
    write({{"image", image}, {"error", {{"code", error_code_name(error.code)}, {"message", error.message()}}}});
  }
  // The array is closed even when nothing was in it, or when the work was interrupted.
  void finish() override {
    if (!lines_) fmt::print(out_, "{}", count_ == 0 ? "[]\n" : "\n]\n");
  }

 private:
  void write(const Json& object) {
    // A path need not be UTF-8: what is not becomes U+FFFD.
    const std::string text = object.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (lines_) {
      fmt::print(out_, "{}\n", text);
    } else {
      fmt::print(out_, "{}{}", count_ == 0 ? "[\n" : ",\n", text);
    }
    ++count_;
    std::fflush(out_);
  }

  std::FILE* out_;
  bool lines_;
  std::size_t count_ = 0;
};

// RFC 4180, one row a class: image,rank,index,label,score,error.
class CsvWriter : public AnswerWriter {
 public:
  explicit CsvWriter(std::FILE* out) : out_(out) { fmt::print(out_, "image,rank,index,label,score,error\n"); }

  void answer(const std::string& image, const Classification& answer, const AnswerTimings&) override {
    for (std::size_t i = 0; i < answer.top.size(); ++i) {
      const Prediction& prediction = answer.top[i];
      fmt::print(out_, "{},{},{},{},{},\n", quoted(image), i + 1, prediction.index, quoted(prediction.label),
                 prediction.score);
    }
    std::fflush(out_);
  }
  void failure(const std::string& image, const Error& error) override {
    fmt::print(out_, "{},,,,,{}\n", quoted(image),
               quoted(std::string(error_code_name(error.code)) + ": " + error.message()));
    std::fflush(out_);
  }

 private:
  static std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + '"';
  }

  std::FILE* out_;
};

}  // namespace

std::unique_ptr<AnswerWriter> make_answer_writer(std::string_view format, std::FILE* out) {
  if (format == "csv") return std::make_unique<CsvWriter>(out);
  if (format == "json" || format == "jsonl") return std::make_unique<JsonWriter>(out, format == "jsonl");
  return std::make_unique<TableWriter>(out);
}

}  // namespace kite::cli
