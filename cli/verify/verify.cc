// SPDX-License-Identifier: Apache-2.0
// kite verify: where the engine's answer and another one part.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/internals.h"
#include "base/mapped_file.h"
#include "carriers/find_model.h"
#include "cli/command.h"
#include "cli/image_list.h"
#include "cli/json_output.h"
#include "cli/model_files.h"
#include "cli/noise.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/parser/parse.h"
#include "cli/progress.h"
#include "cli/verify/against.h"
#include "cli/verify/comparison.h"
#include "cli/verify/diagnosis.h"
#include "cli/verify/drawing.h"
#include "cli/verify/report.h"
#include "image/picture_file.h"
#include "paperkite/classifier.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

struct VerifyOptions {
  CommonOptions common;
  std::string model;
  std::vector<std::string> images;
  std::string reference;
  std::string against;
  std::string references_dir;
  std::string folder = ".";
  double bound = kOutputBound;
  bool all = false;
};

// An .npz is a zip. A zip that holds a model is no reference: its file must be named.
bool is_zip(const std::string& path) {
  const auto file = MappedFile::open(path);
  return file.ok() && file->bytes().size() >= 4 && std::memcmp(file->bytes().data(), "PK\x03\x04", 4) == 0;
}

std::int64_t limit_bytes(const CommonOptions& common) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  return static_cast<std::int64_t>(std::min(common.memory_limit_bytes, kMost));
}

// What one picture gives a model.
struct PictureInput {
  Tensor tensor;
  std::unique_ptr<PictureStages> stages;
};

Result<PictureInput> read_picture(const Classifier& classifier, const std::string& path) {
  KITE_TRY_ASSIGN(const FileBytes file, read_picture_file(path));
  PictureInput input;
  const auto read = [&]() -> Status {
    KITE_TRY_ASSIGN(input.tensor, classifier.input_tensor(file.bytes()));
    KITE_TRY_ASSIGN(PictureStages stages, picture_stages(file.bytes(), Internals::recipe(classifier)));
    input.stages = std::make_unique<PictureStages>(std::move(stages));
    return {};
  };
  if (Status done = read(); !done.ok()) return std::move(done).error().in(path);
  return input;
}

// A second model, for its values and its picture stages.
struct SecondModel {
  std::string path;
  OracleGraph graph;
  std::optional<Classifier> classifier;  // only with pictures
};

class Verification {
 public:
  static Result<Verification> open(const VerifyOptions& options);

  // `image`: empty for noise, or for the recording's own input.
  Result<ReportedPicture> compare(const std::string& image);
  [[nodiscard]] std::string their_title() const;

 private:
  Verification(const VerifyOptions& options, std::string path, EngineValues engine, OracleGraph oracle)
      : options_(&options), path_(std::move(path)), engine_(std::move(engine)), oracle_(std::move(oracle)) {}
  Status open_reference(const ModelOptions& model_options);
  Status open_library();
  Result<RecordingRequest> recording_request(const std::string& image) const;
  Result<std::vector<Tensor>> inputs_without_picture() const;
  Result<std::unique_ptr<Reference>> reference_for(const std::string& image, const std::vector<Tensor>& inputs) const;
  Result<std::unordered_map<ValueId, Tensor>> their_inputs(const Reference& reference,
                                                           const std::vector<Tensor>& inputs) const;
  Status draw(ReportedPicture& picture, const Reference& reference) const;

  const VerifyOptions* options_;
  std::string path_;
  EngineValues engine_;
  OracleGraph oracle_;
  std::optional<Classifier> classifier_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<AgainstLibrary> library_;  // that makes the recording of each picture
  std::unique_ptr<SecondModel> second_;
};

Result<Verification> Verification::open(const VerifyOptions& options) {
  KITE_TRY_ASSIGN(const FoundModel found, find_model(options.model));
  const ModelOptions model_options = options.common.model_options();
  KITE_TRY_ASSIGN(EngineValues engine, EngineValues::open(found.path, model_options));
  for (const std::string& warning : engine.warnings()) warn(warning);
  InputShapes shapes;
  for (const EngineValues::Input& input : engine.inputs()) shapes.emplace(input.name, input.type.shape);
  KITE_TRY_ASSIGN(OracleGraph oracle,
                  OracleGraph::open(found.path, shapes, options.common.meaning.data_dirs, limit_bytes(options.common)));
  Verification verification(options, found.path, std::move(engine), std::move(oracle));
  if (!options.images.empty()) {
    KITE_TRY_ASSIGN(Classifier classifier, Classifier::open(found.path, {.model = model_options, .session = {1}}));
    for (const std::string& warning : classifier.warnings()) warn(warning);
    verification.classifier_.emplace(std::move(classifier));
  }
  KITE_TRY(verification.open_reference(model_options));
  return verification;
}

