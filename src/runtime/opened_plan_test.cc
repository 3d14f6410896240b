// SPDX-License-Identifier: Apache-2.0
// Plans: what the planner chooses, and that bytes from anywhere are refused or run inside their own memory.
#include "plan/format/plan.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/test_folder.h"
#include "kernels/expand_depthwise/expand_depthwise.h"
#include "kernels/grouped/grouped.h"
#include "kernels/name_id.h"
#include "kernels/registry.h"
#include "kernels/targets.h"
#include "kernels/testing.h"
#include "plan/lower/planner.h"
#include "plan/test_graph.h"
#include "runtime/session.h"

namespace kite {
namespace {

using plan_format::Header;
using plan_format::Operand;
using plan_format::Part;
using plan_format::Section;
using plan_format::Step;
using plan_format::Storage;
using Bytes = std::vector<std::byte>;
using OpenedPlan = Result<std::shared_ptr<const Plan>>;

std::shared_ptr<const Plan> plan_of(const Graph& graph, const Target& target = native_target()) {
  const Target all = fusing(target);
  auto plan = make_plan(graph, {.target = &all, .key = {1, 2}, .notes = {{"labels", "[\"a\"]"}}});
  EXPECT_TRUE(plan.ok()) << plan.error().message();
  return plan.ok() ? *plan : nullptr;
}

Bytes bytes_of(const Plan& plan) { return {plan.bytes().begin(), plan.bytes().end()}; }

OpenedPlan open_bytes(const Bytes& bytes) {
  auto buffer = PlanBuffer::allocate(bytes.size());
  if (!buffer.ok()) return std::move(buffer).error();
  std::ranges::copy(bytes, buffer->bytes().begin());
  return Plan::open(std::move(*buffer));
}

std::string problem(const Bytes& bytes) {
  const auto plan = open_bytes(bytes);
  return plan.ok() ? "ok" : plan.error().message();
}

template <typename T>
T* records(Bytes& bytes, Section Header::* section) {
  return reinterpret_cast<T*>(bytes.data() + (reinterpret_cast<const Header*>(bytes.data())->*section).offset);
}

// What a mutated plan does when it is accepted: any values, but inside its memory. Sizes that a test machine has
// no room for are left out; a session would ask the system for them and report its refusal.
void run_if_small(const std::shared_ptr<const Plan>& plan) {
  constexpr std::uint64_t kSmall = 64 << 20;
  if (plan->header().arena_bytes > kSmall || plan->header().scratch_bytes > kSmall) return;
  auto session = PlanSession::create(plan, 1);
  ASSERT_TRUE(session.ok()) << session.error().message();
  std::vector<Tensor> tensors;
  for (const PlanPort& port : plan->inputs()) {
    if (static_cast<std::uint64_t>(port.type.size_bytes()) > kSmall) return;
    tensors.emplace_back(port.type);
  }
  const Status ran = (*session)->run(views_of(tensors));
  unsigned sum = 0;  // an error is as good an end; results are read to see that they can be
  for (std::size_t i = 0; ran.ok() && i < plan->outputs().size(); ++i) {
    for (const std::byte b : (*session)->output(i).bytes()) sum += static_cast<unsigned>(b);
  }
  EXPECT_GE(sum, 0u);
}

std::string kernels_of(const Plan& plan) {
  std::string names;
  for (const PlanStep& step : plan.steps()) {
    if (!names.empty()) names += ' ';
    names += step.kernel == nullptr ? "portable" : step.kernel->name;
  }
  return names;
}

TEST(Plan, packs_weights_that_several_nodes_read_once) {
  const auto constant_bytes = [](int count, bool shared, std::int64_t second_width = 4) {
    TestGraph g;
    ValueId y = g.input("x", Shape{1, 4, 4, 32});
    const ValueId first = g.weights(Shape{32, 32, 1, 1});
    for (int i = 0; i < count; ++i) {
      y = g.internal("Conv", {y, shared || i == 0 ? first : g.weights(Shape{32, 32, 1, 1})});
    }
    const ValueId z = g.internal("Conv", {g.input("x2", Shape{1, 4, second_width, 32}), first});
    return plan_of(g.take({y, z}))->constants().size();
  };
  constexpr std::uint64_t kPacked = 32 * 32 * 4;
  EXPECT_EQ(constant_bytes(1, true), kPacked);
  EXPECT_EQ(constant_bytes(5, true), kPacked);
  EXPECT_EQ(constant_bytes(5, false), 5 * kPacked);
  EXPECT_EQ(constant_bytes(5, true, 7), 2 * kPacked);  // another shape may be packed in another order
}

TEST(Plan, opens_again_from_the_same_bytes_and_from_a_file) {
  const auto plan = plan_of(every_family());
  const auto again = open_bytes(bytes_of(*plan));
  ASSERT_TRUE(again.ok()) << again.error().message();
  const TestFolder folder;
  auto file = MappedFile::open(folder.write("same.plan", plan->bytes()));
  ASSERT_TRUE(file.ok());
  const auto mapped = Plan::open(std::move(*file));
  ASSERT_TRUE(mapped.ok()) << mapped.error().message();
  for (const Plan* other : {again->get(), mapped->get()}) {
    EXPECT_EQ(kernels_of(*other), kernels_of(*plan));
    ASSERT_EQ(other->inputs().size(), 2u);
    EXPECT_EQ(other->inputs()[0].name, "x");
    EXPECT_EQ(other->inputs()[1].type, (TensorType{DType::kInt64, Shape{3}}));
    ASSERT_EQ(other->outputs().size(), 4u);
    EXPECT_EQ(other->outputs()[2].type.shape, (Shape{2, 3, 16}));
    ASSERT_EQ(other->notes().size(), 1u);
    EXPECT_EQ(other->text(other->notes()[0].value), "[\"a\"]");
    EXPECT_EQ(other->header().key[1], 2u);
  }
}

TEST(Plan, of_the_same_graph_has_the_same_bytes) {
  EXPECT_EQ(bytes_of(*plan_of(every_family())), bytes_of(*plan_of(every_family())));
}

TEST(Plan, takes_the_best_kernel_of_each_family_that_the_target_has) {
  const Graph graph = every_family();
  for (const Target* target : all_targets()) {
    if (!native_target().includes(*target)) continue;
    const auto plan = plan_of(graph, *target);
    EXPECT_EQ(&plan->target(), target);
    for (const PlanStep& step : plan->steps()) {
      if (step.kernel == nullptr) continue;
      EXPECT_EQ(step.kernel->target, target) << step.kernel->name;
    }
  }
  std::string families;
  const auto plan = plan_of(graph);
  for (const PlanStep& step : plan->steps())
    families += step.kernel == nullptr ? "portable " : std::string(step.family->name()) + ' ';
  EXPECT_EQ(families,
            "conv depthwise reduce scaled_conv expand_depthwise reduce conv softmax pool affine layer_norm "
            "strided_copy matmul elementwise portable portable attention lstm ");
}

// The families that a convolution's shape leads to, however it was spelled.
TEST(Plan, tells_depthwise_winograd_grouped_and_planar_convolutions_apart) {
  using Ints = TestGraph::Ints;
  struct Case {
    Shape x, w;
    std::vector<TestGraph::Attribute> attributes;
    const char* family;
  };
  const char* const narrow = &native_target() == kGrouped.kernels().front().target ? "grouped" : "conv";
  const std::vector<Case> cases = {
      {Shape{1, 8, 8, 16}, Shape{32, 16, 1, 1}, {}, "conv"},
      {Shape{1, 8, 8, 32}, Shape{32, 1, 3, 3}, {{"group", std::int64_t{32}}}, "depthwise"},
      {Shape{1, 8, 8, 32}, Shape{64, 1, 3, 3}, {{"group", std::int64_t{32}}}, narrow},  // two filters a channel
      {Shape{1, 8, 8, 32}, Shape{32, 16, 3, 3}, {{"group", std::int64_t{2}}}, narrow},
      {Shape{1, 8, 8, 80}, Shape{80, 40, 3, 3}, {{"group", std::int64_t{2}}}, "conv"},
      {Shape{1, 14, 14, 96}, Shape{96, 48, 3, 3}, {{"group", std::int64_t{2}}, {"pads", Ints{1, 1, 1, 1}}}, "winograd"},
      {Shape{1, 7, 7, 96}, Shape{96, 96, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}}, "conv"},  // too few pixels
      {Shape{1, 8, 8, 1}, Shape{1, 1, 3, 3}, {{"group", std::int64_t{1}}}, "conv"},
      {Shape{1, 3, 8, 8}, Shape{8, 3, 3, 3}, {{"input_layout", std::string("nchw")}, {"strides", Ints{2, 2}}}, "conv"},
  };
  for (const Case& c : cases) {
    TestGraph g;
    const ValueId x = g.input("x", c.x);
    const auto plan = plan_of(g.take({g.conv(x, c.w, c.attributes)}));
    ASSERT_EQ(plan->steps().size(), 1u);
    ASSERT_NE(plan->steps()[0].kernel, nullptr);
    EXPECT_EQ(plan->steps()[0].family->name(), c.family) << c.x.to_string() << c.w.to_string();
  }
}

TEST(Plan, a_residual_that_nothing_else_reads_is_replaced_by_the_sum) {
  for (const bool read_later : {false, true}) {
    TestGraph g;
    const ValueId x = g.input("x", Shape{1, 9, 9, 8});
    const ValueId a = g.conv(x, Shape{16, 8, 1, 1}, {});
    const ValueId b = g.conv(a, Shape{16, 16, 3, 3}, {{"pads", TestGraph::Ints{1, 1, 1, 1}}});
    const ValueId sum = g.conv(b, Shape{16, 16, 1, 1}, {}, a);
    const Graph graph = g.take(read_later ? std::vector<ValueId>{sum, a} : std::vector<ValueId>{sum});
    const auto plan = plan_of(graph);
    const PlanStep& step = plan->steps().back();
    const Operand& residual = plan->operands()[step.inputs[3]];
    const Operand& result = plan->operands()[step.outputs[0]];
    EXPECT_EQ(residual.offset == result.offset, !read_later);
    // What a kernel cannot do, a plan may not ask of it: the picture itself in the place of the result.
    Bytes bytes = bytes_of(*plan);
    records<Operand>(bytes, &Header::operands)[step.inputs[0]].offset = result.offset;
    EXPECT_FALSE(open_bytes(bytes).ok());
  }
}

TEST(Plan, over_the_memory_limit_names_the_largest_tensor) {
  const Graph graph = every_family();
  const auto plan = make_plan(graph, {.memory_limit_bytes = 10000});
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, ErrorCode::kLimit);
  EXPECT_NE(plan.error().message().find("largest tensor: [2,9,9,24] of node \"Conv_0\""), std::string::npos)
      << plan.error().message();
  const Header header = plan_of(graph)->header();
  const std::uint64_t needed = header.total_bytes + header.arena_bytes + header.scratch_bytes;
  const Target all = fusing(native_target());
  EXPECT_TRUE(make_plan(graph, {.target = &all, .memory_limit_bytes = needed + 4096}).ok());
}

