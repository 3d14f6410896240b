// SPDX-License-Identifier: Apache-2.0
// Calls of the C interface in any order, with any arguments that C can pass: numbers, texts, NULL, and objects in every
// state but freed. Each byte chooses a call; the bytes behind it are its arguments.
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/test_folder.h"
#include "driver.h"
#include "onnx/message_builder.h"
#include "paperkite.h"

namespace kite::fuzz {

namespace {

constexpr std::size_t kSlots = 3;  // of each type of object

// x [batch,3,4,4] -> the mean of each plane, and with labels inside: three classes.
std::string model_bytes(bool with_labels) {
  namespace t = kite::onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("GlobalAveragePool", {"x"}, {"p"}), t::node("Flatten", {"p"}, {"y"})};
  parts.inputs = {t::value_info("x", kite::onnx::kFloat, {with_labels ? 1 : -1, 3, 4, 4})};
  parts.outputs = {t::value_info("y", kite::onnx::kFloat, {with_labels ? 1 : -1, 3})};
  t::Message model = t::model(t::graph(parts));
  if (with_labels) {
    model.message(14, t::Message().text(1, "paperkite.labels").text(2, R"(["tench","shark","crane"])"));
    model.message(
        14, t::Message().text(1, "paperkite.preprocess").text(2, R"({"resize":[4,4],"mean":[0,0,0],"std":[1,1,1]})"));
  }
  return model.bytes();
}

constexpr std::array<const char*, 26> kOptions = {
    "threads",      "isa",       "cache-dir", "no-cache", "memory-limit", "data-dir", "disable-pass",
    "labels",       "recipe",    "size",      "shape",    "scores-from",  "raw",      "activation",
    "threshold",    "processor", "exif",      "library",  "max-plans",    "top-k",    "library-folder",
    "memory_limit", "",          "Threads",   "threads ", "batch"};
// No value of an option may be a path that a text of the fuzzer chooses: a cache would be made there.
constexpr std::array<const char*, 24> kValues = {
    "1",    "2",       "-1",    "0",   "true",     "false", "avx2",      "generic",
    "",     "1GB",     "500MB", "1B",  "4x4",      "0x0",   "x=1x3x4x4", "x=2x3x4x4",
    "none", "softmax", "0.5",   "nan", "imagenet", "pil",   "/nowhere",  "99999999999999999999"};

template <typename T, void (*Free)(T*)>
class Slots {
 public:
  ~Slots() {
    for (T*& slot : slots_) Free(slot);
  }
  // NULL now and then.
  [[nodiscard]] T* at(std::uint8_t place) const {
    return place % (kSlots + 1) == kSlots ? nullptr : slots_[place % kSlots];
  }
  void put(std::uint8_t place, T* made) {
    Free(slots_[place % kSlots]);
    slots_[place % kSlots] = made;
  }
  void drop(std::uint8_t place) { put(place, nullptr); }

 private:
  std::array<T*, kSlots> slots_{};
};

class Machine {
 public:
  Machine(Bytes bytes, const TestFolder& folder, std::string picture)
      : taker_(bytes), folder_(folder), picture_(std::move(picture)) {}

  void run() {
    for (int calls = 0; calls < 64 && !taker_.is_empty(); ++calls) call();
  }

 private:
  // What every call keeps to: a result or an error that says what is wrong.
  // `made` is a reference because it is looked at after the call.
  template <typename T>
  void settle(paperkite_error* error, T* const& made) {
    KITE_CHECK((error == nullptr) == (made != nullptr));
    settle(error);
  }
  static void settle(paperkite_error* error) {
    if (error != nullptr) {
      KITE_CHECK(paperkite_error_code(error) > PAPERKITE_OK && paperkite_error_code(error) <= PAPERKITE_INTERRUPTED);
      KITE_CHECK(*paperkite_error_name(error) != 0 && *paperkite_error_what(error) != 0);
      KITE_CHECK(std::strlen(paperkite_error_message(error)) >= std::strlen(paperkite_error_what(error)));
      (void)paperkite_error_where(error);
      (void)paperkite_error_remedy(error);
    }
    paperkite_error_free(error);
  }

