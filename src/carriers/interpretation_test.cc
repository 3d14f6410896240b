// SPDX-License-Identifier: Apache-2.0
// Which source is used, what is reported about the others, and which contradictions are errors.
#include "carriers/interpretation.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

class Interpret : public testing::Test {
 protected:
  void SetUp() override {
    sources_.model_path = folder_ / "photo.onnx";
    sources_.input_shape = {1, 3, 224, 224};
    sources_.classes = 2;
  }
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  // Files may have changed since the last call.
  Interpretation resolve() {
    sources_.files = std::make_shared<JsonFiles>();
    auto result = resolve_interpretation(sources_);
    EXPECT_TRUE(result.ok()) << result.error().message();
    return result.ok() ? std::move(*result) : Interpretation{};
  }
  Error refusal() {
    sources_.files = std::make_shared<JsonFiles>();
    auto result = resolve_interpretation(sources_);
    EXPECT_FALSE(result.ok());
    return result.ok() ? Error{} : result.error();
  }
  static bool mentions(const std::vector<std::string>& texts, const std::string& word) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return text.find(word) != std::string::npos; });
  }

  TestFolder folder_;
  InterpretationSources sources_;
};

constexpr const char* kFull =
    R"({"resize": 232, "crop": 224, "interpolation": "bicubic", "mean": [0, 0, 0], "std": [1, 1, 1]})";

TEST_F(Interpret, with_nothing_known_the_guess_is_imagenet_and_says_so_once) {
  const Interpretation found = resolve();
  EXPECT_EQ(found.recipe.resize, (ResizeRule{ResizeMode::kShortSide, 256, 0}));
  EXPECT_EQ(found.recipe.crop, (Size{224, 224}));
  EXPECT_EQ(found.recipe.filter, Filter::kBilinear);
  EXPECT_EQ(found.recipe.normalization.mean[0], 0.485);
  EXPECT_EQ(found.recipe_source, "guess");
  EXPECT_EQ(found.labels_source, "none");
  ASSERT_EQ(found.warnings.size(), 2U);
  EXPECT_TRUE(mentions(found.warnings, "guessed from the input shape [1,3,224,224]"));
  EXPECT_TRUE(mentions(found.warnings, "photo.kite.json"));
  EXPECT_TRUE(mentions(found.warnings, "no labels"));
}

TEST_F(Interpret, a_folder_that_cannot_be_listed_is_not_one_without_labels) {
  write("file", "");
  sources_.model_path = folder_ / "file/photo.onnx";  // fails for root, too
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.message(),
            "the model's folder cannot be listed: Not a directory; " + (folder_ / "file") + "; check the folder");
  sources_.model_path = folder_ / "gone/photo.onnx";
  EXPECT_TRUE(mentions(resolve().warnings, "no labels"));
}

TEST_F(Interpret, the_guess_follows_the_input_size_and_layout) {
  sources_.input_shape = {1, 3, 299, 299};
  EXPECT_EQ(resolve().recipe.resize.height, 341);  // 341.7
  sources_.input_shape = {-1, 128, 96, 3};
  EXPECT_NE(refusal().message().find("--recipe"), std::string::npos);
  sources_.preprocess_json = "-1-1";
  const Interpretation wide = resolve();
  EXPECT_EQ(wide.recipe.form.axes, "NHWC");
  EXPECT_EQ(wide.recipe.resize, (ResizeRule{ResizeMode::kExact, 128, 96}));
  sources_.preprocess_json.reset();
  sources_.input_shape = {0, 3, 0, 0};
  EXPECT_EQ(resolve().recipe.crop, (Size{224, 224}));
}

TEST_F(Interpret, a_complete_kite_json_needs_no_warning) {
  write("photo.kite.json", std::string(R"({"labels": ["a", "b"], "preprocess": )") + kFull + "}");
  write("labels.txt", "x\ny\n");
  const Interpretation found = resolve();
  EXPECT_EQ(found.labels, (Labels{"a", "b"}));
  EXPECT_EQ(found.labels_source, "photo.kite.json");
  EXPECT_EQ(found.recipe_source, "photo.kite.json");
  EXPECT_EQ(found.recipe.resize.height, 232);
  EXPECT_TRUE(found.warnings.empty());
}

