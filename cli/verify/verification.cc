// SPDX-License-Identifier: Apache-2.0
// Opens both sides, gives them the same input, and puts the rows and findings of a comparison together.
#include "cli/verify/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string_view>

#include "api/internals.h"
#include "base/mapped_file.h"
#include "carriers/find_model.h"
#include "cli/model_files.h"
#include "cli/noise.h"
#include "cli/output/output_file.h"
#include "cli/progress.h"
#include "cli/verify/diagnosis.h"
#include "cli/verify/difference.h"
#include "cli/verify/drawing.h"
#include "graph/import.h"
#include "image/picture_file.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

// An .npz is a zip. A zip that holds a model is no reference: its file must be named.
bool is_zip(const std::string& path) {
  const auto file = MappedFile::open(path);
  return file.ok() && file->bytes().size() >= 4 &&
         (std::memcmp(file->bytes().data(), "PK\x03\x04", 4) == 0 ||
          std::memcmp(file->bytes().data(), "PK\x05\x06", 4) == 0);  // one without members
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
  KITE_TRY_ASSIGN(const FileBytes file, read_picture_file(path, Internals::limits(classifier)));
  PictureInput input;
  const auto read = [&]() -> Status {
    KITE_TRY_ASSIGN(input.tensor, classifier.input_tensor(file.bytes()));
    KITE_TRY_ASSIGN(PictureStages stages,
                    picture_stages(file.bytes(), Internals::recipe(classifier), Internals::limits(classifier)));
    input.stages = std::make_unique<PictureStages>(std::move(stages));
    return {};
  };
  if (Status done = read(); !done.ok()) return std::move(done).error().in(path);
  return input;
}

}  // namespace

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
  std::vector<std::string> our_names, their_names;
  for (const EngineValues::Input& input : engine_.inputs()) our_names.push_back(input.name);
  for (const GraphInput& input : imported.graph.inputs) their_names.push_back(imported.graph.value(input.value).name);
  std::vector<std::size_t> order = match_by_name(our_names, their_names);
  for (std::size_t i = 0; i < order.size(); ++i) {
    shapes.emplace(their_names[order[i]], engine_.inputs()[i].type.shape);
  }
  KITE_TRY_ASSIGN(OracleGraph graph,
                  OracleGraph::open(path, shapes, options_->common.meaning.data_dirs, limit_bytes(options_->common)));
  ValuePairs pairs(oracle_.stated(), graph.stated());
  second_ = std::make_unique<SecondModel>(
      SecondModel{path, std::move(graph), std::move(pairs), std::move(order), std::nullopt});
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

// Of the values, those that the engine has: no other is compared.
Result<RecordingRequest> Verification::recording_request(const std::string& image,
                                                         const std::unordered_map<ValueId, EngineValue>& ours) const {
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
  for (const ValueId value : oracle_.made()) {
    if (ours.contains(value)) request.values.emplace_back(oracle_.name(value));
  }
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
    if (type->dtype != input.type.dtype || !same_but_for_ones(type->shape, input.type.shape)) {
      return Error{
          ErrorCode::kInvalidInput,
          fmt::format("the input \"{}\" is {}{}, the recording has {}{}", input.name, dtype_name(input.type.dtype),
                      input.type.shape.to_string(), dtype_name(type->dtype), type->shape.to_string()),
          recording_->path(), "record the tensor that the model got; --shape states open dimensions"};
    }
    KITE_TRY_ASSIGN(Tensor tensor, recording_->read(name));
    inputs.push_back(with_shape(std::move(tensor), input.type.shape));
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
    own.resize(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      own[second_ == nullptr ? i : second_->inputs[i]] = Tensor::copy_of(inputs[i].view());
    }
  }
  const OracleGraph& graph = second_ == nullptr ? oracle_ : second_->graph;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const Status fits = graph.fits(graph.inputs()[i], own[i].type());
    if (!fits.ok()) return Error(fits.error()).in(second_ == nullptr ? path_ : second_->path);
  }
  return reference_of_graph(graph, their_title(), second_ == nullptr ? nullptr : &second_->pairs, std::move(own),
                            std::move(stages));
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
    if (theirs) theirs = with_shape(*std::move(theirs), inputs[i].shape());
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
  std::vector<TensorView> views;
  for (const Tensor& input : inputs) views.push_back(input.view());
  KITE_TRY_ASSIGN(auto ours, engine_.run(views));
  if (library_ != nullptr) {
    KITE_TRY_ASSIGN(const RecordingRequest request, recording_request(image, ours));
    KITE_TRY_ASSIGN(recording_, library_->record(request));
  }
  KITE_TRY_ASSIGN(const std::unique_ptr<Reference> reference, reference_for(image, inputs));
  if (stages != nullptr) {
    KITE_TRY_ASSIGN(comparison.stages, compare_stages(Internals::recipe(*classifier_), *stages, *reference));
  }
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
  if (comparison.values.empty() && comparison.stages.empty()) {
    return Error{ErrorCode::kUsage, "nothing could be compared: the other side has no stage and no value of the model",
                 recording_ != nullptr ? recording_->path() : options_->reference,
                 "the arrays of a recording are named decode, orientation, resize, crop, normalise, or as the model "
                 "names its values; `kite inspect` shows its outputs"};
  }
  if (recording_ != nullptr && stages != nullptr && comparison.first_stage() != nullptr) {
    KITE_TRY_ASSIGN(Diagnosis diagnosis, diagnose(Internals::recipe(*classifier_), *stages, *recording_));
    std::ranges::move(diagnosis.findings, std::back_inserter(picture.findings));
  }
  if (picture.findings.empty()) picture.findings = channel_findings(comparison);
  std::ranges::move(blame(comparison, oracle_, second_ == nullptr ? nullptr : &second_->graph,
                          second_ == nullptr ? nullptr : &second_->pairs),
                    std::back_inserter(picture.findings));
  if (!comparison.agrees()) KITE_TRY(draw(picture, *reference));
  return picture;
}

// "photo.verify.svg"; "photo-2.verify.svg" where another picture of this run has the same name in another folder.
std::string Verification::drawing_file(const std::string& subject) {
  const std::filesystem::path folder = options_->folder;
  const std::string stem = std::filesystem::path(subject).stem().string();
  std::string file = (folder / (stem + ".verify.svg")).string();
  for (int i = 2; !drawings_.insert(file).second; ++i)
    file = (folder / fmt::format("{}-{}.verify.svg", stem, i)).string();
  return file;
}

// Beside the other results of the working folder, or where -o says. A drawing that cannot be written takes no answer
// along.
Status Verification::draw(ReportedPicture& picture, const Reference& reference) {
  const std::string subject = picture.comparison.image.empty() ? path_ : picture.comparison.image;
  const std::string file = drawing_file(subject);
  KITE_TRY(check_outputs({&file, 1}, [&] {
    std::vector<std::string> read = files_of_model(path_, options_->common.meaning);
    read.insert(read.end(), options_->images.begin(), options_->images.end());
    read.push_back(options_->reference);
    return read;
  }));
  KITE_TRY_ASSIGN(
      const std::string svg,
      drawing_of(picture.comparison, picture.comparison.image.empty() ? path_ : subject + " (" + path_ + ')',
                 reference.title()));
  const Status written = write_file(file, svg);
  if (written.ok()) {
    picture.drawing = file;
  } else {
    warn("the drawing was not written: " + written.error().message());
  }
  return {};
}

}  // namespace kite::cli
