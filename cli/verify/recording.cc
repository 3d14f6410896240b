// SPDX-License-Identifier: Apache-2.0
// Opens the zip, reads the header of each array, and checks that no array is anything else than numbers.
#include "cli/verify/recording.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "base/printable.h"
#include "paperkite/npy.h"
#include "paperkite/try.h"
#include "tensor/npy_header.h"

namespace kite::cli {

namespace {

constexpr std::array<std::string_view, kPictureStages> kStageNames = {"decode", "orientation", "resize", "crop",
                                                                      "normalise"};
constexpr std::string_view kAbout = "about.json";
constexpr std::string_view kSuffix = ".npy";
constexpr std::uint64_t kMaxAboutBytes = std::uint64_t{1} << 20;
constexpr std::string_view kHowToSave = "write it again with numpy.savez(FILE, decode=..., normalise=..., logits=...)";

// An archive's own errors are about models. Here they are about an input.
Error of_recording(Error error, const std::string& path) {
  if (error.code == ErrorCode::kInvalidModel || error.code == ErrorCode::kUnsupportedModel) {
    error.code = ErrorCode::kInvalidInput;
    error.remedy = kHowToSave;
  }
  return error.where.empty() ? std::move(error).in(path) : error;
}

std::string place(const std::string& path, std::string_view name) { return path + ": array " + in_quotes(name); }

// The members of an object below `key`; those that are no text as JSON.
std::map<std::string, std::string> texts_of(const nlohmann::json& json, const char* key) {
  std::map<std::string, std::string> texts;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return texts;
  for (const auto& [name, value] : found->items()) {
    texts.emplace(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return texts;
}

}  // namespace

std::string_view stage_name(PictureStage stage) noexcept { return kStageNames[static_cast<std::size_t>(stage)]; }

std::optional<PictureStage> find_stage(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kStageNames, name);
  if (found == kStageNames.end()) return std::nullopt;
  return static_cast<PictureStage>(found - kStageNames.begin());
}

Result<Recording> Recording::open(const std::string& path) {
  auto archive = ZipArchive::open(path, ZipNames::kAny);
  if (!archive.ok()) return of_recording(std::move(archive).error(), path);
  Recording recording(path, std::move(archive).value());
  if (Status read = recording.read_headers(); !read.ok()) return of_recording(std::move(read).error(), path);
  return recording;
}

Status Recording::read_headers() {
  for (const ZipEntry& entry : archive_.entries()) {
    if (entry.name == kAbout) {
      KITE_TRY(read_about(entry));
      continue;
    }
    if (!entry.name.ends_with(kSuffix)) {
      return Error{ErrorCode::kInvalidInput, "the member " + in_quotes(entry.name) + " is no .npy array", path_,
                   std::string(kHowToSave)};
    }
    const std::string name = entry.name.substr(0, entry.name.size() - kSuffix.size());
    KITE_TRY_ASSIGN(const std::vector<std::byte> start, archive_.read(entry, kNpyStartBytes));
    KITE_TRY_ASSIGN(const std::size_t data_at, npy_data_at(start, place(path_, name)));
    KITE_TRY_ASSIGN(const std::vector<std::byte> front, archive_.read(entry, data_at));
    KITE_TRY_ASSIGN(const NpyHeader header, parse_npy_header(front, entry.size_bytes, place(path_, name)));
    if (!arrays_.emplace(name, Array{entry, header.type}).second) {
      return Error{ErrorCode::kInvalidInput, "two arrays have the name " + in_quotes(name), path_,
                   std::string(kHowToSave)};
    }
  }
  if (!arrays_.empty()) return {};
  return Error{ErrorCode::kInvalidInput, "the recording holds no array", path_, std::string(kHowToSave)};
}

Status Recording::read_about(const ZipEntry& entry) {
  const auto wrong = [&](std::string what) {
    return Error{ErrorCode::kInvalidInput, "about.json " + std::move(what), path_,
                 R"(it is an object such as {"program": "torchvision 0.20", "stages": {"resize": "antialias off"}})"};
  };
  if (entry.size_bytes > kMaxAboutBytes) return wrong("is larger than 1 MiB");
  KITE_TRY_ASSIGN(const std::vector<std::byte> bytes, archive_.read(entry));
  const auto* const text = reinterpret_cast<const char*>(bytes.data());
  // A depth that no sound file has would be a recursion as deep in the parser.
  int depth = 0, deepest = 0;
  for (const char c : std::string_view(text, bytes.size())) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    deepest = std::max(deepest, depth);
  }
  const auto json = deepest > 16 ? nlohmann::json(nlohmann::json::value_t::discarded)
                                 : nlohmann::json::parse(text, text + bytes.size(), nullptr, false);
  if (!json.is_object()) return wrong("is no JSON object");
  if (const auto program = json.find("program"); program != json.end() && program->is_string()) {
    about_.program = program->get<std::string>();
  }
  about_.versions = texts_of(json, "versions");
  about_.stages = texts_of(json, "stages");
  return {};
}

const TensorType* Recording::find(std::string_view name) const noexcept {
  const auto found = arrays_.find(name);
  return found == arrays_.end() ? nullptr : &found->second.type;
}

std::vector<std::string> Recording::names() const {
  std::vector<std::string> names;
  for (const auto& [name, array] : arrays_) names.push_back(name);
  return names;
}

Result<Tensor> Recording::read(std::string_view name) const {
  const auto found = arrays_.find(name);
  KITE_CHECK(found != arrays_.end());
  auto bytes = archive_.read(found->second.entry);
  if (!bytes.ok()) return of_recording(std::move(bytes).error(), path_);
  return read_npy(*bytes, place(path_, name));
}

Result<Tensor> Recording::read_picture(PictureStage stage) const {
  const std::string_view name = stage_name(stage);
  const auto found = arrays_.find(name);
  KITE_CHECK(found != arrays_.end());
  const TensorType& type = found->second.type;
  const Shape& shape = type.shape;
  const bool is_plane = shape.rank() == 2;
  const bool is_picture = shape.rank() == 3 && (shape[2] == 1 || shape[2] == 3);
  if (type.dtype != DType::kUInt8 || (!is_plane && !is_picture) || shape.elements() == 0) {
    return Error{ErrorCode::kInvalidInput,
                 "a picture is uint8 [H,W,3], or [H,W] where it is grey; found " + std::string(dtype_name(type.dtype)) +
                     shape.to_string(),
                 place(path_, name), "save numpy.asarray(picture) of the 8-bit picture"};
  }
  KITE_TRY_ASSIGN(Tensor tensor, read(name));
  if (!is_plane) return tensor;
  Tensor picture(TensorType{DType::kUInt8, Shape{shape[0], shape[1], 1}});
  std::ranges::copy(tensor.view().bytes(), picture.mutable_view().data);
  return picture;
}

}  // namespace kite::cli