Status Verification::open_reference(const ModelOptions& model_options) {
  if (!options_->against.empty()) return open_library();
  const std::string& path = options_->reference;
  if (path.empty()) return {};
  if (is_zip(path)) {
    KITE_TRY_ASSIGN(Recording recording, Recording::open(path));
    recording_ = std::make_unique<Recording>(std::move(recording));
    if (options_->images.size() <= 1) return {};
    return Error{ErrorCode::kUsage, "a recording is of one picture, several were given", path,
                 "compare each picture with its own recording"};
  }
  InputShapes shapes;
  KITE_TRY_ASSIGN(const ImportedModel imported, import_file(path, options_->common.meaning.data_dirs));
  if (imported.graph.inputs.size() != engine_.inputs().size()) {
    return Error{
        ErrorCode::kInvalidModel,
        fmt::format("it has {} inputs, the model has {}", imported.graph.inputs.size(), engine_.inputs().size()), path,
        "name another version of the same model"};
  }
  for (std::size_t i = 0; i < engine_.inputs().size(); ++i) {
    shapes.emplace(imported.graph.value(imported.graph.inputs[i].value).name, engine_.inputs()[i].type.shape);
  }
  KITE_TRY_ASSIGN(OracleGraph graph,
                  OracleGraph::open(path, shapes, options_->common.meaning.data_dirs, limit_bytes(options_->common)));
  second_ = std::make_unique<SecondModel>(SecondModel{path, std::move(graph), std::nullopt});
  if (options_->images.empty()) return {};
  // Flags about the meaning are about the first model; the second one has a recipe of its own.
  ModelOptions own = model_options;
  own.meaning = {};
  own.meaning.data_dirs = model_options.meaning.data_dirs;
  own.input_shapes = shapes;
  KITE_TRY_ASSIGN(Classifier classifier, Classifier::open(path, {.model = own, .session = {1}}));
  second_->classifier.emplace(std::move(classifier));
  return {};
}

Status Verification::open_library() {
  if (!options_->reference.empty()) {
    return Error{ErrorCode::kUsage, "--against and --reference are two other sides", {}, "give one of them"};
  }
  if (options_->images.empty()) {
    return Error{ErrorCode::kUsage, "--against needs a picture", {}, "name one behind the model"};
  }
  KITE_TRY_ASSIGN(AgainstLibrary library, AgainstLibrary::open(options_->against, options_->references_dir));
  library_ = std::make_unique<AgainstLibrary>(std::move(library));
  return {};
}

Result<RecordingRequest> Verification::recording_request(const std::string& image) const {
  const TensorForm& form = Internals::recipe(*classifier_).form;
  const EngineValues::Input& input = engine_.inputs().front();
  const std::size_t axis = form.axes.find('N');
  RecordingRequest request;
  request.model = path_;
  request.picture = image;
  request.recipe = classifier_->recipe_json();
  request.input = input.name;
  request.form = form;
  request.batch = axis == std::string::npos ? 1 : input.type.shape[static_cast<int>(axis)];
  request.data_dirs = options_->common.meaning.data_dirs;
  return request;
}

std::string Verification::their_title() const {
  if (library_ != nullptr) return library_->title();
  if (recording_ != nullptr) return reference_of_recording(*recording_)->title();
  return second_ != nullptr ? second_->path + " in double precision" : "its own graph in double precision";
}

