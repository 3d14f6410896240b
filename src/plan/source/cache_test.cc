// SPDX-License-Identifier: Apache-2.0
// The plan cache: keys, folders that are and are not trusted, and what is found again.
#include "plan/source/cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "paperkite/try.h"
#include "plan/lower/planner.h"
#include "plan/test_graph.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

PlanKey key_of(std::vector<std::string> contents, std::string_view target = "generic",
               const std::map<std::string, Shape, std::less<>>& shapes = {}) {
  std::vector<std::span<const std::byte>> spans;
  for (const std::string& content : contents) spans.push_back(std::as_bytes(std::span(content)));
  return plan_key(spans, target, shapes);
}

TEST(PlanKey, changes_with_all_that_decides_a_plan) {
  std::vector<PlanKey> keys = {
      key_of({"model"}),
      key_of({"modem"}),
      key_of({"model", ""}),
      key_of({"mod", "el"}),
      key_of({"el", "mod"}),
      key_of({}),
      key_of({"model"}, "avx2"),
      key_of({"model"}, "generic", {{"x", Shape{1, 3}}}),
      key_of({"model"}, "generic", {{"x", Shape{3, 1}}}),
      key_of({"model"}, "generic", {{"x", Shape{1, 3, 1}}}),
      key_of({"model"}, "generic", {{"y", Shape{1, 3}}}),
      key_of({"model"}, "generic", {{"x", Shape{1, 3}}, {"y", Shape{1}}}),
      key_of({"model"}, "generic", {{"x", Shape{}}}),
      // The same bytes as a name and a shape, but given as contents.
      key_of({"x", std::string("\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0", 16), "model"}),
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(keys[i], keys[j]) << i << ", " << j;
  }
  EXPECT_EQ(key_of({"model"}), key_of({"model"}));
}

class PlanCacheTest : public testing::Test {
 protected:
  static std::shared_ptr<const Plan> plan(PlanKey key, std::int64_t size = 8, std::int64_t batch = 1,
                                          std::shared_ptr<const Plan> lender = nullptr) {
    TestGraph g;
    const ValueId x = g.input("x", Shape{batch, 4});
    const Graph graph = g.take({g.internal("Linear", {x, g.weights(Shape{4, size})})});
    auto made = make_plan(graph, {.key = key, .lender = std::move(lender)});
    EXPECT_TRUE(made.ok());
    return *made;
  }
  static Status store(const PlanCache& cache, const Plan& plan) {
    KITE_TRY_ASSIGN(PlanFile file, cache.create({plan.header().key[0], plan.header().key[1]}));
    KITE_TRY(file.write(plan.bytes()));
    return cache.add(std::move(file));
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
  }
  std::string path_of(const PlanKey& key) const {
    char name[48];
    std::snprintf(name, sizeof name, "/%016llx%016llx.plan", static_cast<unsigned long long>(key[0]),
                  static_cast<unsigned long long>(key[1]));
    return folder_ + name;
  }
  static void set_age(const std::string& path, std::int64_t seconds) {
    const timespec then{::time(nullptr) - seconds, 0};
    const timespec times[2] = {then, then};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  TestFolder root_;
  const std::string folder_ = root_ / "cache";
};

TEST_F(PlanCacheTest, finds_lists_and_clears_what_was_stored) {
  const PlanCache cache(folder_);
  ASSERT_TRUE(cache.enabled()) << cache.reason();
  EXPECT_EQ(cache.find({1, 2}), nullptr);
  const auto stored = plan({1, 2});
  ASSERT_TRUE(store(cache, *stored).ok());
  ASSERT_TRUE(store(cache, *plan({3, 4})).ok());
  const auto found = cache.find({1, 2});
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(std::ranges::equal(found->bytes(), stored->bytes()));
  EXPECT_EQ(cache.find({2, 1}), nullptr);
  const auto entries = cache.list();
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].path, path_of({1, 2})) << "the one just used comes first";
  EXPECT_EQ((*entries)[0].size_bytes, stored->bytes().size());
  EXPECT_EQ(names().size(), 2u) << "no temporary file is left";
  const auto freed = cache.clear();
  ASSERT_TRUE(freed.ok());
  EXPECT_EQ(*freed, stored->bytes().size() * 2);
  EXPECT_EQ(names().size(), 0u);
  EXPECT_EQ(found->steps().size(), 1u) << "a mapped plan outlives its file";
}

