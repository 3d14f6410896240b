// SPDX-License-Identifier: Apache-2.0
// Asks the library, through paperkite.h, what the rows of the table ask: each line of standard input is a question of
// fields that a tab separates, each answer is one line of fields: its number, "ok" or the name of the error code, what,
// where and what to do, or what was computed.
#include <paperkite.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
template <typename T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, Free>>;
using Error = Owned<paperkite_error, paperkite_error_free>;
using Options = Owned<paperkite_options, paperkite_options_free>;
using Classifier = Owned<paperkite_classifier, paperkite_classifier_free>;
using Session = Owned<paperkite_session, paperkite_session_free>;
using Picture = Owned<paperkite_picture, paperkite_picture_free>;
using Result = Owned<paperkite_result, paperkite_result_free>;
using Tensor = Owned<paperkite_tensor, paperkite_tensor_free>;

std::string one_field(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

// Fields are quoted as file names may be: %09 is a tab.
std::string plain(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size()) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    fields.push_back(plain(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return fields;
}

struct Answer {
  Error error;
  std::string computed;
};

#define RETURN_ERROR(call)                                    \
  if (Error error(call); error != nullptr) {                  \
    return Answer{.error = std::move(error), .computed = {}}; \
  }

// Fields are name=value.
Answer set_options(const std::vector<std::string>& fields, std::size_t first, Options& options) {
  paperkite_options* made = nullptr;
  RETURN_ERROR(paperkite_options_new(&made));
  options.reset(made);
  for (std::size_t i = first; i < fields.size(); ++i) {
    const std::size_t split = fields[i].find('=');
    const std::string name = fields[i].substr(0, split);
    RETURN_ERROR(paperkite_options_set(options.get(), name.c_str(), fields[i].c_str() + split + 1));
  }
  return {};
}

// classify MODEL PICTURE NAME=VALUE...: the best class and its score.
Answer classify(const std::vector<std::string>& fields, bool is_stopped) {
  Options options;
  if (Answer failed = set_options(fields, 3, options); failed.error != nullptr) return failed;
  paperkite_classifier* opened = nullptr;
  RETURN_ERROR(paperkite_classifier_open(fields[1].c_str(), options.get(), &opened));
  const Classifier classifier(opened);
  paperkite_picture* made = nullptr;
  RETURN_ERROR(paperkite_picture_from_file(fields[2].c_str(), &made));
  const Picture picture(made);
  paperkite_result* found = nullptr;
  if (is_stopped) {
    const std::int32_t stop = 1;
    const paperkite_picture* const pictures[] = {picture.get()};
    paperkite_error* failure = nullptr;
    RETURN_ERROR(paperkite_classify_all(classifier.get(), pictures, 1, 1, &stop, &found, &failure));
    RETURN_ERROR(failure);
  } else {
    RETURN_ERROR(paperkite_classify(classifier.get(), picture.get(), 1, &found));
  }
  const Result result(found);
  const auto bits = std::bit_cast<std::array<unsigned char, 4>>(paperkite_result_score(found, 0));
  char text[64];
  std::snprintf(text, sizeof text, "%lld %02x%02x%02x%02x", static_cast<long long>(paperkite_result_index(found, 0)),
                bits[0], bits[1], bits[2], bits[3]);
  return {.error = nullptr, .computed = text};
}

struct Dims {
  std::int32_t dtype = 0;
  std::vector<std::int64_t> sizes;
};

// NAME=DTYPE:SIZExSIZE..., or what the model states, with 1 for what it leaves open.
Dims dims_of(const paperkite_port* port, const std::vector<std::string>& fields, std::size_t first) {
  Dims dims{.dtype = paperkite_port_dtype(port), .sizes = {}};
  const std::string begin = std::string(paperkite_port_name(port)) + "=";
  for (std::size_t i = first; i < fields.size(); ++i) {
    if (!fields[i].starts_with(begin)) continue;
    std::istringstream text(fields[i].substr(begin.size()));
    char separator = 0;
    text >> dims.dtype;
    for (std::int64_t size = 0; text >> separator >> size;) dims.sizes.push_back(size);
    return dims;
  }
  for (std::int32_t axis = 0; axis < paperkite_port_rank(port); ++axis) {
    const std::int64_t size = paperkite_port_dim(port, axis);
    dims.sizes.push_back(size < 0 ? 1 : size);
  }
  return dims;
}

// run MODEL NAME=DTYPE:SIZES...: every output of inputs of zeros.
Answer run(const std::vector<std::string>& fields) {
  paperkite_session* opened = nullptr;
  RETURN_ERROR(paperkite_session_open(fields[1].c_str(), nullptr, &opened));
  const Session session(opened);
  std::vector<Tensor> inputs;
  std::vector<const paperkite_tensor*> pointers;
  for (std::size_t i = 0; i < paperkite_session_input_count(opened); ++i) {
    const Dims dims = dims_of(paperkite_session_input(opened, i), fields, 2);
    std::size_t size_bytes = paperkite_dtype_size(dims.dtype);
    for (const std::int64_t size : dims.sizes) {
      if (__builtin_mul_overflow(size_bytes, static_cast<std::size_t>(size), &size_bytes)) size_bytes = 1;
    }
    const std::unique_ptr<void, void (*)(void*)> zeros(std::calloc(size_bytes + 1, 1), std::free);
    paperkite_tensor* tensor = nullptr;
    RETURN_ERROR(paperkite_tensor_new(dims.dtype, dims.sizes.data(), static_cast<std::int32_t>(dims.sizes.size()),
                                      zeros.get(), zeros == nullptr ? 0 : size_bytes, PAPERKITE_COPY, &tensor));
    inputs.emplace_back(tensor);
    pointers.push_back(tensor);
  }
  std::vector<paperkite_tensor*> outputs(paperkite_session_output_count(opened), nullptr);
  RETURN_ERROR(
      paperkite_session_run(opened, pointers.data(), pointers.size(), nullptr, outputs.size(), outputs.data()));
  for (paperkite_tensor* output : outputs) paperkite_tensor_free(output);
  return {.error = nullptr, .computed = std::to_string(outputs.size())};
}

// bytes FILE: a session of bytes in memory, which has no files beside it.
Answer open_bytes(const std::vector<std::string>& fields) {
  std::vector<char> content;
  if (std::FILE* file = std::fopen(fields[1].c_str(), "rb")) {
    for (int c = 0; (c = std::getc(file)) != EOF;) content.push_back(static_cast<char>(c));
    std::fclose(file);
  }
  paperkite_session* opened = nullptr;
  RETURN_ERROR(paperkite_session_open_bytes(content.data(), content.size(), nullptr, &opened));
  const Session session(opened);
  return {};
}

// pixels HEIGHT WIDTH CHANNELS STRIDE
Answer pixels(const std::vector<std::string>& fields) {
  static const std::uint8_t kPixels[64] = {0};
  paperkite_picture* made = nullptr;
  RETURN_ERROR(paperkite_picture_from_pixels(kPixels, std::stoll(fields[1]), std::stoll(fields[2]),
                                             std::stoi(fields[3]), std::stoll(fields[4]), 0, PAPERKITE_BORROW, &made));
  paperkite_picture_free(made);
  return {};
}

// threads N
Answer threads(const std::vector<std::string>& fields) {
  RETURN_ERROR(paperkite_set_compute_threads(std::stoi(fields[1])));
  RETURN_ERROR(paperkite_set_compute_threads(0));
  return {};
}

// tensor DTYPE SIZE_BYTES DIM...
Answer tensor(const std::vector<std::string>& fields) {
  static const std::uint8_t kData[4096] = {0};
  std::vector<std::int64_t> dims;
  for (std::size_t i = 3; i < fields.size(); ++i) dims.push_back(std::stoll(fields[i]));
  paperkite_tensor* made = nullptr;
  RETURN_ERROR(paperkite_tensor_new(std::stoi(fields[1]), dims.data(), static_cast<std::int32_t>(dims.size()), kData,
                                    std::stoull(fields[2]), PAPERKITE_COPY, &made));
  paperkite_tensor_free(made);
  return {};
}

Answer answer_to(const std::vector<std::string>& fields) {
  const std::string& verb = fields[0];
  if (verb == "classify") return classify(fields, false);
  if (verb == "stopped") return classify(fields, true);
  if (verb == "run") return run(fields);
  if (verb == "bytes") return open_bytes(fields);
  if (verb == "pixels") return pixels(fields);
  if (verb == "threads") return threads(fields);
  if (verb == "tensor") return tensor(fields);
  if (verb == "options") {
    Options options;
    return set_options(fields, 1, options);
  }
  std::cerr << "library_probe: there is no question " << verb << '\n';
  std::exit(2);
}

}  // namespace

int main() {
  std::string line;
  for (std::size_t number = 0; std::getline(std::cin, line); ++number) {
    const Answer answer = answer_to(fields_of(line));
    const paperkite_error* error = answer.error.get();
    std::cout << number << '\t' << (error == nullptr ? "ok" : paperkite_error_name(error)) << '\t'
              << (error == nullptr ? answer.computed : one_field(paperkite_error_what(error))) << '\t'
              << one_field(paperkite_error_where(error)) << '\t' << one_field(paperkite_error_remedy(error))
              << std::endl;
  }
  return 0;
}
