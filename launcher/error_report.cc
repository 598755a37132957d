#include "launcher/error_report.h"

#include <filesystem>
#include <new>
#include <string_view>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {

namespace {

template <class Kind>
bool is(const std::exception& error) {
  return dynamic_cast<const Kind*>(&error) != nullptr;
}

}  // namespace

EndCause cause_of(const std::exception& error) {
  if (is<SupersededError>(error)) return EndCause::kSuperseded;
  if (is<DataError>(error) || is<CheckpointError>(error)) return EndCause::kData;
  if (is<NonFiniteError>(error)) return EndCause::kNotFinite;
  if (is<StorageError>(error)) return EndCause::kStorage;
  if (is<FileError>(error) || is<std::filesystem::filesystem_error>(error)) return EndCause::kFileSystem;
  if (is<ClusterError>(error)) return EndCause::kCluster;
  if (is<Error>(error)) return EndCause::kConfig;
  // torch says it in words only.
  const bool memory =
      is<std::bad_alloc>(error) || std::string_view(error.what()).find("not enough memory") != std::string_view::npos;
  return memory ? EndCause::kOutOfMemory : EndCause::kDefect;
}

ExitCode exit_code_of(const std::exception& error) {
  switch (cause_of(error)) {
    case EndCause::kConfig:
    case EndCause::kData:
    case EndCause::kFileSystem:
    case EndCause::kSuperseded:
      return ExitCode::kUsage;
    case EndCause::kNone:
    case EndCause::kNotFinite:
    case EndCause::kStorage:
    case EndCause::kOutOfMemory:
    case EndCause::kCluster:
    case EndCause::kDefect:
      break;
  }
  return ExitCode::kInternal;
}

std::string message_of(const std::exception& error) {
  const auto* refused = dynamic_cast<const std::filesystem::filesystem_error*>(&error);
  if (refused == nullptr) return error.what();
  return fmt::format("{}: {}; look at the permissions of it and of its folder, and whether its disk works",
                     refused->path1().string(),
                     refused->code().message());
}

}  // namespace understudy
