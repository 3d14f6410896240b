// SPDX-License-Identifier: Apache-2.0
// kite::ClassifierPool as the Python side of the package calls it. Errors are objects; see failure.h.
#include "native/classifier.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native/array.h"
#include "native/calls.h"
#include "native/failure.h"
#include "native/picture.h"
#include "paperkite/pool.h"

namespace kite::python {

namespace {

using namespace nb::literals;

std::string bytes_text(nb::handle bytes) {
  const nb::bytes held = nb::cast<nb::bytes>(bytes);
  return {held.c_str(), held.size()};
}

// Texts come as bytes, because paths need not be UTF-8; the keys are the names of _options.py.
Status set_text(ClassifierOptions& options, const std::string& name, std::string value) {
  MeaningOptions& meaning = options.model.meaning;
  if (name == "isa")
    options.model.isa = std::move(value);
  else if (name == "cache_dir")
    options.model.cache_dir = std::move(value);
  else if (name == "labels")
    meaning.labels = std::move(value);
  else if (name == "recipe")
    meaning.recipe = std::move(value);
  else if (name == "scores_from")
    meaning.scores_from = std::move(value);
  else if (name == "activation")
    meaning.activation = std::move(value);
  else if (name == "exif")
    meaning.exif = std::move(value);
  else if (name == "processor")
    meaning.processor = std::move(value);
  else
    return Error{ErrorCode::kUsage, "there is no option " + name, "", ""};
  return {};
}

nb::object open_classifier(nb::bytes model, bool is_path, nb::dict texts, nb::list data_dirs, int threads,
                           bool use_cache, std::optional<std::pair<std::int64_t, std::int64_t>> size,
                           std::optional<double> threshold, bool raw, std::uint64_t memory_limit,
                           const std::map<std::string, std::int64_t>& limits) {
  ClassifierOptions options;
  options.keep_scores = true;
  options.model.threads = threads;
  options.session.threads = threads;
  options.model.use_cache = use_cache;
  if (memory_limit != 0) options.model.memory_limit_bytes = memory_limit;
  options.model.limits.insert(limits.begin(), limits.end());
  if (size) options.model.meaning.size = PictureSize{size->first, size->second};
  options.model.meaning.threshold = threshold;
  options.model.meaning.raw = raw;
  for (const auto [name, value] : texts) {
    if (const Status set = set_text(options, nb::cast<std::string>(name), bytes_text(value)); !set.ok()) {
      return failure(set.error());
    }
  }
  for (const nb::handle folder : data_dirs) options.model.meaning.data_dirs.push_back(bytes_text(folder));

  std::optional<Result<ClassifierPool>> opened;
  {
    const RunningCall call;
    if (!call) return ending_failure();
    without_lock([&] {
      const std::span content{static_cast<const std::byte*>(model.data()), model.size()};
      opened.emplace(is_path ? ClassifierPool::open(std::string(model.c_str(), model.size()), options)
                             : ClassifierPool::open(content, options));
    });
  }
  if (!opened->ok()) return failure(std::move(*opened).error());
  return nb::cast(std::move(*opened).value());
}

nb::list texts_of(const std::vector<std::string>& texts) {
  nb::list out;
  for (const std::string& each : texts) out.append(text(each));
  return out;
}

// The answer for one picture. Its scores belong to it and to every array over them.
struct Answer {
  std::shared_ptr<Classification> held;
};

nb::list top_of(const Answer& answer) {
  nb::list top;
  for (const Prediction& each : answer.held->top) {
    top.append(nb::make_tuple(each.index, text(each.label), static_cast<double>(each.score)));
  }
  return top;
}

nb::tuple timings_of(const Answer& answer) {
  const ClassifyTimings& timings = answer.held->timings;
  return nb::make_tuple(timings.decode_ms, timings.preprocess_ms, timings.infer_ms);
}

Array scores_of(const Answer& answer) {
  std::vector<float>& scores = answer.held->scores;
  return {answer.held, scores.data(), DType::kFloat32, {static_cast<Py_ssize_t>(scores.size())}};
}

nb::object answer_of(Result<Classification>&& answer) {
  if (!answer.ok()) return failure(std::move(answer).error());
  return nb::cast(Answer{std::make_shared<Classification>(std::move(answer).value())});
}

nb::object classify(const ClassifierPool& pool, const PictureHolder& picture, int k) {
  std::optional<Result<Classification>> answer;
  {
    const RunningCall call;
    if (!call) return ending_failure();
    without_lock([&] { answer.emplace(pool.classify(picture.picture(), k)); });
  }
  return answer_of(std::move(*answer));
}

// Asked between pictures, without the lock. Signals are the business of the main thread; asking for the lock waits
// where another thread computes in Python, so it is asked for now and then only.
class Interrupt {
 public:
  bool operator()() {
    if (raised_ || calls_are_ending()) return true;
    if (!is_main_thread_) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return false;
    next_ = now + std::chrono::milliseconds(50);
    const nb::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) raised_.emplace();  // takes what was raised
    return raised_.has_value();
  }

  void raise_again() {
    if (raised_) throw std::move(*raised_);
  }

