// Debug files inflated by ourselves: which are, and that their names are those of libdw's own way
// is what symbolize_chains_test.cc shows.
#include "analyzer/symbolize/inflated_dwarf.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "tests/unit/symbolize_testing.h"

namespace memshim::analyzer::symbolize {
namespace {

constexpr char kCompressed[] =
    "g++ -O2 -g -gz=zlib -std=c++17 -o chains \"$SOURCES/chains.cc\" && "
    "objcopy --only-keep-debug chains debug";

size_t CountUnits(Dwarf* dwarf) {
  Dwarf_CU* unit = nullptr;
  size_t count = 0;
  while (dwarf_get_units(dwarf, unit, &unit, nullptr, nullptr, nullptr, nullptr) == 0) ++count;
  return count;
}

TEST(InflatedDwarfTest, TakesACompressedFile) {
  TempDirectory directory;
  ASSERT_TRUE(RunShell(directory, kCompressed).has_value());
  const std::unique_ptr<InflatedDwarf> inflated = InflatedDwarf::Read(directory.File("debug"));
  ASSERT_NE(inflated, nullptr);
  EXPECT_GT(CountUnits(inflated->dwarf()), 0u);
}

TEST(InflatedDwarfTest, LeavesTheRestToLibdw) {
  TempDirectory directory;
  const std::string chains = " -std=c++17 -o chains \"$SOURCES/chains.cc\"";
  for (const std::string& command : std::vector<std::string>{
           "g++ -O2 -g" + chains, "g++ -O2 -g -gz=zlib-gnu" + chains,
           "g++ -O2 -g -gsplit-dwarf -gz=zlib" + chains,
           "g++ -O2 -gdwarf-4" + chains +
               " && cp chains other && dwz -m chains.dwz chains other && "
               "objcopy --compress-debug-sections=zlib chains",
           "echo text > chains", "rm -f chains", "rm -f chains && mkfifo chains"}) {
    SCOPED_TRACE(command);
    ASSERT_TRUE(RunShell(directory, command).has_value()) << ReadFile(directory.File("stderr"));
    EXPECT_EQ(InflatedDwarf::Read(directory.File("chains")), nullptr);
  }
}

TEST(InflatedDwarfTest, ADamagedFileIsRefusedOrRead) {
  TempDirectory directory;
  ASSERT_TRUE(RunShell(directory, kCompressed).has_value());
  const std::string whole = ReadFile(directory.File("debug"));
  std::mt19937 random(1);
  int refused = 0, taken = 0;
  for (int i = 0; i < 400; ++i) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    if (i % 4 == 0) damaged.resize(random() % damaged.size());
    // The section headers, at the end, say the sizes.
    if (i % 4 == 1) damaged[damaged.size() - 1 - random() % 2000] = static_cast<char>(random());
    WriteFile(directory.File("damaged"), damaged);
    const std::unique_ptr<InflatedDwarf> inflated = InflatedDwarf::Read(directory.File("damaged"));
    ++(inflated == nullptr ? refused : taken);
    if (inflated != nullptr) CountUnits(inflated->dwarf());
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(taken, 20);
}

}  // namespace
}  // namespace memshim::analyzer::symbolize
