// See syntax_error.h.
#include "analyzer/dhat/syntax_error.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "analyzer/dhat/utf8.h"

namespace memshim::analyzer::dhat {
namespace {

// Valgrind writes a point whose frames were all filtered out as `"fs":]`, which is no JSON.
constexpr absl::string_view kPointWithoutFrames = "\"fs\":";

std::string Sentence(absl::string_view rapidjson_message) {
  std::string text(absl::StripSuffix(rapidjson_message, "."));
  if (!text.empty()) text[0] = absl::ascii_tolower(text[0]);
  return text;
}

absl::Status DescribeParseError(const std::string& path, absl::string_view text,
                                rapidjson::ParseErrorCode code, size_t offset) {
  const std::string place = PlaceText(text, offset);
  if (offset >= text.size() || code == rapidjson::kParseErrorStringMissQuotationMark) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: expected the rest of the profile, found the end of the file at %s; "
                        "the file was cut short, record the profile again",
                        path, PlaceText(text, text.size())));
  }
  if (text[offset] == ']' &&
      absl::EndsWith(absl::StripTrailingAsciiWhitespace(text.substr(0, offset)),
                     kPointWithoutFrames)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: expected frames, found none at %s; valgrind dropped every frame of a stack, record "
        "with a larger --num-callers",
        path, place));
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "%s: expected valid JSON, found %s at %s: %s; %s", path, Excerpt(text.substr(offset, 1)),
      place, Sentence(rapidjson::GetParseError_En(code)), kRecordAgain));
}

}  // namespace

std::string PlaceText(absl::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(offset), '\n');
  return absl::StrFormat("line %d (byte %d)", lines + 1, offset + 1);
}

std::string Excerpt(absl::string_view bytes) {
  constexpr size_t kMaxBytes = 40;
  bytes = absl::StripAsciiWhitespace(bytes);
  const bool is_cut = bytes.size() > kMaxBytes;
  std::string shown = "'";
  for (char c : bytes.substr(0, kMaxBytes)) {
    if (absl::ascii_isprint(static_cast<unsigned char>(c))) {
      shown += c;
    } else {
      absl::StrAppendFormat(&shown, "\\x%02x", static_cast<unsigned char>(c));
    }
  }
  return absl::StrCat(shown, is_cut ? "...'" : "'");
}

absl::Status CheckSyntax(const std::string& path, absl::string_view text) {
  const absl::string_view content = absl::StripAsciiWhitespace(text);
  if (content.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": expected a DHAT profile, found only blanks; record the profile again"));
  }
  if (content[0] != '{' && content[0] != '[') {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected a DHAT profile (JSON), found a file that starts with ",
                     Excerpt(content.substr(0, 12)), "; give the path of a dhat-heap.json"));
  }
  if (const size_t wrong = FindInvalidUtf8(text); wrong != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: expected UTF-8, found the byte 0x%02X at %s; if valgrind wrote the file, an argument "
        "of the program is not UTF-8: convert it with 'iconv -f LATIN1 -t UTF-8'",
        path, static_cast<uint8_t>(text[wrong]), PlaceText(text, wrong)));
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> ignore;
  const rapidjson::ParseResult result =
      reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(stream,
                                                                                           ignore);
  if (result.IsError()) return DescribeParseError(path, text, result.Code(), result.Offset());
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::dhat
