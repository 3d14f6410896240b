// SPDX-License-Identifier: Apache-2.0
// Workloads: tensors from a file, from a picture or of noise; and pictures.
#include "bench_workload.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image_list.h"
#include "noise.h"
#include "paperkite/classifier.h"
#include "paperkite/npy.h"
#include "paperkite/try.h"
#include "picture_input.h"

namespace kite::cli {

namespace {

std::string described(const TensorType& type) { return std::string(dtype_name(type.dtype)) + type.shape.to_string(); }

// How many items of the file make one tensor of type `wanted`: a file may hold several tensors, one after the other.
Result<std::int64_t> items_of_one(const NpyReader& file, const TensorType& wanted, const std::string& path) {
  const TensorType& found = file.type();
  if (found == wanted) return file.items();
  const auto has = found.shape.dims(), takes = wanted.shape.dims();
  const bool fits = found.dtype == wanted.dtype && has.size() == takes.size() && !takes.empty() && takes[0] > 0 &&
                    has[0] > 0 && has[0] % takes[0] == 0 && std::ranges::equal(has.subspan(1), takes.subspan(1));
  if (fits) return takes[0];
  return Error{ErrorCode::kInvalidInput,
               "the file holds " + described(found) + ", the model takes " + described(wanted), path,
               "give a tensor of that type and shape, or several along the first dimension"};
}

class TensorWorkload : public Workload {
 public:
  TensorWorkload(const BenchOptions& options, Model model, Session session)
      : options_(options), model_(std::move(model)), session_(std::move(session)) {}

  Status open_inputs() override {
    if (!options_.input.empty()) {
      if (model_.inputs().size() != 1) {
        return Error{ErrorCode::kUsage, "--input is for models of one input", options_.model,
                     "leave it out: noise goes to all"};
      }
      KITE_TRY_ASSIGN(NpyReader file, NpyReader::open(options_.input));
      KITE_TRY_ASSIGN(items_, items_of_one(file, model_.inputs()[0].type, options_.input));
      file_.emplace(std::move(file));
      tensors_.emplace_back(model_.inputs()[0].type);
    } else if (!options_.image.empty()) {
      KITE_TRY_ASSIGN(Tensor tensor, picture_input(options_.model, options_.common.model_options(), options_.image));
      tensors_.push_back(std::move(tensor));
    } else {
      for (const Port& port : model_.inputs()) tensors_.push_back(seeded_noise(port.type));
    }
    for (const Tensor& tensor : tensors_) views_.push_back(tensor.view());
    return {};
  }
  std::int64_t inputs() const override { return file_ && items_ > 0 ? file_->items() / items_ : 1; }
  Status prepare(std::int64_t input) override {
    if (!file_ || input == held_) return {};
    held_ = input;
    return read(input, tensors_[0]);
  }
  Status run(std::int64_t) override { return session_.run(views_); }
  TensorView scores() const override { return session_.output(0); }
  Result<Tensor> tensor(std::int64_t input) const override {
    if (!file_) return Tensor::copy_of(tensors_[0].view());
    Tensor copy(tensors_[0].type());
    KITE_TRY(read(input, copy));
    return copy;
  }
  const Model& model() const override { return model_; }
  int threads() const override { return session_.threads(); }

 private:
  Status read(std::int64_t input, Tensor& into) const {
    return file_->read(input * items_, items_, {into.mutable_view().data, into.view().bytes().size()});
  }
  const BenchOptions& options_;
  Model model_;
  Session session_;
  std::optional<NpyReader> file_;
  std::int64_t items_ = 0;       // how many items of the file make one input
  std::int64_t held_ = -1;       // the number of the file's input that is in tensors_[0]
  std::vector<Tensor> tensors_;  // one for each input of the model
  std::vector<TensorView> views_;
};

class PictureWorkload : public Workload {
 public:
  PictureWorkload(const BenchOptions& options, Classifier classifier)
      : options_(options), classifier_(std::move(classifier)) {}

  Status open_inputs() override {
    ImageList list = list_images({options_.image}, false);
    for (const std::string& warning : list.warnings) warn(warning);
    for (ImageItem& item : list.items) {
      if (!item.failure.empty()) return std::move(item.failure.front());
      paths_.push_back(std::move(item.name));
    }
    return {};
  }
  std::int64_t inputs() const override { return static_cast<std::int64_t>(paths_.size()); }
  Status prepare(std::int64_t) override { return {}; }
  Status run(std::int64_t input) override {
    const auto answer = classifier_.classify_file(path(input), 1);
    if (!answer.ok()) return answer.error();
    return {};
  }
  TensorView scores() const override { return classifier_.scores(); }
  Result<Tensor> tensor(std::int64_t input) const override { return classifier_.input_tensor(path(input)); }
  const Model& model() const override { return classifier_.model(); }
  int threads() const override { return classifier_.threads(); }

 private:
  const std::string& path(std::int64_t input) const { return paths_[static_cast<std::size_t>(input)]; }

  const BenchOptions& options_;
  Classifier classifier_;
  std::vector<std::string> paths_;
};

}  // namespace

bool BenchOptions::from_pictures() const {
  std::error_code ignored;
  return !image.empty() && (samples > 0 || image.starts_with('@') || std::filesystem::is_directory(image, ignored));
}

Result<std::unique_ptr<Workload>> Workload::load(const BenchOptions& options) {
  if (options.from_pictures()) {
    ClassifierOptions classifier_options;
    classifier_options.model = options.common.model_options();
    classifier_options.session = options.common.session_options();
    KITE_TRY_ASSIGN(Classifier classifier, Classifier::open(options.model, classifier_options));
    for (const std::string& warning : classifier.warnings()) warn(warning);
    return std::unique_ptr<Workload>(std::make_unique<PictureWorkload>(options, std::move(classifier)));
  }
  KITE_TRY_ASSIGN(Model model, Model::open(options.model, options.common.model_options()));
  for (const std::string& warning : model.warnings()) warn(warning);
  KITE_TRY_ASSIGN(Session session, Session::create(model, options.common.session_options()));
  return std::unique_ptr<Workload>(std::make_unique<TensorWorkload>(options, std::move(model), std::move(session)));
}

}  // namespace kite::cli
