// SPDX-License-Identifier: Apache-2.0
// Lowers every node, lays out the arena, writes the flat plan and opens it.
#include "plan/lower/planner.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/checked.h"
#include "base/parallel.h"
#include "paperkite/try.h"
#include "plan/format/ports.h"
#include "plan/lower/guards.h"
#include "plan/lower/lowering.h"
#include "plan/lower/memory.h"
#include "plan/lower/region.h"

namespace kite {

namespace {

using plan_format::Header;
using plan_format::Operand;
using plan_format::Part;
using plan_format::Port;
using plan_format::Section;
using plan_format::Step;
using plan_format::Storage;
using plan_format::Text;

Status lower_nodes(Lowering& lowering) {
  const Graph& graph = lowering.graph();
  // Inputs first, so that each has an operand even if nothing reads it.
  for (const GraphInput& input : graph.inputs) lowering.operand(input.value);
  const Regions regions(lowering);
  for (const NodeId id : graph.order()) {
    if (regions.is_inside(id)) continue;
    auto together = regions.lower(lowering, id);
    if (!together.ok()) return std::move(together).error().in(graph.describe(id));
    if (*together) continue;
    const Node& node = graph.node(id);
    // A portable step of no elements does nothing, where a kernel would walk over the dimensions beside the zero.
    const bool is_empty = std::ranges::all_of(
        node.outputs, [&](ValueId output) { return output == kNoValue || lowering.shape(output).elements() == 0; });
    const LowerFn rule = is_empty ? nullptr : find_lower_rule(node.domain, node.op_type);
    bool lowered = false;
    if (rule != nullptr) {
      auto result = rule(lowering, id);
      if (!result.ok()) return std::move(result).error().in(graph.describe(id));
      lowered = *result;
    }
    if (!lowered) KITE_TRY(lowering.portable_step(id));
  }
  return {};
}

// No plan has a larger arena: plan.cc refuses it. Sums of sizes below this limit cannot overflow, since that would need
// a graph of 2^24 nodes.
constexpr std::uint64_t kMaxBufferBytes = std::uint64_t{1} << 40;

// The step that reads each root for the last time; `step_count` for results, which are read after the run.
std::unordered_map<OperandId, std::int32_t> last_reads(Lowering& lowering) {
  std::unordered_map<OperandId, std::int32_t> last;
  const auto& steps = lowering.steps();
  for (std::size_t s = 0; s < steps.size(); ++s) {
    for (const OperandId id : steps[s].inputs) last[lowering.root(id)] = static_cast<std::int32_t>(s);
  }
  for (const ValueId output : lowering.graph().outputs) {
    last[lowering.root(lowering.operand(output))] = static_cast<std::int32_t>(steps.size());
  }
  return last;
}

// The root in whose memory the step may write its result. That is the input which the step's kernel can replace, where
// no later step reads it and this step reads it only once. Otherwise it is the result itself.
OperandId memory_of_result(Lowering& lowering, const LoweredStep& step, std::int32_t s,
                           const std::unordered_map<OperandId, std::int32_t>& last) {
  const OperandId result = lowering.root(step.outputs.front());
  const int in_place = step.family == nullptr ? -1 : step.family->in_place_input(step.params.data());
  if (in_place < 0) return result;
  const auto& operands = lowering.operands();
  const OperandId input = lowering.root(step.inputs[static_cast<std::size_t>(in_place)]);
  if (operands[input].storage != Storage::kArena || operands[input].size_bytes != operands[result].size_bytes ||
      last.at(input) != s ||
      std::ranges::count_if(step.inputs, [&](OperandId id) { return lowering.root(id) == input; }) != 1) {
    return result;
  }
  return input;  // a graph input, whose bytes must stay for the next run, is not in the arena
}

// Gives every operand in the arena its offset and returns the arena's size. Where one buffer is too large for any plan,
// no offset is given, and the result is at least the size of the largest buffer.
std::uint64_t place_arena(Lowering& lowering) {
  auto& operands = lowering.operands();
  const auto step_count = static_cast<std::int32_t>(lowering.steps().size());
  std::vector<BufferLifetime> lifetimes;
  std::unordered_map<OperandId, std::size_t> buffer_of;  // by root
  const auto last = last_reads(lowering);
  const auto touch = [&](OperandId id, std::int32_t step) {
    if (operands[id].storage != Storage::kArena) return;
    const auto [entry, added] = buffer_of.try_emplace(lowering.root(id), lifetimes.size());
    if (added) lifetimes.push_back({operands[lowering.root(id)].size_bytes, step, step});
    lifetimes[entry->second].last_step = std::max(lifetimes[entry->second].last_step, step);
  };
  for (std::int32_t s = 0; s < step_count; ++s) {
    for (const OperandId id : lowering.steps()[static_cast<std::size_t>(s)].inputs) touch(id, s);
    const LoweredStep& step = lowering.steps()[static_cast<std::size_t>(s)];
    const OperandId memory = step.outputs.empty() ? 0 : memory_of_result(lowering, step, s, last);
    if (!step.outputs.empty() && memory != lowering.root(step.outputs.front())) {
      buffer_of[lowering.root(step.outputs.front())] = buffer_of.at(memory);
    }
    for (const OperandId id : step.outputs) touch(id, s);
  }
  for (const ValueId output : lowering.graph().outputs) touch(lowering.operand(output), step_count);

  std::uint64_t largest = 0;
  for (const BufferLifetime& buffer : lifetimes) largest = std::max(largest, buffer.size_bytes);
  if (largest > kMaxBufferBytes) return largest;
  const ArenaLayout layout = place_buffers(lifetimes);
  for (OperandId id = 0; id < operands.size(); ++id) {
    if (operands[id].storage != Storage::kArena) continue;
    const auto entry = buffer_of.find(lowering.root(id));
    operands[id].offset = entry == buffer_of.end() ? 0 : layout.offsets[entry->second];
  }
  return layout.size_bytes;
}

// A value is whole after the last step that writes its memory: a Concat is a step for each of its inputs.
std::vector<ValuePlace> find_places(const Lowering& lowering) {
  std::unordered_map<OperandId, std::int64_t> made;  // by root
  for (std::size_t s = 0; s < lowering.steps().size(); ++s) {
    for (const OperandId id : lowering.steps()[s].outputs) made[lowering.root(id)] = static_cast<std::int64_t>(s);
  }
  std::vector<ValuePlace> places;
  for (std::size_t i = 0; i < lowering.graph().value_count(); ++i) {
    const auto value = static_cast<ValueId>(i);
    const auto operand = lowering.find_operand(value);
    if (!operand || lowering.graph().is_constant(value)) continue;
    const auto step = made.find(lowering.root(*operand));
    const bool is_input = lowering.operands()[*operand].storage == Storage::kInput;
    if (step != made.end() || is_input) places.push_back({value, *operand, step == made.end() ? -1 : step->second});
  }
  std::ranges::stable_sort(places, {}, &ValuePlace::step);
  return places;
}

// The sections of a plan while they grow; offsets are fixed once all of them have their final size.
struct Sections {
  std::vector<std::uint32_t> refs;
  std::vector<Step> steps;
  std::vector<Part> parts;
  std::vector<std::byte> params;
  std::string text;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::vector<plan_format::Note> notes;