// 2^43 bytes each, under any limit: their sum must not wrap around to something small.
TEST(Plan, with_tensors_larger_than_any_machine_is_refused_before_memory_is_touched) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{1});
  ValueId huge = g.node("Expand", 13, {x, g.ints({std::int64_t{1} << 40})});
  std::vector<ValueId> outputs;
  for (int i = 0; i < 8; ++i) outputs.push_back(g.node("Relu", 14, {huge}));
  const Graph graph = g.take(outputs);
  for (const std::uint64_t limit : {std::uint64_t{16} << 30, UINT64_MAX}) {
    const auto plan = make_plan(graph, {.memory_limit_bytes = limit});
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, ErrorCode::kLimit);
    EXPECT_NE(plan.error().message().find("4398046511104 bytes"), std::string::npos) << plan.error().message();
  }
}

TEST(Plan, truncated_anywhere_or_with_a_tail_is_refused) {
  const Bytes good = bytes_of(*plan_of(every_family()));
  for (std::size_t percent = 0; percent < 100; ++percent) {
    Bytes cut(good.begin(),
              good.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, good.size() * percent / 100)));
    EXPECT_NE(problem(cut), "ok") << percent << " %";
    if (cut.size() < sizeof(Header)) continue;
    // The same with a header that knows: now sections reach outside.
    reinterpret_cast<Header*>(cut.data())->total_bytes = cut.size();
    EXPECT_NE(problem(cut), "ok") << percent << " %, length stated";
  }
  Bytes longer = good;
  longer.resize(good.size() + 1);
  EXPECT_NE(problem(longer), "ok");
  auto empty = MappedFile::open("/dev/null");
  EXPECT_FALSE(empty.ok());
  const auto nothing = Plan::open(MappedFile());
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().code, ErrorCode::kInvalidModel);
}

