// SPDX-License-Identifier: Apache-2.0
// kite classify: pictures in, labels out.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "answer_writer.h"
#include "api/internals.h"
#include "base/cpu.h"
#include "cli/output/interrupt.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "cli/parser/number_option.h"
#include "cli/report/report.h"
#include "cli/sandbox/sandboxed_work.h"
#include "clock.h"
#include "command.h"
#include "image_list.h"
#include "model_files.h"
#include "packed_program.h"
#include "paperkite/try.h"
#include "progress.h"
#include "side_by_side.h"
#include "trace_file.h"

namespace kite::cli {

namespace {

// More than any model has.
constexpr int kAllLabels = 1 << 20;
constexpr int kUsualLabels = 5;

struct ClassifyOptions {
  CommonOptions common;
  std::string model;
  std::optional<PackedProgram> packed;  // holds the model, which then is not named
  std::vector<std::string> images;
  int k = kUsualLabels;
  bool is_k_given = false;
  std::string format = "table";
  std::string output;
  std::string trace;
  std::string report;
  bool recursive = false;
  bool sandbox = false;
};

Result<std::vector<std::byte>> read_stdin(const Limits& limits) {
  constexpr int kPatienceMs = 200;  // a signal between the check and the read() is noticed after this time
  std::vector<std::byte> bytes;
  std::byte block[8192];
  for (;;) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&input, 1, kPatienceMs);
    if (is_interrupted()) return Error{ErrorCode::kInterrupted, "interrupted", "-", {}};
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = ::read(STDIN_FILENO, block, sizeof block);
    if (count == 0) return bytes;
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return Error{ErrorCode::kIo, std::string("cannot read: ") + std::strerror(errno), "-", {}};
    bytes.insert(bytes.end(), block, block + count);
    if (std::cmp_greater(bytes.size(), limits[Limit::kPictureBytes])) {
      return limits.over(Limit::kPictureBytes, "the picture", "-");
    }
  }
}

// The files of a group, and their bytes.
struct Group {
  std::vector<Picture> files;
  std::vector<std::optional<Error>> failures;  // by item; the others have a file
  std::vector<std::byte> piped;                // standard input, which at most one item names
};

Group open_group(std::span<const ImageItem> items, const Limits& limits) {
  Group group;
  for (const ImageItem& item : items) {
    std::optional<Error>& failure = group.failures.emplace_back();
    if (!item.failure.empty()) {
      failure = item.failure.front();
    } else if (item.name != "-") {
      group.files.emplace_back(item.name);
    } else if (auto bytes = read_stdin(limits); bytes.ok()) {
      group.piped = std::move(bytes).value();
      group.files.emplace_back(std::span<const std::byte>(group.piped));
    } else {
      failure = std::move(bytes).error();
    }
  }
  return group;
}

// An error without a `where` concerns the item itself; the item's name is added when the error is printed.
std::vector<Result<Classification>> classify_group(Classifier& classifier, std::span<const ImageItem> items, int k) {
  const Group group = open_group(items, Internals::limits(classifier));
  auto computed = classifier.classify_batch(group.files, k);
  std::vector<Result<Classification>> answers;
  auto next = computed.begin();
  for (const std::optional<Error>& failure : group.failures) {
    answers.push_back(failure ? Result<Classification>(*failure) : std::move(*next++));
  }
  return answers;
}

// Divides the time of a group equally among its pictures.
Answers classify_timed(Classifier& classifier, std::span<const ImageItem> items, int k) {
  const auto start = std::chrono::steady_clock::now();
  Answers answers;
  // No caller of a worker would catch this exception, and the next group may need less memory. The message is so short
  // that it needs no memory.
  try {
    for (auto& answer : classify_group(classifier, items, k)) answers.push_back({std::move(answer)});
  } catch (const std::bad_alloc&) {
    answers.clear();
    for (std::size_t i = 0; i < items.size(); ++i) {
      answers.push_back({Error{ErrorCode::kLimit, "out of memory", {}, {}}});
    }
  }
  const double each_ms = milliseconds_since(start) / static_cast<double>(items.size());
  for (TimedAnswer& answer : answers) answer.total_ms = each_ms;
  return answers;
}