TEST_F(PlanCacheTest, a_plan_for_another_shape_borrows_the_weights_of_the_first) {
  const PlanCache cache(folder_);
  const auto first = plan({1, 2});
  const auto second = plan({3, 4}, 8, 3, first);
  EXPECT_FALSE(first->is_borrower());
  ASSERT_TRUE(second->is_borrower());
  EXPECT_LT(second->bytes().size(), first->header().constants.offset + 1);
  EXPECT_EQ(second->size_bytes(), second->bytes().size() + first->constants().size());
  EXPECT_FALSE(plan({5, 6}, 8, 3, plan({7, 8}, 80))->is_borrower()) << "those are other weights";
  EXPECT_FALSE(plan({5, 6}, 8, 2, second)->is_borrower()) << "they are not its own to lend";
  ASSERT_TRUE(store(cache, *first).ok());
  ASSERT_TRUE(store(cache, *second).ok());
  const auto found = cache.find({3, 4});
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(std::ranges::equal(found->constants(), first->constants()));
  EXPECT_EQ(found->outputs()[0].type.shape, (Shape{3, 8}));
  auto alone = MappedFile::open(path_of({3, 4}));
  ASSERT_TRUE(alone.ok());
  EXPECT_FALSE(Plan::open(std::move(alone).value()).ok()) << "alone it is not a plan";
  EXPECT_FALSE(write_plan_file(*found, root_ / "alone.plan").ok());
}

TEST_F(PlanCacheTest, a_plan_is_as_good_as_none_without_the_one_that_lends_it_weights) {
  const PlanCache cache(folder_);
  const auto first = plan({1, 2});
  const auto second = plan({3, 4}, 8, 3, first);
  ASSERT_TRUE(store(cache, *second).ok());
  EXPECT_EQ(cache.find({3, 4}), nullptr) << "there is none";
  ASSERT_TRUE(store(cache, *plan({1, 2}, 80)).ok());
  EXPECT_EQ(cache.find({3, 4}), nullptr) << "there is another under its key";
  ASSERT_TRUE(store(cache, *first).ok());
  EXPECT_NE(cache.find({3, 4}), nullptr);
  // A plan with a lender, stored under the lender's key: it would be its own lender.
  std::vector<std::byte> bytes(second->bytes().begin(), second->bytes().end());
  auto* const header = reinterpret_cast<plan_format::Header*>(bytes.data());
  header->key[0] = 1, header->key[1] = 2;
  auto file = cache.create({1, 2});
  ASSERT_TRUE(file.ok() && file->write(bytes).ok() && cache.add(std::move(*file)).ok());
  EXPECT_EQ(cache.find({1, 2}), nullptr);
  EXPECT_EQ(cache.find({3, 4}), nullptr);
}

TEST_F(PlanCacheTest, keeps_one_plan_a_key_and_the_last_one_wins) {
  const PlanCache cache(folder_);
  ASSERT_TRUE(store(cache, *plan({1, 2}, 8)).ok());
  ASSERT_TRUE(store(cache, *plan({1, 2}, 80)).ok());
  EXPECT_EQ(names().size(), 1u);
  EXPECT_EQ(cache.find({1, 2})->outputs()[0].type.shape, (Shape{1, 80}));
}

TEST_F(PlanCacheTest, takes_stores_of_one_key_from_many_threads_at_once) {
  const PlanCache cache(folder_);
  const auto stored = plan({1, 2});
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) failed += !store(cache, *stored).ok() || cache.find({1, 2}) == nullptr;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed.load(), 0);
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(PlanCacheTest, does_not_find_a_damaged_foreign_or_misnamed_file) {
  const PlanCache cache(folder_);
  ASSERT_TRUE(store(cache, *plan({1, 2})).ok());
  const std::string path = path_of({1, 2});
  fs::copy_file(path, path_of({5, 6}));
  EXPECT_EQ(cache.find({5, 6}), nullptr) << "it was made from something else";
  const auto size = fs::file_size(path);
  for (const auto length : {size - 1, size / 2, std::uintmax_t{7}, std::uintmax_t{0}}) {
    fs::resize_file(path, length);
    EXPECT_EQ(cache.find({1, 2}), nullptr) << length;
  }
  std::ofstream(path) << std::string(10000, 'x');
  EXPECT_EQ(cache.find({1, 2}), nullptr);
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(cache.find({1, 2}), nullptr);
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(cache.find({1, 2}), nullptr) << "and it does not wait for a writer";
}

