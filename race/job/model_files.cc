// SPDX-License-Identifier: Apache-2.0
// Uses the public API, so that every contestant gets the same recipe and tensors as `kite classify`.
#include "race/job/model_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/regular_file.h"
#include "base/subprocess.h"
#include "cli/output/output_file.h"
#include "paperkite/classifier.h"
#include "paperkite/npy.h"
#include "paperkite/try.h"

namespace kite::race {

namespace {

namespace fs = std::filesystem;
constexpr double kWorthSaying = 500e6;  // bytes of tensors
constexpr std::size_t kBadPicturesNamed = 5;

Result<std::string> sha256_of(const std::string& path) {
  SubprocessOptions options;
  options.timeout_s = 600;
  KITE_TRY_ASSIGN(const SubprocessResult result, run_subprocess({"sha256sum", "--", path}, options));
  // A name with a backslash or newline puts a backslash in front of the digest.
  const std::string digest = result.output.substr(result.output.starts_with('\\') ? 1 : 0, 64);
  if (!result.ok() || digest.size() != 64)
    return Error{ErrorCode::kIo, "sha256sum failed: " + result.last_line(), path, {}};
  return digest;
}

Result<ModelRecord> record_of(const Classifier& classifier, const std::string& path) {
  ModelRecord record;
  record.path = path;
  std::error_code failed;
  record.bytes = fs::file_size(path, failed);
  KITE_TRY_ASSIGN(record.sha256, sha256_of(path));
  record.macs = classifier.model().macs();
  record.parameters = classifier.model().parameters();
  const auto dims = classifier.model().inputs()[0].type.shape.dims();
  record.input_shape.assign(dims.begin(), dims.end());
  record.classes = classifier.classes();
  record.recipe = classifier.recipe_json();
  return record;
}

std::vector<std::string> labels_of(const Classifier& classifier) {
  const auto& known = classifier.labels();
  std::vector<std::string> labels;
  for (std::size_t i = 0; std::cmp_less(i, classifier.classes()); ++i) {
    labels.push_back(i < known.size() ? known[i] : std::to_string(i));
    for (char& c : labels.back()) c = c == '\n' || c == '\r' ? ' ' : c;
  }
  return labels;
}

kite::Status room_for(const ModelRecord& record, std::size_t pictures, const std::string& folder,
                      const JobWatch& watch) {
  double bytes = 4.0 * static_cast<double>(pictures);
  for (const std::int64_t dim : record.input_shape) bytes *= static_cast<double>(dim);
  if (bytes > kWorthSaying) {
    watch.note(fmt::format("the input tensors of {} take {:.1f} GB in {}; they are removed at the end unless --keep",
                           record.id, bytes * 1e-9, folder));
  }
  std::error_code failed;
  const fs::space_info space = fs::space(folder, failed);
  if (!failed && bytes > 0.95 * static_cast<double>(space.available)) {
    return Error{ErrorCode::kLimit,
                 fmt::format("the input tensors need {:.1f} GB, {:.1f} GB are free", bytes * 1e-9,
                             static_cast<double>(space.available) * 1e-9),
                 folder, "take fewer pictures with --pictures N, or another --out"};
  }
  return {};
}

// Writes one picture's tensor as the next item of the file. The first picture makes the writer and settles the shape.
kite::Status append(const Classifier& classifier, const std::string& picture, const std::string& path,
                    std::optional<NpyWriter>& writer) {
  KITE_TRY_ASSIGN(const RegularFile file, RegularFile::open(picture));
  KITE_TRY_ASSIGN(const FileBytes bytes, file.read(file.state().size_bytes));
  auto tensor = classifier.input_tensor(bytes.bytes());
  if (!tensor.ok()) return std::move(tensor).error().in(picture);
  const auto dims = tensor->shape().dims();
  if (tensor->dtype() != DType::kFloat32 || dims.size() < 2 || dims[0] != 1) {
    return Error{ErrorCode::kUnsupportedModel, "the model takes no float32 tensor of one picture",
                 classifier.model().path(), "race it with --modes oneshot"};
  }
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims.subspan(1)));
  const TensorType item{DType::kFloat32, shape};
  if (!writer) {
    KITE_TRY_ASSIGN(NpyWriter made, NpyWriter::create(path, item));
    writer.emplace(std::move(made));
  }
  if (writer->item() != item) {
    return Error{ErrorCode::kInvalidImage, "its tensor has another size than the first picture's", picture,
                 "race such a model with --modes oneshot"};
  }
  return writer->append(tensor->view().bytes());
}