TEST_F(Interpret, every_source_yields_to_the_one_above_it) {
  sources_.report_conflicts = true;
  write("labels.txt", "beside\nb\n");
  EXPECT_EQ(resolve().labels_source, "labels.txt");
  sources_.metadata["names"] = "{0: 'names', 1: 'b'}";
  EXPECT_EQ(resolve().labels[0], "names");
  sources_.metadata["paperkite.labels"] = R"(["metadata", "b"])";
  EXPECT_EQ(resolve().labels[0], "metadata");
  write("photo.kite.json", R"({"labels": ["kite", "b"]})");
  EXPECT_EQ(resolve().labels[0], "kite");
  write("mine.txt", "flag\nb\n");
  sources_.labels_path = folder_ / "mine.txt";
  const Interpretation found = resolve();
  EXPECT_EQ(found.labels[0], "flag");
  EXPECT_EQ(found.conflicts.size(), 4U);
  EXPECT_TRUE(mentions(found.conflicts, "labels.txt has other labels"));
}

TEST_F(Interpret, fields_of_the_recipe_come_from_different_sources) {
  sources_.preprocess_json = R"({"interpolation": "lanczos"})";
  sources_.metadata["paperkite.preprocess"] = kFull;
  sources_.report_conflicts = true;
  const Interpretation found = resolve();
  EXPECT_EQ(found.recipe.filter, Filter::kLanczos);
  EXPECT_EQ(found.recipe.resize.height, 232);
  EXPECT_EQ(found.recipe_source, "--recipe + metadata key paperkite.preprocess");
  EXPECT_TRUE(mentions(found.conflicts, "overruled by --recipe on interpolation"));
}

TEST_F(Interpret, only_what_is_missing_is_guessed) {
  write("photo.kite.json", R"({"preprocess": {"crop": 224, "mean": [0, 0, 0], "std": [1, 1, 1]}})");
  const Interpretation found = resolve();
  EXPECT_EQ(found.recipe.normalization.std[0], 1.0);
  EXPECT_TRUE(mentions(found.warnings, "(resize, interpolation)"));
  EXPECT_EQ(found.recipe_source, "photo.kite.json + guess");
}

TEST_F(Interpret, the_studys_mapping_gives_its_labels) {
  write("labels_mapping.json",
        R"({"class_to_int": {"Monarch": 0, "Paper Kite": 1}, "int_to_class": {"1": "Paper Kite", "0": "Monarch"}})");
  EXPECT_EQ(resolve().labels, (Labels{"Monarch", "Paper Kite"}));
}

TEST_F(Interpret, a_huggingface_folder_needs_nothing_else) {
  write(
      "config.json",
      R"({"model_type": "vit", "transformers_version": "4.57.3", "id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1}})");
  write("preprocessor_config.json",
        R"({"image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224},
      "resample": 2, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})");
  const Interpretation found = resolve();
  EXPECT_TRUE(found.warnings.empty()) << found.warnings[0];
  EXPECT_EQ(found.labels_source, "config.json");
  EXPECT_EQ(found.recipe_source, "preprocessor_config.json");
  EXPECT_EQ(found.recipe.resize, (ResizeRule{ResizeMode::kExact, 224, 224}));
}

TEST_F(Interpret, whose_resize_a_huggingface_recipe_means_is_a_decision_with_its_source) {
  struct Row {
    std::string type;
    std::string version;
    std::string flag;
    std::string value;
    std::string source;
    bool is_guess;
  };
  const Row rows[] = {
      {"ViTImageProcessor", "4.57.3", "", "pil", "transformers_version 4.57.3", false},
      {"ViTImageProcessor", "5.1.0", "", "torchvision", "transformers_version 5.1.0", false},
      {"ViTImageProcessorFast", "", "", "torchvision", "the class ViTImageProcessorFast", false},
      {"ViTImageProcessor", "", "torchvision", "torchvision", "--processor", false},
      {"ViTImageProcessor", "", "", "pil", "no class or version says which", true},
  };
  for (const Row& row : rows) {
    write("config.json", R"({"model_type": "vit", "transformers_version": ")" + row.version +
                             R"(", "id2label": {"0": "a", "1": "b"}})");
    write("preprocessor_config.json",
          R"({"image_processor_type": ")" + row.type + R"(", "size": {"height": 224, "width": 224}})");
    sources_.processor = row.flag;
    const Interpretation found = resolve();
    const auto decided = std::ranges::find(found.decisions, "processor", &Decision::subject);
    ASSERT_NE(decided, found.decisions.end()) << row.type;
    EXPECT_EQ(decided->value, row.value);
    EXPECT_EQ(decided->source, row.source);
    EXPECT_EQ(decided->is_guess, row.is_guess);
    EXPECT_EQ(mentions(found.warnings, "--processor"), row.is_guess) << "announced where it is a guess";
  }
}

