// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's C API, from the same library file that the Python contestant loads.
#include <dlfcn.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "contestant.h"
#include "onnxruntime_api.h"

namespace {

using contestant::Failure;
using contestant::Request;

struct Runtime {
  const OrtApi* api = nullptr;
  OrtEnv* env = nullptr;  // until the process ends
};
Runtime runtime;

void check(OrtStatus* status) {
  if (status == nullptr) return;
  const std::string message = runtime.api->GetErrorMessage(status);
  runtime.api->ReleaseStatus(status);
  throw Failure("ONNX Runtime: " + message);
}

// dlopen rather than linking: a linked program is tied to one version of the library by its symbol version.
contestant::Versions start(const Request& request) {
  void* const library = ::dlopen(request.required("library").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Failure(::dlerror());
  const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(::dlsym(library, "OrtGetApiBase"));
  if (get_base == nullptr) throw Failure(::dlerror());
  runtime.api = get_base()->GetApi(kApiVersion);
  if (runtime.api == nullptr) throw Failure("the library does not offer API version " + std::to_string(kApiVersion));
  ::setenv("ORT_DISABLE_TELEMETRY", "1", 1);  // read when the environment is made
  check(runtime.api->CreateEnv(ORT_LOGGING_LEVEL_WARNING, "contestant", &runtime.env));
  return {{"onnxruntime", get_base()->GetVersionString()}};
}

template <typename T, void (*OrtApi::*release)(T*)>
struct Release {
  void operator()(T* object) const { (runtime.api->*release)(object); }
};
using Options = std::unique_ptr<OrtSessionOptions, Release<OrtSessionOptions, &OrtApi::ReleaseSessionOptions>>;
using Session = std::unique_ptr<OrtSession, Release<OrtSession, &OrtApi::ReleaseSession>>;
using Value = std::unique_ptr<OrtValue, Release<OrtValue, &OrtApi::ReleaseValue>>;
using Info = std::unique_ptr<OrtTensorTypeAndShapeInfo,
                             Release<OrtTensorTypeAndShapeInfo, &OrtApi::ReleaseTensorTypeAndShapeInfo>>;

GraphOptimizationLevel level_of(const std::string& name) {
  if (name == "disabled") return ORT_DISABLE_ALL;
  if (name == "basic") return ORT_ENABLE_BASIC;
  if (name == "extended") return ORT_ENABLE_EXTENDED;
  if (name == "all") return ORT_ENABLE_ALL;
  throw Failure("--set optimisation=" + name + ": disabled, basic, extended or all");
}

Options make_options(const Request& request, const std::string& level) {
  OrtSessionOptions* made = nullptr;
  check(runtime.api->CreateSessionOptions(&made));
  Options options(made);
  check(runtime.api->SetSessionGraphOptimizationLevel(made, level_of(level)));
  check(runtime.api->SetSessionExecutionMode(made, ORT_SEQUENTIAL));
  if (request.threads > 0) check(runtime.api->SetIntraOpNumThreads(made, request.threads));
  // Settings with these names are the library's own configuration entries.
  for (const auto& [key, value] : request.settings) {
    if (key.starts_with("session.")) check(runtime.api->AddSessionConfigEntry(made, key.c_str(), value.c_str()));
  }
  return options;
}

Session open_session(const std::string& path, const Options& options) {
  OrtSession* session = nullptr;
  check(runtime.api->CreateSession(runtime.env, path.c_str(), options.get(), &session));
  return Session(session);
}

class OnnxRuntime : public contestant::Engine {
 public:
  explicit OnnxRuntime(const Request& request) {
    const int before = contestant::tasks();
    const std::string saved = request.setting("saved_model");
    // A saved model is optimised already; optimising it again would only take time.
    const std::string level = saved.empty() ? request.setting("optimisation", "all") : "disabled";
    session_ = open_session(saved.empty() ? request.model : saved, make_options(request, level));
    threads_ = contestant::tasks() - before + 1;
    settings_ = saved.empty() ? "graph optimisation: " + level : "graph optimisation: all, done before and saved";
    OrtAllocator* allocator = nullptr;
    check(runtime.api->GetAllocatorWithDefaultOptions(&allocator));
    check(runtime.api->SessionGetInputName(session_.get(), 0, allocator, &input_name_));
    check(runtime.api->SessionGetOutputName(session_.get(), 0, allocator, &output_name_));
    check(runtime.api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory_));
  }

  std::span<const float> infer(const float* input, std::span<const std::int64_t, 4> shape) override {
    const std::size_t bytes = static_cast<std::size_t>(shape[0] * shape[1] * shape[2] * shape[3]) * sizeof(float);
    OrtValue* tensor = nullptr;
    // The API takes a void*, and reads only.
    check(runtime.api->CreateTensorWithDataAsOrtValue(memory_, const_cast<float*>(input), bytes, shape.data(),
                                                      shape.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &tensor));
    const Value owner(tensor);
    const OrtValue* const inputs[] = {tensor};
    OrtValue* output = nullptr;
    check(runtime.api->Run(session_.get(), nullptr, &input_name_, inputs, 1, &output_name_, 1, &output));
    output_.reset(output);
    return scores();
  }
  int threads() const override { return threads_; }
  std::string settings() const override {
    return settings_ + "; sequential; the pool spins between calls, as it does by default";
  }

 private:
  std::span<const float> scores() const {
    OrtTensorTypeAndShapeInfo* made = nullptr;
    check(runtime.api->GetTensorTypeAndShape(output_.get(), &made));
    const Info info(made);
    ONNXTensorElementDataType type{};
    std::size_t elements = 0;
    check(runtime.api->GetTensorElementType(made, &type));
    check(runtime.api->GetTensorShapeElementCount(made, &elements));
    if (type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) throw Failure("the model's output is not float32");
    void* data = nullptr;
    check(runtime.api->GetTensorMutableData(output_.get(), &data));
    return {static_cast<const float*>(data), elements};
  }

  Session session_;
  Value output_;
  OrtMemoryInfo* memory_ = nullptr;  // this and the names exist until the process ends
  char* input_name_ = nullptr;
  char* output_name_ = nullptr;
  int threads_ = 1;
  std::string settings_;
};

void prepare(const Request& request) {
  const Options options = make_options(request, "all");
  check(runtime.api->SetOptimizedModelFilePath(options.get(), request.required("saved_model").c_str()));
  (void)open_session(request.model, options);
}

}  // namespace

int main(int argc, char** argv) {
  return contestant::run(
      argc, argv, {start, [](const Request& request) { return std::make_unique<OnnxRuntime>(request); }, prepare});
}