// Seeded noise; or what the recording has under the input's name, or as the stage `normalise`.
Result<std::vector<Tensor>> Verification::inputs_without_picture() const {
  std::vector<Tensor> inputs;
  for (const EngineValues::Input& input : engine_.inputs()) {
    if (recording_ == nullptr) {
      inputs.push_back(seeded_noise(input.type));
      continue;
    }
    const std::string_view stage = stage_name(PictureStage::kNormalise);
    const bool by_stage = recording_->find(input.name) == nullptr && engine_.inputs().size() == 1;
    const std::string name = by_stage ? std::string(stage) : input.name;
    const TensorType* const type = recording_->find(name);
    if (type == nullptr) {
      return Error{ErrorCode::kUsage, fmt::format("the recording does not hold the input \"{}\"", input.name),
                   recording_->path(), "give the picture, too, or record the tensor as `normalise`"};
    }
    if (*type != input.type) {
      return Error{
          ErrorCode::kInvalidInput,
          fmt::format("the input \"{}\" is {}{}, the recording has {}{}", input.name, dtype_name(input.type.dtype),
                      input.type.shape.to_string(), dtype_name(type->dtype), type->shape.to_string()),
          recording_->path(), "record the tensor that the model got; --shape states open dimensions"};
    }
    KITE_TRY_ASSIGN(Tensor tensor, recording_->read(name));
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

Result<std::unique_ptr<Reference>> Verification::reference_for(const std::string& image,
                                                               const std::vector<Tensor>& inputs) const {
  if (recording_ != nullptr) return reference_of_recording(*recording_);
  std::vector<Tensor> own;
  std::unique_ptr<PictureStages> stages;
  if (second_ != nullptr && !image.empty()) {
    KITE_TRY_ASSIGN(PictureInput picture, read_picture(*second_->classifier, image));
    own.push_back(std::move(picture.tensor));
    stages = std::move(picture.stages);
  } else {
    for (const Tensor& input : inputs) own.push_back(Tensor::copy_of(input.view()));
  }
  const OracleGraph& graph = second_ == nullptr ? oracle_ : second_->graph;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const Status fits = graph.fits(graph.inputs()[i], own[i].type());
    if (!fits.ok()) return Error(fits.error()).in(second_ == nullptr ? path_ : second_->path);
  }
  return reference_of_graph(graph, their_title(), second_ == nullptr, std::move(own), std::move(stages));
}

// The inputs of our graph as the other side had them; those that it does not tell are left out.
Result<std::unordered_map<ValueId, Tensor>> Verification::their_inputs(const Reference& reference,
                                                                       const std::vector<Tensor>& inputs) const {
  std::unordered_map<ValueId, Tensor> known;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const ValueId input = oracle_.inputs()[i];
    std::optional<Tensor> theirs;
    if (recording_ != nullptr && reference.has(oracle_.name(input))) {
      KITE_TRY_ASSIGN(theirs, recording_->read(oracle_.name(input)));
    } else if (inputs.size() == 1) {
      KITE_TRY_ASSIGN(theirs, reference.stage(PictureStage::kNormalise));
    }
    if (!theirs && recording_ == nullptr) theirs = Tensor::copy_of(inputs[i].view());
    if (theirs && oracle_.fits(input, theirs->type()).ok()) known.emplace(input, *std::move(theirs));
  }
  return known;
}

Result<ReportedPicture> Verification::compare(const std::string& image) {
  ReportedPicture picture;
  Comparison& comparison = picture.comparison;
  comparison.image = image;
  std::vector<Tensor> inputs;
  std::unique_ptr<PictureStages> stages;
  if (image.empty()) {
    KITE_TRY_ASSIGN(inputs, inputs_without_picture());
  } else {
    KITE_TRY_ASSIGN(PictureInput read, read_picture(*classifier_, image));
    inputs.push_back(std::move(read.tensor));
    stages = std::move(read.stages);
  }
  if (library_ != nullptr) {
    KITE_TRY_ASSIGN(const RecordingRequest request, recording_request(image));
    KITE_TRY_ASSIGN(recording_, library_->record(request));
  }
  KITE_TRY_ASSIGN(const std::unique_ptr<Reference> reference, reference_for(image, inputs));
  if (stages != nullptr) {
    KITE_TRY_ASSIGN(comparison.stages, compare_stages(Internals::recipe(*classifier_), *stages, *reference));
  }
  std::vector<TensorView> views;
  for (const Tensor& input : inputs) views.push_back(input.view());
  KITE_TRY_ASSIGN(auto ours, engine_.run(views));
  KITE_TRY_ASSIGN(auto theirs, their_inputs(*reference, inputs));
  {
    std::optional<Progress> bar;
    KITE_TRY(compare_values({oracle_, std::move(ours), std::move(theirs), *reference}, options_->bound, comparison,
                            [&](std::size_t done, std::size_t of) {
                              if (done == 0) bar.emplace("comparing values", of);
                              bar->advance_to(done);
                            }));
  }
  if (recording_ != nullptr) {
    for (const std::string& name : recording_->names()) {
      comparison.foreign_values += !find_stage(name) && !oracle_.find(name) ? 1 : 0;
    }
  }
  picture.findings = channel_findings(comparison);
  if (recording_ != nullptr && stages != nullptr && comparison.first_stage() != nullptr) {
    KITE_TRY_ASSIGN(Diagnosis diagnosis, diagnose(Internals::recipe(*classifier_), *stages, *recording_));
    std::ranges::move(diagnosis.findings, std::back_inserter(picture.findings));
  }
  std::ranges::move(blame(comparison, oracle_, second_ == nullptr ? nullptr : &second_->graph),
                    std::back_inserter(picture.findings));
  if (!comparison.agrees()) KITE_TRY(draw(picture, *reference));
  return picture;
}