TEST_F(PlanCacheTest, a_bit_of_the_header_that_is_wrong_is_a_plan_that_is_not_there) {
  const PlanCache cache(folder_);
  ASSERT_TRUE(store(cache, *plan({1, 2})).ok());
  for (std::size_t at = 0; at < sizeof(plan_format::Header); ++at) {
    const auto flip = [&] {
      std::fstream file(path_of({1, 2}), std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(at));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(byte ^ (1 << (at % 8))));
    };
    flip();
    EXPECT_EQ(cache.find({1, 2}), nullptr) << at;
    flip();
  }
  EXPECT_NE(cache.find({1, 2}), nullptr);
}

// After a power cut a file may have its length but not its bytes. A file's time of change cannot be set back, so the
// test uses a later start time of the system instead.
TEST_F(PlanCacheTest, reads_through_what_was_last_used_before_the_system_started) {
  const PlanCache cache(folder_);
  ASSERT_TRUE(store(cache, *plan({1, 2})).ok());
  ASSERT_TRUE(cache.find({1, 2})->is_intact());
  const PlanCache after_a_start(folder_, kMaxCacheBytes, INT64_MAX);
  EXPECT_NE(after_a_start.find({1, 2}), nullptr);
  std::fstream file(path_of({1, 2}), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-4, std::ios::end);
  file.write("hole", 4);
  file.close();
  const auto damaged = cache.find({1, 2});
  ASSERT_NE(damaged, nullptr) << "used since the system started: not read through";
  EXPECT_FALSE(damaged->is_intact());
  EXPECT_EQ(after_a_start.find({1, 2}), nullptr);
}

TEST_F(PlanCacheTest, gives_receipts_back_and_takes_none_that_is_cut_off_or_whose_plan_is_gone) {
  const PlanCache cache(folder_);
  ASSERT_TRUE(store(cache, *plan({1, 2})).ok());
  EXPECT_FALSE(cache.receipt({7, 7}).has_value());
  cache.keep_receipt({7, 7}, {{1, 2}, {3, 4}});
  const auto receipt = cache.receipt({7, 7});
  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->plan, (PlanKey{1, 2}));
  EXPECT_EQ(receipt->externals, (PlanKey{3, 4}));
  EXPECT_EQ(cache.list()->size(), 1u) << "a receipt is no plan";

  cache.keep_receipt({8, 8}, {{1, 2}, {}});
  for (const std::string& name : names()) {
    if (name.find("8.receipt") != std::string::npos) fs::resize_file(folder_ + "/" + name, 39);
  }
  EXPECT_FALSE(cache.receipt({8, 8}).has_value());
  cache.keep_receipt({9, 9}, {{5, 6}, {}});
  ASSERT_TRUE(store(cache, *plan({3, 4})).ok());
  EXPECT_TRUE(cache.receipt({7, 7}).has_value());
  EXPECT_FALSE(cache.receipt({9, 9}).has_value()) << "its plan does not exist";
  EXPECT_EQ(names().size(), 3u);
  ASSERT_TRUE(cache.clear().ok());
  EXPECT_EQ(names().size(), 0u);
}

TEST_F(PlanCacheTest, knows_a_whole_file_until_the_system_is_started_again) {
  const PlanCache cache(folder_);
  EXPECT_FALSE(cache.is_known_whole({7, 7}));
  cache.keep_whole({7, 7});
  EXPECT_TRUE(cache.is_known_whole({7, 7}));
  EXPECT_FALSE(cache.is_known_whole({7, 8}));
  const PlanCache after_a_start(folder_, kMaxCacheBytes, INT64_MAX);
  EXPECT_FALSE(after_a_start.is_known_whole({7, 7}));
  ASSERT_TRUE(store(cache, *plan({1, 2})).ok());
  EXPECT_EQ(names().size(), 2u) << "a mark that counts stays when a plan is added";
  ASSERT_TRUE(store(after_a_start, *plan({1, 2})).ok());
  EXPECT_EQ(names().size(), 1u) << "one that does not count is removed";
  cache.keep_whole({7, 7});
  EXPECT_EQ(cache.list()->size(), 1u) << "it is no plan";
  ASSERT_TRUE(cache.clear().ok());
  EXPECT_EQ(names().size(), 0u);
  const PlanCache off;
  off.keep_whole({7, 7});
  EXPECT_FALSE(off.is_known_whole({7, 7}));
}

