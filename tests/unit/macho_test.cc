// Mach-O files, made up here: what is read of them, what names they give, and what memshim run says
// of programs that dyld would keep memshim out of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "analyzer/macho/code_signature.h"
#include "analyzer/macho/macho_file.h"
#include "analyzer/run/macho_look.h"
#include "analyzer/run/program.h"
#include "analyzer/symbolize/symbolizer.h"
#include "tests/unit/macho_making.h"

namespace memshim::analyzer {
namespace {

using macho::Processor;
using run::LookAtMacho;
using symbolize::ModuleState;
using symbolize::ModuleSymbols;
using symbolize::Symbolizer;
using ::testing::HasSubstr;
using testing::MadeImage;
using testing::MakeImage;
using testing::MakeSignature;

constexpr char kUuidHex[] = "30313233343536373839616263646566";
constexpr uint32_t kRuntime = 0x10000, kAdHoc = 0x2, kRestrict = 0x800, kValidate = 0x2000;
constexpr char kAllowVariables[] =
    "<dict><key>com.apple.security.cs.allow-dyld-environment-variables</key>\n<true/></dict>";
constexpr char kAllowBoth[] =
    "<dict><key>com.apple.security.cs.allow-dyld-environment-variables</key><true/>"
    "<key>com.apple.security.cs.disable-library-validation</key><true/></dict>";

class MachoTest : public ::testing::Test {
 protected:
  MachoTest() : folder_(::testing::TempDir() + "macho_test." + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~MachoTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) const {
    return testing::WriteFile(folder_ + "/" + name, bytes);
  }
  std::string LineFor(const MadeImage& image, bool* may_be_harmed = nullptr) const {
    return LineForFile(Write("program", MakeImage(image)), may_be_harmed);
  }
  std::string LineForFile(const std::string& path, bool* may_be_harmed = nullptr) const {
    const run::Look look = LookAtMacho({path, path, false, {}}, facts_);
    if (may_be_harmed != nullptr) *may_be_harmed = look.may_be_harmed;
    return look.line;
  }
  // The names of the addresses, from the file of the identity.
  ModuleSymbols Name(const std::string& path, const std::string& uuid,
                     const std::vector<uint64_t>& addresses) const {
    return Symbolizer({}).Symbolize({path, uuid}, addresses);
  }