// Beside the other results of the working folder, or where -o says. A drawing that cannot be written takes no answer
// along.
Status Verification::draw(ReportedPicture& picture, const Reference& reference) const {
  const std::string subject = picture.comparison.image.empty() ? path_ : picture.comparison.image;
  const std::filesystem::path file =
      std::filesystem::path(options_->folder) / (std::filesystem::path(subject).stem().string() + ".verify.svg");
  KITE_TRY(check_outputs({std::vector<std::string>{file.string()}},
                         [&] { return files_of_model(path_, options_->common.meaning); }));
  KITE_TRY_ASSIGN(const std::string svg,
                  drawing_of(picture.comparison, subject + " (" + path_ + ')', reference.title()));
  const Status written = write_file(file.string(), svg);
  if (written.ok()) {
    picture.drawing = file.string();
  } else {
    warn("the drawing was not written: " + written.error().message());
  }
  return {};
}

// The pictures that the arguments name. One that cannot be listed is an error: a comparison leaves nothing out.
Result<std::vector<std::string>> list_pictures(const std::vector<std::string>& arguments) {
  ImageList list = list_images(arguments, false);
  for (const std::string& warning : list.warnings) warn(warning);
  std::vector<std::string> paths;
  for (ImageItem& item : list.items) {
    if (!item.failure.empty()) return std::move(item.failure.front());
    paths.push_back(std::move(item.name));
  }
  return paths;
}

void print_summary(const std::vector<ReportedPicture>& pictures) {
  const auto differing =
      std::ranges::count_if(pictures, [](const ReportedPicture& picture) { return !picture.comparison.agrees(); });
  print("{} of {} pictures differ beyond the bound\n", differing, pictures.size());
  for (const ReportedPicture& picture : pictures) {
    if (!picture.comparison.agrees()) print("  {}: {}\n", picture.comparison.image, verdict(picture.comparison));
  }
}

Result<bool> verify(const VerifyOptions& options) {
  VerifyOptions listed = options;
  KITE_TRY_ASSIGN(listed.images, list_pictures(options.images));
  KITE_TRY_ASSIGN(Verification verification, Verification::open(listed));
  const ReportStyle style{options.all, ::isatty(STDOUT_FILENO) != 0};
  std::vector<ReportedPicture> pictures;
  std::vector<std::string> images = listed.images;
  if (images.empty()) images.emplace_back();
  for (const std::string& image : images) {
    KITE_TRY_ASSIGN(ReportedPicture picture, verification.compare(image));
    // Only now, so that an error leaves standard output empty.
    if (!options.common.json && pictures.empty()) print("{} against {}\n", options.model, verification.their_title());
    if (!options.common.json) print("{}", report_text(picture, style));
    for (StageRow& row : picture.comparison.stages) row.ours = Tensor(), row.theirs = Tensor();
    pictures.push_back(std::move(picture));
  }
  const bool agrees =
      std::ranges::all_of(pictures, [](const ReportedPicture& picture) { return picture.comparison.agrees(); });
  if (!options.common.json) {
    if (pictures.size() > 1) print_summary(pictures);
    return agrees;
  }
  auto reports = nlohmann::ordered_json::array();
  for (const ReportedPicture& picture : pictures) reports.push_back(report_json(picture));
  print_json({{"model", options.model},
              {"reference", verification.their_title()},
              {"bounds",
               {{"output", options.bound},
                {"inner", kInnerFactor * options.bound},
                {"step", kStepFactor * options.bound},
                {"tensor", kTensorBound}}},
              {"agrees", agrees},
              {"pictures", std::move(reports)}});
  return agrees;
}

}  // namespace

Verb verify_verb() {
  auto options = std::make_shared<VerifyOptions>();
  Verb verb{.name = "verify", .summary = "See where two answers part, stage by stage"};
  verb.add({model_option(options->model),
            {.names = "IMAGE", .into = &options->images, .help = "Pictures to compare; without one, seeded noise"},
            {.names = "--reference",
             .into = &options->reference,
             .help = "A second model, or a recording (.npz) of another program; without it, the model's own graph in "
                     "double precision",
             .type = "FILE"},
            {.names = "--against",
             .into = &options->against,
             .help = "A Python library that prepares the pictures and runs the model; its environment is made at the "
                     "first use",
             .values = one_of({"ort", "torchvision", "timm", "hf"})},
            {.names = "--references-dir",
             .into = &options->references_dir,
             .help = "Folder of the references of --against (default: the installed ones; or KITE_REFERENCES_DIR)",
             .type = "DIR"},
            {.names = "--bound",
             .into = &options->bound,
             .help = "Largest difference of an output, as a part of its largest number (default: 1e-4)",
             .values = between(0.0, 1.0)},
            {.names = "-o,--output",
             .into = &options->folder,
             .help = "Folder for the drawings of what differs (default: this one)",
             .type = "DIR"},
            {.names = "--all", .into = &options->all, .help = "Print a line for every value"}});
  add_model_options(verb, options->common);
  verb.run = [options]() -> int {
    const auto agrees = verify(*options);
    if (!agrees.ok()) return report(agrees.error(), options->common.json);
    return *agrees ? kOk : kSomeFailed;
  };
  return verb;
}

}  // namespace kite::cli
