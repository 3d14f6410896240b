// SPDX-License-Identifier: Apache-2.0
// kite classify: pictures in, labels out.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "answer_writer.h"
#include "clock.h"
#include "command.h"
#include "image_list.h"
#include "interrupt.h"
#include "paperkite/try.h"
#include "progress.h"

namespace kite::cli {

namespace {

struct ClassifyOptions {
  CommonOptions common;
  std::string model;
  std::vector<std::string> images;
  int k = 5;
  std::string labels;
  std::string format = "table";
  std::string output;
  bool recursive = false;
};

Result<std::vector<std::byte>> read_stdin() {
  constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  std::vector<std::byte> bytes;
  std::byte block[65536];
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, block, sizeof block);
    if (count == 0) return bytes;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{ErrorCode::kIo, std::string("cannot read: ") + std::strerror(errno), "-", {}};
    bytes.insert(bytes.end(), block, block + count);
    if (bytes.size() > kMostBytes)
      return Error{ErrorCode::kLimit, "a picture of more than 1 GiB", "-", "name a file instead"};
  }
}

Result<Classification> classify_one(Classifier& classifier, const ImageItem& item, int k) {
  if (!item.failure.empty()) return item.failure.front();
  if (item.name != "-") return classifier.classify_file(item.name, k);
  KITE_TRY_ASSIGN(const auto bytes, read_stdin());
  auto answer = classifier.classify(bytes, k);
  if (!answer.ok()) return std::move(answer).error().in("standard input");
  return answer;
}

// What the process answers with when some or all pictures failed: one failed picture alone speaks for itself.
ExitCode exit_code_for(std::size_t total, std::size_t failed, ErrorCode last) {
  if (is_interrupted()) return kInterrupted;
  if (failed == 0) return kOk;
  return total == 1 ? exit_code_of(last) : kSomeFailed;
}

Result<ExitCode> classify_all(Classifier& classifier, const ClassifyOptions& options, AnswerWriter& writer,
                              double load_ms) {
  const std::vector<ImageItem> items = list_images(options.images, options.recursive);
  Progress progress("classifying", items.size());
  std::size_t failed = 0;
  ErrorCode last = ErrorCode::kInvalidImage;
  for (std::size_t i = 0; i < items.size() && !is_interrupted(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    auto answer = classify_one(classifier, items[i], options.k);
    progress.clear();
    if (answer.ok()) {
      for (const std::string& warning : answer->warnings) warn(items[i].name + ": " + warning);
      // The first picture has waited for the model, too.
      const double total_ms = milliseconds_since(start) + (i == 0 ? load_ms : 0.0);
      writer.answer(items[i].name, *answer, {load_ms, answer->timings, total_ms});
    } else {
      ++failed;
      last = answer.error().code;
      writer.failure(items[i].name, answer.error());
    }
    progress.advance_to(i + 1);
  }
  writer.finish();
  if (items.size() > 1 && failed > 0) fmt::print(stderr, "kite: {} of {} pictures failed\n", failed, items.size());
  return exit_code_for(items.size(), failed, last);
}

Result<ExitCode> classify(const ClassifyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  ClassifierOptions classifier_options;
  classifier_options.model = options.common.model_options();
  classifier_options.session = options.common.session_options();
  if (!options.labels.empty()) classifier_options.labels_path = options.labels;
  KITE_TRY_ASSIGN(Classifier classifier, Classifier::open(options.model, classifier_options));
  const double load_ms = milliseconds_since(start);
  for (const std::string& warning : classifier.warnings()) warn(warning);
  if (options.k > classifier.classes()) {
    warn(fmt::format("the model has {} classes, -k {} shows them all", classifier.classes(), options.k));
  }
  remember_interrupts();

  const std::string_view format =
      options.common.json && options.format == "table" ? "json" : std::string_view(options.format);
  if (options.output.empty()) {
    const auto writer = make_answer_writer(format, stdout);
    return classify_all(classifier, options, *writer, load_ms);
  }
  // Into a file beside the target first: nobody finds half an answer under the name that was asked for.
  const std::string temporary = options.output + ".part";
  std::FILE* out = std::fopen(temporary.c_str(), "w");
  if (out == nullptr) {
    return Error{ErrorCode::kIo, std::string("cannot write: ") + std::strerror(errno), options.output,
                 "check the folder"};
  }
  const auto writer = make_answer_writer(format, out);
  auto code = classify_all(classifier, options, *writer, load_ms);
  const bool written = std::ferror(out) == 0;
  const bool closed = std::fclose(out) == 0;
  if (!written || !closed || std::rename(temporary.c_str(), options.output.c_str()) != 0) {
    std::remove(temporary.c_str());
    return Error{ErrorCode::kIo, "the answers could not be written", options.output, "check the free space"};
  }
  return code;
}

}  // namespace

void add_classify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ClassifyOptions>();
  CLI::App* verb = app.add_subcommand("classify", "Print the best labels for pictures");
  verb->add_option("MODEL", options->model, "An .onnx file or a plan")->required();
  verb->add_option("IMAGE", options->images, "A picture, a folder, @list.txt, or - for standard input")->required();
  verb->add_option("-k", options->k, "How many labels to print")->check(CLI::Range(1, 1 << 20))->type_name("N");
  verb->add_option("--labels", options->labels, "Labels: one a line, or JSON")->type_name("FILE");
  verb->add_option("--format", options->format, "Form of the answers")
      ->check(CLI::IsMember({"table", "json", "jsonl", "csv"}));
  verb->add_option("-o,--output", options->output, "Write the answers to a file")->type_name("FILE");
  verb->add_flag("-r,--recursive", options->recursive, "Look into subfolders");
  add_common_options(*verb, options->common);
  verb->callback([options, &exit_code] {
    const auto code = classify(*options);
    exit_code = code.ok() ? *code : report(code.error(), options->common.json);
  });
}

}  // namespace kite::cli
