// Typed access to the values of a DHAT file, with errors that name the field and the point.
// Shared by the readers of this folder; wraps simdjson's on-demand API, which walks the text
// once, so that a file of half a gigabyte needs no tree in memory.
#ifndef MEMSHIM_ANALYZER_DHAT_JSON_INPUT_H_
#define MEMSHIM_ANALYZER_DHAT_JSON_INPUT_H_

#include <simdjson.h>

#include <cstdint>
#include <string>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::dhat {

using JsonValue = simdjson::ondemand::value;

// Where in the file a value stands. Points count from 1, in the order of the file.
struct FieldPlace {
  absl::string_view key;
  uint64_t point = 0;  // 0: not in a point
};

inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

class JsonInput {
 public:
  JsonInput(std::string path, absl::string_view text) : path_(std::move(path)), text_(text) {}

  const std::string& path() const { return path_; }
  size_t size() const { return text_.size(); }

  // Most of a file is numbers.
  ABSL_ATTRIBUTE_ALWAYS_INLINE absl::Status GetUint(JsonValue value, FieldPlace place,
                                                    uint64_t* out) const {
    if (!value.get_uint64().get(*out)) [[likely]]
      return absl::OkStatus();
    return WrongUint(value, place);
  }
  absl::Status GetBool(JsonValue value, FieldPlace place, bool* out) const;
  absl::Status GetString(JsonValue value, FieldPlace place, std::string* out) const;

  // Calls `visit(key, value)` or `visit(value)` for each member until one fails.
  template <typename Visit>
  absl::Status ForEachField(JsonValue value, FieldPlace place, Visit visit) const;
  template <typename Visit>
  absl::Status ForEachElement(JsonValue value, FieldPlace place, Visit visit) const;
  template <typename Visit>
  absl::Status ForEachField(simdjson::ondemand::object object, Visit visit) const;

  // The status for a value that is not what it should be, e.g. `expected` "a whole number".
  absl::Status WrongValue(JsonValue value, FieldPlace place, absl::string_view expected) const;
  absl::Status SyntaxError(simdjson::error_code error) const;
  absl::Status Error(absl::string_view message) const;

 private:
  absl::Status WrongUint(JsonValue value, FieldPlace place) const;

  std::string path_;
  absl::string_view text_;
};

// The key of a field. Keys of DHAT hold no escapes: then it is a view of the text, not a copy.
inline simdjson::error_code GetKey(simdjson::simdjson_result<simdjson::ondemand::field>& field,
                                   std::string_view* key) {
  simdjson::ondemand::raw_json_string raw;
  if (auto error = field.key().get(raw)) return error;
  // The first stage of the parser has seen that the string ends.
  const char* const begin = raw.raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '\\') return field.unescaped_key().get(*key);
  *key = std::string_view(begin, static_cast<size_t>(end - begin));
  return simdjson::SUCCESS;
}

template <typename Visit>
absl::Status JsonInput::ForEachField(simdjson::ondemand::object object, Visit visit) const {
  for (auto field : object) {
    std::string_view key;
    if (auto error = GetKey(field, &key)) return SyntaxError(error);
    JsonValue member;
    if (auto error = field.value().get(member)) return SyntaxError(error);
    if (absl::Status status = visit(ToAbsl(key), member); !status.ok()) return status;
  }
  return absl::OkStatus();
}

template <typename Visit>
absl::Status JsonInput::ForEachField(JsonValue value, FieldPlace place, Visit visit) const {
  simdjson::ondemand::object object;
  if (value.get_object().get(object)) return WrongValue(value, place, "an object");
  return ForEachField(object, visit);
}

template <typename Visit>
absl::Status JsonInput::ForEachElement(JsonValue value, FieldPlace place, Visit visit) const {
  simdjson::ondemand::array array;
  if (value.get_array().get(array)) return WrongValue(value, place, "an array");
  for (auto element : array) {
    JsonValue member;
    if (auto error = element.get(member)) return SyntaxError(error);
    if (absl::Status status = visit(member); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_JSON_INPUT_H_
