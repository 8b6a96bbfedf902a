// What the symbolizer does beside reading good DWARF (symbolize_chains_test.cc): symbol tables,
// files that are not the profiled ones or not files, damaged files, and demangling.
// Libraries are built here with g++ and binutils, as the build needs them anyway; the damage is
// random from a fixed seed.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analyzer/symbolize/demangle.h"
#include "analyzer/symbolize/symbolizer.h"
#include "tests/unit/symbolize_testing.h"

namespace memshim::analyzer::symbolize {
namespace {

std::string BuildExports(const TempDirectory& directory, const std::string& more = "") {
  const auto output = RunShell(directory, absl::StrCat("g++ -O2 -shared -fPIC -o libexports.so "
                                                       "\"$SOURCES/exports.cc\" ",
                                                       more));
  EXPECT_TRUE(output.has_value()) << ReadFile(directory.File("stderr"));
  return directory.File("libexports.so");
}

// Where nm says a function is.
uint64_t AddressOf(const TempDirectory& directory, const std::string& file,
                   const std::string& function) {
  const auto output =
      RunShell(directory, absl::StrCat("nm '", file, "' | grep ' ", function, "$'"));
  EXPECT_TRUE(output.has_value()) << function;
  return output.has_value() ? std::strtoull(output->c_str(), nullptr, 16) : 0;
}

void ExpectNoNames(const ModuleSymbols& symbols, size_t count) {
  ASSERT_EQ(symbols.frames.size(), count);
  for (const auto& frames : symbols.frames) EXPECT_TRUE(frames.empty()) << Describe(frames);
}

TEST(ElfSymbolsTest, OfSeveralNamesThePublicOneIsShown) {
  TempDirectory directory;
  const std::string file = BuildExports(directory);
  const uint64_t address = AddressOf(directory, file, "exports_public");
  EXPECT_EQ(AddressOf(directory, file, "__exports_internal"), address);
  const ModuleSymbols symbols = SymbolizeFile(file, {address + 1});
  ASSERT_EQ(symbols.frames[0].size(), 1u);
  EXPECT_EQ(symbols.frames[0][0].function, "exports_public");
  EXPECT_EQ(symbols.frames[0][0].file, "");
  EXPECT_EQ(symbols.frames[0][0].line, 0u);
  EXPECT_FALSE(symbols.frames[0][0].is_inlined);
}

TEST(ElfSymbolsTest, StrippedLibraryNamesExportsAndNeverItsHiddenFunctions) {
  TempDirectory directory;
  const std::string file = BuildExports(directory);
  const std::vector<uint64_t> addresses = {AddressOf(directory, file, "exports_second"),
                                           AddressOf(directory, file, "exports_hidden")};
  ModuleSymbols symbols = SymbolizeFile(file, addresses);
  EXPECT_EQ(symbols.frames[1].at(0).function, "exports_hidden");
  ASSERT_TRUE(RunShell(directory, "strip --strip-all libexports.so").has_value());
  symbols = SymbolizeFile(file, addresses);
  EXPECT_EQ(symbols.state, ModuleState::kSymbols);
  EXPECT_EQ(symbols.frames[0].at(0).function, "exports_second");
  EXPECT_TRUE(symbols.frames[1].empty()) << Describe(symbols.frames[1]);
}

TEST(ElfSymbolsTest, AddressesOutsideCodeHaveNoName) {
  TempDirectory directory;
  const std::string file = BuildExports(directory, "-g");
  ExpectNoNames(SymbolizeFile(file, {0, 1, 0x40, UINT64_MAX, UINT64_MAX / 2, 1 << 30}), 6);
}

struct LoadedLibrary {
  std::string path;
  uint64_t bias = 0;
};

LoadedLibrary LibraryOf(const void* function) {
  LoadedLibrary library;
  Dl_info info;
  link_map* map = nullptr;
  if (dladdr1(function, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0) {
    library = {map->l_name, map->l_addr};
  }
  return library;
}

TEST(ElfSymbolsTest, SystemLibrariesGiveTheirPublicNames) {
  int compared = 0;
  for (const char* name : {"malloc", "free",   "calloc",  "realloc",     "qsort",
                           "printf", "fopen",  "strdup",  "getaddrinfo", "_ZNSt6localeC1Ev",
                           "_Znwm",  "getenv", "bsearch", "abs",         "tolower",
                           "rand",   "srand",  "labs",    "sysconf",     "mkstemp",
                           "strtod"}) {
    const void* function = dlsym(RTLD_DEFAULT, name);
    if (function == nullptr) continue;
    const LoadedLibrary library = LibraryOf(function);
    // In a build with sanitizers some of these are the sanitizer's.
    if (!absl::StrContains(library.path, "/lib/")) continue;
    const uint64_t address = reinterpret_cast<uint64_t>(function) - library.bias;
    const ModuleSymbols symbols = SymbolizeFile(library.path, {address});
    EXPECT_EQ(symbols.state, ModuleState::kSymbols) << symbols.note;
    ASSERT_EQ(symbols.frames[0].size(), 1u) << name;
    EXPECT_TRUE(absl::StartsWith(symbols.frames[0][0].function, Demangle(name)))
        << name << " is called " << symbols.frames[0][0].function;
    ++compared;
  }
  std::printf("  compared: %d functions\n", compared);
  EXPECT_GE(compared, 8);
}

TEST(SymbolizerTest, FullyStrippedProgramGivesNoNamesAndNoNote) {
  TempDirectory directory;
  ASSERT_TRUE(
      RunShell(directory, "g++ -O2 -std=c++17 -s -o chains \"$SOURCES/chains.cc\"").has_value());
  const auto output = RunShell(directory, "./chains | cut -d' ' -f2");
  ASSERT_TRUE(output.has_value());
  std::vector<uint64_t> addresses;
  for (absl::string_view line : absl::StrSplit(*output, '\n', absl::SkipEmpty())) {
    addresses.push_back(std::strtoull(std::string(line).c_str(), nullptr, 16));
  }
  ASSERT_EQ(addresses.size(), 16u);
  const ModuleSymbols symbols = SymbolizeFile(directory.File("chains"), addresses);
  EXPECT_EQ(symbols.state, ModuleState::kSymbols);
  EXPECT_EQ(symbols.note, "");
  ExpectNoNames(symbols, addresses.size());
}

TEST(SymbolizerTest, AnyOrderAndDuplicatesAreAnsweredInPlace) {
  TempDirectory directory;
  const std::string file = BuildExports(directory, "-g");
  const uint64_t first = AddressOf(directory, file, "exports_public");
  const uint64_t second = AddressOf(directory, file, "exports_second");
  const ModuleSymbols symbols = SymbolizeFile(file, {second, first, second, 1, first});
  ASSERT_EQ(symbols.frames.size(), 5u);
  EXPECT_EQ(symbols.frames[0].at(0).function, "exports_second");
  EXPECT_EQ(symbols.frames[1].at(0).function, "exports_public");
  EXPECT_EQ(symbols.frames[2].at(0).function, "exports_second");
  EXPECT_TRUE(symbols.frames[3].empty());
  EXPECT_EQ(symbols.frames[4].at(0).function, "exports_public");
  EXPECT_TRUE(SymbolizeFile(file, {}).frames.empty());
}

TEST(SymbolizerTest, ChangedFileGivesNoNames) {
  TempDirectory directory;
  const std::string file = BuildExports(directory, "-g -Wl,--build-id=0x0123456789abcdef");
  const uint64_t address = AddressOf(directory, file, "exports_second");
  Symbolizer symbolizer({});
  EXPECT_EQ(symbolizer.Symbolize({file, "0123456789abcdef"}, {address}).frames[0].size(), 1u);
  for (const std::string& other : std::vector<std::string>{"0123456789abcdee", "01234567", ""}) {
    const ModuleSymbols symbols = symbolizer.Symbolize({file, other}, {address});
    EXPECT_EQ(symbols.state, ModuleState::kChangedFile);
    ExpectNoNames(symbols, 1);
    EXPECT_EQ(symbols.note,
              absl::StrCat(file, " has changed since it was profiled (it had ",
                           other.empty() ? "no build-id" : absl::StrCat("build-id ", other),
                           ", the file now has build-id 0123456789abcdef): its functions are shown "
                           "as addresses; profile again, or put the old file back."));
  }
}

TEST(SymbolizerTest, FileWithoutBuildIdFitsOnlyAModuleWithout) {
  TempDirectory directory;
  const std::string file = BuildExports(directory, "-g -Wl,--build-id=none");
  const uint64_t address = AddressOf(directory, file, "exports_second");
  Symbolizer symbolizer({});
  EXPECT_EQ(symbolizer.Symbolize({file, ""}, {address}).state, ModuleState::kSymbols);
  EXPECT_EQ(symbolizer.Symbolize({file, "ab"}, {address}).state, ModuleState::kChangedFile);
}

TEST(SymbolizerTest, VdsoIsNoErrorAndAbsentFilesAreNamed) {
  Symbolizer symbolizer({});
  ModuleSymbols symbols = symbolizer.Symbolize({"linux-vdso.so.1", "ab"}, {1, 2});
  EXPECT_EQ(symbols.state, ModuleState::kNoFile);
  EXPECT_EQ(symbols.note, "");
  ExpectNoNames(symbols, 2);
  for (const char* path : {"/nonexistent/x.so", "/nonexistent/x.so (deleted)"}) {
    symbols = symbolizer.Symbolize({path, "ab"}, {1});
    EXPECT_EQ(symbols.state, ModuleState::kNoFile);
    EXPECT_EQ(symbols.note,
              "/nonexistent/x.so does not exist any more: its functions are shown as addresses.");
    ExpectNoNames(symbols, 1);
  }
}

TEST(SymbolizerTest, WhatIsNoElfFileIsUnreadableAndNeverBlocks) {
  TempDirectory directory;
  ASSERT_EQ(mkfifo(directory.File("fifo").c_str(), 0600), 0);
  WriteFile(directory.File("text"), "#!/bin/sh\n");
  WriteFile(directory.File("empty"), "");
  WriteFile(directory.File("magic"), "\177ELF");
  Symbolizer symbolizer({});
  for (const auto& [path, problem] : std::vector<std::pair<std::string, std::string>>{
           {directory.File("fifo"), "not a regular file"},
           {directory.path(), "not a regular file"},
           {"/dev/zero", "not a regular file"},
           {directory.File("text"), "not an ELF file"},
           {directory.File("empty"), "not an ELF file"},
           {directory.File("magic"), "damaged ELF file"}}) {
    const ModuleSymbols symbols = symbolizer.Symbolize({path, ""}, {1});
    EXPECT_EQ(symbols.state, ModuleState::kUnreadable) << path;
    EXPECT_EQ(symbols.note, absl::StrCat(path, " cannot be read (", problem,
                                         "): its functions are shown as addresses."));
    ExpectNoNames(symbols, 1);
  }
}

TEST(SymbolizerTest, FifoInPlaceOfADebugFileOrSplitUnitNeverBlocks) {
  TempDirectory directory;
  const std::string file = BuildExports(directory, "-g -gsplit-dwarf");
  const uint64_t address = AddressOf(directory, file, "exports_second");
  ASSERT_TRUE(RunShell(directory, "for f in *.dwo; do rm $f && mkfifo $f; done").has_value());
  ModuleSymbols symbols = SymbolizeFile(file, {address});
  EXPECT_EQ(symbols.frames[0].at(0).function, "exports_second");
  ASSERT_TRUE(RunShell(directory,
                       "objcopy --only-keep-debug libexports.so x.debug && strip libexports.so && "
                       "objcopy --add-gnu-debuglink=x.debug libexports.so && rm x.debug && "
                       "mkdir .debug && mkfifo .debug/x.debug")
                  .has_value());
  symbols = SymbolizeFile(file, {address});
  EXPECT_EQ(symbols.frames[0].at(0).function, "exports_second");
}

TEST(SymbolizerTest, DebuginfodIsOffUnlessAskedFor) {
  setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1", 1);
  Symbolizer with(SymbolizeOptions{{}, true});
  EXPECT_NE(getenv("DEBUGINFOD_URLS"), nullptr);
  Symbolizer without(SymbolizeOptions{{}, false});
  EXPECT_EQ(getenv("DEBUGINFOD_URLS"), nullptr);
}

TEST(SymbolizerTest, DamagedFilesNeverCrash) {
  TempDirectory directory;
  ASSERT_TRUE(
      RunShell(directory, "g++ -O2 -g -std=c++17 -o chains \"$SOURCES/chains.cc\"").has_value());
  const std::string original = ReadFile(directory.File("chains"));
  const std::string build_id = BuildIdOf(directory.File("chains"));
  std::vector<uint64_t> addresses;
  for (uint64_t address = 0x1000; address < 0x2000; address += 13) addresses.push_back(address);
  std::mt19937 random(20240607);
  Symbolizer symbolizer({});
  int read = 0;
  for (int i = 0; i < 500; ++i) {
    std::string damaged = original;
    if (i % 5 == 0) {
      damaged.resize(random() % damaged.size());
    } else {
      // Every second one keeps its headers, so that the damage is in what they lead to.
      const size_t from = i % 2 == 0 ? 4096 : 0;
      for (unsigned n = 1 + random() % 64; n > 0; --n) {
        char& byte = damaged[from + random() % (damaged.size() - from)];
        byte = static_cast<char>(byte ^ 1 << random() % 8);
      }
    }
    WriteFile(directory.File("damaged"), damaged);
    const ModuleSymbols symbols =
        symbolizer.Symbolize({directory.File("damaged"), build_id}, addresses);
    EXPECT_EQ(symbols.frames.size(), addresses.size());
    EXPECT_EQ(symbols.note.empty(), symbols.state == ModuleState::kSymbols);
    read += symbols.state == ModuleState::kSymbols;
  }
  std::printf("  read despite damage: %d of 500\n", read);
  EXPECT_GE(read, 250);
}

TEST(DemangleTest, CppAndRustNamesBecomeReadable) {
  EXPECT_EQ(Demangle("_ZN3foo3barEi"), "foo::bar(int)");
  EXPECT_EQ(Demangle("_ZN4main3Foo3new17h0123456789abcdefE"), "main::Foo::new");
  EXPECT_EQ(Demangle("_ZN40_$LT$main..Sq$u20$as$u20$main..Shape$GT$4area17h0123456789abcdefE"),
            "<main::Sq as main::Shape>::area");
  EXPECT_EQ(Demangle("_RNvCs1234_7mycrate3foo"), "mycrate::foo");
  EXPECT_EQ(Demangle("_ZN1AC4Ev"), "A::A()");
  EXPECT_EQ(Demangle("_Znwm"), "operator new(unsigned long)");
}

TEST(DemangleTest, OtherNamesStayAsTheyAre) {
  for (const std::string& name :
       std::vector<std::string>{"", "_", "main", "_start", "_Z", "_ZN3", "_R", "__libc_malloc",
                                "_ZN3fooE!", "operator new(unsigned long)"}) {
    EXPECT_EQ(Demangle(name), name);
  }
  Demangler demangler;
  EXPECT_EQ(demangler.Get("_ZN3foo3barEi"), "foo::bar(int)");
  EXPECT_EQ(demangler.Get("_ZN3foo3barEi"), "foo::bar(int)");
  EXPECT_EQ(demangler.Get("main"), "main");
}

TEST(DemangleTest, NamesThatExpandWithoutBoundAreLeftAlone) {
  // Each pair holds the one before it twice: 2^40 words, if it were written out.
  std::string name = "_Z1fSt4pairIiiE";
  static constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int i = 0; i < 36; ++i) {
    const std::string previous =
        i == 0 ? "S0_" : absl::StrCat("S", std::string(1, kDigits[i]), "_");
    absl::StrAppend(&name, "S_I", previous, previous, "E");
  }
  EXPECT_EQ(Demangle(name), name);
  EXPECT_EQ(Demangle(std::string(1 << 20, '_')), std::string(1 << 20, '_'));
  const std::string deep = "_Z1f" + std::string(20000, 'P') + "i";
  EXPECT_FALSE(Demangle(deep).empty());
}

}  // namespace
}  // namespace memshim::analyzer::symbolize
