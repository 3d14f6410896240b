// SPDX-License-Identifier: Apache-2.0
// A recording: what another program computed of one picture, as numpy.savez() writes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carriers/zip_archive.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

// The stages of a picture on its way to the model, in this order. All are optional.
enum class PictureStage : std::uint8_t { kDecode, kOrientation, kResize, kCrop, kNormalise };
inline constexpr int kPictureStages = 5;
[[nodiscard]] std::string_view stage_name(PictureStage stage) noexcept;  // "decode": the name of its array
// nullopt for any other name, which is that of a value of the graph.
[[nodiscard]] std::optional<PictureStage> find_stage(std::string_view name) noexcept;

// What the member about.json says; all may be empty.
struct RecordingAbout {
  std::string program;                          // "torchvision 0.29"
  std::map<std::string, std::string> versions;  // of packages
  std::map<std::string, std::string> stages;    // how each stage was made: "bilinear, antialias off"
};

// An .npz: a zip, stored or deflated, of one .npy for each array. Arrays are read when they are asked for; opening
// reads only their headers. Move-only.
class Recording {
 public:
  // kInvalidInput for a damaged archive, for an array that is damaged or holds something else than numbers (an array of
  // objects is a pickle, which is never read), for two arrays of one name, and where no array is in it.
  [[nodiscard]] static Result<Recording> open(const std::string& path);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const RecordingAbout& about() const noexcept { return about_; }
  // The type of an array; null where the recording has none of that name.
  [[nodiscard]] const TensorType* find(std::string_view name) const noexcept;
  // Of all arrays, in the order of their names.
  [[nodiscard]] std::vector<std::string> names() const;
  // The array `name`, which find() must know. kInvalidInput where its bytes are damaged.
  [[nodiscard]] Result<Tensor> read(std::string_view name) const;
  // The same of a picture stage before kNormalise as [H,W,3] or [H,W,1] of uint8. kInvalidInput for any other type.
  [[nodiscard]] Result<Tensor> read_picture(PictureStage stage) const;

 private:
  struct Array {
    ZipEntry entry;
    TensorType type;
  };
  Recording(std::string path, ZipArchive archive) : path_(std::move(path)), archive_(std::move(archive)) {}
  Status read_headers();
  Status read_about(const ZipEntry& entry);
  std::string path_;
  ZipArchive archive_;
  RecordingAbout about_;
  std::map<std::string, Array, std::less<>> arrays_;
};

}  // namespace kite::cli
