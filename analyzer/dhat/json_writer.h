// RapidJSON's writer with whole texts and named values: for the profile and for the JSON report.
#ifndef MEMSHIM_ANALYZER_DHAT_JSON_WRITER_H_
#define MEMSHIM_ANALYZER_DHAT_JSON_WRITER_H_

#include <rapidjson/writer.h>

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
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
    if (FindInvalidUtf8(text) != absl::string_view::npos) return String(MakeValidUtf8(text));
    rapidjson::Writer<Stream>::String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
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
  void Integer(absl::string_view key, int value) {
    Key(key);
    this->Int(value);
  }
  void Fraction(absl::string_view key, double value) {
    Key(key);
    this->Double(value);
  }
  // `write(item)` for each of a container writes one value.
  template <typename Items, typename Write>
  void List(absl::string_view key, const Items& items, Write write) {
    Key(key);
    this->StartArray();
    for (const auto& item : items) write(item);
    this->EndArray();
  }
  // A container of whole numbers. Most of a profile is lists of numbers, so they go to the stream
  // without what RapidJSON keeps about each value.
  template <typename Numbers>
  void NumberList(absl::string_view key, const Numbers& numbers) {
    Key(key);
    this->Prefix(rapidjson::kArrayType);
    char separator = '[';
    for (const uint64_t number : numbers) {
      const absl::AlphaNum digits(number);
      this->os_->Put(separator);
      for (const char digit : digits.Piece()) this->os_->Put(digit);
      separator = ',';
    }
    if (std::empty(numbers)) this->os_->Put(separator);
    this->os_->Put(']');
  }
  // Whole numbers as one element of a list.
  void Row(std::initializer_list<uint64_t> numbers) {
    this->StartArray();
    for (const uint64_t number : numbers) this->Uint64(number);
    this->EndArray();
  }
  // `write()` writes the members.
  template <typename Write>
  void Object(Write write) {
    this->StartObject();
    write();
    this->EndObject();
  }
  template <typename Write>
  void Object(absl::string_view key, Write write) {
    Key(key);
    Object(write);
  }
};

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_JSON_WRITER_H_
