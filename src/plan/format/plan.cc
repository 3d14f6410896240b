// SPDX-License-Identifier: Apache-2.0
// Opening a plan: one linear pass over its records that trusts none of them.
#include "plan/format/plan.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <xxhash.h>

#include "base/block_hash.h"
#include "base/checked.h"
#include "base/cpu.h"
#include "kernels/registry.h"
#include "kernels/targets.h"
#include "paperkite/try.h"
#include "plan/format/portable.h"
#include "plan/format/ports.h"

namespace kite {

using plan_format::Header;
using plan_format::Note;
using plan_format::Operand;
using plan_format::Part;
using plan_format::Port;
using plan_format::Section;
using plan_format::Step;
using plan_format::Storage;
using plan_format::Text;

Result<PlanBuffer> PlanBuffer::allocate(std::uint64_t size_bytes) {
  void* address = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) {
    return Error{ErrorCode::kLimit,
                 "no memory for a plan of " + std::to_string(size_bytes) + " bytes",
                 {},
                 "free memory or use a smaller model"};
  }
  // Huge pages are used only for whole ones inside the mapping, so that no more memory is used than asked for. They
  // mean fewer page faults at the start and fewer misses of the TLB afterwards. Without huge pages this has no effect.
  ::madvise(address, size_bytes, MADV_HUGEPAGE);
  PlanBuffer buffer;
  buffer.data_ = static_cast<std::byte*>(address);
  buffer.size_bytes_ = size_bytes;
  return buffer;
}

Result<PlanBuffer> PlanBuffer::map(int fd, std::uint64_t size_bytes) {
  void* address = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) {
    return Error{ErrorCode::kIo, std::string("cannot map the plan: ") + std::strerror(errno), {}, {}};
  }
  PlanBuffer buffer;
  buffer.data_ = static_cast<std::byte*>(address);
  buffer.size_bytes_ = size_bytes;
  return buffer;
}

void PlanBuffer::make_read_only() noexcept {
  if (data_ != nullptr) ::mprotect(data_, size_bytes_, PROT_READ);
}