TEST(Plan, of_another_version_or_instruction_set_is_refused) {
  const Bytes good = bytes_of(*plan_of(every_family()));
  const auto with = [&](const std::function<void(Header&)>& change) {
    Bytes bytes = good;
    change(*reinterpret_cast<Header*>(bytes.data()));
    return open_bytes(bytes);
  };
  const auto newer = with([](Header& h) { ++h.version; });
  ASSERT_FALSE(newer.ok());
  const std::uint32_t ours = plan_format::kVersion;
  EXPECT_EQ(newer.error().message(), "not a usable plan: it has version " + std::to_string(ours + 1) +
                                         ", this program reads " + std::to_string(ours) +
                                         "; make it again with `kite compile`");
  EXPECT_FALSE(with([](Header& h) { h.magic[0] = 'k'; }).ok());
  const auto elsewhere = with([](Header& h) { h.target = name_id("riscv"); });
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_EQ(elsewhere.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_FALSE(with([](Header& h) { h.features = ~h.features; }).ok());
  for (const Target* target : all_targets()) {
    const auto changed = with([&](Header& h) {
      h.target = name_id(target->name);
      h.features = target->needs.bits;
    });
    EXPECT_EQ(changed.ok(), target == &native_target()) << target->name;
  }
  EXPECT_FALSE(with([](Header& h) { h.arena_bytes = UINT64_MAX; }).ok());
  EXPECT_FALSE(with([](Header& h) { h.scratch_bytes = UINT64_MAX; }).ok());
}

// Each byte of the header and of every record is inverted, and one bit of it: refused, or run inside its memory.
TEST(Plan, with_any_byte_changed_is_refused_or_stays_inside_its_memory) {
  std::mt19937 random(3);
  for (const bool quantised : {false, true}) {
    const auto plan = plan_of(quantised ? every_quantised_family() : every_family());
    const Bytes good = bytes_of(*plan);
    int refused = 0, opened = 0;
    for (std::size_t at = 0; at < plan->header().constants.offset; ++at) {
      for (const std::byte mask : {std::byte{0xff}, std::byte{1} << (random() % 8)}) {
        Bytes bytes = good;
        bytes[at] ^= mask;
        const auto changed = open_bytes(bytes);
        changed.ok() ? ++opened : ++refused;
        if (!changed.ok()) continue;
        ASSERT_NO_FATAL_FAILURE(run_if_small(*changed)) << "byte " << at;
      }
    }
    EXPECT_GT(refused, 2000);
    EXPECT_GT(opened, 500);  // names, keys, padding, unused text
  }
}

// 32-bit words take values that are likely to matter, several at a time.
TEST(Plan, with_several_words_changed_is_refused_or_stays_inside_its_memory) {
  const auto plan = plan_of(every_family());
  const Bytes good = bytes_of(*plan);
  const std::size_t words = plan->header().constants.offset / 4;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  int rounds = 0;
  for (unsigned seed = 0; std::chrono::steady_clock::now() < end; ++seed, ++rounds) {
    std::mt19937 random(seed);
    Bytes bytes = good;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      std::uint32_t& word = reinterpret_cast<std::uint32_t*>(bytes.data())[random() % words];
      const std::uint32_t values[] = {0,
                                      1,
                                      word + 1,
                                      word - 1,
                                      word * 2,
                                      word / 2,
                                      word + 64,
                                      static_cast<std::uint32_t>(random() % 64),
                                      0x7fffffff,
                                      0xffffffff,
                                      static_cast<std::uint32_t>(random())};
      word = values[random() % std::size(values)];
    }
    const auto changed = open_bytes(bytes);
    if (!changed.ok()) continue;
    ASSERT_NO_FATAL_FAILURE(run_if_small(*changed)) << "seed " << seed;
  }
  RecordProperty("rounds", rounds);
}