 private:
  const bool is_main_thread_ = ::gettid() == ::getpid();
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  std::optional<nb::python_error> raised_;
};

nb::list classify_all(const ClassifierPool& pool, nb::list holders, int k) {
  std::vector<Picture> pictures;
  pictures.reserve(holders.size());
  for (const nb::handle holder : holders) pictures.push_back(nb::cast<const PictureHolder&>(holder).picture());
  std::vector<Result<Classification>> answers;
  Interrupt interrupt;
  nb::list out;
  {
    const RunningCall call;
    if (!call) {
      for (std::size_t i = 0; i < pictures.size(); ++i) out.append(ending_failure());
      return out;
    }
    without_lock([&] { answers = pool.classify_all(pictures, k, [&] { return interrupt(); }); });
  }
  interrupt.raise_again();
  for (Result<Classification>& answer : answers) out.append(answer_of(std::move(answer)));
  return out;
}

nb::object input_tensor(const ClassifierPool& pool, const PictureHolder& picture) {
  std::optional<Result<Tensor>> tensor;
  {
    const RunningCall call;
    if (!call) return ending_failure();
    without_lock([&] { tensor.emplace(pool.input_tensor(picture.picture())); });
  }
  if (!tensor->ok()) return failure(std::move(*tensor).error());
  return nb::cast(Array(std::move(*tensor).value()));
}

// (subject, value, source, is a guess): what `kite inspect` prints of a model's meaning, in its order.
nb::list decisions(const ClassifierPool& pool) {
  const Classifier& classifier = pool.classifier();
  nb::list out;
  const auto add = [&out](std::string_view subject, const std::string& value, const std::string& source,
                          bool is_guess) {
    out.append(nb::make_tuple(text(subject), text(value), text(source), is_guess));
  };
  const std::size_t labels = classifier.labels().size();
  add("labels", labels == 0 ? "none" : std::to_string(labels), classifier.labels_source(),
      classifier.is_labels_guess());
  add("preprocessing", classifier.recipe(), classifier.recipe_source(), classifier.is_recipe_guess());
  for (const Decision& each : classifier.decisions()) add(each.subject, each.value, each.source, each.is_guess);
  return out;
}

}  // namespace

void bind_classifier(nb::module_& module) {
  nb::class_<Answer>(module, "Answer")
      .def("top", &top_of, nb::sig("def top(self) -> list[tuple[int, str, float]]"))
      .def("score_kind", [](const Answer& answer) { return static_cast<int>(answer.held->kind); })
      .def("timings", &timings_of, nb::sig("def timings(self) -> tuple[float, float, float]"))
      .def(
          "warnings", [](const Answer& answer) { return texts_of(answer.held->warnings); },
          nb::sig("def warnings(self) -> list[str]"))
      .def("scores", &scores_of);
  nb::class_<ClassifierPool>(module, "ClassifierPool")
      .def("classify", &classify, "picture"_a, "k"_a,
           nb::sig("def classify(self, picture: Picture, k: int) -> Answer | Failure"))
      .def("classify_all", &classify_all, "pictures"_a, "k"_a,
           nb::sig("def classify_all(self, pictures: list[Picture], k: int) -> list[Answer | Failure]"))
      .def("input_tensor", &input_tensor, "picture"_a,
           nb::sig("def input_tensor(self, picture: Picture) -> Array | Failure"))
      .def("decisions", &decisions, nb::sig("def decisions(self) -> list[tuple[str, str, str, bool]]"))
      .def(
          "labels", [](const ClassifierPool& pool) { return texts_of(pool.classifier().labels()); },
          nb::sig("def labels(self) -> list[str]"))
      .def(
          "warnings", [](const ClassifierPool& pool) { return texts_of(pool.classifier().warnings()); },
          nb::sig("def warnings(self) -> list[str]"))
      .def(
          "conflicts", [](const ClassifierPool& pool) { return texts_of(pool.classifier().conflicts()); },
          nb::sig("def conflicts(self) -> list[str]"))
      .def(
          "recipe_json", [](const ClassifierPool& pool) { return text(pool.classifier().recipe_json()); },
          nb::sig("def recipe_json(self) -> str"))
      .def("isa", [](const ClassifierPool& pool) { return std::string(pool.classifier().model().isa()); })
      .def("classes", [](const ClassifierPool& pool) { return pool.classifier().classes(); })
      .def("score_kind", [](const ClassifierPool& pool) { return static_cast<int>(pool.classifier().score_kind()); })
      .def("threads", [](const ClassifierPool& pool) { return pool.threads(); });
  module.def(
      "open_classifier", &open_classifier, "model"_a, "is_path"_a, "texts"_a, "data_dirs"_a, "threads"_a, "use_cache"_a,
      "size"_a.none(), "threshold"_a.none(), "raw"_a, "memory_limit"_a, "limits"_a,
      nb::sig("def open_classifier(model: bytes, is_path: bool, texts: dict[str, bytes], data_dirs: list[bytes], "
              "threads: int, use_cache: bool, size: tuple[int, int] | None, threshold: float | None, raw: bool, "
              "memory_limit: int, limits: dict[str, int]) -> ClassifierPool | Failure"));
}

}  // namespace kite::python