// The exit code when some or all pictures failed. For a single picture it is the code of that picture's error.
ExitCode exit_code_for(std::size_t total, std::size_t failed, ErrorCode last) {
  if (is_interrupted()) return kInterrupted;
  if (failed == 0) return kOk;
  return total == 1 ? exit_code_of(last) : kSomeFailed;
}

// How many labels of each picture are printed, and the page that is made of the answers; null without --report.
struct Wanted {
  int k = kUsualLabels;
  Report* report = nullptr;
  [[nodiscard]] int labels() const { return report == nullptr ? k : std::max(k, Report::kLabels); }
};

// Prints the answers as they arrive and counts the failures.
class Reporter {
 public:
  Reporter(const std::vector<ImageItem>& items, AnswerWriter& writer, double load_ms, const Wanted& wanted)
      : items_(items), writer_(writer), load_ms_(load_ms), wanted_(wanted), progress_("classifying", items.size()) {}

  void take(std::size_t item, TimedAnswer timed) {
    progress_.clear();
    if (wanted_.report != nullptr) wanted_.report->take(item, timed);
    if (timed.answer.ok()) {
      std::vector<Prediction>& top = timed.answer->top;
      top.resize(std::min(top.size(), static_cast<std::size_t>(wanted_.k)));
      for (const std::string& warning : timed.answer->warnings) warn(items_[item].name + ": " + warning);
      // The time of the first picture includes the loading of the model.
      const double total_ms = timed.total_ms + (item == 0 ? load_ms_ : 0.0);
      writer_.answer(items_[item].name, *timed.answer, {load_ms_, timed.answer->timings, total_ms});
    } else {
      ++failed_;
      Error error = timed.answer.error();
      last_ = error.code;
      if (error.where.empty()) error.where = items_[item].name;
      writer_.failure(items_[item].name, error);
    }
    progress_.advance_to(item + 1);
  }

  [[nodiscard]] ExitCode finish() {
    writer_.finish();
    if (items_.size() > 1 && failed_ > 0) {
      print(standard_error(), "kite: {} of {} pictures failed\n", failed_, items_.size());
    }
    return exit_code_for(items_.size(), failed_, last_);
  }

 private:
  const std::vector<ImageItem>& items_;
  AnswerWriter& writer_;
  double load_ms_;
  Wanted wanted_;
  Progress progress_;
  std::size_t failed_ = 0;
  ErrorCode last_ = ErrorCode::kInvalidImage;
};

Result<ExitCode> classify_all(std::vector<Classifier>& classifiers, const std::vector<ImageItem>& items,
                              const Wanted& wanted, AnswerWriter& writer, double load_ms) {
  Reporter reporter(items, writer, load_ms, wanted);
  const auto batch = static_cast<std::size_t>(classifiers.front().batch());
  const auto work = [&](std::size_t worker, std::size_t group) {
    const std::span<const ImageItem> rest = std::span(items).subspan(group * batch);
    Answers answers = classify_timed(classifiers[worker], rest.first(std::min(batch, rest.size())), wanted.labels());
    if (wanted.report != nullptr) {
      for (std::size_t i = 0; i < answers.size(); ++i) wanted.report->prepare(group * batch + i, answers[i]);
    }
    return answers;
  };
  const auto take = [&](std::size_t group, Answers answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) reporter.take(group * batch + i, std::move(answers[i]));
  };
  try {
    side_by_side((items.size() + batch - 1) / batch, classifiers.size(), work, take, is_interrupted);
  } catch (...) {  // memory that was refused: what has been answered is complete
    writer.finish();
    throw;
  }
  return reporter.finish();
}

// How the groups of pictures, each for one run, are distributed to workers.
struct Team {
  std::size_t workers = 1;
  int threads = 1;  // of each worker
};

