// SPDX-License-Identifier: Apache-2.0
// Runs a list of picture jobs and writes their raw results to one file, for comparison with Pillow and numpy.
//
//   kite_picture_dump JOBS RESULTS
//
// JOBS has one job a line, fields separated by tabs:
//   decode   PICTURE  ignore|apply             -> pixels, 8-bit RGB
//   facts    PICTURE                           -> "orientation<TAB>pixel format<TAB>warnings..." as text
//   resize   PICTURE  W H FILTER X Y W H       -> pixels of that window of the resized picture
//   crop     PICTURE  RECIPE-JSON              -> pixels after resize and crop
//   tensor   PICTURE  RECIPE-JSON  nchw|nhwc [rgb|grey|rgba [uint8|float16]]   -> the tensor, float32 unless it says so
// RESULTS holds for each job four little-endian int64 (1 = ok or 0 = error, width, height, bytes) and the bytes; of an
// error, "code<TAB>message".
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "carriers/recipe_carriers.h"
#include "image/decode.h"
#include "image/preprocess.h"
#include "image/resize.h"
#include "paperkite/try.h"

namespace {

using kite::Image;
using kite::Result;

struct Output {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::string bytes;
};

Result<Image> load(const std::string& path, kite::ExifPolicy exif) {
  KITE_TRY_ASSIGN(const kite::MappedFile file, kite::MappedFile::open(path));
  return kite::decode(file.bytes(), {}, exif);
}

Output pixels_of(const Image& image) {
  const auto pixels = image.pixels();
  return {image.width(), image.height(), std::string(reinterpret_cast<const char*>(pixels.data()), pixels.size())};
}

Result<kite::PreprocessRecipe> recipe_of(const std::string& json) {
  KITE_TRY_ASSIGN(const kite::RecipeFields fields, kite::parse_recipe(json));
  return fields.complete();
}

kite::TensorForm form_of(const std::vector<std::string>& job) {
  kite::TensorForm form;
  form.axes = job.at(3) == "nhwc" ? "NHWC" : "NCHW";
  if (job.size() > 4 && job.at(4) == "grey") form.pixels = kite::PixelMode::kGrey;
  if (job.size() > 4 && job.at(4) == "rgba") form.pixels = kite::PixelMode::kRgba;
  if (job.size() > 5 && job.at(5) == "uint8") form.dtype = kite::DType::kUInt8;
  if (job.size() > 5 && job.at(5) == "float16") form.dtype = kite::DType::kFloat16;
  return form;
}

Result<Output> run(const std::vector<std::string>& job) {
  if (job.at(0) == "decode") {
    KITE_TRY_ASSIGN(const Image image,
                    load(job.at(1), job.at(2) == "apply" ? kite::ExifPolicy::kApply : kite::ExifPolicy::kIgnore));
    return pixels_of(image);
  }
  if (job.at(0) == "tensor") {
    KITE_TRY_ASSIGN(kite::PreprocessRecipe recipe, recipe_of(job.at(2)));
    recipe.form = form_of(job);
    KITE_TRY_ASSIGN(const kite::MappedFile file, kite::MappedFile::open(job.at(1)));
    KITE_TRY_ASSIGN(const kite::PreparedPicture prepared, kite::prepare_picture(file.bytes(), recipe));
    const auto bytes = prepared.tensor.view().bytes();
    return Output{prepared.tensor.shape()[3], prepared.tensor.shape()[2],
                  std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
  }
  // Jobs on one picture come in a row.
  static std::pair<std::string, Image> last;
  if (last.first != job.at(1)) {
    last.first.clear();
    KITE_TRY_ASSIGN(last.second, load(job.at(1), kite::ExifPolicy::kIgnore));
    last.first = job.at(1);
  }
  const Image& image = last.second;
  if (job.at(0) == "facts") {
    Output out;
    out.bytes = std::to_string(image.facts().exif_orientation) + '\t' + image.facts().pixel_format;
    for (const std::string& warning : image.facts().warnings) out.bytes += '\t' + warning;
    return out;
  }
  if (job.at(0) == "resize") {
    std::array<std::int64_t, 6> n{};
    for (std::size_t i = 0; i < 2; ++i) n.at(i) = std::stoll(job.at(2 + i));
    for (std::size_t i = 0; i < 4; ++i) n.at(2 + i) = std::stoll(job.at(5 + i));
    KITE_TRY_ASSIGN(const Image out, kite::resize_crop(image, {n[0], n[1]}, {n[2], n[3], n[4], n[5]},
                                                       kite::filter_by_name(job.at(4)).value()));
    return pixels_of(out);
  }
  if (job.at(0) == "crop") {
    KITE_TRY_ASSIGN(const kite::PreprocessRecipe recipe, recipe_of(job.at(2)));
    KITE_TRY_ASSIGN(const Image out, kite::resize_and_crop(image, recipe));
    return pixels_of(out);
  }
  return kite::Error{kite::ErrorCode::kUsage, "unknown job", job.at(0), {}};
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
  return fields;
}

void write(std::ofstream& to, bool ok, const Output& output) {
  const std::array<std::int64_t, 4> head{ok ? 1 : 0, output.width, output.height,
                                         static_cast<std::int64_t>(output.bytes.size())};
  to.write(reinterpret_cast<const char*>(head.data()), sizeof head);
  to.write(output.bytes.data(), static_cast<std::streamsize>(output.bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: kite_picture_dump JOBS RESULTS\n";
    return 2;
  }
  std::ifstream jobs(argv[1]);
  std::ofstream results(argv[2], std::ios::binary);
  if (!jobs || !results) {
    std::cerr << "kite_picture_dump: cannot open " << (jobs ? argv[2] : argv[1]) << '\n';
    return 6;
  }
  for (std::string line; std::getline(jobs, line);) {
    const Result<Output> output = run(split(line));
    if (output.ok()) {
      write(results, true, *output);
    } else {
      write(results, false,
            {0, 0, std::string(kite::error_code_name(output.error().code)) + '\t' + output.error().message()});
    }
  }
  results.flush();
  return results ? 0 : 6;
}
