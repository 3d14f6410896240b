// SPDX-License-Identifier: Apache-2.0
// A model that is ready to run: opened from ONNX or a plan, in a file or in memory, immutable, shared by any number of
// sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/limits.h"
#include "paperkite/meaning.h"
#include "paperkite/tensor.h"
#include "paperkite/trace.h"

namespace kite {

class Plan;  // the engine's own
struct Internals;
struct ModelFile;

struct ModelOptions {
  // "generic", "avx2" or "avx512" (on ARM "generic" or "neon"); empty: the best that the machine has, or what KITE_ISA
  // says.
  std::string isa;
  // What the caller states about the model; see paperkite/meaning.h.
  MeaningOptions meaning;
  // Concrete shapes of inputs by name. Those of inputs that are left out must follow from them; with none at all the
  // picture's are chosen as MeaningOptions and the recipe say.
  std::map<std::string, Shape, std::less<>> input_shapes;
  int threads = 0;  // that read and pack weights while it opens; 0: as many as the process may use
  bool use_cache = true;
  std::string cache_dir;  // empty: KITE_CACHE_DIR, else $XDG_CACHE_HOME/paperkite, else ~/.cache/paperkite
  // Read the model, its external data or its plan into memory in place of mapping them: another program that shortens
  // one of them (`cp` over it) then makes opening kIo at most, where it would stop the program with SIGBUS. A model
  // whose plan is in the cache costs nothing more; a plan file is then not shared between processes. Pools always do.
  bool copy_files = false;
  // Kept in the plan that is made, beside the model's own and over it; such a model is never cached.
  std::map<std::string, std::string> metadata;
  std::vector<std::string> disabled_passes;                    // a model with some is never cached
  std::uint64_t memory_limit_bytes = std::uint64_t{16} << 30;  // plan, arena and scratch together
  StatedLimits limits;                                         // all_limits() has the others; "memory" is the above
  Trace* trace = nullptr;                                      // borrowed; receives what opening was spent on
};

// A dimension as the model states it: a number, a symbol ("batch"), or neither.
struct Dimension {
  std::optional<std::int64_t> size;
  std::string_view symbol;
};

// A named input or output with its concrete type.
struct Port {
  std::string_view name;
  TensorType type;
  std::vector<Dimension> dims{};  // as the model states them; one for each of type.shape
};

// Bytes that a step reads or writes, in a space of addresses of the model's own: weights, activations and inputs are
// apart in it, and steps that use one place name the same addresses.
struct MemoryRange {
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
};

// A node that a step computes together with others.
struct StepPart {
  std::string_view node;
  std::string_view op;
  std::uint64_t macs = 0;
};

// One step of a run, in the order in which they run.
struct ModelStep {
  std::string_view node;          // its name in the model
  std::string_view op;            // "Conv"
  std::string_view kernel;        // "conv_f32_avx512"; "portable" where an operator has no kernel
  TensorType result;              // of its first output
  std::uint64_t macs = 0;         // multiply-adds
  std::uint64_t bytes = 0;        // that it reads and writes, weights included
  std::vector<StepPart> parts{};  // of a step that computes several nodes, whose name and result are those of the last
  std::vector<MemoryRange> ranges{};  // of the bytes, in the order in which it uses them
};

// What a model takes of memory.
struct ModelMemory {
  std::uint64_t plan_bytes = 0;      // mapped from the cache where that is in use; weights included
  std::uint64_t weight_bytes = 0;    // packed
  std::uint64_t arena_bytes = 0;     // activations of one session
  std::uint64_t scratch_bytes = 0;   // of each thread of a session
  std::uint64_t prepared_bytes = 0;  // what one session decides before its first run
};

// Where the plan of a Model came from.
enum class PlanOrigin : std::uint8_t { kBuilt, kCached, kPlanFile };

class Model {
 public:
  // Errors: kIo, kInvalidModel, kUnsupportedModel (all unsupported operators at once), kInvalidInput (a shape in the
  // options contradicts the model), kLimit, kUsage (an unknown ISA or pass).
  [[nodiscard]] static Result<Model> open(const std::string& path, const ModelOptions& options = {});

  // The same of the bytes of an .onnx file or a plan, which may lie at any address and are borrowed until this returns:
  // a plan is copied, and the weights of an ONNX model are copied into the plan that is made of it. Nothing is read
  // from or written to the cache, and nothing is looked for beside the model: external data is kUnsupportedModel unless
  // MeaningOptions::data_dirs says where it lies, and for_shapes() is kUsage.
  [[nodiscard]] static Result<Model> open(std::span<const std::byte> bytes, const ModelOptions& options = {});

  // The same model for other shapes of its inputs. The weights are shared where they are the same bytes; nothing is
  // read from or written to the cache. Errors as for open().
  [[nodiscard]] Result<Model> for_shapes(const std::map<std::string, Shape, std::less<>>& shapes) const;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }  // empty: opened from memory
  [[nodiscard]] std::span<const Port> inputs() const noexcept { return inputs_; }
  [[nodiscard]] std::span<const Port> outputs() const noexcept { return outputs_; }
  // Its place among outputs(); nullopt where the model has no such output.
  [[nodiscard]] std::optional<std::size_t> find_output(std::string_view name) const noexcept;
  // metadata_props of the ONNX file, and what `kite compile` embedded.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  [[nodiscard]] std::string_view isa() const noexcept;      // the best instruction set that its kernels use
  [[nodiscard]] std::uint64_t macs() const noexcept;        // multiply-adds of one run: convolutions and products
  [[nodiscard]] std::uint64_t fast_macs() const noexcept;   // those of steps that have a kernel
  [[nodiscard]] std::uint64_t parameters() const noexcept;  // elements of its float constants
  [[nodiscard]] std::vector<ModelStep> steps() const;
  [[nodiscard]] ModelMemory memory() const noexcept;
  // The model as it will run. Written to a file, it opens as this model does, without the ONNX file. Of a model from
  // for_shapes() it may lack the weights.
  [[nodiscard]] std::span<const std::byte> plan_bytes() const noexcept;
  [[nodiscard]] PlanOrigin origin() const noexcept { return origin_; }
  // How the dimensions that the model leaves open were bound.
  [[nodiscard]] const std::vector<Decision>& decisions() const noexcept { return decisions_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  friend struct Internals;
  Model() = default;
  static Result<Model> open(const ModelFile& file, const ModelOptions& options, std::shared_ptr<const Plan> lender,
                            bool* leaves_open = nullptr);
  std::string path_;
  std::shared_ptr<const Plan> plan_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::map<std::string, std::string> metadata_;
  std::vector<Decision> decisions_;
  std::vector<std::string> warnings_;
  std::shared_ptr<const ModelOptions> options_;
  std::shared_ptr<const void> unpacked_;  // the content of a zip; removed with the last owner
  PlanOrigin origin_ = PlanOrigin::kBuilt;
};

}  // namespace kite