TEST_F(Interpret, a_timm_folder_needs_nothing_else) {
  write("config.json", R"({"architecture": "regnetx_004", "label_names": ["a", "b"], "pretrained_cfg":
      {"input_size": [3, 224, 224], "crop_pct": 0.95, "interpolation": "bicubic",
          "mean": [0, 0, 0], "std": [1, 1, 1]}})");
  const Interpretation found = resolve();
  EXPECT_TRUE(found.warnings.empty());
  EXPECT_EQ(found.recipe.resize.height, 235);  // 235.8
  EXPECT_EQ(found.labels.size(), 2U);
}

TEST_F(Interpret, files_beside_that_do_not_fit_are_left_out_with_a_warning) {
  write("labels.txt", "a\nb\nc\n");
  write("preprocessor_config.json",
        R"({"image_processor_type": "ViTImageProcessor", "size": {"height": 384, "width": 384}})");
  const Interpretation found = resolve();
  EXPECT_TRUE(found.labels.empty());
  EXPECT_EQ(found.recipe_source, "guess");
  EXPECT_TRUE(mentions(found.warnings, "labels.txt is not used: 3 labels for a model of 2 classes"));
  EXPECT_TRUE(
      mentions(found.warnings, "preprocessor_config.json is not used: the preprocessing makes pictures of 384x384"));
}

TEST_F(Interpret, broken_files_beside_are_left_out_with_a_warning) {
  write("labels_mapping.json", "{\"int_to_class\": ");
  write("config.json", std::string(2000, '['));
  const Interpretation found = resolve();
  EXPECT_TRUE(mentions(found.warnings, "labels_mapping.json is not used: not valid JSON"));
  EXPECT_TRUE(mentions(found.warnings, "config.json is not used"));
}

TEST_F(Interpret, a_source_that_names_the_model_must_fit) {
  write("photo.kite.json", R"({"labels": ["only one"]})");
  EXPECT_EQ(refusal().code, ErrorCode::kInvalidModel);
  EXPECT_NE(refusal().message().find("1 labels for a model of 2 classes"), std::string::npos);
  write("photo.kite.json", R"({"preprocess": {"resize": 256, "crop": 192}})");
  EXPECT_NE(refusal().message().find("192x192, the model takes 224x224"), std::string::npos);
  EXPECT_NE(refusal().message().find("photo.kite.json"), std::string::npos);
  write("photo.kite.json", R"({"lables": []})");
  EXPECT_NE(refusal().message().find("lables"), std::string::npos);
  write("photo.kite.json", "not json");
  EXPECT_NE(refusal().message().find("photo.kite.json"), std::string::npos);
}

TEST_F(Interpret, a_flag_that_does_not_fit_is_a_usage_error) {
  write("three.txt", "a\nb\nc\n");
  sources_.labels_path = folder_ / "three.txt";
  EXPECT_EQ(refusal().code, ErrorCode::kUsage);
  sources_.labels_path = folder_ / "missing.txt";
  EXPECT_EQ(refusal().code, ErrorCode::kIo);
  sources_.labels_path.reset();
  sources_.preprocess_json = "{\"std\": [0, 0, 0]}";
  EXPECT_EQ(refusal().code, ErrorCode::kUsage);
}

TEST_F(Interpret, inputs_that_are_no_pictures_are_refused) {
  for (const std::vector<std::int64_t>& shape :
       std::vector<std::vector<std::int64_t>>{{1, 2, 28, 28}, {1, 5, 224, 224}, {1, 1000}, {1, 16, 3, 8, 8}, {}}) {
    sources_.input_shape = shape;
    EXPECT_EQ(refusal().code, ErrorCode::kUnsupportedModel);
  }
}

TEST_F(Interpret, a_model_from_memory_looks_at_no_files) {
  write("labels.txt", "a\nb\n");
  sources_.model_path.clear();
  EXPECT_EQ(resolve().labels_source, "none");
}

