// A check as JUnit XML, which CI systems show as tests: one test case for each budget. A pure
// function of its arguments.
#ifndef MEMSHIM_ANALYZER_CHECK_JUNIT_H_
#define MEMSHIM_ANALYZER_CHECK_JUNIT_H_

#include <string>

#include "analyzer/check/check.h"

namespace memshim::analyzer::check {

std::string JunitXml(const CheckResult& result, const std::string& file);

}  // namespace memshim::analyzer::check

#endif  // MEMSHIM_ANALYZER_CHECK_JUNIT_H_
