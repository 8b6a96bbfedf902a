// See options.h. getopt_long gives the manners of GNU programs; its messages are replaced because
// they do not say what to do.
#include "analyzer/cli/options.h"

#include <getopt.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace memshim::analyzer::cli {
namespace {

constexpr int kFirstCode = 256;  // above every character that getopt returns
constexpr size_t kHelpColumn = 27;

// What getopt had to say about `word` that is no option's value.
absl::Status Refusal(int code, absl::string_view word, absl::string_view command) {
  std::string what = absl::StrCat("unknown option '", word, "'");
  if (code == ':') {
    what = absl::StrCat("expected a value after ", word);
  } else if (optopt >= kFirstCode) {  // known, and takes no value
    what = absl::StrCat("expected no value in ", word);
  }
  return absl::InvalidArgumentError(absl::StrCat(what, "; see ", command, " --help"));
}

std::vector<option> ForGetopt(const std::vector<Option>& options) {
  std::vector<option> result;
  for (size_t i = 0; i < options.size(); ++i) {
    result.push_back({options[i].name.c_str(),
                      options[i].value.empty() ? no_argument : required_argument, nullptr,
                      kFirstCode + static_cast<int>(i)});
  }
  result.push_back({nullptr, 0, nullptr, 0});
  return result;
}

}  // namespace

std::function<absl::Status(absl::string_view)> SetText(std::string* where) {
  return [where](absl::string_view value) {
    *where = std::string(value);
    return absl::OkStatus();
  };
}

std::function<absl::Status(absl::string_view)> SetNumber(std::string name, uint64_t least,
                                                         std::function<void(uint64_t)> set,
                                                         uint64_t most) {
  return [name = std::move(name), least, set = std::move(set), most](absl::string_view value) {
    uint64_t number = 0;
    if (!absl::SimpleAtoi(value, &number) || number < least || number > most) {
      const bool is_open = most == std::numeric_limits<uint64_t>::max();
      return BadValue(
          name, absl::StrCat("a number from ", least, is_open ? " on" : absl::StrCat(" to ", most)),
          value);
    }
    set(number);
    return absl::OkStatus();
  };
}

absl::StatusOr<std::vector<std::string>> ParseOptions(const std::vector<std::string>& words,
                                                      const std::vector<Option>& options,
                                                      absl::string_view command) {
  std::vector<std::string> copies = {std::string(command)};  // getopt expects the program's name
  copies.insert(copies.end(), words.begin(), words.end());
  std::vector<char*> argv;
  argv.reserve(copies.size() + 1);
  for (std::string& word : copies) argv.push_back(word.data());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  const std::vector<option> table = ForGetopt(options);
  optind = 0;  // glibc: start over
  while (true) {
    const int before = optind == 0 ? 1 : optind;
    const int code = getopt_long(argc, argv.data(), ":", table.data(), nullptr);
    if (code == -1) break;
    if (code < kFirstCode) {
      // After an option getopt stands behind it; the word it choked on is the one before.
      const int at = optind > before ? optind - 1 : before;
      return Refusal(code, at < argc ? argv[static_cast<size_t>(at)] : "", command);
    }
    const Option& chosen = options[static_cast<size_t>(code - kFirstCode)];
    if (absl::Status status = chosen.apply(optarg == nullptr ? "" : optarg); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(status.message(), "; see ", command, " --help"));
    }
    if (chosen.is_last) return std::vector<std::string>();
  }
  return std::vector<std::string>(argv.begin() + optind, argv.begin() + argc);
}

std::string OptionHelp(const std::vector<Option>& options) {
  std::string text;
  for (const Option& option : options) {
    std::string left = absl::StrCat("  --", option.name);
    if (!option.value.empty()) absl::StrAppend(&left, "=", option.value);
    for (const absl::string_view line : absl::StrSplit(option.help, '\n')) {
      // Two spaces at least stand before what it does.
      if (left.size() + 2 > kHelpColumn) {
        absl::StrAppend(&text, left, "\n");
        left.clear();
      }
      if (!line.empty()) left.resize(kHelpColumn, ' ');
      absl::StrAppend(&text, left, line, "\n");
      left.clear();
    }
  }
  return text;
}

absl::Status BadValue(absl::string_view name, absl::string_view expected, absl::string_view found) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", expected, " for --", name, ", found '", found, "'"));
}

}  // namespace memshim::analyzer::cli