TEST_F(Interpret, files_of_labels_are_found_under_every_usual_name) {
  const std::string list = "a\nb\n";
  const std::vector<std::pair<const char*, std::string>> files = {
      {"LABELS.TXT", list},
      {"photo.txt", list},
      {"photo.names", list},
      {"classes.names", list},
      {"labels.csv", "index,label\n1,b\n0,a\n"},
      {"class_indices.json", R"({"0": "a", "1": "b"})"},
      {"class_to_idx.json", R"({"b": 1, "a": 0})"},
      {"photo.json", R"({"labels": ["a", "b"]})"},
      {"metadata.json", R"({"imageSize": 224, "labels": ["a", "b"]})"},
      {"data.yaml", "path: x\nnc: 2\nnames:\n  0: a\n  1: b\n"},
      {"labels.yaml", "- a\n- b\n"},
      {"Photo-Labels.txt", list},
      {"imagenet-classes.txt", list},
      {"ImageNetLabels.txt", list},
      {"model.labels", list},
      {"id2label.json", R"({"0": "a", "1": "b"})"},
      {"category_names.tsv", "id\tname\n1\tb\n0\ta\n"},
  };
  for (const auto& [name, text] : files) {
    write(name, text);
    const Interpretation found = resolve();
    EXPECT_EQ(found.labels, (Labels{"a", "b"})) << name;
    EXPECT_EQ(found.labels_source, name);
    fs::remove(folder_ / name);
  }
}

TEST_F(Interpret, of_two_spellings_the_models_own_is_read) {
  write("Photo.labels.txt", "x\ny\n");
  write("photo.labels.txt", "a\nb\n");
  EXPECT_EQ(resolve().labels, (Labels{"a", "b"}));
  sources_.model_path = folder_ / "Photo.onnx";
  EXPECT_EQ(resolve().labels, (Labels{"x", "y"}));
}

TEST_F(Interpret, a_file_that_fits_goes_before_one_that_does_not) {
  write("labels.txt", "a\nb\nc\n");
  write("synset.txt", "a\nb\n");
  const Interpretation found = resolve();
  EXPECT_EQ(found.labels_source, "synset.txt");
  EXPECT_FALSE(mentions(found.warnings, "labels.txt"));
  EXPECT_TRUE(mentions(found.conflicts, "labels.txt is not used"));
}

TEST_F(Interpret, two_files_that_fit_and_disagree_are_both_named) {
  write("labels.txt", "a\nb\n");
  write("classes.txt", "b\na\n");
  const Interpretation found = resolve();
  EXPECT_EQ(found.labels_source, "labels.txt");
  EXPECT_TRUE(mentions(found.warnings, "classes.txt has other labels than labels.txt"));
}

TEST_F(Interpret, files_of_other_programs_are_passed_over_in_silence) {
  write("config.json", R"({"port": 80})");
  write("metadata.json", R"({"version": 1, "classes": 2})");
  write("data.yaml", "path: x\nnc: 2\n");
  write("photo.json", R"({"author": "me"})");
  write("class_weights.txt", "1\n2\n");
  write("train_labels.txt", "a\nb\n");
  write("labels.png", "a\nb\n");
  EXPECT_EQ(resolve().warnings.size(), 2U);  // no recipe, no labels
}

TEST_F(Interpret, a_complete_recipe_gets_no_field_of_a_later_source_also_where_conflicts_are_reported) {
  sources_.metadata = {{"paperkite.preprocess", kFull},
                       {"Image.BitmapPixelFormat", "Bgr8"},
                       {"Image.NominalPixelRange", "NominalRange_0_255"}};
  const PreprocessRecipe recipe = resolve().recipe;
  EXPECT_EQ(recipe.channel_order, ChannelOrder::kRgb);
  sources_.report_conflicts = true;
  EXPECT_EQ(resolve().recipe, recipe);
}