// 1. A single group is fastest on all threads, with its pictures decoded in parallel.
// 2. With several groups, each worker runs one group on one thread, because then no thread waits for the others
//    after each layer. 150 pictures on two threads took 0.93 of the time that one group of 8 after another took on
//    both threads (regnet_x_400mf; quartiles of 7 alternating pairs 0.88 to 0.96), and 0.89 (mobilenet_v2; 5
//    pairs, 0.84 to 0.91).
// 3. With standard input among the pictures there is one worker: the thread that reads it must be the
//    one that Ctrl-C interrupts.
Team team_for(const std::vector<ImageItem>& items, std::size_t batch, int threads) {
  const bool reads_stdin = std::ranges::any_of(items, [](const ImageItem& item) { return item.name == "-"; });
  const std::size_t most = reads_stdin ? 1 : static_cast<std::size_t>(threads);
  const std::size_t workers = std::clamp<std::size_t>((items.size() + batch - 1) / batch, 1, most);
  return {workers, workers > 1 ? 1 : threads};
}

Result<Classifier> open_first(const ClassifyOptions& options, const ClassifierOptions& opened) {
  return options.packed ? options.packed->open_classifier(opened) : Classifier::open(options.model, opened);
}

Result<std::vector<Classifier>> open_classifiers(const ClassifyOptions& options, Trace* trace,
                                                 const std::vector<ImageItem>& items, const Report* report) {
  ClassifierOptions opened;
  if (report != nullptr) {
    opened.views = report->views();
    opened.report_conflicts = true;
  }
  opened.model = options.common.model_options();
  opened.model.trace = trace;
  opened.model.threads = options.common.threads > 0 ? options.common.threads : default_thread_count();
  const auto asked = static_cast<std::size_t>(std::max<std::int64_t>(options.common.meaning.batch, 1));
  opened.session.threads = team_for(items, asked, opened.model.threads).threads;
  KITE_TRY_ASSIGN(Classifier first, open_first(options, opened));
  // A model with a fixed batch may take more pictures in one run than the user asked for.
  const Team team = team_for(items, static_cast<std::size_t>(first.batch()), opened.model.threads);
  if (team.threads != opened.session.threads) {
    opened.session.threads = team.threads;
    KITE_TRY_ASSIGN(first, first.share(opened.session));
  }
  std::vector<Classifier> classifiers;
  classifiers.reserve(team.workers);
  classifiers.push_back(std::move(first));
  while (classifiers.size() < team.workers) {
    KITE_TRY_ASSIGN(Classifier another, classifiers.front().share(opened.session));
    classifiers.push_back(std::move(another));
  }
  return classifiers;
}

// The files that the user names for results; those that are not asked for are empty.
class OutputFiles {
 public:
  enum Kind : unsigned { kAnswers, kPage, kTrace, kKinds };

  static Result<OutputFiles> create(const ClassifyOptions& options) {
    OutputFiles made;
    const std::array<const std::string*, kKinds> paths = {&options.output, &options.report, &options.trace};
    for (std::size_t i = 0; i < kKinds; ++i) {
      if (paths[i]->empty()) continue;
      KITE_TRY_ASSIGN(OutputFile file, OutputFile::create(*paths[i]));
      made.files_[i].emplace(std::move(file));
    }
    return made;
  }
  // From now on another process publishes them, and is told when one is complete.
  void leave_publishing_to(TellFinished told) { told_ = std::move(told); }

  [[nodiscard]] bool has(Kind kind) const { return files_[kind].has_value(); }
  [[nodiscard]] Output& stream(Kind kind) { return files_[kind]->stream(); }
  Status publish(Kind kind) {
    if (!has(kind)) return {};
    if (!told_) return files_[kind]->publish();
    KITE_TRY(files_[kind]->complete());
    told_(kind);
    return {};
  }
  [[nodiscard]] std::vector<int> descriptors() const {
    std::vector<int> all;
    for (const auto& file : files_) {
      if (file) all.push_back(file->fd());
    }
    return all;
  }

