// See junit.h.
#include "analyzer/check/junit.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "analyzer/check/outcome_text.h"
#include "analyzer/dhat/utf8.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::check {
namespace {

// XML has no way to write most control characters at all, nor what is no UTF-8.
std::string XmlText(absl::string_view text) {
  const std::string valid = dhat::MakeValidUtf8(render::CleanText(text));
  // U+FFFE and U+FFFF are characters of UTF-8, and none of XML.
  return absl::StrReplaceAll(valid, {{"&", "&amp;"},
                                     {"<", "&lt;"},
                                     {">", "&gt;"},
                                     {"\"", "&quot;"},
                                     {"\xEF\xBF\xBE", "?"},
                                     {"\xEF\xBF\xBF", "?"}});
}

std::string TestCase(const Outcome& outcome, absl::string_view class_name) {
  const std::string head = absl::StrCat("    <testcase name=\"", XmlText(outcome.name),
                                        "\" classname=\"", class_name, "\" time=\"0\"");
  if (outcome.verdict == Verdict::kKept) {
    const FoundAndAllowed text = FoundText(outcome);
    return absl::StrCat(head, ">\n      <system-out>found ", XmlText(text.found), ", at most ",
                        XmlText(text.allowed), " allowed</system-out>\n    </testcase>\n");
  }
  const absl::string_view element = outcome.verdict == Verdict::kBreached ? "failure" : "error";
  std::string details;
  for (const Culprit& culprit : outcome.culprits) {
    absl::StrAppend(&details,
                    XmlText(CulpritText(culprit, SpecOf(outcome.kind).unit, /*full_names=*/true)),
                    "\n");
  }
  return absl::StrCat(head, ">\n      <", element, " type=\"budget\" message=\"",
                      XmlText(BreachText(outcome, /*full_names=*/false)), "\">", details, "</",
                      element, ">\n    </testcase>\n");
}

}  // namespace

std::string JunitXml(const CheckResult& result, const std::string& file) {
  const std::string counts = absl::StrCat(" tests=\"", result.outcomes.size(), "\" failures=\"",
                                          result.Count(Verdict::kBreached), "\" errors=\"",
                                          result.Count(Verdict::kUnknown), "\"");
  const std::string name = XmlText(file);
  std::string xml = absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"memshim check\"", counts,
      " time=\"0\">\n  <testsuite name=\"", name, "\"", counts, " skipped=\"0\" time=\"0\">\n");
  for (const Outcome& outcome : result.outcomes) {
    absl::StrAppend(&xml, TestCase(outcome, name));
  }
  std::string said;
  for (const std::string& remark : result.remarks) absl::StrAppend(&said, XmlText(remark), "\n");
  if (!said.empty()) absl::StrAppend(&xml, "    <system-out>", said, "</system-out>\n");
  return absl::StrCat(xml, "  </testsuite>\n</testsuites>\n");
}

}  // namespace memshim::analyzer::check