// An input of the caller is as large as its port says; what an operand claims does not count.
TEST(Plan, cannot_claim_more_of_an_input_than_the_caller_hands_over) {
  Bytes bytes = bytes_of(*plan_of(every_family()));
  auto* operands = records<Operand>(bytes, &Header::operands);
  ASSERT_EQ(operands[0].storage, Storage::kInput);
  operands[0].size_bytes *= 2;
  EXPECT_NE(problem(bytes), "ok");
}

// No bytes at a real address: fits() takes the size for "left out", the kernel would read from there.
TEST(Plan, cannot_have_an_empty_bias_in_place_of_none) {
  Bytes bytes = bytes_of(*plan_of(every_family()));
  auto* operands = records<Operand>(bytes, &Header::operands);
  const auto* refs = records<std::uint32_t>(bytes, &Header::refs);
  Operand& bias = operands[refs[2]];
  ASSERT_EQ(bias.storage, Storage::kConstant);
  bias.dims[0] = 0;
  bias.size_bytes = 0;
  EXPECT_NE(problem(bytes), "ok");
}

TEST(Plan, leaves_out_only_what_a_step_can_do_without) {
  const Bytes good = bytes_of(*plan_of(every_family()));
  const Header& header = *reinterpret_cast<const Header*>(good.data());
  std::uint32_t none = UINT32_MAX;
  Bytes scratch = good;
  for (std::uint32_t i = 0; i < header.operands.count; ++i) {
    if (records<Operand>(scratch, &Header::operands)[i].storage == Storage::kNone) none = i;
  }
  ASSERT_NE(none, UINT32_MAX) << "the convolutions have no residual";
  int accepted = 0;
  for (std::uint64_t s = 0; s < header.steps.count; ++s) {
    const Step step = records<Step>(scratch, &Header::steps)[s];
    for (std::uint32_t r = 0; r < step.inputs + step.outputs; ++r) {
      Bytes bytes = good;
      std::uint32_t& ref = records<std::uint32_t>(bytes, &Header::refs)[step.first_ref + r];
      if (ref == none) continue;
      ref = none;
      const auto changed = open_bytes(bytes);
      if (!changed.ok()) continue;
      ++accepted;
      const PlanStep& opened = (*changed)->steps()[s];
      ASSERT_NE(opened.kernel, nullptr) << "step " << s << ", operand " << r;
      EXPECT_TRUE(r == 2 || (opened.family->name() != "layer_norm" &&
                             r == (opened.family == &kExpandDepthwise ? kDepthwiseWeights + 1 : kConvResidual)))
          << opened.kernel->name << ", operand " << r;
      ASSERT_NO_FATAL_FAILURE(run_if_small(*changed));
    }
  }
  // The biases of two convolutions, of the dense and the normalised layer and of the LSTM, the depthwise one's, both of
  // the step that expands, and one residual.
  EXPECT_EQ(accepted, 9);
}