 private:
  std::array<std::optional<OutputFile>, kKinds> files_;
  TellFinished told_;
};

Status check_own_outputs(const ClassifyOptions& options, const std::vector<ImageItem>& items) {
  const std::vector<std::string> outputs = {options.output, options.trace, options.report};
  return check_outputs(outputs, [&] {
    std::vector<std::string> inputs = files_of_model(options.model, options.common.meaning);
    std::ranges::move(files_of_images(options.images, items), std::back_inserter(inputs));
    return inputs;
  });
}

Result<ExitCode> classify(const ClassifyOptions& options, const std::vector<ImageItem>& items, OutputFiles& outputs,
                          Trace* trace) {
  std::optional<Report> report;
  if (outputs.has(OutputFiles::kPage)) report.emplace(items);
  const auto start = std::chrono::steady_clock::now();
  KITE_TRY_ASSIGN(std::vector<Classifier> classifiers,
                  open_classifiers(options, trace, items, report ? &*report : nullptr));
  const Classifier& classifier = classifiers.front();
  const double load_ms = milliseconds_since(start);
  for (const std::string& warning : classifier.warnings()) warn(warning);
  // Of several workers, each has one thread: side_by_side() says how many could be started.
  if (classifiers.size() == 1 && items.size() == 1) {
    warn_of_missing_threads(options.common.threads, classifier.threads());
  }
  if (options.k > classifier.classes() && options.k != kAllLabels && options.k != kUsualLabels) {
    warn(fmt::format("the model has {} classes, -k {} shows them all", classifier.classes(), options.k));
  }
  remember_interrupts();

  const std::string_view format =
      options.common.json && options.format == "table" ? "json" : std::string_view(options.format);
  const auto writer = make_answer_writer(
      format, outputs.has(OutputFiles::kAnswers) ? outputs.stream(OutputFiles::kAnswers) : standard_output());
  const Wanted wanted{options.k, report ? &*report : nullptr};
  const auto begun = std::chrono::steady_clock::now();
  KITE_TRY_ASSIGN(const ExitCode code, classify_all(classifiers, items, wanted, *writer, load_ms));
  KITE_TRY(outputs.publish(OutputFiles::kAnswers));
  if (report) {
    PageFacts facts = facts_of(classifier, options.model);
    facts.load_ms = load_ms;
    facts.workers = classifiers.size();
    facts.threshold = options.common.meaning.threshold;
    std::move(*report).write(facts, milliseconds_since(begun), outputs.stream(OutputFiles::kPage));
    KITE_TRY(outputs.publish(OutputFiles::kPage));
  }
  return code;
}

// With --trace: does the same, and then writes the trace.
Result<ExitCode> classify_traced(const ClassifyOptions& options, const std::vector<ImageItem>& items,
                                 OutputFiles& outputs) {
  if (!outputs.has(OutputFiles::kTrace)) return classify(options, items, outputs, nullptr);
  Trace trace;
  const std::int64_t now_ns = Trace::now_ns();
  trace.add("exec, loader, arguments", now_ns - cpu_ns_so_far(), now_ns);
  KITE_TRY_ASSIGN(const ExitCode code, classify(options, items, outputs, &trace));
  outputs.stream(OutputFiles::kTrace).write(trace_text(trace));
  KITE_TRY(outputs.publish(OutputFiles::kTrace));
  return code;
}

