// SPDX-License-Identifier: Apache-2.0
// libtorch of the PyTorch wheel: a frozen TorchScript, no Python.
#include <ATen/Parallel.h>
#include <torch/script.h>
#include <torch/version.h>

#include <memory>
#include <string>

#include "contestant.h"

namespace {

using contestant::Request;

class Torch : public contestant::Engine {
 public:
  explicit Torch(const Request& request) {
    if (request.threads > 0) {
      at::set_num_threads(request.threads);
      at::set_num_interop_threads(1);
    }
    channels_last_ = request.setting("layout") == "channels_last";
    module_ = torch::jit::load(request.required("script"), at::kCPU);
    module_.eval();
    if (request.setting("optimise") == "yes") module_ = torch::jit::optimize_for_inference(module_);
    settings_ =
        request.setting("optimise") == "yes" ? "frozen TorchScript, optimised for inference" : "frozen TorchScript";
  }

  std::span<const float> infer(const float* input, std::span<const std::int64_t, 4> shape) override {
    const c10::InferenceMode no_gradients;
    // The tensor borrows the memory, which from_blob takes as void*; it is only read.
    at::Tensor tensor =
        at::from_blob(const_cast<float*>(input), at::IntArrayRef(shape.data(), shape.size()), at::kFloat);
    if (channels_last_) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
    output_ = module_.forward({tensor}).toTensor().contiguous();
    return {output_.const_data_ptr<float>(), static_cast<std::size_t>(output_.numel())};
  }
  int threads() const override { return at::get_num_threads(); }
  std::string settings() const override { return settings_ + (channels_last_ ? ", channels last" : ""); }

 private:
  torch::jit::Module module_;
  at::Tensor output_;
  bool channels_last_ = false;
  std::string settings_;
};

}  // namespace

int main(int argc, char** argv) {
  return contestant::run(argc, argv,
                         {[](const Request&) { return contestant::Versions{{"libtorch", TORCH_VERSION}}; },
                          [](const Request& request) { return std::make_unique<Torch>(request); }, nullptr});
}
