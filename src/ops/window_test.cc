// SPDX-License-Identifier: Apache-2.0
// Window geometry: output sizes, pads that auto_pad asks for, and every attribute that makes no sense.
#include "ops/window.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace kite {
namespace {

using Ints = std::vector<std::int64_t>;

struct Request {
  Ints in = {8};
  Ints kernel = {3};
  WindowUse use = WindowUse::kConvolution;
  Attributes attributes = {};

  Request& attr(const char* name, Ints value) {
    attributes.set(name, std::move(value));
    return *this;
  }
  Request& attr(const char* name, const char* value) {
    attributes.set(name, std::string(value));
    return *this;
  }
  Request& ceil_mode() {
    use = WindowUse::kPooling;
    attributes.set("ceil_mode", std::int64_t{1});
    return *this;
  }
  [[nodiscard]] Result<Window> solve() const { return make_window(attributes, in, kernel, use); }
};

void expect_axis(const Request& request, std::int64_t out, std::int64_t pad_begin, std::int64_t pad_end) {
  const auto window = request.solve();
  ASSERT_TRUE(window.ok()) << window.error().message();
  EXPECT_EQ(window->width().out, out);
  EXPECT_EQ(window->width().pad_begin, pad_begin);
  EXPECT_EQ(window->width().pad_end, pad_end);
}

void expect_refusal(const Request& request, const std::string& clue, ErrorCode code = ErrorCode::kInvalidModel) {
  const auto window = request.solve();
  ASSERT_FALSE(window.ok()) << clue;
  EXPECT_EQ(window.error().code, code);
  EXPECT_NE(window.error().what.find(clue), std::string::npos) << window.error().what;
}

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

TEST(Window, without_attributes_moves_by_one_and_does_not_pad) { expect_axis(Request{}, 6, 0, 0); }

TEST(Window, counts_the_windows_that_fit_the_padded_input) {
  expect_axis(Request{{8}, {3}}.attr("pads", Ints{1, 1}).attr("strides", Ints{2}), 4, 1, 1);
  expect_axis(Request{{8}, {3}}.attr("dilations", Ints{3}), 2, 0, 0);
  expect_axis(Request{{1}, {1}}.attr("strides", Ints{kHuge}), 1, 0, 0);
}

TEST(Window, ceil_mode_keeps_a_window_that_starts_inside_the_input) {
  expect_axis(Request{{6}, {3}}.attr("strides", Ints{2}).ceil_mode(), 3, 0, 0);
  expect_axis(Request{{7}, {3}}.attr("strides", Ints{2}).ceil_mode(), 3, 0, 0);
}

TEST(Window, ceil_mode_drops_a_window_that_starts_in_the_trailing_pad) {
  // Starts -1 and 2 would be followed by 5, beyond the input's 4 positions.
  expect_axis(Request{{4}, {3}}.attr("strides", Ints{3}).attr("pads", Ints{1, 3 - 1}).ceil_mode(), 2, 1, 2);
}

TEST(Window, same_pads_so_that_only_the_stride_shrinks) {
  expect_axis(Request{{8}, {3}}.attr("auto_pad", "SAME_UPPER").attr("strides", Ints{2}), 4, 0, 1);
  expect_axis(Request{{8}, {3}}.attr("auto_pad", "SAME_LOWER").attr("strides", Ints{2}), 4, 1, 0);
  expect_axis(Request{{7}, {3}}.attr("auto_pad", "SAME_UPPER"), 7, 1, 1);
  expect_axis(Request{{7}, {2}}.attr("auto_pad", "SAME_LOWER").attr("dilations", Ints{3}), 7, 2, 1);
  expect_axis(Request{{5}, {1}}.attr("auto_pad", "SAME_UPPER").attr("strides", Ints{4}), 2, 0, 0);
}

TEST(Window, valid_does_not_pad) {
  expect_axis(Request{{8}, {3}}.attr("auto_pad", "VALID").attr("pads", Ints{0, 0}), 6, 0, 0);
}

TEST(Window, fewer_than_three_axes_stand_at_the_end) {
  const auto window = Request{{4, 5}, {1, 2}}.solve();
  ASSERT_TRUE(window.ok());
  EXPECT_EQ(window->rank, 2);
  EXPECT_EQ(window->depth().out, 1);
  EXPECT_EQ(window->height().out, 4);
  EXPECT_EQ(window->width().out, 4);
  EXPECT_EQ(window->spatial().size(), 2U);
}

TEST(Window, rejects_a_stride_or_dilation_below_one) {
  expect_refusal(Request{}.attr("strides", Ints{0}), "'strides' holds 0, expected at least 1");
  expect_refusal(Request{}.attr("strides", Ints{-1}), "'strides' holds -1");
  expect_refusal(Request{}.attr("dilations", Ints{0}), "'dilations' holds 0, expected at least 1");
}

TEST(Window, rejects_negative_pads) {
  expect_refusal(Request{}.attr("pads", Ints{0, -1}), "'pads' holds -1, expected at least 0");
}

TEST(Window, rejects_lists_of_another_length) {
  expect_refusal(Request{}.attr("strides", Ints{1, 1}), "'strides' has 2 entries, expected 1");
  expect_refusal(Request{}.attr("pads", Ints{1}), "'pads' has 1 entries, expected 2");
  expect_refusal(Request{{8, 8}, {3}}, "the kernel has 1 spatial axes, the input 2");
}

TEST(Window, rejects_a_kernel_without_extent) {
  expect_refusal(Request{{8}, {0}}, "kernel has size 0");
  expect_refusal(Request{{8}, {-2}}, "kernel has size -2");
}

TEST(Window, rejects_a_kernel_larger_than_the_padded_input) {
  expect_refusal(Request{{8}, {11}}.attr("pads", Ints{1, 1}),
                 "spans 11 (kernel 11, dilation 1) but the padded input only 10");
  expect_refusal(Request{{8}, {std::int64_t{1} << 31}}, "spans 2147483648");
  expect_refusal(Request{{0}, {1}}, "padded input only 0");
}

TEST(Window, rejects_what_overflows) {
  expect_refusal(Request{{8}, {kHuge}}.attr("dilations", Ints{kHuge}), "overflows");
  expect_refusal(Request{{8}, {3}}.attr("pads", Ints{kHuge, kHuge}), "overflows");
  expect_refusal(Request{{8}, {3}}.attr("pads", Ints{kHuge - 4, 0}), "overflows");
  expect_refusal(Request{{8}, {kHuge}}.attr("auto_pad", "SAME_UPPER"), "overflows");
}

TEST(Window, rejects_pads_beside_auto_pad) {
  expect_refusal(Request{}.attr("auto_pad", "SAME_UPPER").attr("pads", Ints{1, 1}), "both set");
}

TEST(Window, rejects_an_unknown_auto_pad) {
  expect_refusal(Request{}.attr("auto_pad", "SAME"), "\"SAME\", expected NOTSET");
}

TEST(Window, rejects_pooling_pads_as_large_as_the_window) {
  Request request{{8}, {3}, WindowUse::kPooling};
  expect_refusal(request.attr("pads", Ints{3, 0}), "'pads' holds 3, expected less than the window's span of 3");
}

TEST(Window, rejects_more_than_three_axes) {
  expect_refusal(Request{{8, 8, 8, 8}, {1, 1, 1, 1}}, "4 spatial axes", ErrorCode::kUnsupportedModel);
  expect_refusal(Request{{}, {}}, "0 spatial axes", ErrorCode::kUnsupportedModel);
}

TEST(Window, tap_and_output_ranges_agree_with_the_definition) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    const auto pick = [&](int least, int most) {
      return std::int64_t{least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1))};
    };
    Request request{{pick(1, 9)}, {pick(1, 4)}};
    request.attr("strides", Ints{pick(1, 4)}).attr("dilations", Ints{pick(1, 3)});
    request.attr("pads", Ints{pick(0, 6), pick(0, 6)});
    const auto window = request.solve();
    if (!window.ok()) continue;
    const WindowAxis& axis = window->width();
    for (std::int64_t o = 0; o < axis.out; ++o) {
      std::int64_t padded = 0;
      for (std::int64_t t = 0; t < axis.kernel; ++t) {
        const std::int64_t position = o * axis.stride - axis.pad_begin + t * axis.dilation;
        const bool inside = position >= 0 && position < axis.in;
        padded += position < axis.in + axis.pad_end ? 1 : 0;
        EXPECT_EQ(inside, t >= axis.first_tap(o) && t < axis.last_tap(o));
        EXPECT_EQ(inside, o >= axis.first_output(t) && o < axis.last_output(t));
      }
      EXPECT_EQ(axis.padded_taps(o), padded);
    }
  }
}

}  // namespace
}  // namespace kite
