// Whole chains of functions, files and lines against programs with known answers:
// tests/programs/symbolize/chains.* are built here in many ways, run, and
// every printed call is compared with the chain that the source's own marks state. An absent tool
// fails its variants; tools/check installs all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "analyzer/symbolize/symbolizer.h"
#include "tests/unit/symbolize_testing.h"

namespace memshim::analyzer::symbolize {
namespace {

// What chains.cc says about itself; see its head.
struct ExpectedFrame {
  std::string function;  // a part of the name
  std::string file;      // the end of the path; empty: any
  uint32_t line = 0;
};
using Chains = std::map<int, std::vector<ExpectedFrame>>;

Chains ReadChainsOf(const std::vector<std::string>& files) {
  std::map<std::string, std::pair<std::string, uint32_t>> marks;
  std::map<int, std::string> sites;
  for (const std::string& name : files) {
    std::ifstream in(MEMSHIM_TEST_PROGRAMS "/symbolize/" + name);
    std::string text;
    for (uint32_t number = 1; std::getline(in, text); ++number) {
      const size_t mark = text.find("// @"), site = text.find("// SITE ");
      if (mark != std::string::npos) marks[text.substr(mark + 4)] = {name, number};
      if (site == std::string::npos) continue;
      const size_t colon = text.find(": ", site);
      sites[std::atoi(text.c_str() + site + 8)] = text.substr(colon + 2);
    }
  }
  Chains chains;
  for (const auto& [site, text] : sites) {
    for (absl::string_view part : absl::StrSplit(text, " < ")) {
      std::vector<std::string> pieces = absl::StrSplit(part, '@');
      ExpectedFrame frame{pieces.at(0), "", 0};
      if (pieces.at(1) != "*") {
        EXPECT_TRUE(marks.count(pieces[1])) << "no line is marked @" << pieces[1];
        std::tie(frame.file, frame.line) = marks[pieces[1]];
      }
      chains[site].push_back(frame);
    }
  }
  return chains;
}

// The calls a program printed: site and look-up address.
std::vector<std::pair<int, uint64_t>> ParseCalls(const std::string& output) {
  std::vector<std::pair<int, uint64_t>> calls;
  std::istringstream in(output);
  int site = 0;
  uint64_t address = 0;
  while (in >> std::dec >> site >> std::hex >> address) calls.emplace_back(site, address);
  return calls;
}

enum class Precision {
  kWholeChain,
  kShortNames,     // the same without namespaces and classes, which these formats leave out
  kOptimizedLess,  // what is not forced to be inlined need not be: the chain may end early
  kLineAndOuter,   // no inlined calls: the innermost line, and the name of the last function
  kOuterName,      // symbols only
  kExportedName,   // symbols of exported functions only: nothing for static ones
};

bool FrameMatches(const SourceFrame& frame, const ExpectedFrame& expected) {
  // Demanglers differ in how they close nested templates.
  const std::string function = absl::StrReplaceAll(frame.function, {{"> >", ">>"}});
  return absl::StrContains(function, expected.function) &&
         (expected.file.empty() || (absl::EndsWith(frame.file, "/" + expected.file) &&
                                    frame.file[0] == '/' && frame.line == expected.line));
}

bool ChainMatches(const std::vector<SourceFrame>& frames,
                  const std::vector<ExpectedFrame>& expected, Precision precision) {
  const std::string& outermost = expected.back().function;
  const bool is_static = outermost == "Cloned" || outermost == "Recursive";
  if (precision == Precision::kExportedName && is_static) return frames.empty();
  if (frames.empty()) return false;
  if (precision == Precision::kOuterName || precision == Precision::kExportedName ||
      precision == Precision::kLineAndOuter) {
    ExpectedFrame outer{outermost, "", 0};
    if (precision == Precision::kLineAndOuter) {
      outer.file = expected.front().file;
      outer.line = expected.front().line;
    }
    return frames.size() == 1 && FrameMatches(frames[0], outer);
  }
  if (frames.size() > expected.size()) return false;
  if (frames.size() < expected.size() && precision != Precision::kOptimizedLess) return false;
  for (size_t i = 0; i < frames.size(); ++i) {
    ExpectedFrame frame = expected[i];
    if (precision == Precision::kShortNames) {
      const size_t scope = frame.function.rfind("::");
      if (scope != std::string::npos) frame.function.erase(0, scope + 2);
      frame.function.resize(std::min(frame.function.size(), frame.function.find('<')));
    }
    if (!FrameMatches(frames[i], frame)) return false;
    if (frames[i].is_inlined != (i + 1 < frames.size())) return false;
  }
  return true;
}

// One way to make the program `chains`, and what can be known of it then.
struct Variant {
  std::string name;
  std::string tools;     // all must be installed
  std::string commands;  // $CHAINS makes the program ./chains
  Precision precision = Precision::kWholeChain;
  std::string root = "";  // debug root below the test's directory
};

const char kStripAll[] = " && strip --strip-all chains";
const char kToBuildIdRoot[] =
    " && id=$(readelf -n chains | sed -n 's/ *Build ID: //p') && rest=${id#??} && "
    "mkdir -p root/.build-id/${id%$rest} && "
    "objcopy --only-keep-debug chains root/.build-id/${id%$rest}/$rest.debug";

std::vector<Variant> CompilerVariants() {
  return {
      {"gcc", "g++", "g++ -O2 -g $CHAINS"},
      {"gcc DWARF 4", "g++", "g++ -O2 -gdwarf-4 $CHAINS"},
      {"gcc DWARF 3", "g++", "g++ -O2 -gdwarf-3 $CHAINS"},
      {"gcc -O3", "g++", "g++ -O3 -g $CHAINS"},
      {"gcc -g1", "g++", "g++ -O2 -g1 $CHAINS", Precision::kShortNames},
      {"gcc -O0", "g++", "g++ -O0 -g $CHAINS", Precision::kOptimizedLess},
      {"gcc -Og", "g++", "g++ -Og -g $CHAINS", Precision::kOptimizedLess},
      {"gcc not PIE", "g++", "g++ -O2 -g -no-pie -fno-pie $CHAINS"},
      {"gcc -gz", "g++", "g++ -O2 -g -gz=zlib $CHAINS"},
      {"gcc -gz, GNU's way", "g++", "g++ -O2 -g -gz=zlib-gnu $CHAINS"},
      {"clang -gz", "clang++", "clang++ -O2 -g -gz=zlib $CHAINS"},
      {"gcc -flto", "g++", "g++ -O2 -g -flto $CHAINS"},
      {"gcc type units", "g++", "g++ -O2 -g -fdebug-types-section $CHAINS"},
      {"gcc gc-sections", "g++", "g++ -O2 -g -ffunction-sections -Wl,--gc-sections $CHAINS"},
      {"gcc one segment", "g++", "g++ -O2 -g -Wl,-z,noseparate-code $CHAINS"},
      {"gcc based at 6 MiB", "g++", "g++ -O2 -g -Wl,-Ttext-segment=0x600000 $CHAINS"},
      {"gcc split", "g++", "g++ -O2 -g -gsplit-dwarf $CHAINS"},
      {"gcc split DWARF 4", "g++", "g++ -O2 -gdwarf-4 -gsplit-dwarf $CHAINS"},
      {"gcc split, .dwo lost", "g++", "g++ -O2 -g -gsplit-dwarf $CHAINS && rm *.dwo",
       Precision::kLineAndOuter},
      {"gcc relative path", "g++",
       "cp $SOURCES/chains.* . && g++ -O2 -g -std=c++17 -o chains chains.cc"},
      {"gcc split, relative path", "g++",
       "cp $SOURCES/chains.* . && g++ -O2 -g -gsplit-dwarf -std=c++17 -o chains chains.cc"},
      {"clang", "clang++", "clang++ -O2 -g $CHAINS"},
      {"clang DWARF 4", "clang++", "clang++ -O2 -gdwarf-4 $CHAINS"},
      {"clang -O0", "clang++", "clang++ -O0 -g $CHAINS", Precision::kOptimizedLess},
      {"clang line tables", "clang++", "clang++ -O2 -gline-tables-only $CHAINS",
       Precision::kShortNames},
      {"clang split", "clang++", "clang++ -O2 -g -gsplit-dwarf $CHAINS"},
      // elfutils reads no .dwp before 0.191.
      {"gcc split DWARF 4, .dwp", "g++ dwp",
       "g++ -O2 -gdwarf-4 -gsplit-dwarf $CHAINS && dwp -e chains && rm *.dwo",
       Precision::kLineAndOuter},
      {"clang split, .dwp", "clang++ llvm-dwp",
       "clang++ -O2 -g -gsplit-dwarf $CHAINS && llvm-dwp -e chains -o chains.dwp && rm *.dwo",
       Precision::kLineAndOuter},
      {"clang lld", "clang++ ld.lld", "clang++ -O2 -g -fuse-ld=lld -Wl,--icf=all $CHAINS"},
      {"clang thin LTO", "clang++ ld.lld", "clang++ -O2 -g -flto=thin -fuse-ld=lld $CHAINS"},
  };
}

std::vector<Variant> SeparateFileVariants() {
  const std::string strip_all = kStripAll, to_build_id_root = kToBuildIdRoot;
  return {
      {"debug link", "g++ objcopy strip",
       "g++ -O2 -g -Wl,--build-id=none $CHAINS && mkdir .debug && "
       "objcopy --only-keep-debug chains .debug/chains.debug" +
           strip_all + " && objcopy --add-gnu-debuglink=.debug/chains.debug chains"},
      {"build-id root", "g++ objcopy strip readelf",
       "g++ -O2 -g $CHAINS" + to_build_id_root + strip_all, Precision::kWholeChain, "root"},
      {"build-id root, based", "g++ objcopy strip readelf",
       "g++ -O2 -g -Wl,-Ttext-segment=0x600000 $CHAINS" + to_build_id_root + strip_all,
       Precision::kWholeChain, "root"},
      {"build-id root unknown", "g++ objcopy strip readelf",
       "g++ -O2 -g -rdynamic $CHAINS" + to_build_id_root + strip_all, Precision::kExportedName},
      {"clang build-id root, zlib", "clang++ objcopy strip readelf",
       "clang++ -O2 -g -Wl,--build-id $CHAINS && objcopy --compress-debug-sections=zlib chains" +
           to_build_id_root + strip_all,
       Precision::kWholeChain, "root"},
      {"build-id root, zlib", "g++ objcopy strip readelf",
       "g++ -O2 -g $CHAINS && objcopy --compress-debug-sections=zlib chains" + to_build_id_root +
           strip_all,
       Precision::kWholeChain, "root"},
      {"build-id root, zlib, dwz", "g++ dwz objcopy strip readelf",
       "g++ -O2 -gdwarf-4 $CHAINS && dwz chains && objcopy --compress-debug-sections=zlib chains" +
           to_build_id_root + strip_all,
       Precision::kWholeChain, "root"},
      {"only .dynsym", "g++ strip", "g++ -O2 -g -rdynamic $CHAINS" + strip_all,
       Precision::kExportedName},
      {"dwz", "g++ dwz", "g++ -O2 -gdwarf-4 $CHAINS && dwz chains"},
      {"dwz -m", "g++ dwz",
       "g++ -O2 -gdwarf-4 $CHAINS && cp chains other && dwz -m chains.dwz chains other && "
       "test -f chains.dwz"},
      {"symbols only", "g++", "g++ -O2 $CHAINS", Precision::kOuterName},
      {"mini debuginfo", "g++ objcopy strip xz",
       "g++ -O2 $CHAINS && cp chains full && xz full" + strip_all +
           " && objcopy --add-section .gnu_debugdata=full.xz chains",
       Precision::kOuterName},
  };
}

struct Tally {
  int variants = 0;
  int chains = 0;
};

void ExpectTools(const Variant& variant) {
  for (const std::string& tool : std::vector<std::string>(absl::StrSplit(variant.tools, ' '))) {
    EXPECT_TRUE(HasTool(tool)) << "no " << tool << ": tools/check installs it";
  }
}

void CompareChains(const Variant& variant, const Chains& expected, Tally* tally) {
  SCOPED_TRACE(variant.name);
  ExpectTools(variant);
  TempDirectory directory;
  const std::string commands = absl::StrReplaceAll(
      variant.commands, {{"$CHAINS", "-std=c++17 -o chains \"$SOURCES/chains.cc\""}});
  ASSERT_TRUE(RunShell(directory, commands).has_value()) << ReadFile(directory.File("stderr"));
  const std::optional<std::string> output = RunShell(directory, "./chains");
  ASSERT_TRUE(output.has_value());
  const auto calls = ParseCalls(*output);
  ASSERT_EQ(calls.size(), expected.size());

  std::vector<uint64_t> addresses;
  for (const auto& [site, address] : calls) addresses.push_back(address);
  std::vector<std::string> roots;
  if (!variant.root.empty()) roots.push_back(directory.File(variant.root));
  const ModuleSymbols symbols = SymbolizeFile(directory.File("chains"), addresses, roots);
  EXPECT_EQ(symbols.state, ModuleState::kSymbols);
  EXPECT_EQ(symbols.note, "");
  ASSERT_EQ(symbols.frames.size(), addresses.size());
  ++tally->variants;
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_TRUE(ChainMatches(symbols.frames[i], expected.at(calls[i].first), variant.precision))
        << "  site " << calls[i].first << " says\n"
        << Describe(symbols.frames[i]);
    ++tally->chains;
  }
}

void CompareAll(const std::vector<Variant>& variants) {
  const Chains expected = ReadChainsOf({"chains.cc", "chains.h"});
  ASSERT_EQ(expected.size(), 16u);
  Tally tally;
  for (const Variant& variant : variants) CompareChains(variant, expected, &tally);
  std::printf("  compared: %d chains of %d variants\n", tally.chains, tally.variants);
  EXPECT_EQ(tally.chains, 16 * static_cast<int>(variants.size()));
}

TEST(SymbolizeChainsTest, EveryCompilerVariantGivesTheWholeChains) {
  CompareAll(CompilerVariants());
}

TEST(SymbolizeChainsTest, SeparateDebugFilesAndSymbolTablesGiveWhatTheyHold) {
  CompareAll(SeparateFileVariants());
}

TEST(SymbolizeChainsTest, RustNamesAreReadable) {
  ASSERT_TRUE(HasTool("/usr/bin/rustc")) << "no /usr/bin/rustc: tools/check installs it";
  int compared = 0;
  for (const std::string& mangling :
       std::vector<std::string>{"", " -C symbol-mangling-version=v0"}) {
    TempDirectory directory;
    ASSERT_TRUE(RunShell(directory, absl::StrCat("/usr/bin/rustc -O -g", mangling,
                                                 " -o chains \"$SOURCES/chains.rs\""))
                    .has_value())
        << ReadFile(directory.File("stderr"));
    const std::optional<std::string> output = RunShell(directory, "./chains");
    ASSERT_TRUE(output.has_value());
    std::vector<uint64_t> addresses;
    const auto calls = ParseCalls(*output);
    for (const auto& [site, address] : calls) addresses.push_back(address);
    const ModuleSymbols symbols = SymbolizeFile(directory.File("chains"), addresses);
    const Chains expected = ReadChainsOf({"chains.rs"});
    ASSERT_EQ(calls.size(), expected.size());
    for (size_t i = 0; i < calls.size(); ++i) {
      EXPECT_TRUE(
          ChainMatches(symbols.frames[i], expected.at(calls[i].first), Precision::kWholeChain))
          << "  site " << calls[i].first << mangling << " says\n"
          << Describe(symbols.frames[i]);
      ++compared;
    }
  }
  std::printf("  compared: %d chains\n", compared);
  EXPECT_GE(compared, 8);
}

}  // namespace
}  // namespace memshim::analyzer::symbolize
