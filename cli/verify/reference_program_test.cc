// SPDX-License-Identifier: Apache-2.0
// With a folder of references whose "Python" is a shell script.
#include "cli/verify/reference_program.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/test_folder.h"

namespace kite::cli {
namespace {

class ReferenceProgramTest : public testing::Test {
 protected:
  void write_program(const std::string& name, const std::string& text) {
    ASSERT_EQ(::chmod(folder_.write(name, text).c_str(), 0755), 0);
  }
  void SetUp() override {
    folder_.write("references/mine/reference.json", R"({"title": "my library", "environment": "env", "size": "2 MB"})");
    folder_.write("references/environments/env.txt", "numpy\n");
    write_program("references/setup",
                  "#!/bin/sh\nmkdir -p $1/venv/bin; cp " + (folder_ / "python") +
                      " $1/venv/bin/python; [ -e $1/made ] && exit 0; echo setup: making $1; touch $1/made; "
                      "echo setup: installing; exit ${KITE_TEST_SETUP:-0}\n");
    // Its arguments are -I, record.py and the request, which becomes the recording.
    write_program("python", "#!/bin/sh\necho values 1 to 3 of 3; echo noise; cp $3 " + (folder_ / "out.npz") + "\n");
  }
  Result<ReferenceProgram> open(const std::string& library) {
    return ReferenceProgram::open(library, folder_ / "references", watch_);
  }
  Status record(const std::string& picture = "cat.jpg") {
    const auto program = open("mine");
    if (!program.ok()) return program.error();
    RecordingRequest request;
    request.model = "/models/a.onnx";
    request.picture = picture;
    request.recipe = R"({"resize": 256})";
    request.input = "x";
    request.values = {"r1", "logits"};
    return program->record(request, folder_ / "out.npz", watch_);
  }
  std::string lines_;
  ReferenceWatch watch_{[this](std::string_view line) { lines_ += std::string(line) + "\n"; }, {}, nullptr};
  TestFolder folder_;
};

TEST_F(ReferenceProgramTest, the_environment_is_announced_when_it_is_made_and_used_again_silently) {
  ASSERT_TRUE(open("mine").ok());
  EXPECT_NE(
      lines_.find("making the Python environment of my library in " + (folder_ / ".references/env") + ", once (2 MB)"),
      std::string::npos)
      << lines_;
  EXPECT_NE(lines_.find("setup: installing"), std::string::npos) << lines_;
  lines_.clear();
  ASSERT_TRUE(open("mine").ok());
  EXPECT_EQ(lines_, "");
}

TEST_F(ReferenceProgramTest, a_setup_that_fails_names_the_line_that_repeats_it) {
  write_program(
      "references/setup",
      "#!/bin/sh\necho setup: making it; echo 'ERROR: no package of that name'; echo no network >&2; exit 1\n");
  const auto program = open("mine");
  ASSERT_FALSE(program.ok());
  const std::string message = program.error().message();
  EXPECT_NE(message.find("no network"), std::string::npos) << message;
  EXPECT_NE(lines_.find("setup: ERROR: no package of that name"), std::string::npos) << lines_;
  EXPECT_NE(message.find((folder_ / "references/setup ") + (folder_ / ".references/env ")), std::string::npos)
      << message;
}

TEST_F(ReferenceProgramTest, an_unknown_library_is_answered_with_the_known_ones) {
  const auto program = open("keras");
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(program.error().code, ErrorCode::kUsage);
  EXPECT_NE(program.error().message().find("use one of mine"), std::string::npos) << program.error().message();
}

TEST_F(ReferenceProgramTest, the_program_gets_the_request_and_its_progress_is_passed_on) {
  const Status recorded = record();
  ASSERT_TRUE(recorded.ok()) << recorded.error().message();
  EXPECT_NE(lines_.find("values 1 to 3 of 3\n"), std::string::npos);
  EXPECT_EQ(lines_.find("noise"), std::string::npos);
  std::stringstream text;
  text << std::ifstream(folder_ / "out.npz").rdbuf();
  for (const char* part : {R"("model":"/models/a.onnx")", R"("recipe":{"resize":256})", R"("axes":"NCHW")",
                           R"("type":"float32")", R"("values":["r1","logits"])", R"(/cat.jpg")"}) {
    EXPECT_NE(text.str().find(part), std::string::npos) << part << "\n" << text.str();
  }
}

TEST_F(ReferenceProgramTest, its_refusal_is_the_error_and_leaves_no_file) {
  write_program("python",
                "#!/bin/sh\necho part >" + (folder_ / "out.npz") + "; echo mine: no such filter >&2; exit 1\n");
  const Status recorded = record();
  ASSERT_FALSE(recorded.ok());
  EXPECT_NE(recorded.error().message().find("mine: no such filter"), std::string::npos) << recorded.error().message();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.npz"));
}

TEST_F(ReferenceProgramTest, a_path_that_is_not_utf8_is_refused) { EXPECT_FALSE(record("caf\xe9.jpg").ok()); }

TEST_F(ReferenceProgramTest, it_ends_when_it_is_stopped) {
  write_program("python", "#!/bin/sh\nsleep 600\n");
  ASSERT_TRUE(open("mine").ok());
  std::atomic<bool> stop = false;
  watch_.stop = &stop;
  const auto program = open("mine");
  ASSERT_TRUE(program.ok());
  watch_.on_tick = [&] { stop = true; };
  RecordingRequest request;
  request.recipe = "{}";
  const Status recorded = program->record(request, folder_ / "out.npz", watch_);
  ASSERT_FALSE(recorded.ok());
  EXPECT_EQ(recorded.error().code, ErrorCode::kInterrupted);
}

}  // namespace
}  // namespace kite::cli
