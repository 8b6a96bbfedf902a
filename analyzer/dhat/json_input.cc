// See json_input.h.
#include "analyzer/dhat/json_input.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "analyzer/dhat/syntax_error.h"

namespace memshim::analyzer::dhat {
namespace {

std::string FieldText(FieldPlace place) {
  if (place.point == 0) return absl::StrFormat("\"%s\"", place.key);
  return absl::StrFormat("\"%s\" of point %d", place.key, place.point);
}

bool IsJsonInteger(absl::string_view token) {
  if (token.empty()) return false;
  for (char c : token) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return token.size() == 1 || token[0] != '0';
}

absl::string_view RawToken(JsonValue value) {
  return absl::StripTrailingAsciiWhitespace(ToAbsl(value.raw_json_token()));
}

}  // namespace

absl::Status JsonInput::Error(absl::string_view message) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ": ", message));
}

absl::Status JsonInput::SyntaxError(simdjson::error_code error) const {
  if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "%s: a file of %d bytes needs more memory than there is; record with fewer frames a stack",
        path_, text_.size()));
  }
  if (absl::Status status = CheckSyntax(path_, text_); !status.ok()) return status;
  return Error(absl::StrCat("expected a DHAT profile, found JSON that cannot be read (",
                            simdjson::error_message(error), "); ", kRecordAgain));
}

absl::Status JsonInput::WrongValue(JsonValue value, FieldPlace place,
                                   absl::string_view expected) const {
  // A broken text is the better explanation: a file cut short often ends in half a value.
  if (absl::Status status = CheckSyntax(path_, text_); !status.ok()) return status;
  const absl::string_view token = RawToken(value);
  if (token.empty()) return SyntaxError(simdjson::TAPE_ERROR);
  const std::string found = absl::StartsWith(token, "{")   ? "an object"
                            : absl::StartsWith(token, "[") ? "an array"
                                                           : Excerpt(token);
  const size_t offset = static_cast<size_t>(token.data() - text_.data());
  return Error(absl::StrFormat("expected %s in %s, found %s at %s; %s", expected, FieldText(place),
                               found, PlaceText(text_, offset), kRecordAgain));
}

absl::Status JsonInput::WrongUint(JsonValue value, FieldPlace place) const {
  if (IsJsonInteger(RawToken(value))) {
    return WrongValue(value, place, "a whole number below 2^64");
  }
  return WrongValue(value, place, "a whole number, not negative");
}

absl::Status JsonInput::GetBool(JsonValue value, FieldPlace place, bool* out) const {
  if (!value.get_bool().get(*out)) return absl::OkStatus();
  return WrongValue(value, place, "true or false");
}

absl::Status JsonInput::GetString(JsonValue value, FieldPlace place, std::string* out) const {
  std::string_view text;
  if (value.get_string().get(text)) return WrongValue(value, place, "a string");
  out->assign(text.data(), text.size());
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::dhat