TEST_F(PlanCacheTest, makes_its_folder_for_its_owner_whatever_the_umask) {
  const mode_t before = ::umask(0);
  const PlanCache cache(root_ / "new/below/");
  ::umask(before);
  EXPECT_TRUE(cache.enabled()) << cache.reason();
  struct stat info{};
  ASSERT_EQ(::stat((root_ / "new/below").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(PlanCacheTest, is_off_where_others_may_write_or_no_folder_can_be) {
  for (const mode_t mode : {0770, 0707, 0777}) {
    fs::create_directory(folder_);
    ASSERT_EQ(::chmod(folder_.c_str(), mode), 0);
    const PlanCache cache(folder_);
    EXPECT_FALSE(cache.enabled());
    EXPECT_NE(cache.reason().find("others may write"), std::string::npos) << cache.reason();
    EXPECT_EQ(cache.find({1, 2}), nullptr);
    EXPECT_TRUE(cache.list().ok());
    EXPECT_EQ(names().size(), 0u);
    fs::remove(folder_);
  }
  std::ofstream(root_ / "file") << "x";
  for (const char* path : {"/file", "/file/below"}) {
    const PlanCache cache(root_.path() + path);
    EXPECT_FALSE(cache.enabled());
    EXPECT_NE(cache.reason().find("cannot create"), std::string::npos) << cache.reason();
  }
}

// With `--cache-dir .`, `cache clear` must not remove the plans that a user compiled in that folder.
TEST_F(PlanCacheTest, counts_and_removes_nothing_that_is_not_its_own) {
  const PlanCache cache(folder_, 1);
  for (const char* name : {"/model.plan", "/0123456789abcdef0123456789abcdeX.plan", "/notes.txt",
                           "/0123456789abcdef0123456789abcdef.plan.old"}) {
    std::ofstream(folder_ + name) << "mine";
  }
  ASSERT_TRUE(store(cache, *plan({1, 2})).ok());
  ASSERT_TRUE(store(cache, *plan({3, 4})).ok());
  EXPECT_EQ(names().size(), 5u);
  EXPECT_EQ(cache.list()->size(), 1u);
  ASSERT_TRUE(cache.clear().ok());
  EXPECT_EQ(names().size(), 4u);
}

TEST_F(PlanCacheTest, removes_the_plans_used_longest_ago_and_keeps_the_newest) {
  const auto each = plan({0, 0})->bytes().size();
  const PlanCache cache(folder_, each * 3);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(store(cache, *plan({i, i})).ok());
    set_age(path_of({i, i}), 100 - static_cast<std::int64_t>(i));
  }
  ASSERT_NE(cache.find({1, 1}), nullptr);  // used now, so that the second is the oldest
  ASSERT_TRUE(store(cache, *plan({4, 4})).ok());
  EXPECT_NE(cache.find({1, 1}), nullptr);
  EXPECT_EQ(cache.find({2, 2}), nullptr);
  EXPECT_NE(cache.find({3, 3}), nullptr);
  EXPECT_NE(cache.find({4, 4}), nullptr);
  // A plan that alone is over the limit stays, as the only one. All of this happens within one second.
  const PlanCache tiny(folder_, 1);
  ASSERT_TRUE(store(tiny, *plan({0, 5})).ok());
  EXPECT_EQ(names(), std::vector<std::string>{fs::path(path_of({0, 5})).filename()});
}

TEST_F(PlanCacheTest, removes_what_killed_writers_left_but_not_what_is_being_written) {
  const PlanCache cache(folder_);
  const std::string left = path_of({1, 2}) + ".tmp-00112233";
  std::ofstream(left) << "half";
  auto written = cache.create({3, 4});
  ASSERT_TRUE(written.ok());
  ASSERT_TRUE(store(cache, *plan({1, 2})).ok());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(written->publish().ok());
}

TEST_F(PlanCacheTest, clearing_frees_what_killed_writers_left) {
  const PlanCache cache(folder_);
  std::ofstream(path_of({1, 2}) + ".tmp-00112233") << "half";
  const auto freed = cache.clear();
  ASSERT_TRUE(freed.ok());
  EXPECT_EQ(*freed, 4u);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(PlanCacheTest, a_plan_that_cannot_be_written_is_an_error_and_leaves_nothing) {
  fs::create_directories(root_ / "taken.plan/full");
  const Status status = write_plan_file(*plan({1, 2}), root_ / "taken.plan");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_FALSE(write_plan_file(*plan({1, 2}), root_ / "missing/m.plan").ok());
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(root_.path())) count += !entry.path().empty();
  EXPECT_EQ(count, 1u);
}

}  // namespace
}  // namespace kite