TEST(Plan, steps_take_their_refs_in_turn) {
  const Bytes good = bytes_of(*plan_of(every_family()));
  Bytes bytes = good;
  records<Step>(bytes, &Header::steps)[2] = records<Step>(bytes, &Header::steps)[0];  // runs as well as it did before
  EXPECT_NE(problem(bytes).find("a step lies outside the file"), std::string::npos) << problem(bytes);
  bytes = good;
  records<Step>(bytes, &Header::steps)[0].outputs = UINT32_MAX;
  EXPECT_NE(problem(bytes), "ok");
  bytes = good;
  records<Step>(bytes, &Header::steps)[0].max_shares = 0;
  EXPECT_NE(problem(bytes), "ok");
}

TEST(Plan, with_parts_of_steps_outside_is_refused) {
  const Bytes good = bytes_of(*plan_of(every_family()));
  const auto with = [&](const std::function<void(Bytes&)>& change) {
    Bytes bytes = good;
    change(bytes);
    return problem(bytes);
  };
  EXPECT_NE(with([](Bytes& b) { records<Step>(b, &Header::steps)[3].parts += 10000; }), "ok");
  EXPECT_NE(with([](Bytes& b) { records<Step>(b, &Header::steps)[3].first_part = UINT32_MAX; }), "ok");
  EXPECT_NE(with([](Bytes& b) { records<Part>(b, &Header::parts)[0].op.size = UINT32_MAX; }), "ok");
  EXPECT_NE(with([](Bytes& b) { reinterpret_cast<Header*>(b.data())->parts.count = UINT32_MAX; }), "ok");
}

