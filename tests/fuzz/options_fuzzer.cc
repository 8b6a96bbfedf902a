// Any text as MEMSHIM_OPTIONS: values stay in their ranges, paths are ended texts.
#include <cstring>
#include <memory>
#include <string>

#include "shim/hooks/config.h"
#include "tests/fuzz/fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using memshim::fuzz::Require;
  std::string variable = "MEMSHIM_OPTIONS=" + std::string(data, data + size);
  char* environment[] = {variable.data(), nullptr};
  char name[] = "program";
  char* arguments[] = {name, nullptr};
  const auto config = std::make_unique<memshim::hooks::Config>();
  memshim::hooks::ReadConfig(1, arguments, environment, config.get());
  Require(config->depth >= 1 && config->depth <= 512, "the depth is in its range");
  Require(config->wait_seconds >= 0 && config->wait_seconds <= 3600, "so is the wait");
  Require(config->unwinder.view() == "cfi" || config->unwinder.view() == "libunwind",
          "the engine exists");
  memshim::base::Path output;
  memshim::hooks::ExpandOutput(*config, 7, 0, &output);
  Require(output.c_str()[0] == '/' && strlen(output.c_str()) <= output.size(),
          "the output is an absolute path");
  return 0;
}
