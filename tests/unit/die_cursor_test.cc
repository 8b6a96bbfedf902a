// The cursor over DIEs against libdw's own way by children and siblings.
#include "analyzer/symbolize/die_cursor.h"

#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/symbolize_testing.h"

namespace memshim::analyzer::symbolize {
namespace {

using Visit = std::tuple<Dwarf_Off, size_t, int>;  // place, depth, tag

void VisitChildren(Dwarf_Die* parent, size_t depth, std::vector<Visit>* visits) {
  Dwarf_Die die;
  if (dwarf_child(parent, &die) != 0) return;
  do {
    visits->emplace_back(dwarf_dieoffset(&die), depth, dwarf_tag(&die));
    VisitChildren(&die, depth + 1, visits);
  } while (dwarf_siblingof(&die, &die) == 0);
}

std::vector<Visit> VisitByCursor(Dwarf_Die unit) {
  std::vector<Visit> visits;
  DieCursor cursor(unit);
  while (cursor.Next()) {
    Dwarf_Die die = cursor.die();
    visits.emplace_back(dwarf_dieoffset(&die), cursor.depth(), cursor.tag());
  }
  return visits;
}

// Calls visit(unit's DIE) for every unit of a file. False: the file has no DWARF.
template <typename VisitUnit>
bool ForEachUnit(const std::string& path, VisitUnit visit) {
  const int fd = open(path.c_str(), O_RDONLY);
  Dwarf* dwarf = dwarf_begin(fd, DWARF_C_READ);
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  while (dwarf != nullptr &&
         dwarf_get_units(dwarf, unit, &unit, nullptr, nullptr, &die, nullptr) == 0) {
    if (die.addr != nullptr) visit(die);
  }
  const bool is_read = dwarf != nullptr;
  dwarf_end(dwarf);
  close(fd);
  return is_read;
}

TEST(DieCursorTest, VisitsWhatLibdwVisits) {
  TempDirectory directory;
  const char* const kCompilers[] = {"g++ -O2 -g",
                                    "g++ -O2 -gdwarf-4",
                                    "g++ -O2 -gdwarf-3 -gstrict-dwarf",
                                    "g++ -O2 -gdwarf-2",
                                    "g++ -O2 -g -fdebug-types-section",
                                    "g++ -O2 -g -flto",
                                    "clang++ -O2 -g",
                                    "clang++ -O2 -gdwarf-4",
                                    "clang++ -O2 -gdwarf-2",
                                    "clang++ -O2 -g -gsplit-dwarf"};
  size_t compared = 0;
  for (const char* const compiler : kCompilers) {
    SCOPED_TRACE(compiler);
    const std::string command =
        absl::StrCat(compiler, " -std=c++17 -o chains \"$SOURCES/chains.cc\"");
    ASSERT_TRUE(RunShell(directory, command).has_value()) << ReadFile(directory.File("stderr"));
    EXPECT_TRUE(ForEachUnit(directory.File("chains"), [&](Dwarf_Die unit) {
      std::vector<Visit> expected;
      VisitChildren(&unit, 1, &expected);
      EXPECT_EQ(VisitByCursor(unit), expected);
      compared += expected.size();
    }));
  }
  std::cout << compared << " DIEs of " << std::size(kCompilers) << " compilations\n";
  EXPECT_GT(compared, 15000u);
}

TEST(DieCursorTest, EndsWithinADamagedUnit) {
  TempDirectory directory;
  ASSERT_TRUE(RunShell(directory,
                       "g++ -O2 -g -std=c++17 -o chains \"$SOURCES/chains.cc\" && "
                       "readelf -SW chains | sed -n 's/.* .debug_info *PROGBITS *[0-9a-f]* "
                       "\\([0-9a-f]*\\) \\([0-9a-f]*\\) .*/0x\\1 0x\\2/p'")
                  .has_value());
  size_t begin = 0, bytes = 0;
  ASSERT_EQ(sscanf(ReadFile(directory.File("stdout")).c_str(), "%zx %zx", &begin, &bytes), 2);
  const std::string whole = ReadFile(directory.File("chains"));
  std::mt19937 random(1);
  constexpr int kDamages = 300;
  size_t visited = 0;
  for (int i = 0; i < kDamages; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 20; ++k) damaged[begin + random() % bytes] = static_cast<char>(random());
    WriteFile(directory.File("damaged"), damaged);
    ForEachUnit(directory.File("damaged"), [&](Dwarf_Die unit) {
      for (const Visit& visit : VisitByCursor(unit)) {
        EXPECT_LT(std::get<0>(visit), bytes);
        ++visited;
      }
    });
  }
  EXPECT_GT(visited, 10000u);
}

}  // namespace
}  // namespace memshim::analyzer::symbolize
