// RapidJSON's writer with whole texts and named values: for the profile and for the JSON report.
#ifndef MEMSHIM_ANALYZER_DHAT_JSON_WRITER_H_
#define MEMSHIM_ANALYZER_DHAT_JSON_WRITER_H_

#include <rapidjson/writer.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "analyzer/dhat/utf8.h"

namespace memshim::analyzer::dhat {

// `Stream` is what RapidJSON calls an output stream. Text that is not UTF-8 is made so.
template <typename Stream>
class JsonWriter : public rapidjson::Writer<Stream> {
 public:
  explicit JsonWriter(Stream& stream) : rapidjson::Writer<Stream>(stream) {}

  void Key(absl::string_view key) {
    rapidjson::Writer<Stream>::Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  }
  void String(absl::string_view text) {
    const std::string valid = MakeValidUtf8(text);
    rapidjson::Writer<Stream>::String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  }
  void Text(absl::string_view key, absl::string_view value) {
    Key(key);
    String(value);
  }
  void TextIfKnown(absl::string_view key, absl::string_view value) {
    if (!value.empty()) Text(key, value);
  }
  void Number(absl::string_view key, uint64_t value) {
    Key(key);
    this->Uint64(value);
  }
  void NumberIfKnown(absl::string_view key, uint64_t value) {
    if (value != 0) Number(key, value);
  }
  void Flag(absl::string_view key, bool value) {
    Key(key);
    this->Bool(value);
  }
  // A container of whole numbers.
  template <typename Numbers>
  void NumberList(absl::string_view key, const Numbers& numbers) {
    Key(key);
    this->StartArray();
    for (const uint64_t number : numbers) this->Uint64(number);
    this->EndArray();
  }
};

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_JSON_WRITER_H_
