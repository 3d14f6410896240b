// SPDX-License-Identifier: Apache-2.0
// One class for each format. Each of them makes the whole text of an answer before it writes any of it: when memory is
// refused, no answer ends in the middle.
#include "answer_writer.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/presentable.h"
#include "base/text_escape.h"
#include "command.h"
#include "json_output.h"

namespace kite::cli {

namespace {

using Json = nlohmann::ordered_json;

// A score as per cent, as the number itself, or a dash where the model gives no score; always eight columns wide.
std::string score_column(const Prediction& prediction, ScoreKind kind) {
  if (!prediction.has_score) return "       -";
  const auto score = static_cast<double>(prediction.score);
  return kind == ScoreKind::kRaw ? fmt::format("{:>8.4g}", score) : fmt::format("{:>6.2f} %", 100.0 * score);
}

std::string_view kind_name(ScoreKind kind) {
  switch (kind) {
    case ScoreKind::kProbabilities: return "probabilities";
    case ScoreKind::kIndependent: return "independent";
    case ScoreKind::kRaw: return "raw";
    case ScoreKind::kNone: return "none";
  }
  return "none";
}

// The table for people. Labels come from files, so their control characters are shown as text, not
// sent to the terminal.
class TableWriter : public AnswerWriter {
 public:
  explicit TableWriter(Output& out) : out_(out) {}

  void answer(const std::string& image, const Classification& answer, const AnswerTimings& timings) override {
    std::string text = fmt::format("{}  ({:.1f} ms)\n", escape_for_terminal(image), timings.total_ms);
    for (const Prediction& prediction : answer.top) {
      text += fmt::format("  {}  {:>5}  {}\n", score_column(prediction, answer.kind), prediction.index,
                          escape_for_terminal(prediction.label));
    }
    out_.write(text);
    out_.flush();
  }
  // The error itself is printed to stderr.
  void failure(const std::string&, const Error& error) override { report(error, false); }

 private:
  Output& out_;
};

class JsonWriter : public AnswerWriter {
 public:
  JsonWriter(Output& out, bool lines) : out_(out), lines_(lines) {}

  void answer(const std::string& image, const Classification& answer, const AnswerTimings& timings) override {
    Json top = Json::array();
    for (const Prediction& prediction : answer.top) {
      const Json score = prediction.has_score ? Json(prediction.score) : Json();
      top.push_back({{"index", prediction.index}, {"label", prediction.label}, {"score", score}});
    }
    write({{"image", image},
           {"top", std::move(top)},
           {"scores", kind_name(answer.kind)},
           {"timings_ms",
            {{"load", timings.load_ms},
             {"decode", timings.picture.decode_ms},
             {"preprocess", timings.picture.preprocess_ms},
             {"infer", timings.picture.infer_ms},
             {"total", timings.total_ms}}}});
  }
  void failure(const std::string& image, const Error& error) override {
    const std::string message = presentable(error).message();
    write({{"image", image}, {"error", {{"code", error_code_name(error.code)}, {"message", message}}}});
  }
  // The array is closed, even when it is empty or when the work was interrupted.
  void finish() override {
    if (!lines_) out_.write(count_ == 0 ? "[]\n" : "\n]\n");
  }

 private:
  void write(const Json& object) {
    const std::string text = json_text(object);
    if (!lines_) out_.write(count_ == 0 ? "[\n" : ",\n");
    out_.write(text);
    if (lines_) out_.write("\n");
    ++count_;
    out_.flush();
  }

  Output& out_;
  bool lines_;
  std::size_t count_ = 0;
};

// RFC 4180, one row a class: image,rank,index,label,score,error.
class CsvWriter : public AnswerWriter {
 public:
  explicit CsvWriter(Output& out) : out_(out) { out_.write("image,rank,index,label,score,error\n"); }

  void answer(const std::string& image, const Classification& answer, const AnswerTimings&) override {
    std::string rows;
    for (std::size_t i = 0; i < answer.top.size(); ++i) {
      const Prediction& prediction = answer.top[i];
      rows += fmt::format("{},{},{},{},{},\n", quoted(image), i + 1, prediction.index, quoted(prediction.label),
                          prediction.has_score ? fmt::format("{}", prediction.score) : "");
    }
    print(out_, "{}", rows);
    out_.flush();
  }
  // Programs that read the table may not show its last column: the error is printed to stderr, too.
  void failure(const std::string& image, const Error& error) override {
    const std::string text = std::string(error_code_name(error.code)) + ": " + presentable(error).message();
    print(out_, "{}", fmt::format("{},,,,,{}\n", quoted(image), quoted(text)));
    out_.flush();
    report(error, false);
  }

 private:
  static std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + '"';
  }

  Output& out_;
};

}  // namespace

std::unique_ptr<AnswerWriter> make_answer_writer(std::string_view format, Output& out) {
  if (format == "csv") return std::make_unique<CsvWriter>(out);
  if (format == "json" || format == "jsonl") return std::make_unique<JsonWriter>(out, format == "jsonl");
  return std::make_unique<TableWriter>(out);
}

}  // namespace kite::cli