  const char* text() {
    const Bytes run = taker_.run(64);
    text_.assign(reinterpret_cast<const char*>(run.data()), run.size());
    return text_.c_str();
  }
  Bytes model() {
    static const std::array<std::string, 2> kModels = {model_bytes(false), model_bytes(true)};
    const std::uint8_t which = taker_.byte();
    return which % 4 == 3 ? taker_.run() : std::as_bytes(std::span(kModels[which % 2]));
  }
  std::int32_t ownership() {
    const std::uint8_t which = taker_.byte();
    return which > 250 ? which : which % 2;
  }

  void call() {
    const std::uint8_t which = taker_.byte(), into = taker_.byte();
    switch (which % 18) {
      case 0: new_options(into); break;
      case 1: set_option(into); break;
      case 2: picture_of_bytes(into); break;
      case 3: picture_of_pixels(into); break;
      case 4: picture_of_file(into); break;
      case 5: open_classifier(into); break;
      case 6: ask_classifier(into); break;
      case 7: classify(into); break;
      case 8: classify_all(into); break;
      case 9: ask_result(into); break;
      case 10: new_tensor(into); break;
      case 11: input_tensor(into); break;
      case 12: open_session(into); break;
      case 13: ask_session(into); break;
      case 14: run_session(into); break;
      case 15: drop(into); break;
      case 16: settle(paperkite_set_compute_threads(taker_.byte() % 5 - 1)); break;
      default: KITE_CHECK(paperkite_compute_threads() >= 1); break;
    }
  }

