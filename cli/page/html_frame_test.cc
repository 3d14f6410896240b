// SPDX-License-Identifier: Apache-2.0
// The frame of a page: what its policy admits, and that a title is text.
#include "cli/page/html_frame.h"

#include <string>

#include <gtest/gtest.h>

namespace kite {
namespace {

// Two hashes, of which a policy wants the base64.
constexpr PageAssets kAssets{"s{}", "58eb5d92ac26f77ab15d30f6b9e9bf1d1a6bfc7e4ae1a1ae2e27b2ad6f8e4c8a", "1;",
                             "00000000000000000000000000000000000000000000000000000000000000ff"};

TEST(html_frame, admits_its_style_and_script_by_their_hashes_and_nothing_else) {
  const std::string page = html_document("a", "<p>b</p>", kAssets);
  EXPECT_NE(page.find("default-src 'none'; style-src 'sha256-WOtdkqwm93qxXTD2uem/HRpr/H5K4aGuLieyrW+OTIo='; "
                      "script-src 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP8='; base-uri 'none'"),
            std::string::npos)
      << page;
  EXPECT_EQ(page.find("img-src"), std::string::npos);
  EXPECT_NE(page.find("<style>s{}</style>"), std::string::npos);
  EXPECT_NE(page.find("<p>b</p><script>1;</script>"), std::string::npos);
}

TEST(html_frame, admits_pictures_that_are_in_the_page_where_it_has_some) {
  PageAssets assets = kAssets;
  assets.has_pictures = true;
  EXPECT_NE(html_begin("a", assets).find("; img-src data:; base-uri"), std::string::npos);
}

TEST(html_frame, a_title_is_text) {
  EXPECT_NE(html_begin("</title><script>", kAssets).find("<title>&lt;/title&gt;&lt;script&gt;</title>"),
            std::string::npos);
}

}  // namespace
}  // namespace kite