// With --sandbox: the outputs are opened, then the rights are given up, and then the first foreign byte is looked at.
// The plan cache is off: its plans are written by a process that may write.
Result<ExitCode> classify_in_sandbox(ClassifyOptions options, const std::vector<ImageItem>& items) {
  options.common.no_cache = true;
  KITE_TRY_ASSIGN(OutputFiles outputs, OutputFiles::create(options));
  SandboxRules rules{.writable = outputs.descriptors()};
  KITE_TRY_ASSIGN(rules.readable, places_of_model(options.model, options.common.meaning));
  for (const ImageItem& item : items) {
    if (item.failure.empty() && item.name != "-") rules.readable.push_back(item.name);
  }
  const auto work = [&](const TellFinished& tell) {
    outputs.leave_publishing_to(tell);
    const auto code = [&]() -> Result<ExitCode> {
      KITE_TRY(check_own_outputs(options, items));
      return classify_traced(options, items, outputs);
    }();
    return code.ok() ? *code : report(code.error(), options.common.json);
  };
  KITE_TRY_ASSIGN(const SandboxedWork done, run_in_sandbox(std::move(rules), work));
  if (done.is_inside) return done.code;
  for (unsigned kind = 0; kind < OutputFiles::kKinds; ++kind) {
    if ((done.finished >> kind & 1) != 0) {
      KITE_TRY(outputs.publish(static_cast<OutputFiles::Kind>(kind)));
    } else if (outputs.has(static_cast<OutputFiles::Kind>(kind)) && (done.code == kOk || done.code == kSomeFailed)) {
      return Error{
          ErrorCode::kIo, "the process in the sandbox did not say that the output is complete", {}, "try again"};
    }
  }
  return done.code;
}

Result<ExitCode> classify(const ClassifyOptions& options) {
  const ImageList list = list_images(options.images, options.recursive);
  for (const std::string& warning : list.warnings) warn(warning);
  if (options.sandbox) return classify_in_sandbox(options, list.items);
  KITE_TRY(check_own_outputs(options, list.items));
  KITE_TRY_ASSIGN(OutputFiles outputs, OutputFiles::create(options));
  return classify_traced(options, list.items, outputs);
}

// The options besides the model, and what is done.
void add_classify(Verb& verb, const std::shared_ptr<ClassifyOptions>& options) {
  verb.add(
      {{.names = "IMAGE",
        .into = &options->images,
        .help = "A picture, a folder, @list.txt, or - for standard input",
        .required = true},
       {.names = "-k",
        .into = &options->k,
        .help = "How many labels to print",
        .type = "N",
        .values = integer_within(1, kAllLabels),
        .given = &options->is_k_given},
       {.names = "--format",
        .into = &options->format,
        .help = "Form of the answers",
        .values = one_of({"table", "json", "jsonl", "csv"})},
       {.names = "-o,--output", .into = &options->output, .help = "Write the answers to a file", .type = "FILE"},
       {.names = "--trace",
        .into = &options->trace,
        .help = "Write where the time went, for a trace viewer",
        .type = "FILE"},
       {.names = "--report",
        .into = &options->report,
        .help = "Write a page with the pictures, their labels and how they were read",
        .type = "PAGE.html"},
       {.names = "--threshold",
        .into = &options->common.meaning.threshold,
        .help = "Print only labels of at least this probability, and all of them unless -k is given",
        .type = "T",
        .values = real_within(1e-9, 1 - 1e-9)},
       {.names = "--raw", .into = &options->common.meaning.raw, .help = "Print the model's numbers as they are"},
       {.names = "-r,--recursive", .into = &options->recursive, .help = "Look into subfolders"},
       {.names = "--sandbox",
        .into = &options->sandbox,
        .help =
            "Give up all rights but reading the inputs and writing the outputs, before reading (Linux, Landlock)"}});
  add_model_options(verb, options->common);
  verb.run = [options] {
    if (options->common.meaning.threshold && !options->is_k_given) options->k = kAllLabels;
    const auto code = classify(*options);
    return code.ok() ? *code : report(code.error(), options->common.json);
  };
}

}  // namespace

Verb classify_verb() {
  auto options = std::make_shared<ClassifyOptions>();
  Verb verb{.name = "classify", .summary = "Print the best labels for pictures"};
  verb.add({model_option(options->model)});
  add_classify(verb, options);
  return verb;
}

void add_packed_classify(Verb& program, PackedProgram packed) {
  auto options = std::make_shared<ClassifyOptions>();
  options->model = packed.path();
  options->packed = std::move(packed);
  add_classify(program, options);
}

}  // namespace kite::cli
