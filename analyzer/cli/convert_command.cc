// See convert_command.h.
#include "analyzer/cli/convert_command.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/convert_arguments.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/selection_options.h"
#include "analyzer/cli/sink_to.h"
#include "analyzer/finish/finish.h"

namespace memshim::analyzer::cli {
namespace {

absl::Status CheckTold(const model::Profile& profile, const ConvertArguments& arguments) {
  const bool lacks_lifetimes = arguments.format->needs_lifetimes && !profile.has_lifetimes;
  if (lacks_lifetimes) {
    return absl::InvalidArgumentError(absl::StrCat(
        arguments.in, ": expected a profile that tells what was live, for --to=",
        arguments.format->name, ", found one of mode '", profile.mode, "'; choose another format"));
  }
  if (convert::Tells(profile, *arguments.request.metric)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      arguments.in, ": expected a profile that tells --metric=", arguments.request.metric->key,
      ", found one that does not; choose total-bytes or total-blocks"));
}

}  // namespace

int RunConvert(const std::vector<std::string>& args) {
  const absl::StatusOr<ConvertArguments> arguments = ParseConvertArguments(args);
  if (!arguments.ok()) {
    PrintNote(arguments.status().message());
    return kWrongUsage;
  }
  if (arguments->asks_for_help) return PrintOutput(ConvertHelp());
  if (AreSameFile(arguments->in, arguments->out)) {
    PrintNote(absl::StrCat(arguments->out, ": expected another file than IN for OUT"));
    return kWrongUsage;
  }
  absl::StatusOr<model::Profile> profile = finish::LoadProfile(arguments->in);
  absl::Status status = profile.status();
  if (status.ok()) status = CheckTold(*profile, *arguments);
  if (status.ok()) {
    status = CheckIsTold(arguments->selection, arguments->is_lifetime_in_seconds, arguments->in,
                         *profile);
  }
  if (!status.ok()) {
    PrintNote(status.message());
    return kUnreadableInput;
  }
  if (const metrics::Selection& selection = arguments->selection; !selection.IsEverything()) {
    const size_t all = profile->points.size();
    metrics::Select(selection, &*profile);
    metrics::LeaveOutTheWhole(selection, all, &*profile);
  }
  return WriteTo(arguments->out, [&](dhat::ByteSink* sink) {
    arguments->format->write(*profile, arguments->request, sink);
  });
}

}  // namespace memshim::analyzer::cli
