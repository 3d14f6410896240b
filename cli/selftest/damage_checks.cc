// SPDX-License-Identifier: Apache-2.0
// Files that are cut short or changed are read like any other; what comes of it is an answer or a fitting error. (A
// crash or an endless loop ends the process in which this runs, which selftest.cc counts as a failure.)
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>

#include "cli/selftest/checks.h"
#include "cli/selftest/small_models.h"
#include "cli/selftest/small_pictures.h"
#include "image/decode.h"
#include "paperkite/model.h"
#include "paperkite/session.h"

namespace kite::cli {

namespace {

constexpr std::uint64_t kMemoryBytes = std::uint64_t{256} << 20;
constexpr int kRandomChanges = 300;  // of one file in a round

using ReadDamaged = std::function<Status(const std::string& bytes)>;

void check_one(Checks& checks, const ReadDamaged& read, const std::string& bytes,
               std::initializer_list<ErrorCode> fitting, const std::string& what) {
  const Status status = read(bytes);
  bool fits = status.ok();
  for (const ErrorCode code : fitting) fits = fits || (!status.ok() && status.error().code == code);
  checks.that(fits, what + (status.ok() ? ""
                                        : ": " + std::string(error_code_name(status.error().code)) + ": " +
                                              status.error().message()));
}

// `cuts`, `flips`: whether the first round tries every length, and every bit.
void check_damage(Checks& checks, std::string_view name, const std::string& whole, const ReadDamaged& read,
                  std::initializer_list<ErrorCode> fitting) {
  const Status status = read(whole);
  checks.that(status.ok(), fmt::format("{}, whole: {}", name, status.ok() ? "" : status.error().message()));
  constexpr std::size_t kSmall = 1024;  // of larger files, as many places by chance
  if (checks.is_first()) {
    for (std::size_t i = 0; i < std::min(whole.size(), kSmall); ++i) {
      const std::size_t place = whole.size() <= kSmall ? i : checks.below(whole.size());
      check_one(checks, read, whole.substr(0, place), fitting, fmt::format("{}, cut to {} bytes", name, place));
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string changed = whole;
        changed[place] = static_cast<char>(changed[place] ^ (1 << bit));
        check_one(checks, read, changed, fitting, fmt::format("{}, bit {} of byte {}", name, bit, place));
      }
    }
  }
  // Numbers at which counts, lengths and offsets overflow, and pieces of the file at other places.
  static constexpr std::string_view kPieces[] = {"\xff\xff\xff\xff",
                                                 "\x7f\xff\xff\xff",
                                                 {"\0\0\0\0", 4},
                                                 "\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                                                 "\x80\x80\x80\x80\x10"};
  for (int i = 0; i < kRandomChanges; ++i) {
    std::string changed = whole;
    for (std::uint32_t changes = 1 + checks.below(3); changes > 0 && !changed.empty(); --changes) {
      const std::size_t at = checks.below(changed.size());
      const std::uint32_t kind = checks.below(4);
      if (kind == 0) {
        changed[at] = static_cast<char>(checks.below(256));
      } else if (kind == 1) {
        const std::string_view piece = kPieces[checks.below(std::size(kPieces))];
        changed.replace(at, std::min(piece.size(), changed.size() - at), piece);
      } else if (kind == 2) {
        changed.erase(at, 1 + checks.below(8));
      } else {
        changed.insert(at, changed.substr(checks.below(changed.size()), 1 + checks.below(16)));
      }
    }
    check_one(checks, read, changed, fitting, fmt::format("{}, changed by chance", name));
  }
}

Result<Model> open_small(const std::string& bytes) {
  ModelOptions options;
  options.threads = 1;
  options.memory_limit_bytes = kMemoryBytes;
  return Model::open(bytes_of(bytes), options);
}

// Opens the model or plan, and where that is possible runs it.
Status open_and_run(const std::string& bytes) {
  auto model = open_small(bytes);
  if (!model.ok()) return std::move(model).error();
  auto session = Session::create(*model, {.threads = 1});
  if (!session.ok()) return std::move(session).error();
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  for (const Port& port : model->inputs()) {
    inputs.emplace_back(port.type);
    const std::span<std::byte> memory(inputs.back().as<std::byte>(), static_cast<std::size_t>(port.type.size_bytes()));
    std::ranges::fill(memory, std::byte{0});
  }
  for (const Tensor& input : inputs) views.push_back(input.view());
  return session->run(views);
}

constexpr std::initializer_list<ErrorCode> kOfModels = {ErrorCode::kInvalidModel, ErrorCode::kUnsupportedModel,
                                                        ErrorCode::kInvalidInput, ErrorCode::kLimit};

}  // namespace

void check_models(Checks& checks) {
  check_damage(checks, "a model", small_network(checks, 1, 8).bytes, open_and_run,
               {ErrorCode::kInvalidModel, ErrorCode::kUnsupportedModel, ErrorCode::kInvalidInput, ErrorCode::kLimit,
                ErrorCode::kIo});
}

void check_plans(Checks& checks) {
  const auto model = open_small(small_network(checks, 1, 8).bytes);
  checks.that(model.ok(), model.ok() ? "" : model.error().message());
  if (!model.ok()) return;
  const std::span<const std::byte> plan = model->plan_bytes();
  check_damage(checks, "a plan", std::string(reinterpret_cast<const char*>(plan.data()), plan.size()), open_and_run,
               kOfModels);
}

void check_pictures(Checks& checks) {
  Limits limits;
  limits[Limit::kPixels] = 1 << 22;
  for (const SmallPicture& picture : small_pictures()) {
    const auto read = [&](const std::string& bytes) -> Status {
      auto image = decode(bytes_of(bytes), limits);
      return image.ok() ? Status() : Status(std::move(image).error());
    };
    check_damage(checks, picture.format, picture.bytes, read,
                 {ErrorCode::kInvalidImage, ErrorCode::kUnsupportedImage, ErrorCode::kLimit});
  }
}

}  // namespace kite::cli