PlanBuffer::PlanBuffer(PlanBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

PlanBuffer& PlanBuffer::operator=(PlanBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

PlanBuffer::~PlanBuffer() {
  if (data_ != nullptr) ::munmap(data_, size_bytes_);
}

std::optional<std::array<std::uint64_t, 2>> lender_key(std::span<const std::byte> plan) noexcept {
  if (plan.size() < sizeof(Header)) return std::nullopt;
  const auto& lender = reinterpret_cast<const Header*>(plan.data())->lender;
  if (lender[0] == 0 && lender[1] == 0) return std::nullopt;
  return std::array{lender[0], lender[1]};
}

std::uint32_t header_check(Header header) noexcept {
  header.header_check = 0;
  return static_cast<std::uint32_t>(XXH3_64bits(&header, sizeof header));
}

std::uint64_t plan_checksum(std::span<const std::byte> plan, int threads) {
  return block_hash(plan.subspan(sizeof(Header)), threads)[0];
}

bool Plan::is_intact(int threads) const { return plan_checksum(bytes_, threads) == header_->checksum; }

TensorType operand_type(const Operand& operand) noexcept {
  // Validated: rank and dims obey the Shape invariants.
  auto shape = Shape::make({operand.dims, operand.rank});
  return {operand.dtype, shape.ok() ? *shape : Shape{}};
}

std::string_view Plan::text(Text text) const noexcept {
  return {reinterpret_cast<const char*>(bytes_.data() + header_->text.offset + text.offset), text.size};
}

// The one linear pass. Each check_* proves one kind of record; later ones rely on the earlier ones.
class PlanValidator {
 public:
  explicit PlanValidator(Plan& plan) : plan_(plan) {}

  Status run() {
    KITE_TRY(check_header());
    KITE_TRY(check_operands());
    KITE_TRY(check_ports());
    KITE_TRY(check_notes());
    KITE_TRY(check_parts());
    return check_steps();
  }

 private:
  static Error broken(std::string_view what) {
    return Error{
        ErrorCode::kInvalidModel, "not a usable plan: " + std::string(what), {}, "make it again with `kite compile`"};
  }

  // The records of a section, or an empty span with `ok` false when it does not lie inside the plan.
  template <typename T>
  std::span<const T> records(const Section& section, bool& ok) const {
    const std::uint64_t total = plan_.bytes_.size();
    if (section.offset > total || section.offset % alignof(T) != 0 ||
        section.count > (total - section.offset) / sizeof(T)) {
      ok = false;
      return {};
    }
    return {reinterpret_cast<const T*>(plan_.bytes_.data() + section.offset), section.count};
  }

  Status check_header() {
    const std::uint64_t total = plan_.bytes_.size();
    if (total < sizeof(Header)) return broken("it is shorter than its header");
    const auto* header = reinterpret_cast<const Header*>(plan_.bytes_.data());
    if (std::memcmp(header->magic, plan_format::kMagic, sizeof header->magic) != 0)
      return broken("the magic is missing");
    if (header->version != plan_format::kVersion) {
      return broken("it has version " + std::to_string(header->version) + ", this program reads " +
                    std::to_string(plan_format::kVersion));
    }
    if (header->total_bytes != total) return broken("its length differs from the one in its header");
    const std::string remedy = "make it again on this machine with `kite compile`";
    const Target* target = find_target(header->target);
    if (target == nullptr) {
      return Error{ErrorCode::kUnsupportedModel,
                   "the plan is for an instruction set for which this program has no kernels",
                   {},
                   remedy};
    }
    if (Features{header->features} != target->needs)
      return broken("its features differ from those of its instruction set");
    if (!processor_features().contain(target->needs)) {
      return Error{
          ErrorCode::kUnsupportedModel,
          "the plan needs " + std::string(target->name) + ", this machine has " + std::string(native_target().name),
          {},
          remedy};
    }
    plan_.target_ = target;
    bool ok = true;
    plan_.header_ = header;
    plan_.operands_ = records<Operand>(header->operands, ok);
    refs_ = records<std::uint32_t>(header->refs, ok);
    steps_ = records<Step>(header->steps, ok);
    parts_ = records<Part>(header->parts, ok);
    params_ = records<std::byte>(header->params, ok);
    text_bytes_ = records<char>(header->text, ok).size();
    inputs_ = records<Port>(header->inputs, ok);
    outputs_ = records<Port>(header->outputs, ok);
    plan_.notes_ = records<Note>(header->notes, ok);
    KITE_TRY(take_constants(ok));
    if (header->params.offset % 8 != 0 || header->constants.offset % plan_format::kConstantAlignment != 0) ok = false;
    // A session allocates the arena and scratch, so their sizes, which come from a file, are limited here.
    if (header->arena_bytes > kMaxArenaBytes || header->scratch_bytes > kMaxArenaBytes) ok = false;
    return ok ? Status{} : broken("a section lies outside the file");
  }

  Status take_constants(bool& ok) {
    const Header& header = *plan_.header_;
    if (header.lender[0] == 0 && header.lender[1] == 0) {
      plan_.lender_.reset();
      plan_.constants_ = records<std::byte>(header.constants, ok);
      return {};
    }
    const Plan* const lender = plan_.lender_.get();
    if (lender == nullptr || lender->is_borrower() || lender->header().key[0] != header.lender[0] ||
        lender->header().key[1] != header.lender[1] || lender->header().checksum != header.lender_checksum ||
        lender->constants().size() != header.constants.count || header.constants.offset != 0) {
      return broken("its weights are in another plan, which is missing");
    }
    plan_.constants_ = lender->constants();
    return {};
  }

  Status check_operands() const {
    for (const Operand& operand : plan_.operands_) {
      if (operand.rank > kMaxRank || static_cast<std::uint8_t>(operand.dtype) > static_cast<std::uint8_t>(kLastDType)) {
        return broken("an operand has no valid type");
      }
      auto shape = Shape::make({operand.dims, operand.rank});
      if (!shape.ok()) return broken("an operand has no valid shape");
      std::uint64_t room = 0;
      switch (operand.storage) {
        case Storage::kNone: continue;
        case Storage::kArena: room = plan_.header_->arena_bytes; break;
        case Storage::kConstant: room = plan_.constants_.size(); break;
        case Storage::kInput:
          if (operand.offset >= inputs_.size()) return broken("an operand names an input that does not exist");
          break;
        default: return broken("an operand has no valid storage");
      }
      const TensorType type{operand.dtype, *shape};
      if (operand.size_bytes != static_cast<std::uint64_t>(type.size_bytes())) {
        return broken("the size of an operand does not match its shape");
      }
      if (operand.storage == Storage::kInput) continue;
      if (operand.offset % plan_format::kConstantAlignment != 0 || operand.offset > room ||
          operand.size_bytes > room - operand.offset) {
        return broken("an operand lies outside its memory");
      }
    }
    return {};
  }

  bool text_ok(Text text) const { return text.offset <= text_bytes_ && text.size <= text_bytes_ - text.offset; }

  Status check_ports() {
    for (std::size_t i = 0; i < inputs_.size() + outputs_.size(); ++i) {
      const bool is_input = i < inputs_.size();
      const Port& port = is_input ? inputs_[i] : outputs_[i - inputs_.size()];
      if (port.operand >= plan_.operands_.size() || !text_ok(port.name) || !text_ok(port.dims)) {
        return broken("an input or output is invalid");
      }
      const Operand& operand = plan_.operands_[port.operand];
      if (operand.storage == Storage::kNone ||
          (is_input && (operand.storage != Storage::kInput || operand.offset != i))) {
        return broken("an input or output has no memory");
      }
      const TensorType type = operand_type(operand);
      auto dims = parse_dims(plan_.text(port.dims));
      const auto rank = static_cast<std::size_t>(type.shape.rank());
      if (!dims || dims->size() > kMaxRank || (is_input && dims->size() != rank)) {
        return broken("an input or output states no valid shape");
      }
      (is_input ? plan_.inputs_ : plan_.outputs_).push_back({plan_.text(port.name), port.operand, type, *dims});
    }
    // Every other operand that is in a caller's buffer must have the size of its port, which is the
    // size the caller knows.
    for (const Operand& operand : plan_.operands_) {
      if (operand.storage != Storage::kInput) continue;
      if (operand_type(operand).size_bytes() != plan_.inputs_[operand.offset].type.size_bytes()) {
        return broken("the size of an operand does not match its input");
      }
    }
    return {};
  }

  Status check_notes() const {
    for (const Note& note : plan_.notes_) {
      if (!text_ok(note.key) || !text_ok(note.value)) return broken("a note lies outside the file");
    }
    return {};
  }

  Status check_parts() const {
    for (const Part& part : parts_) {
      if (!text_ok(part.node) || !text_ok(part.op)) return broken("a part of a step lies outside the file");
    }
    return {};
  }

  Status check_steps() {
    plan_.steps_.reserve(steps_.size());
    std::uint64_t next_ref = 0;  // each step has its own refs, in order: with shared refs this pass would not be linear
    for (const Step& record : steps_) {
      const std::uint64_t refs = std::uint64_t{record.inputs} + record.outputs;
      if (record.first_ref != next_ref || refs > refs_.size() - next_ref ||
          std::uint64_t{record.inputs} * record.outputs > kMaxRefPairs || record.params_offset % 8 != 0 ||
          record.params_offset > params_.size() || record.params_bytes > params_.size() - record.params_offset ||
          !text_ok(record.node) || !text_ok(record.op) || record.scratch_bytes > plan_.header_->scratch_bytes ||
          record.max_shares == 0 || record.first_part > parts_.size() ||
          record.parts > parts_.size() - record.first_part) {
        return broken("a step lies outside the file");
      }
      next_ref += refs;
      PlanStep step;
      step.record = &record;
      step.inputs = refs_.subspan(record.first_ref, record.inputs);
      step.outputs = refs_.subspan(record.first_ref + record.inputs, record.outputs);
      step.parts = parts_.subspan(record.first_part, record.parts);
      step.params = params_.data() + record.params_offset;
      KITE_TRY(check_refs(step));
      KITE_TRY(record.kernel == 0 ? resolve_portable(step) : resolve_kernel(step));
      KITE_TRY(check_overlap(step));
      plan_.steps_.push_back(std::move(step));
    }
    return check_guards();
  }

  // A run reads the condition of a guard before the guard itself runs, through the guard's first view.
  Status check_guards() const {
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const std::uint32_t guard = steps_[s].guard;
      if (guard == 0) continue;
      if (guard <= s || guard >= steps_.size() || (steps_[s].guard_side != 1 && steps_[s].guard_side != 2)) {
        return broken("a step has a guard that is no later step");
      }
      const PlanStep& choice = plan_.steps_[guard];
      if (choice.kernel != nullptr || choice.inputs.empty()) return broken("a guard has no condition");
      const Operand& condition = plan_.operands_[choice.inputs.front()];
      if (condition.storage == Storage::kNone || condition.dtype != DType::kBool || condition.size_bytes != 1) {
        return broken("a guard has no condition");
      }
    }
    return {};
  }

  Status check_refs(const PlanStep& step) const {
    for (const std::uint32_t ref : step.inputs) {
      if (ref >= plan_.operands_.size()) return broken("a step names an operand that does not exist");
    }
    for (const std::uint32_t ref : step.outputs) {
      if (ref >= plan_.operands_.size()) return broken("a step names an operand that does not exist");
      const Operand& out = plan_.operands_[ref];
      if (out.storage != Storage::kArena && out.storage != Storage::kNone)
        return broken("a step writes outside the arena");
    }
    return {};
  }

  // A step must not write over its inputs, except over the one input that its kernel can replace by the result.
  Status check_overlap(const PlanStep& step) const {
    const int in_place = step.family == nullptr ? -1 : step.family->in_place_input(step.params);
    for (std::size_t o = 0; o < step.outputs.size(); ++o) {
      const Operand& out = plan_.operands_[step.outputs[o]];
      for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        const Operand& in = plan_.operands_[step.inputs[i]];
        if (in.storage != Storage::kArena || out.storage != Storage::kArena ||
            in.offset >= out.offset + out.size_bytes || out.offset >= in.offset + in.size_bytes) {
          continue;
        }
        const bool same = in.offset == out.offset && in.size_bytes == out.size_bytes;
        if (!same || o != 0 || static_cast<int>(i) != in_place) return broken("a step writes over what it reads");
      }
    }
    return {};
  }

  Status resolve_kernel(PlanStep& step) {
    const KernelOfFamily found = find_kernel(step.record->kernel);
    step.family = found.family;
    step.kernel = found.kernel;
    if (step.kernel == nullptr) return broken("a step names an unknown kernel");
    if (!plan_.target().includes(*step.kernel->target))
      return broken("a step needs features that the plan's instruction set does not have");
    // A family's fits() reads a size of 0 bytes as "left out", and the kernel reads a null pointer as "left out": the
    // two must agree.
    for (const auto refs : {step.inputs, step.outputs}) {
      for (const std::uint32_t ref : refs) {
        const Operand& operand = plan_.operands_[ref];
        if (operand.storage != Storage::kNone && operand.size_bytes == 0) return broken("a kernel's operand is empty");
      }
    }
    sizes_.clear();
    for (const std::uint32_t ref : step.inputs) sizes_.push_back(size_of(ref));
    for (const std::uint32_t ref : step.outputs) sizes_.push_back(size_of(ref));
    const std::span<const std::size_t> sizes = sizes_;
    const KernelOperands operands{step.params, step.record->params_bytes, sizes.first(step.inputs.size()),
                                  sizes.subspan(step.inputs.size()), step.record->scratch_bytes};
    if (!step.family->fits(operands)) return broken("a step reaches outside its operands");
    return {};
  }

  std::size_t size_of(std::uint32_t ref) const {
    const Operand& operand = plan_.operands_[ref];
    return operand.storage == Storage::kNone ? 0 : operand.size_bytes;
  }

  Status resolve_portable(PlanStep& step) {
    KITE_TRY_ASSIGN(step.portable,
                    decode_portable(params_.subspan(step.record->params_offset, step.record->params_bytes)));
    if (step.record->max_shares > 1 && step.portable->op->sharing != Sharing::kShared) {
      return broken("a step shares work that one thread must compute");
    }
    std::vector<PortableInput> inputs;
    std::vector<std::optional<TensorType>> outputs;
    for (const std::uint32_t ref : step.inputs) {
      const Operand& operand = plan_.operands_[ref];
      const bool is_constant = operand.storage == Storage::kConstant;
      inputs.push_back({operand.storage != Storage::kNone, operand_type(operand),
                        is_constant ? plan_.constants().data() + operand.offset : nullptr});
    }
    for (const std::uint32_t ref : step.outputs) {
      const Operand& operand = plan_.operands_[ref];
      outputs.push_back(operand.storage == Storage::kNone ? std::nullopt : std::optional(operand_type(operand)));
    }
    return check_portable(*step.portable, inputs, outputs);
  }

  static constexpr std::uint64_t kMaxArenaBytes = std::uint64_t{1} << 40;
  // Operators have either many inputs (Concat) or many outputs (Split), and kernels few of both.
  static constexpr std::uint64_t kMaxRefPairs = std::uint64_t{1} << 24;
  Plan& plan_;
  std::span<const std::uint32_t> refs_;
  std::span<const Step> steps_;
  std::span<const Part> parts_;
  std::span<const std::byte> params_;
  std::span<const Port> inputs_;
  std::span<const Port> outputs_;
  std::uint64_t text_bytes_ = 0;
  std::vector<std::size_t> sizes_;
};