  const std::string folder_;
  run::MacosFacts facts_ = {Processor::kArm64, true, [](const std::string&) { return false; },
                            [](const std::string&) { return std::string(); }};
};

TEST_F(MachoTest, LoadCommandsAreRead) {
  MadeImage made;
  made.symbols = {{"_main", testing::kCodeAddress}};
  std::string problem;
  const auto file = macho::File::Open(Write("program", MakeImage(made)), &problem);
  ASSERT_TRUE(file.has_value()) << problem;
  ASSERT_EQ(file->images().size(), 1u);
  const macho::Image& image = file->images()[0];
  EXPECT_EQ(image.processor, Processor::kArm64);
  EXPECT_EQ(image.type, macho::kExecutable);
  EXPECT_EQ(image.uuid, kUuidHex);
  EXPECT_EQ(image.text_begin, testing::kImageAddress);
  EXPECT_EQ(image.libraries, std::vector<std::string>{"/usr/lib/libSystem.B.dylib"});
  EXPECT_TRUE(image.has_loader);
  ASSERT_EQ(image.sections.size(), 1u);
  EXPECT_TRUE(image.sections[0].is_code);
  EXPECT_EQ(image.symbol_count, 1u);
}

TEST_F(MachoTest, DamagedFilesAreRefusedOrReadInPart) {
  MadeImage made;
  made.symbols = {{"_main", testing::kCodeAddress}};
  made.signature = MakeSignature(kAdHoc);
  const std::string whole = MakeImage(made);
  std::string problem;
  for (const size_t bytes : {size_t{0}, size_t{3}, size_t{31}, size_t{40}, size_t{200}}) {
    EXPECT_FALSE(macho::File::Open(Write("short", whole.substr(0, bytes)), &problem).has_value());
  }
  for (size_t at = 0; at < 0x400; ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(~damaged[at]);
    const std::string path = Write("damaged", damaged);
    LineForFile(path);
    Name(path, kUuidHex, {testing::kCodeAddress});
  }
  EXPECT_FALSE(macho::File::Open(folder_, &problem).has_value());
  EXPECT_EQ(problem, "not a regular file");
}

TEST_F(MachoTest, NamesComeFromTheSymbolTable) {
  MadeImage made;
  const uint64_t code = testing::kCodeAddress;
  made.symbols = {{"_main", code}, {"__ZN3app4WorkEv", code + 0x40, false}, {"_last", code + 0x80}};
  made.function_starts = {code, code + 0x20, code + 0x40, code + 0x80};
  const ModuleSymbols symbols =
      Name(Write("program", MakeImage(made)), kUuidHex,
           {code + 4, code + 0x20, code + 0x44, code + 0x81, code + 0x100});
  ASSERT_EQ(symbols.state, ModuleState::kSymbols) << symbols.note;
  ASSERT_EQ(symbols.frames[0].size(), 1u);
  EXPECT_EQ(symbols.frames[0][0].function, "main");
  EXPECT_TRUE(symbols.frames[1].empty()) << "another function begins there";
  ASSERT_EQ(symbols.frames[2].size(), 1u);
  EXPECT_EQ(symbols.frames[2][0].function, "app::Work()");
  ASSERT_EQ(symbols.frames[3].size(), 1u);
  EXPECT_EQ(symbols.frames[3][0].function, "last");
  EXPECT_TRUE(symbols.frames[4].empty()) << "behind the code";
}

TEST_F(MachoTest, ExportedFunctionsAloneNameNothing) {
  MadeImage made;
  made.symbols = {{"_main", testing::kCodeAddress}};
  const ModuleSymbols symbols =
      Name(Write("program", MakeImage(made)), kUuidHex, {testing::kCodeAddress + 4});
  EXPECT_TRUE(symbols.frames[0].empty());
}

TEST_F(MachoTest, AnotherFileNamesNothing) {
  const ModuleSymbols symbols =
      Name(Write("program", MakeImage({})), "00", {testing::kCodeAddress});
  EXPECT_EQ(symbols.state, ModuleState::kChangedFile);
  EXPECT_THAT(symbols.note, HasSubstr(kUuidHex));
}

TEST_F(MachoTest, TheImageOfTheIdentityIsChosen) {
  MadeImage arm, intel;
  arm.symbols = {{"_on_arm", testing::kCodeAddress, false}};
  intel.type = testing::kX86_64Type;
  intel.uuid = "another identity";
  intel.symbols = {{"_on_intel", testing::kCodeAddress, false}};
  const std::string path =
      Write("both", testing::MakeUniversal({MakeImage(intel), MakeImage(arm)},
                                           {testing::kX86_64Type, testing::kArm64Type}));
  const ModuleSymbols symbols = Name(path, kUuidHex, {testing::kCodeAddress});
  ASSERT_EQ(symbols.state, ModuleState::kSymbols) << symbols.note;
  ASSERT_EQ(symbols.frames[0].size(), 1u);
  EXPECT_EQ(symbols.frames[0][0].function, "on_arm");
}

TEST_F(MachoTest, SignaturesTellFlagsAndEntitlements) {
  const auto signature =
      macho::ReadCodeSignature(MakeSignature(kRuntime, kAllowBoth, "TEAM123456"));
  ASSERT_TRUE(signature.has_value());
  EXPECT_TRUE(signature->has_hardened_runtime && signature->requires_validated_libraries);
  EXPECT_TRUE(signature->allows_dyld_variables && signature->allows_any_library);
  EXPECT_FALSE(signature->is_ad_hoc || signature->is_restricted);
  EXPECT_EQ(signature->team, "TEAM123456");
  EXPECT_FALSE(macho::ReadCodeSignature("").has_value());
  EXPECT_FALSE(macho::HasTrueKey("<key>a</key><false/>", "a"));
  EXPECT_FALSE(macho::HasTrueKey("<key>a</key>", "a"));
}

TEST_F(MachoTest, NothingIsSaidOfAnOrdinaryProgram) {
  MadeImage made;
  EXPECT_EQ(LineFor(made), "");
  made.signature = MakeSignature(kAdHoc);
  EXPECT_EQ(LineFor(made), "");
  made.signature = MakeSignature(kRuntime, kAllowBoth);
  EXPECT_EQ(LineFor(made), "");
  EXPECT_EQ(LineForFile(Write("text", "no program")), "");
}

TEST_F(MachoTest, TheHardenedRuntimeIsExplained) {
  MadeImage made;
  made.signature = MakeSignature(kRuntime);
  bool may_be_harmed = true;
  EXPECT_THAT(LineFor(made, &may_be_harmed),
              HasSubstr("has the hardened runtime, which keeps memshim out"));
  EXPECT_FALSE(may_be_harmed);
  made.signature = MakeSignature(kRuntime, kAllowVariables, "TEAM123456");
  EXPECT_THAT(LineFor(made, &may_be_harmed),
              HasSubstr("loads libraries of its own team, TEAM123456, and Apple alone"));
  EXPECT_TRUE(may_be_harmed);
  made.signature = MakeSignature(kValidate);
  EXPECT_THAT(LineFor(made), HasSubstr("disable-library-validation"));
  made.signature = MakeSignature(kRestrict);
  EXPECT_THAT(LineFor(made), HasSubstr("is signed as restricted"));
}

TEST_F(MachoTest, WhatDyldWouldRefuseIsExplained) {
  MadeImage made;
  made.segments = {"__RESTRICT"};
  EXPECT_THAT(LineFor(made), HasSubstr("has a segment __RESTRICT"));
  made = {};
  made.has_loader = false;
  EXPECT_THAT(LineFor(made), HasSubstr("is statically linked"));
  made = {};
  made.subtype = 0x80000002;
  bool may_be_harmed = false;
  EXPECT_THAT(LineFor(made, &may_be_harmed), HasSubstr("is for arm64e"));
  EXPECT_TRUE(may_be_harmed);
  made = {};
  made.libraries = {"@rpath/libclang_rt.asan_osx_dynamic.dylib"};
  EXPECT_THAT(LineFor(made),
              HasSubstr("built with a sanitizer (libclang_rt.asan_osx_dynamic.dylib)"));
}

TEST_F(MachoTest, WhatTheSystemProtectsIsExplained) {
  EXPECT_TRUE(run::IsInSystemFolder("/usr/bin/python3") &&
              run::IsInSystemFolder("/System/Library/x"));
  EXPECT_FALSE(run::IsInSystemFolder("/usr/local/bin/python3") ||
               run::IsInSystemFolder("/opt/homebrew/bin/python3") ||
               run::IsInSystemFolder("/binary"));
  EXPECT_THAT(LineForFile("/bin/ls"), HasSubstr("is one of the system's programs"));
  facts_.has_integrity_protection = false;
  EXPECT_EQ(LineForFile("/bin/ls").find("is one of the system's programs"), std::string::npos);
  facts_.has_integrity_protection = true;
  facts_.is_restricted = [](const std::string&) { return true; };
  EXPECT_THAT(LineFor({}), HasSubstr("is one of the system's programs"));
  facts_.is_restricted = [](const std::string&) { return false; };
  facts_.more_rights = [](const std::string&) { return std::string("set-user-ID"); };
  EXPECT_THAT(LineFor({}), HasSubstr("runs with other rights than yours (set-user-ID)"));
}

TEST_F(MachoTest, ScriptsAreFollowedToWhatRunsThem) {
  const std::string program = Write("interpreter", MakeImage({}));
  const auto look = [&](const std::string& executable, const std::string& launcher) {
    return LookAtMacho({"./script", executable, true, {launcher}}, facts_).line;
  };
  EXPECT_THAT(look("/bin/sh", "/bin/sh"),
              HasSubstr("./script is a script that /bin/sh runs, which macOS protects"));
  EXPECT_THAT(look(program, "/usr/bin/env"), HasSubstr("run it as: " + program + " ./script"));
  EXPECT_THAT(look(program, program),
              HasSubstr("./script is a script: recorded is what runs it, " + program));
}

// The same file of a real linker's is looked through in tests/macos.
TEST_F(MachoTest, ProgramsOfMacosAreNoScripts) {
  const std::string path = Write("program", MakeImage({}));
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const run::Program program = run::FindProgram(path);
  EXPECT_FALSE(program.is_script);
  EXPECT_EQ(program.executable, std::filesystem::canonical(path).string());
}

}  // namespace
}  // namespace memshim::analyzer