kite::Status write_tensors(const Classifier& classifier, const ModelFiles& files, bool settled,
                           std::vector<std::string>& pictures, const JobWatch& watch) {
  KITE_TRY(room_for(files.record, pictures.size(), fs::path(files.inputs).parent_path().string(), watch));
  std::optional<NpyWriter> writer;
  std::vector<std::string> readable;
  std::optional<Error> first_failure;
  std::size_t failures = 0;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (watch.stopped()) return Error{ErrorCode::kInterrupted, "interrupted", files.inputs, {}};
    const kite::Status status = append(classifier, pictures[i], files.inputs, writer);
    watch.progress("input tensors of " + files.record.id, i + 1, pictures.size());
    if (status.ok()) {
      readable.push_back(pictures[i]);
      continue;
    }
    const ErrorCode code = status.error().code;
    const bool of_picture = code == ErrorCode::kInvalidImage || code == ErrorCode::kUnsupportedImage;
    if (!of_picture || settled) return status.error();
    if (++failures <= kBadPicturesNamed) watch.note("left out: " + status.error().message());
    if (!first_failure) first_failure = status.error();
  }
  if (failures > kBadPicturesNamed)
    watch.note(fmt::format("left out: {} pictures in all that cannot be read", failures));
  if (!writer) return *first_failure;
  pictures = std::move(readable);
  return writer->finish();
}

}  // namespace

Result<ModelFiles> write_model_files(const std::string& model, const std::string& folder, bool tensors, bool settled,
                                     std::vector<std::string>& pictures, const JobWatch& watch) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Error{ErrorCode::kIo, "cannot be made: " + failed.message(), folder, "choose another --out"};
  ClassifierOptions options;
  options.model.use_cache = false;  // a race leaves nothing in the user's cache
  KITE_TRY_ASSIGN(const Classifier classifier, Classifier::open(model, options));
  for (const std::string& warning : classifier.warnings())
    watch.note(fs::path(model).filename().string() + ": " + warning);
  ModelFiles files;
  KITE_TRY_ASSIGN(files.record, record_of(classifier, model));
  files.threads = classifier.threads();
  files.record.id = fs::path(folder).filename().string();
  files.recipe = folder + "/recipe.json";
  files.labels = folder + "/labels.txt";
  KITE_TRY(cli::write_file(files.recipe, files.record.recipe + "\n"));
  files.label_list = labels_of(classifier);
  KITE_TRY(cli::write_file(files.labels, fmt::format("{}\n", fmt::join(files.label_list, "\n"))));
  const std::string state_dict = fs::path(model).replace_extension(".safetensors").string();
  if (fs::exists(state_dict, failed)) files.state_dict = state_dict;
  if (!tensors) return files;
  files.inputs = folder + "/inputs.npy";
  KITE_TRY(write_tensors(classifier, files, settled, pictures, watch));
  return files;
}

std::vector<std::string> model_ids(const std::vector<std::string>& paths) {
  std::vector<std::string> ids;
  for (const std::string& path : paths) {
    const std::string stem = fs::path(path).stem().string();
    std::string id = stem;
    for (int number = 2; std::find(ids.begin(), ids.end(), id) != ids.end(); ++number)
      id = fmt::format("{}-{}", stem, number);
    ids.push_back(id);
  }
  return ids;
}

}  // namespace kite::race
