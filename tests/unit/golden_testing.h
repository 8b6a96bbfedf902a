// For tests whose text is kept in tests/unit/golden. A golden is written anew with
// MEMSHIM_UPDATE_GOLDEN=1 in the environment; look at it then.
#ifndef MEMSHIM_TESTS_UNIT_GOLDEN_TESTING_H_
#define MEMSHIM_TESTS_UNIT_GOLDEN_TESTING_H_

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/unit/dhat_testing.h"

namespace memshim::analyzer {

inline void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(MEMSHIM_TEST_GOLDEN, "/", name);
  if (getenv("MEMSHIM_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(text, FileText(path)) << path;
}

}  // namespace memshim::analyzer

#endif  // MEMSHIM_TESTS_UNIT_GOLDEN_TESTING_H_