TEST_F(Interpret, the_flag_exif_goes_before_every_recipe) {
  sources_.metadata = {{"paperkite.preprocess", kFull}};
  EXPECT_EQ(resolve().recipe.exif, ExifPolicy::kIgnore);
  sources_.exif = "apply";
  const Interpretation found = resolve();
  EXPECT_EQ(found.recipe.exif, ExifPolicy::kApply);
  EXPECT_EQ(found.recipe_source, "--exif + metadata key paperkite.preprocess");
  EXPECT_FALSE(found.is_recipe_guess);
  sources_.exif = "ignore";
  sources_.metadata = {{"paperkite.preprocess", R"({"exif": "apply"})"}};
  EXPECT_EQ(resolve().recipe.exif, ExifPolicy::kIgnore);
  EXPECT_TRUE(resolve().is_recipe_guess);
  sources_.exif = "rotate";
  EXPECT_EQ(refusal().code, ErrorCode::kUsage);
}

TEST_F(Interpret, labels_in_metadata_are_found_under_the_usual_keys) {
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, const char*>>{{"names", "['a', 'b']"},
                                                        {"class_names", R"({"0": "a", "1": "b"})"},
                                                        {"id2label", R"({"0": "a", "1": "b"})"},
                                                        {"classes", "a, b"},
                                                        {"model.labels", "a, b"},
                                                        {"ClassNames", R"(["a", "b"])"},
                                                        {"idx_to_class", R"({"0": "a", "1": "b"})"},
                                                        {"model_info labels", "a b"},
                                                        {"model_info/labels", R"(["a", "b"])"},
                                                        {"model_info", R"({"labels": "a b"})"},
                                                        {"paperkite.zipmap.labels", R"(["a", "b"])"}}) {
    sources_.metadata = {{key, value}};
    EXPECT_EQ(resolve().labels, (Labels{"a", "b"})) << key;
  }
  sources_.metadata = {
      {"classes", "2"}, {"labels", "see labels.txt"}, {"names", "mine"}, {"output_names", "['y', 'z']"}};
  EXPECT_EQ(resolve().labels_source, "none");
  sources_.metadata = {{std::string(250, '-') + "labels", "a, b"}};
  EXPECT_EQ(resolve().labels_source, "none") << "longer than any name";
}

TEST_F(Interpret, a_folder_named_onnx_shares_the_files_above_it) {
  fs::create_directories(folder_ / "onnx");
  fs::create_directories(folder_ / "other");
  write("labels.txt", "a\nb\n");
  sources_.model_path = folder_ / "onnx/model.onnx";
  EXPECT_EQ(resolve().labels_source, "labels.txt");
  sources_.model_path = folder_ / "other/model.onnx";
  EXPECT_EQ(resolve().labels_source, "none");
}

TEST_F(Interpret, tritons_config_names_the_file_of_labels_above_its_version_folder) {
  fs::create_directories(folder_ / "1");
  write("config.pbtxt",
        "name: \"m\"  # label_filename: \"no.txt\"\n"
        "output [ { name: \"y\" label_filename: \"mine.txt\" dims: [ 2 ] } ]\n");
  write("mine.txt", "a\nb\n");
  sources_.model_path = folder_ / "1/model.onnx";
  EXPECT_EQ(resolve().labels_source, "mine.txt");
}

TEST_F(Interpret, a_data_sets_folders_name_the_classes_only_where_nothing_else_does) {
  fs::create_directories(folder_ / "train/b");
  fs::create_directories(folder_ / "train/a");
  const Interpretation found = resolve();
  EXPECT_EQ(found.labels, (Labels{"a", "b"}));
  EXPECT_TRUE(mentions(found.warnings, "folder train: the labels are guessed"));
  write("labels.txt", "x\ny\n");
  EXPECT_EQ(resolve().labels_source, "labels.txt");
}

TEST_F(Interpret, imagenets_names_are_a_guess_that_is_announced) {
  sources_.classes = 1000;
  Interpretation found = resolve();
  EXPECT_EQ(found.labels[0], "tench");
  EXPECT_TRUE(mentions(found.warnings, "ImageNet's labels: guessed from the number of classes"));
  sources_.classes = 1001;
  found = resolve();
  EXPECT_EQ(found.labels[0], "background");
  EXPECT_EQ(found.labels[1], "tench");
}