std::string_view Plan::note(std::string_view key) const noexcept {
  for (const plan_format::Note& note : notes_) {
    if (text(note.key) == key) return text(note.value);
  }
  return {};
}

Result<std::shared_ptr<const Plan>> Plan::validate(std::shared_ptr<Plan> plan) {
  KITE_TRY(PlanValidator(*plan).run());
  return std::shared_ptr<const Plan>(std::move(plan));
}

Result<std::shared_ptr<const Plan>> Plan::open(MappedFile file, std::shared_ptr<const Plan> lender) {
  auto plan = std::make_shared<Plan>();
  plan->lender_ = std::move(lender);
  const std::string path = file.path();
  plan->file_ = std::move(file);
  plan->bytes_ = plan->file_.bytes();
  auto opened = validate(std::move(plan));
  if (!opened.ok()) return std::move(opened).error().in(path);
  return opened;
}

Result<std::shared_ptr<const Plan>> Plan::open(PlanBuffer buffer, std::shared_ptr<const Plan> lender) {
  auto plan = std::make_shared<Plan>();
  plan->lender_ = std::move(lender);
  plan->buffer_ = std::move(buffer);
  plan->buffer_.make_read_only();
  plan->bytes_ = plan->buffer_.bytes();
  return validate(std::move(plan));
}

Result<std::shared_ptr<const Plan>> Plan::open(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  KITE_CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % plan_format::kConstantSectionAlignment == 0);
  auto plan = std::make_shared<Plan>();
  plan->owner_ = std::move(owner);
  plan->bytes_ = bytes;
  return validate(std::move(plan));
}

}  // namespace kite