  Text add_text(std::string_view s) {
    const Text piece{static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(s.size())};
    text += s;
    return piece;
  }
  void add_step(const Graph& graph, const LoweredStep& lowered, Guard guard) {
    Step step{};
    const Node& node = graph.node(lowered.node);
    step.kernel = lowered.kernel == nullptr ? 0 : lowered.kernel->id;
    step.params_offset = params.size();
    step.params_bytes = lowered.params.size();
    step.scratch_bytes = lowered.scratch_bytes;
    step.macs = lowered.macs;
    step.first_ref = static_cast<std::uint32_t>(refs.size());
    step.inputs = static_cast<std::uint32_t>(lowered.inputs.size());
    step.outputs = static_cast<std::uint32_t>(lowered.outputs.size());
    step.max_shares = static_cast<std::uint32_t>(std::max(lowered.max_shares, 1));
    step.guard = guard.step;
    step.guard_side = guard.side;
    step.node = add_text(node.name);
    step.op = add_text(lowered.op);
    step.first_part = static_cast<std::uint32_t>(parts.size());
    step.parts = static_cast<std::uint32_t>(lowered.parts.size());
    for (const NodeId id : lowered.parts) {
      const Node& part = graph.node(id);
      parts.push_back({static_cast<std::uint64_t>(part.multiply_adds), add_text(part.name), add_text(part.op_type)});
    }
    params.insert(params.end(), lowered.params.begin(), lowered.params.end());
    params.resize(static_cast<std::size_t>(round_up(static_cast<std::int64_t>(params.size()), 8)));
    refs.insert(refs.end(), lowered.inputs.begin(), lowered.inputs.end());
    refs.insert(refs.end(), lowered.outputs.begin(), lowered.outputs.end());
    steps.push_back(step);
  }
};

template <typename T>
Section place_section(std::uint64_t& end, const T& records) {
  const Section section{end, records.size()};
  end = static_cast<std::uint64_t>(
      round_up(static_cast<std::int64_t>(end + records.size() * sizeof(typename T::value_type)), 64));
  return section;
}

template <typename T>
void write_section(std::span<std::byte> plan, const Section& section, const T& records) {
  if (records.empty()) return;
  std::memcpy(plan.data() + section.offset, records.data(), records.size() * sizeof(typename T::value_type));
}

// Before any memory is taken.
Status check_tensors(const Lowering& lowering, const Graph& graph) {
  const Limits& limits = graph.budget().limits();
  const auto most = static_cast<std::uint64_t>(limits[Limit::kTensorBytes]);
  for (const LoweredStep& step : lowering.steps()) {
    for (const OperandId id : step.outputs) {
      const std::uint64_t size = lowering.operands()[id].size_bytes;
      if (size <= most) continue;
      return limits.over(Limit::kTensorBytes, "a tensor of " + std::to_string(size) + " bytes",
                         graph.describe(step.node), "use smaller inputs");
    }
  }
  return {};
}

Status check_budget(std::uint64_t needed, const Lowering& lowering, const Graph& graph, std::uint64_t limit) {
  if (needed <= std::min(limit, kMaxBufferBytes)) return {};
  std::string largest;
  std::uint64_t largest_bytes = 0;
  for (const LoweredStep& step : lowering.steps()) {
    for (const ValueId output : graph.node(step.node).outputs) {
      if (output == kNoValue || !graph.value(output).type) continue;
      const auto size_bytes = static_cast<std::uint64_t>(graph.value(output).type->size_bytes());
      if (size_bytes <= largest_bytes) continue;
      largest_bytes = size_bytes;
      largest = "largest tensor: " + graph.value(output).type->shape.to_string() + " of " + graph.describe(step.node);
    }
  }
  return Error{ErrorCode::kLimit,
               "the model needs " + std::to_string(needed) + " bytes, the limit is " +
                   std::to_string(std::min(limit, kMaxBufferBytes)),
               largest, "raise it with --memory-limit or use smaller inputs"};
}

// Whether the lender's constants are, byte for byte, those that the jobs would write. Only this proves that a plan for
// other shapes computes with the same numbers.
bool has_constants(const Plan& lender, std::span<const ConstantJob> jobs, std::uint64_t size_bytes, int threads) {
  if (lender.is_borrower() || lender.constants().size() != size_bytes) return false;
  std::atomic<bool> same = true;
  parallel_for(jobs.size(), threads, [&](std::size_t i) {
    const ConstantJob& job = jobs[i];
    if (job.size_bytes == 0 || !same.load(std::memory_order_relaxed)) return;
    const auto buffer = PlanBuffer::allocate(job.size_bytes);
    if (buffer.ok()) job.write(buffer->bytes().data());
    if (!buffer.ok() ||
        std::memcmp(buffer->bytes().data(), lender.constants().data() + job.offset, job.size_bytes) != 0) {
      same.store(false, std::memory_order_relaxed);
    }
  });
  return same;
}

std::uint64_t parameter_count(const Graph& graph) {
  std::uint64_t count = 0;
  std::vector<bool> seen(graph.value_count());
  for (const NodeId id : graph.order()) {
    for (const ValueId input : graph.node(id).inputs) {
      if (!graph.is_constant(input) || seen[static_cast<std::size_t>(input)]) continue;
      seen[static_cast<std::size_t>(input)] = true;
      const TensorType& type = graph.value(input).constant->type;
      const bool is_weight_of_8_bits =
          (type.dtype == DType::kInt8 || type.dtype == DType::kUInt8) && type.shape.rank() > 1;
      if (type.dtype == DType::kFloat32 || is_weight_of_8_bits) {
        count += static_cast<std::uint64_t>(type.shape.elements());
      }
    }
  }
  return count;
}

}  // namespace

Result<std::shared_ptr<const Plan>> make_plan(const Graph& graph, const PlanOptions& options) {
  Lowering lowering(graph, *options.target);
  KITE_TRY(graph.check_budget());
  KITE_TRY(lower_nodes(lowering));
  KITE_TRY(check_tensors(lowering, graph));

  Header header{};
  std::memcpy(header.magic, plan_format::kMagic, sizeof header.magic);
  header.version = plan_format::kVersion;
  header.key[0] = options.key[0];
  header.key[1] = options.key[1];
  header.parameters = parameter_count(graph);

  Sections sections;
  for (const GraphInput& input : graph.inputs) {
    sections.inputs.push_back({lowering.operand(input.value), sections.add_text(graph.value(input.value).name),
                               sections.add_text(dims_text(input.dims)), 0});
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const std::string dims = i < graph.output_dims.size() ? dims_text(graph.output_dims[i]) : std::string();
    sections.outputs.push_back(
        {lowering.operand(graph.outputs[i]), sections.add_text(graph.output_name(i)), sections.add_text(dims), 0});
  }
  header.arena_bytes = place_arena(lowering);
  if (options.places != nullptr) *options.places = find_places(lowering);
  const Target* needed = &targets::generic;
  Checked macs = 0;
  const std::vector<Guard> guards = find_guards(lowering);
  for (std::size_t s = 0; s < guards.size(); ++s) {
    const LoweredStep& step = lowering.steps()[s];
    sections.add_step(graph, step, guards[s]);
    header.scratch_bytes = std::max(header.scratch_bytes, step.scratch_bytes);
    macs += static_cast<std::int64_t>(step.macs);
    if (step.kernel == nullptr || needed->includes(*step.kernel->target)) continue;
    needed = step.kernel->target->includes(*needed) ? step.kernel->target : options.target;
  }
  header.macs = static_cast<std::uint64_t>(macs.capped());
  for (const auto& [key, value] : options.notes) {
    sections.notes.push_back({sections.add_text(key), sections.add_text(value)});
  }
  header.target = name_id(needed->name);
  header.features = needed->needs.bits;

  std::uint64_t end = static_cast<std::uint64_t>(round_up(sizeof(Header), 64));
  header.operands = place_section(end, lowering.operands());
  header.refs = place_section(end, sections.refs);
  header.steps = place_section(end, sections.steps);
  header.parts = place_section(end, sections.parts);
  header.params = place_section(end, sections.params);
  header.text = place_section(end, sections.text);
  header.inputs = place_section(end, sections.inputs);
  header.outputs = place_section(end, sections.outputs);
  header.notes = place_section(end, sections.notes);
  KITE_TRY(check_budget(end + lowering.constant_bytes() + header.arena_bytes + header.scratch_bytes, lowering, graph,
                        options.memory_limit_bytes));
  const std::span<const ConstantJob> jobs = lowering.constants();
  const bool lent = options.lender != nullptr && lowering.constant_bytes() > 0 &&
                    has_constants(*options.lender, jobs, lowering.constant_bytes(), options.threads);
  if (lent) {
    std::ranges::copy(options.lender->header().key, header.lender);
    header.lender_checksum = options.lender->header().checksum;
    header.constants = {0, lowering.constant_bytes()};
    header.total_bytes = end;
  } else {
    end = static_cast<std::uint64_t>(round_up(static_cast<std::int64_t>(end), plan_format::kConstantSectionAlignment));
    header.constants = {end, lowering.constant_bytes()};
    header.total_bytes = end + lowering.constant_bytes();
  }

  KITE_TRY_ASSIGN(PlanBuffer buffer, options.allocate(header.total_bytes));
  const std::span<std::byte> plan = buffer.bytes();
  write_section(plan, header.operands, lowering.operands());
  write_section(plan, header.refs, sections.refs);
  write_section(plan, header.steps, sections.steps);
  write_section(plan, header.parts, sections.parts);
  write_section(plan, header.params, sections.params);
  write_section(plan, header.text, sections.text);
  write_section(plan, header.inputs, sections.inputs);
  write_section(plan, header.outputs, sections.outputs);
  write_section(plan, header.notes, sections.notes);
  if (!lent) {
    std::byte* const constants = plan.data() + header.constants.offset;
    parallel_for(jobs.size(), options.threads, [&](std::size_t i) { jobs[i].write(constants + jobs[i].offset); });
  }
  header.checksum = plan_checksum(plan, options.threads);
  // The key of a plan that is in no cache is its checksum, so that this plan can also be a lender.
  if (options.key == std::array<std::uint64_t, 2>{}) header.key[0] = header.key[1] = header.checksum;
  header.header_check = header_check(header);
  std::memcpy(plan.data(), &header, sizeof header);
  return Plan::open(std::move(buffer), lent ? options.lender : nullptr);
}

}  // namespace kite