TEST_F(Interpret, windows_mls_words_decide_channels_and_range) {
  sources_.metadata = {{"image.bitmappixelformat", "BGR8"}, {"Image.ColorSpaceGamma", "SRGB"}};
  const PreprocessRecipe raw = resolve().recipe;
  EXPECT_EQ(raw.channel_order, ChannelOrder::kBgr);
  EXPECT_EQ(raw.normalization.rescale, 1.0);  // 0..255 where no range is stated
  EXPECT_EQ(raw.resize, (ResizeRule{ResizeMode::kExact, 224, 224}));
  EXPECT_EQ(raw.first_crop, (FirstCrop{224, 224, FirstCrop::Unit::kShape}));
  sources_.input_shape = {1, 3, 200, 300};
  EXPECT_EQ(resolve().recipe.first_crop, (FirstCrop{200, 300, FirstCrop::Unit::kShape}));
  sources_.input_shape = {1, 3, 224, 224};
  sources_.metadata["Image.NominalPixelRange"] = "Normalized_1_1";
  EXPECT_EQ(resolve().recipe.normalization.std[0], 0.5);
  sources_.metadata["Image.NominalPixelRange"] = "NominalRange_16_235";
  EXPECT_EQ(resolve().recipe.normalization.mean[0], -16.0);
  sources_.metadata["Image.NominalPixelRange"] = "percent";
  EXPECT_EQ(refusal().code, ErrorCode::kUnsupportedModel);
  sources_.metadata["Image.NominalPixelRange"] = "Normalized_0_1";
  sources_.metadata["image.bitmappixelformat"] = "Gray8";
  EXPECT_EQ(refusal().code, ErrorCode::kInvalidModel);
  sources_.metadata["image.bitmappixelformat"] = "Rgb8";
  sources_.metadata["Image.ColorSpaceGamma"] = "Linear";
  EXPECT_EQ(refusal().code, ErrorCode::kUnsupportedModel);
}

TEST_F(Interpret, an_input_denoted_as_an_image_has_windows_mls_defaults_and_says_so) {
  sources_.metadata = {{"paperkite.image", "x"}};
  const Interpretation found = resolve();
  EXPECT_EQ(found.recipe.channel_order, ChannelOrder::kBgr);
  EXPECT_EQ(found.recipe.normalization.rescale, 1.0);
  EXPECT_EQ(found.recipe.first_crop, (FirstCrop{224, 224, FirstCrop::Unit::kShape}));
  EXPECT_TRUE(mentions(found.warnings, "BGR from 0 to 255"));
  sources_.metadata["Image.BitmapPixelFormat"] = "Rgb8";
  EXPECT_EQ(resolve().recipe.channel_order, ChannelOrder::kRgb);
  sources_.metadata.erase("Image.BitmapPixelFormat");
  sources_.input_type = DType::kUInt8;  // no picture to Windows ML
  EXPECT_FALSE(mentions(resolve().warnings, "denotation"));
}

TEST_F(Interpret, openvinos_model_info_is_a_complete_recipe) {
  sources_.metadata = {{"model_info mean_values", "123.675 116.28 103.53"},
                       {"model_info scale_values", "[58.395, 57.12, 57.375]"},
                       {"model_info reverse_input_channels", "True"},
                       {"model_info resize_type", "standard"}};
  const Interpretation found = resolve();
  EXPECT_EQ(found.recipe.normalization.mean[0], 123.675);
  EXPECT_EQ(found.recipe.normalization.rescale, 1.0);
  EXPECT_EQ(found.recipe.channel_order, ChannelOrder::kBgr);
  EXPECT_EQ(found.recipe.resize, (ResizeRule{ResizeMode::kExact, 224, 224}));
  EXPECT_FALSE(mentions(found.warnings, "guess"));
  sources_.metadata["model_info resize_type"] = "fit_to_window";
  EXPECT_EQ(resolve().recipe.resize.mode, ResizeMode::kFitByRatio);
  EXPECT_EQ(resolve().recipe.crop_rule, CropRule::kStart);
  sources_.metadata["model_info resize_type"] = "fit_to_window_letterbox";
  sources_.metadata["model_info pad_value"] = "114";
  EXPECT_EQ(resolve().recipe.resize.mode, ResizeMode::kFitScaled);
  EXPECT_EQ(resolve().recipe.crop_rule, CropRule::kFloorBoth);
  EXPECT_EQ(resolve().recipe.fill, (Colour{114, 114, 114}));
  sources_.metadata["model_info pad_value"] = "256";
  EXPECT_EQ(refusal().code, ErrorCode::kInvalidModel);
  sources_.metadata["model_info resize_type"] = "crop";
  EXPECT_EQ(resolve().recipe.first_crop, (FirstCrop{1.0, 1.0}));
  sources_.input_shape = {1, 3, 200, 300};
  EXPECT_EQ(refusal().code, ErrorCode::kUnsupportedModel);
  sources_.input_shape = {1, 3, 224, 224};
  sources_.metadata["model_info resize_type"] = "standard";
  sources_.metadata["model_info scale_values"] = "1 2";
  EXPECT_EQ(refusal().code, ErrorCode::kInvalidModel);
}