TEST(Plan, shares_no_portable_operator_that_one_thread_must_compute) {
  TestGraph g;
  const ValueId x = g.input("x", Shape{4});
  const ValueId scattered = g.node("ScatterElements", 13, {x, g.ints({1, 2}), g.weights(Shape{2})});
  const Graph graph = g.take({g.node("Sin", 13, {scattered})});
  Bytes bytes = bytes_of(*plan_of(graph));
  ASSERT_EQ(problem(bytes), "ok");
  records<Step>(bytes, &Header::steps)[1].max_shares = 2;
  EXPECT_EQ(problem(bytes), "ok") << "Sin may be shared";
  records<Step>(bytes, &Header::steps)[0].max_shares = 2;
  EXPECT_NE(problem(bytes).find("one thread must compute"), std::string::npos) << problem(bytes);
}

// Memory that ends where a page begins that nothing may touch.
class FencedMemory {
 public:
  FencedMemory()
      : pages_(static_cast<std::byte*>(
            ::mmap(nullptr, kBytes + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    EXPECT_EQ(::mprotect(pages_ + kBytes, kPage, PROT_NONE), 0);
    std::mt19937 random(9);
    for (std::size_t i = 0; i + 4 <= kBytes; i += 4) {
      const float value = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-31f;
      std::memcpy(pages_ + i, &value, 4);
    }
  }
  FencedMemory(FencedMemory&& other) noexcept : pages_(std::exchange(other.pages_, nullptr)) {}
  ~FencedMemory() {
    if (pages_ != nullptr) ::munmap(pages_, kBytes + kPage);
  }
  static constexpr std::size_t kBytes = 256 << 10;
  // `size` bytes that end at the fence, or as near to it as the alignment allows.
  [[nodiscard]] std::byte* at_end(std::size_t size, std::size_t alignment) const {
    return pages_ + (kBytes - size) / alignment * alignment;
  }
  // The bytes behind such a piece and before the fence, as they must stay.
  [[nodiscard]] std::span<std::byte> behind(std::size_t size, std::size_t alignment) const {
    std::byte* const first = at_end(size, alignment) + size;
    return {first, static_cast<std::size_t>(pages_ + kBytes - first)};
  }

 private:
  static constexpr std::size_t kPage = 4096;
  std::byte* pages_;
};

// The promise that a plan's safety stands on: where fits() says yes to params of any bytes, the kernel stays inside
// operands of those sizes. Every family, every instruction set of this machine.
TEST(Plan, a_kernel_whose_fits_agrees_stays_inside_its_operands) {
  const std::shared_ptr<const Plan> plans[] = {plan_of(every_family()), plan_of(every_quantised_family())};
  constexpr std::size_t kScratch = 5, kResults = 6;  // before them: inputs
  std::vector<FencedMemory> memory(kResults + 3);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  std::map<std::string_view, int> ran;
  for (unsigned seed = 0; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const Plan* const plan = plans[below(2)].get();
    const PlanStep& step = plan->steps()[below(plan->steps().size())];
    if (step.kernel == nullptr) continue;
    std::vector<KernelOfFamily> siblings;
    for (const Family* family : all_families()) {
      // The families of convolution take each other's params.
      if (family != step.family && !(family->packs_weights() && step.family->packs_weights())) continue;
      for (const Kernel& kernel : family->kernels()) {
        if (native_target().includes(*kernel.target)) siblings.push_back({family, &kernel});
      }
    }
    const auto& [family, chosen] = siblings[below(siblings.size())];
    const Kernel& kernel = *chosen;

    alignas(8) std::array<std::uint32_t, 256> params{};
    ASSERT_LE(step.record->params_bytes, sizeof params);
    std::memcpy(params.data(), step.params, step.record->params_bytes);
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      std::uint32_t& word = params[below(step.record->params_bytes / 4)];
      const std::uint32_t values[] = {0,
                                      1,
                                      2,
                                      3,
                                      word + 1,
                                      word - 1,
                                      word * 2,
                                      word / 2,
                                      static_cast<std::uint32_t>(below(20)),
                                      static_cast<std::uint32_t>(below(20)),
                                      static_cast<std::uint32_t>(below(600)),
                                      0x7fffffff,
                                      0xffffffff,
                                      static_cast<std::uint32_t>(random())};
      word = values[below(std::size(values))];
    }
    // Sizes as they were, near to that, or roomier.
    const auto size_near = [&](std::uint32_t ref) -> std::size_t {
      const Operand& operand = plan->operand(ref);
      const std::size_t size = operand.storage == Storage::kNone ? 0 : operand.size_bytes;
      const std::size_t sizes[] = {size,
                                   size,
                                   size + 4 * below(20),
                                   size - std::min(size, 4 * below(20)),
                                   size * 2,
                                   below(FencedMemory::kBytes / 4) * 4};
      return std::min(sizes[below(std::size(sizes))], FencedMemory::kBytes);
    };
    std::vector<std::size_t> in_bytes, out_bytes;
    for (const std::uint32_t ref : step.inputs) in_bytes.push_back(size_near(ref));
    for (const std::uint32_t ref : step.outputs) out_bytes.push_back(size_near(ref));
    const std::size_t scratch_bytes = std::min<std::size_t>(
        below(2) == 0 ? step.record->scratch_bytes : below(FencedMemory::kBytes), FencedMemory::kBytes);
    if (!family->fits({params.data(), step.record->params_bytes, in_bytes, out_bytes, scratch_bytes})) continue;

    SCOPED_TRACE(std::string(kernel.name) + ", seed " + std::to_string(seed));
    std::vector<const void*> in;
    std::vector<void*> out;
    for (std::size_t i = 0; i < in_bytes.size(); ++i) {
      // Packed weights start on a cache line, other operands where they like.
      const bool packed =
          (i == 1 || (i == kDepthwiseWeights && family == &kExpandDepthwise)) && family->packs_weights();
      in.push_back(in_bytes[i] == 0 ? nullptr : memory[i].at_end(in_bytes[i], packed ? 64 : 4));
    }
    std::vector<std::vector<std::byte>> behind;
    for (std::size_t i = 0; i < out_bytes.size(); ++i) {
      out.push_back(out_bytes[i] == 0 ? nullptr : memory[kResults + i].at_end(out_bytes[i], 64));
      const auto after = memory[kResults + i].behind(out_bytes[i], 64);
      behind.emplace_back(after.begin(), after.end());
    }
    const int shares = 1 + static_cast<int>(below(3));
    for (int share = 0; share < shares; ++share) {
      run_prepared(*family, kernel,
                   {params.data(), in.data(), out.data(), memory[kScratch].at_end(scratch_bytes, 64), share, shares,
                    nullptr, 0});
    }
    for (std::size_t i = 0; i < out_bytes.size(); ++i) {
      ASSERT_TRUE(std::ranges::equal(behind[i], memory[kResults + i].behind(out_bytes[i], 64)));
    }
    ++ran[kernel.name];
  }
  for (const Family* family : all_families()) {
    for (const Kernel& kernel : family->kernels()) {
      if (!native_target().includes(*kernel.target)) continue;
      EXPECT_GT(ran[kernel.name], 0) << kernel.name << " never ran: the mutations are too wild for it";
    }
  }
}

}  // namespace
}  // namespace kite