  void new_options(std::uint8_t into) {
    paperkite_options* made = nullptr;
    settle(paperkite_options_new(&made), made);
    options_.put(into, made);
  }
  void set_option(std::uint8_t into) {
    const char* name = kOptions[taker_.byte() % kOptions.size()];
    const std::uint8_t value = taker_.byte();
    const bool is_path = std::strstr(name, "dir") != nullptr || std::strstr(name, "folder") != nullptr;
    if (is_path) {
      settle(paperkite_options_set(options_.at(into), name, value % 2 == 0 ? folder_.path().c_str() : "/nowhere"));
    } else {
      settle(paperkite_options_set(options_.at(into), value % 64 == 63 ? text() : name,
                                   value % 64 == 62                     ? nullptr
                                   : value % 64 > 56 && value % 64 < 62 ? text()
                                                                        : kValues[value % kValues.size()]));
    }
  }
  void picture_of_bytes(std::uint8_t into) {
    const std::int32_t owned = ownership();
    // Borrowed bytes outlive the machine's objects.
    const Bytes bytes = taker_.byte() % 2 == 0 ? std::as_bytes(std::span(picture_)) : taker_.run();
    paperkite_picture* made = nullptr;
    settle(paperkite_picture_from_bytes(into > 250 ? nullptr : bytes.data(), bytes.size(), owned, &made), made);
    pictures_.put(into, made);
  }
  void picture_of_pixels(std::uint8_t into) {
    static const std::array<std::uint8_t, 4096> kPixels{};
    const std::int64_t height = taker_.byte() % 20 - 1, width = taker_.byte() % 20 - 1;
    const std::int32_t channels = taker_.byte() % 5, exif = taker_.byte() % 11 - 1;
    const std::uint8_t stride = taker_.byte();
    paperkite_picture* made = nullptr;
    settle(paperkite_picture_from_pixels(into > 250 ? nullptr : kPixels.data(), height, width, channels,
                                         stride % 2 == 0 ? 0 : stride, exif, ownership(), &made),
           made);
    pictures_.put(into, made);
  }
  void picture_of_file(std::uint8_t into) {
    const std::string path = folder_ / (into % 4 == 0 ? "none" : "picture");
    paperkite_picture* made = nullptr;
    settle(paperkite_picture_from_file(into > 250 ? nullptr : path.c_str(), &made), made);
    pictures_.put(into, made);
  }
  void open_classifier(std::uint8_t into) {
    const Bytes bytes = model();
    paperkite_classifier* made = nullptr;
    settle(paperkite_classifier_open_bytes(bytes.data(), bytes.size(), options_.at(taker_.byte()), &made), made);
    classifiers_.put(into, made);
  }
  void ask_classifier(std::uint8_t into) {
    const paperkite_classifier* const asked = classifiers_.at(into);
    const std::int64_t place = static_cast<std::int8_t>(taker_.byte());
    const auto at = static_cast<std::size_t>(place);
    KITE_CHECK(paperkite_classifier_class_count(asked) >= 0 && paperkite_classifier_label_count(asked) >= 0);
    KITE_CHECK(paperkite_classifier_label(asked, place) != nullptr && paperkite_classifier_recipe(asked) != nullptr);
    KITE_CHECK((paperkite_classifier_score_kind(asked) >= 0) == (asked != nullptr));
    (void)paperkite_classifier_threads(asked);
    (void)paperkite_classifier_decision_count(asked);
    (void)paperkite_classifier_decision_subject(asked, at);
    (void)paperkite_classifier_decision_value(asked, at);
    (void)paperkite_classifier_decision_source(asked, at);
    (void)paperkite_classifier_decision_is_guess(asked, at);
    (void)paperkite_classifier_notice(asked, paperkite_classifier_notice_count(asked));
  }
  std::int32_t best() {
    const std::uint8_t k = taker_.byte();
    return k > 250 ? k - 253 : 1 + k % 5;
  }
  void classify(std::uint8_t into) {
    const std::uint8_t by = taker_.byte(), of = taker_.byte();
    paperkite_result* made = nullptr;
    settle(paperkite_classify(classifiers_.at(by), pictures_.at(of), best(), &made), made);
    results_.put(into, made);
  }
  void classify_all(std::uint8_t into) {
    const std::size_t count = into % 5;
    std::array<const paperkite_picture*, 5> all{};
    for (std::size_t i = 0; i < count; ++i) all[i] = pictures_.at(taker_.byte());
    std::array<paperkite_result*, 5> results{};
    std::array<paperkite_error*, 5> errors{};
    const std::int32_t stop = taker_.byte() % 8 == 0;
    paperkite_error* const error = paperkite_classify_all(classifiers_.at(taker_.byte()), all.data(), count, best(),
                                                          &stop, results.data(), errors.data());
    for (std::size_t i = 0; i < count; ++i) {
      KITE_CHECK(error == nullptr ? (results[i] == nullptr) != (errors[i] == nullptr)
                                  : results[i] == nullptr && errors[i] == nullptr);
      settle(errors[i]);
      paperkite_result_free(results[i]);
    }
    settle(error);
  }
  void ask_result(std::uint8_t into) {
    const paperkite_result* const asked = results_.at(into);
    const auto at = static_cast<std::size_t>(static_cast<std::int8_t>(taker_.byte()));
    const std::size_t count = paperkite_result_count(asked);
    KITE_CHECK((paperkite_result_index(asked, at) >= 0) == (at < count));
    KITE_CHECK(paperkite_result_label(asked, at) != nullptr);
    KITE_CHECK(at < count || std::isnan(paperkite_result_score(asked, at)));
    std::size_t scores = 0;
    const float* const all = paperkite_result_scores(asked, &scores);
    float sum = 0;
    for (std::size_t i = 0; i < scores; ++i) sum += all[i];
    KITE_CHECK(!(sum < -1e30F));
    (void)paperkite_result_decode_ms(asked);
    (void)paperkite_result_warning(asked, paperkite_result_warning_count(asked));
  }
  void new_tensor(std::uint8_t into) {
    alignas(16) static const std::array<std::byte, 4096> kZeros{};
    const std::int32_t dtype = taker_.byte() % 30 - 1, rank = taker_.byte() % 11 - 1;
    std::array<std::int64_t, 10> dims{};
    std::int64_t bytes = static_cast<std::int64_t>(paperkite_dtype_size(dtype));
    for (std::int32_t i = 0; i < rank; ++i) {
      const std::uint8_t side = taker_.byte();
      dims[static_cast<std::size_t>(i)] = side < 240 ? side % 8 : std::int64_t{1} << (side - 240) * 4;
      if (side == 255) dims[static_cast<std::size_t>(i)] = -1;
      bytes = bytes > 0 && bytes < 4096 ? bytes * (dims[static_cast<std::size_t>(i)] % 4096) : 0;
    }
    if (bytes < 0 || bytes > 4096 || taker_.byte() % 16 == 15) bytes = taker_.byte();
    const std::int32_t owned = ownership();
    paperkite_tensor* made = nullptr;
    settle(paperkite_tensor_new(dtype, into > 250 ? nullptr : dims.data(), rank, into > 240 ? nullptr : kZeros.data(),
                                static_cast<std::size_t>(bytes), owned, &made),
           made);
    tensors_.put(into, made);
    read_tensor(tensors_.at(into));
  }
  static void read_tensor(const paperkite_tensor* tensor) {
    const auto* const data = static_cast<const unsigned char*>(paperkite_tensor_data(tensor));
    unsigned sum = 0;
    for (std::size_t i = 0; i < paperkite_tensor_size_bytes(tensor); ++i) sum += data[i];
    const std::int32_t rank = paperkite_tensor_rank(tensor);
    const std::int64_t* const dims = paperkite_tensor_dims(tensor);
    for (std::int32_t i = 0; i < rank; ++i) KITE_CHECK(dims[i] >= 0);
    (void)paperkite_dtype_name(paperkite_tensor_dtype(tensor));
    KITE_CHECK(sum + 1 > 0);
  }
  void input_tensor(std::uint8_t into) {
    const std::uint8_t by = taker_.byte(), of = taker_.byte();
    paperkite_tensor* made = nullptr;
    settle(paperkite_input_tensor(classifiers_.at(by), pictures_.at(of), &made), made);
    tensors_.put(into, made);
    read_tensor(made);
  }
  void open_session(std::uint8_t into) {
    const Bytes bytes = model();
    paperkite_session* made = nullptr;
    settle(paperkite_session_open_bytes(bytes.data(), bytes.size(), options_.at(taker_.byte()), &made), made);
    sessions_.put(into, made);
  }
  void ask_session(std::uint8_t into) {
    const paperkite_session* const asked = sessions_.at(into);
    const std::uint8_t at = taker_.byte() % 4;
    for (const paperkite_port* const port : {paperkite_session_input(asked, at), paperkite_session_output(asked, at)}) {
      KITE_CHECK(paperkite_port_name(port) != nullptr);
      for (std::int32_t axis = -1; axis <= paperkite_port_rank(port); ++axis) {
        (void)paperkite_port_dim(port, axis);
        KITE_CHECK(paperkite_port_symbol(port, axis) != nullptr);
      }
    }
    (void)paperkite_session_metadata(asked, at == 0 ? nullptr : text());
    (void)paperkite_session_notice(asked, paperkite_session_notice_count(asked));
  }
  void run_session(std::uint8_t into) {
    const std::uint8_t by = taker_.byte(), choice = taker_.byte();
    const std::array<const paperkite_tensor*, 2> inputs = {tensors_.at(taker_.byte()), tensors_.at(choice / 8)};
    const std::array<std::size_t, 3> wanted = {choice / 4 % 2 == 0 ? 0U : 7U, 0, 1};
    std::array<paperkite_tensor*, 3> outputs{};
    const std::size_t count = into % 4;
    paperkite_error* const error = paperkite_session_run(
        sessions_.at(by), choice == 255 ? nullptr : inputs.data(), choice % 3 == 0 ? 1 : choice % 3,
        choice % 2 == 0 ? nullptr : wanted.data(), count, outputs.data());
    for (std::size_t i = 0; i < count; ++i) {
      KITE_CHECK((outputs[i] != nullptr) == (error == nullptr));
      read_tensor(outputs[i]);
      if (i == 0) {
        tensors_.put(into, outputs[i]);
      } else {
        paperkite_tensor_free(outputs[i]);
      }
    }
    settle(error);
  }
  void drop(std::uint8_t into) {
    switch (taker_.byte() % 6) {
      case 0: options_.drop(into); break;
      case 1: pictures_.drop(into); break;
      case 2: classifiers_.drop(into); break;
      case 3: results_.drop(into); break;
      case 4: tensors_.drop(into); break;
      default: sessions_.drop(into); break;
    }
  }

  Taker taker_;
  const TestFolder& folder_;
  const std::string picture_;
  std::string text_;
  Slots<paperkite_options, paperkite_options_free> options_;
  Slots<paperkite_picture, paperkite_picture_free> pictures_;
  Slots<paperkite_classifier, paperkite_classifier_free> classifiers_;
  Slots<paperkite_result, paperkite_result_free> results_;
  Slots<paperkite_tensor, paperkite_tensor_free> tensors_;
  Slots<paperkite_session, paperkite_session_free> sessions_;
};

}  // namespace

void c_calls(Bytes bytes) {
  static const TestFolder folder;
  static const std::string picture("P6 2 2 255 abcdefghijkl");
  static const std::string written = folder.write("picture", picture);
  Machine(bytes, folder, picture).run();
}

}  // namespace kite::fuzz
