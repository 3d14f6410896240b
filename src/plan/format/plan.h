// SPDX-License-Identifier: Apache-2.0
// An opened plan: validated bytes and the kernels that its steps name.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "graph/graph.h"
#include "kernels/family.h"
#include "ops/op.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"
#include "plan/format/format.h"

namespace kite {

// Page-aligned memory, for a plan that is being made or for a session's arena. Move-only.
class PlanBuffer {
 public:
  // Private memory; kLimit when the system has not enough.
  [[nodiscard]] static Result<PlanBuffer> allocate(std::uint64_t size_bytes);
  // The pages of a file that is open for reading and writing and at least that long.
  [[nodiscard]] static Result<PlanBuffer> map(int fd, std::uint64_t size_bytes);
  PlanBuffer() = default;
  PlanBuffer(PlanBuffer&& other) noexcept;
  PlanBuffer& operator=(PlanBuffer&& other) noexcept;
  ~PlanBuffer();
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data_, size_bytes_}; }
  void make_read_only() noexcept;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

// The portable implementation of an operator as one step carries it.
struct PortableCall {
  const Operator* op = nullptr;
  int opset = 0;
  Attributes attributes;
};

struct PlanStep {
  const plan_format::Step* record = nullptr;
  const Family* family = nullptr;  // null: `portable` is the call
  const Kernel* kernel = nullptr;
  std::unique_ptr<const PortableCall> portable;
  std::span<const std::uint32_t> inputs;  // operand numbers
  std::span<const std::uint32_t> outputs;
  std::span<const plan_format::Part> parts;  // the nodes that it computes together; none where it is one node
  const void* params = nullptr;
};

struct PlanPort {
  std::string_view name;
  std::uint32_t operand = 0;
  TensorType type;
  std::vector<InputDim> dims;  // as the model states them; empty where it states no shape
};

// Const for ever once opened, shared by any number of sessions and threads.
class Plan {
 public:
  // One linear pass proves that every step reads and writes only inside the plan, the arena and the caller's buffers,
  // so that run() needs no checks. kInvalidModel for bytes that are no plan of this version, kUnsupportedModel for an
  // instruction set that this machine does not have. `lender`: the plan that lender_key() names.
  [[nodiscard]] static Result<std::shared_ptr<const Plan>> open(MappedFile file,
                                                                std::shared_ptr<const Plan> lender = nullptr);
  [[nodiscard]] static Result<std::shared_ptr<const Plan>> open(PlanBuffer buffer,
                                                                std::shared_ptr<const Plan> lender = nullptr);
  // Bytes that begin on a page and stay as they are for as long as `owner` lives. They are used where they lie.
  [[nodiscard]] static Result<std::shared_ptr<const Plan>> open(std::span<const std::byte> bytes,
                                                                std::shared_ptr<const void> owner);

  [[nodiscard]] const plan_format::Header& header() const noexcept { return *header_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  [[nodiscard]] const Target& target() const noexcept { return *target_; }
  [[nodiscard]] std::span<const PlanStep> steps() const noexcept { return steps_; }
  [[nodiscard]] std::span<const PlanPort> inputs() const noexcept { return inputs_; }
  [[nodiscard]] std::span<const PlanPort> outputs() const noexcept { return outputs_; }
  [[nodiscard]] const plan_format::Operand& operand(std::uint32_t number) const noexcept { return operands_[number]; }
  [[nodiscard]] std::span<const plan_format::Operand> operands() const noexcept { return operands_; }
  // The plan's own constants, or those of its lender.
  [[nodiscard]] std::span<const std::byte> constants() const noexcept { return constants_; }
  [[nodiscard]] bool is_borrower() const noexcept { return lender_ != nullptr; }
  [[nodiscard]] const std::shared_ptr<const Plan>& lender() const noexcept { return lender_; }  // null: no borrower
  // With its constants, also when they are the lender's.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept {
    return bytes_.size() + (is_borrower() ? constants_.size() : 0);
  }
  [[nodiscard]] std::string_view text(plan_format::Text text) const noexcept;
  [[nodiscard]] std::span<const plan_format::Note> notes() const noexcept { return notes_; }
  // The text behind a key; empty where the plan has no such note.
  [[nodiscard]] std::string_view note(std::string_view key) const noexcept;
  // Whether the bytes have the checksum with which the plan was made. This reads the whole plan,
  // which opening does not.
  [[nodiscard]] bool is_intact(int threads = 1) const;

 private:
  friend class PlanValidator;
  static Result<std::shared_ptr<const Plan>> validate(std::shared_ptr<Plan> plan);

  MappedFile file_;
  PlanBuffer buffer_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const Plan> lender_;
  std::span<const std::byte> bytes_;
  std::span<const std::byte> constants_;
  const plan_format::Header* header_ = nullptr;
  const Target* target_ = nullptr;
  std::span<const plan_format::Operand> operands_;
  std::span<const plan_format::Note> notes_;
  std::vector<PlanStep> steps_;
  std::vector<PlanPort> inputs_;
  std::vector<PlanPort> outputs_;
};

// The key of the lender of the given plan; nullopt where the plan has its own constants, or the bytes are no plan.
[[nodiscard]] std::optional<std::array<std::uint64_t, 2>> lender_key(std::span<const std::byte> plan) noexcept;

// The checksum of a header, without the field that holds it.
[[nodiscard]] std::uint32_t header_check(plan_format::Header header) noexcept;
// The checksum of all bytes after the header of a plan.
[[nodiscard]] std::uint64_t plan_checksum(std::span<const std::byte> plan, int threads);

[[nodiscard]] TensorType operand_type(const plan_format::Operand& operand) noexcept;

}  // namespace kite