TEST_F(Interpret, what_openvinos_model_info_asks_for_beyond_what_is_known_is_refused) {
  const std::pair<const char*, const char*> words[] = {{"model_info resize_type", "stretch"},
                                                       {"model_info interpolation_mode", "CUBIC"},
                                                       {"model_info intensity_mode", "window"}};
  for (const auto& [key, value] : words) {
    sources_.metadata = {{key, value}};
    EXPECT_EQ(refusal().code, ErrorCode::kUnsupportedModel) << key;
  }
  sources_.metadata = {{"model_info intensity_mode", "scale_to_unit"}, {"model_info scale_values", "0.5"}};
  EXPECT_EQ(resolve().recipe.normalization.arithmetic, Arithmetic::kTorchvision);
  EXPECT_EQ(resolve().recipe.normalization.std[0], 0.5);
  sources_.metadata["model_info intensity_max_value"] = "65535";
  EXPECT_EQ(refusal().code, ErrorCode::kUnsupportedModel);
}

TEST_F(Interpret, a_crop_and_a_resampler_go_with_the_resize_and_the_filter_of_their_source) {
  sources_.metadata = {{"stride", "32"}, {"names", "{0: 'a', 1: 'b'}"}};
  sources_.preprocess_json = R"({"resize": 256, "crop": 224, "interpolation": "bicubic"})";
  const PreprocessRecipe found = resolve().recipe;
  EXPECT_FALSE(found.first_crop);
  EXPECT_EQ(found.resampler, Resampler::kPillow);
}

TEST_F(Interpret, custom_visions_properties_are_a_complete_recipe) {
  const std::string head = R"({"CustomVision.Preprocess.ResizeMethod": ")";
  const std::string tail = R"(", "CustomVision.Preprocess.TargetWidth": "224",
      "CustomVision.Preprocess.TargetHeight": 224,
      "CustomVision.Preprocess.NormalizeMean": [0, 0, 0], "CustomVision.Preprocess.NormalizeStd": [1, 1, 1],
      "Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": "NominalRange_0_255"})";
  write("metadata_properties.json", head + "Stretch" + tail);
  const Interpretation found = resolve();
  EXPECT_EQ(found.recipe_source, "metadata_properties.json");
  EXPECT_EQ(found.recipe.channel_order, ChannelOrder::kBgr);
  EXPECT_EQ(found.recipe.resize, (ResizeRule{ResizeMode::kExact, 224, 224}));
  EXPECT_EQ(found.recipe.filter, Filter::kBicubic);
  // The metadata that the export also writes into the model states only pixels.
  sources_.metadata = {{"Image.BitmapPixelFormat", "Bgr8"}, {"Image.NominalPixelRange", "NominalRange_0_255"}};
  EXPECT_EQ(resolve().recipe.filter, Filter::kBicubic);
  EXPECT_FALSE(resolve().recipe.first_crop);
  write("metadata_properties.json", head + "Other" + tail);
  EXPECT_TRUE(mentions(resolve().warnings, "metadata_properties.json is not used: ResizeMethod"));
}

TEST_F(Interpret, ultralytics_says_what_its_model_is_for) {
  sources_.metadata = {{"task", "detect"}, {"imgsz", "[224, 224]"}};
  EXPECT_EQ(refusal().code, ErrorCode::kUnsupportedModel);
  sources_.metadata = {{"stride", "32"}, {"names", "{0: 'a', 1: 'b'}"}};
  const Interpretation v5 = resolve();
  EXPECT_EQ(v5.recipe.first_crop, (FirstCrop{1.0, 1.0}));
  EXPECT_EQ(v5.recipe.resize, (ResizeRule{ResizeMode::kExact, 224, 224}));
  EXPECT_EQ(v5.recipe.resampler, Resampler::kOpenCv);
  EXPECT_TRUE(mentions(v5.warnings, "preprocessing guessed"));
}

}  // namespace
}  // namespace kite
